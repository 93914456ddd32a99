"""Speed and memory of SmolLM2 with an adapter, beside torch and PEFT in the same run: `just bench-smol --model FOLDER`.

Every measurement runs in a process of its own, in turns, because machines are noisy and memory is counted by process. The
medians are printed, and the ratio to torch. Needs the extra `parity` for torch and PEFT (`--no-torch` does without).
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BATCH, LENGTH, STEPS = 8, 40, 8
PROMPTS = [f"Write two sentences about the number {n}." for n in range(10)]


def batch() -> tuple[np.ndarray, np.ndarray]:
    """Ids (examples, tokens + 1) and weights: the second half of each is trained on."""
    ids = np.random.default_rng(0).integers(100, 40_000, (BATCH, LENGTH + 1)).astype(np.int64)
    return ids, (np.arange(LENGTH + 1) > LENGTH // 2).astype(np.float32)


def timed(step) -> list[float]:  # type: ignore[no-untyped-def]
    """Seconds of each step after two that warm up."""
    seconds = []
    for _ in range(STEPS + 2):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
    return seconds[2:]


def ours(folder: Path, keep: str) -> dict[str, float]:
    """A training step of this kit."""
    from ftwidgets.engine import Example, Hyperparameters, LoraSettings, Model, Trainer

    ids, weights = batch()
    examples = [Example(row.astype(np.int32), weights) for row in ids]
    settings = Hyperparameters(10_000, BATCH, 1e-3, LoraSettings())
    steps = iter(Trainer(Model.load(folder, context=1024), examples, hyperparameters=settings, seed=1, keep=keep))
    return {"step": statistics.median(timed(lambda: next(steps)))}


def torch_and_peft(folder: Path) -> dict[str, float]:
    """The same step in torch: PEFT's adapter, float32, two threads, logits only where they are needed."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(2)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = get_peft_model(base, LoraConfig(r=16, lora_alpha=32, target_modules=targets)).train()
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-6, betas=(0.9, 0.99), fused=True)
    numbers, weights = batch()
    ids, kept = torch.from_numpy(numbers), torch.from_numpy(weights[1:]).bool().expand(BATCH, LENGTH)
    causal = model.base_model.model

    def step() -> None:
        hidden = causal.model(ids[:, :-1]).last_hidden_state[kept]
        loss = torch.nn.functional.cross_entropy(causal.lm_head(hidden), ids[:, 1:][kept])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()

    return {"step": statistics.median(timed(step))}


def sgemm() -> dict[str, float]:
    """The rate of the machine: GFLOP/s of two threads, each multiplying matrices of the model's size."""
    from ftwidgets.engine.parallel import hold_blas_to_one_thread, run_two

    hold_blas_to_one_thread()
    a, b = np.ones((160, 576), np.float32), np.ones((576, 3072), np.float32)

    def many() -> None:
        for _ in range(200):
            a @ b

    seconds = timed(lambda: run_two(many, many))
    return {"sgemm": 2 * 200 * 2 * a.shape[0] * a.shape[1] * b.shape[1] / statistics.median(seconds) / 1e9}


def flops_of_a_step() -> float:
    """Multiplications and additions of a step: forward, and backward by the inputs; logits where trained."""
    layer = 576 * (576 + 2 * 192) + 576 * 576 + 3 * 576 * 1536
    trained = BATCH * LENGTH // 2
    return 4 * (BATCH * LENGTH * 30 * layer + trained * 49_152 * 576) / 1e9


def answers(folder: Path, count: int) -> dict[str, float]:
    """Tokens a second of so many greedy answers at once."""
    from ftwidgets.engine import Generation, Model, advance

    began = time.perf_counter()
    model = Model.load(folder, context=1024)
    prompts = [model.tokenizer.encode_prompt([{"role": "user", "content": text}]) for text in PROMPTS[:count]]
    made = [Generation(model, prompt, max_tokens=60, temperature=0) for prompt in prompts]
    advance(made)
    first = time.perf_counter() - began
    began, n_tokens = time.perf_counter(), 0
    while running := [one for one in made if not one.ended]:
        advance(running)
        n_tokens += len(running)
    return {"first token": first, "tokens a second": n_tokens / (time.perf_counter() - began)}


def job(folder: Path, home: str) -> dict[str, float]:
    """A whole job through the API: 100 examples of 40 tokens, three epochs, on a model in the folder of added ones."""
    import ftwidgets

    rng = np.random.default_rng(0)
    words = [
        "parcel",
        "refund",
        "Monday",
        "garden",
        "paper",
        "little",
        "steady",
        "market",
        "window",
        "orange",
        "basket",
        "travel",
        "silver",
    ]
    with ftwidgets.Sandbox(home, models=folder.parent) as sandbox:
        client = sandbox.client()
        rows = []
        for _ in range(100):
            question, answer = (" ".join(rng.choice(words, 12)) for _ in range(2))
            rows.append({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]})
        lines = "\n".join(map(json.dumps, rows)).encode()
        file = client.files.create(file=("rows.jsonl", lines), purpose="fine-tune")
        began = time.perf_counter()
        launched = ftwidgets.launch(client, file.id, model=folder.name, n_epochs=3, batch_size=8, seed=1)
        launched.wait(timeout=1200)
        return {
            "job": time.perf_counter() - began,
            "tokens": float(client.fine_tuning.jobs.retrieve(launched.id).trained_tokens or 0),
        }


def measured(name: str, folder: Path) -> dict[str, float]:
    """Run one measurement in this process."""
    match name:
        case "ours, all kept" | "ours, layers twice":
            found = ours(folder, "all" if "kept" in name else "inputs")
        case "torch and PEFT":
            found = torch_and_peft(folder)
        case "sgemm":
            found = sgemm()
        case "job":
            with tempfile.TemporaryDirectory() as home:
                found = job(folder, home)
        case _:
            found = answers(folder, int(name.split()[0]))
    return {**found, "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """Measure everything in turns, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of SmolLM2-135M, as `ftwidgets models add` makes one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-torch", action="store_true")
    parser.add_argument("--no-job", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options.model)))
        return
    names = ["sgemm", "ours, all kept", "ours, layers twice", "torch and PEFT", "1 answer", "10 answers"]
    names = [name for name in names if not (options.no_torch and "torch" in name)]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in [*names, "job"]}
    for turn in range(options.rounds):
        for name in [*names, *([] if turn or options.no_job else ["job"])]:
            command = [sys.executable, __file__, "--model", str(options.model), "--one", name]
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
            )
            found[name].append(json.loads(done.stdout.splitlines()[-1]))
    medians = {
        name: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        for name, rounds in found.items()
        if rounds
    }
    for name, values in medians.items():
        print(f"{name:20}" + "  ".join(f"{key} {value:.2f}" for key, value in values.items()))
    step = medians["ours, all kept"]["step"]
    if "torch and PEFT" in medians:
        print(f"step, ours / torch and PEFT: {step / medians['torch and PEFT']['step']:.2f}")
    print(f"share of the sgemm rate that a step reaches: {flops_of_a_step() / step / medians['sgemm']['sgemm']:.2f}")


if __name__ == "__main__":
    main()
