"""Speed and memory of the engine, as ratios against torch in the same run: `just bench`.

Every figure is the median of interleaved rounds, because machines are noisy. Needs torch and transformers.
"""

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Trainer, generate


def some_examples(count: int, length: int, spread: int, seed: int = 0) -> list[Example]:
    """Examples of random tokens, `length` +- `spread` long, the second half of each trained on."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        n = length + int(rng.integers(-spread, spread + 1)) if spread else length
        ids = rng.integers(3, 4096, n).astype(np.int32)
        out.append(Example(ids, (np.arange(n) >= n // 2).astype(np.float32)))
    return out


def torch_step(examples: list[Example]) -> Callable[[], None]:
    """One training step of the same model on the same batch in torch: padded, fused AdamW, logits where trained."""
    import torch
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(NANO, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, betas=(0.9, 0.99), fused=True)
    longest = max(len(example.ids) for example in examples)
    ids = torch.zeros(len(examples), longest, dtype=torch.long)
    weights = torch.zeros(len(examples), longest)
    for i, example in enumerate(examples):
        ids[i, : len(example.ids)] = torch.from_numpy(example.ids)
        weights[i, : len(example.ids)] = torch.from_numpy(example.weights)
    keep = weights[:, 1:] > 0  # padding comes last, so the causal mask alone hides it from trained positions

    def step() -> None:
        hidden = model.model(ids[:, :-1]).last_hidden_state[keep]
        loss = torch.nn.functional.cross_entropy(model.lm_head(hidden), ids[:, 1:][keep])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def numpy_step(examples: list[Example]) -> Callable[[], None]:
    """One training step of ours on a batch."""
    settings = Hyperparameters(1_000_000, len(examples), 1e-3)
    steps = iter(Trainer(Model.load(NANO), examples, hyperparameters=settings, seed=0))
    return lambda: (next(steps), None)[1]


def compare_steps(name: str, examples: list[Example], rounds: int) -> dict[str, float]:
    """Median milliseconds of a step of each, taken in turns."""
    steps = {"numpy": numpy_step(examples), "torch": torch_step(examples)}
    times: dict[str, list[float]] = {key: [] for key in steps}
    for _ in range(rounds + 3):
        for key, step in steps.items():
            began = time.perf_counter()
            step()
            times[key].append((time.perf_counter() - began) * 1e3)
    ours, theirs = (statistics.median(times[key][3:]) for key in ("numpy", "torch"))
    print(f"step, {name}: numpy {ours:.1f} ms, torch {theirs:.1f} ms, ratio {ours / theirs:.2f}", flush=True)
    return {"numpy_ms": ours, "torch_ms": theirs, "ratio": ours / theirs}


JOB = """
import resource, sys, time
sys.path.insert(0, "tools")
from bench_engine import some_examples
from ftwidgets.engine import NANO, Model, Trainer, auto_hyperparameters
examples = some_examples(100, 40, 15)
began, cpu = time.perf_counter(), time.process_time()
for metrics in Trainer(Model.load(NANO), examples, hyperparameters=auto_hyperparameters(100), seed=0): pass
print(time.perf_counter() - began, time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure_job(runs: int = 3) -> dict[str, float]:
    """A job of 100 examples of about 40 tokens, 3 epochs, in a process of its own."""
    found = [
        [
            float(x)
            for x in subprocess.run([sys.executable, "-c", JOB], capture_output=True, text=True, check=True).stdout.split()
        ]
        for _ in range(runs)
    ]
    seconds, core_seconds, memory = (statistics.median(column) for column in zip(*found, strict=True))
    print(
        f"job of 100 examples, 3 epochs: {seconds:.1f} s, {core_seconds:.1f} core-seconds, peak memory {memory:.0f} MB",
        flush=True,
    )
    return {"seconds": seconds, "core_seconds": core_seconds, "peak_mb": memory}


def measure_generation(rounds: int = 7) -> float:
    """Greedy tokens a second."""
    model = Model.load(NANO)
    prompt = model.tokenizer.encode_prompt([{"role": "user", "content": "Tell me a long story about a lighthouse."}])
    eos, model.tokenizer.eos_id = model.tokenizer.eos_id, -1  # never stop early
    speeds = []
    for _ in range(rounds):
        began = time.perf_counter()
        count = sum(piece.n_tokens for piece in generate(model, prompt, max_tokens=150, temperature=0))
        speeds.append(count / (time.perf_counter() - began))
    model.tokenizer.eos_id = eos
    print(f"greedy generation: {statistics.median(speeds):.0f} tokens a second", flush=True)
    return statistics.median(speeds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", help="also write the figures to this file")
    args = parser.parse_args()
    job = measure_job()
    speed = measure_generation()
    steps = {
        name: compare_steps(name, examples, args.rounds)
        for name, examples in (
            ("16 x 96 tokens", some_examples(16, 96, 0)),
            ("8 x about 40 tokens", some_examples(8, 40, 15)),
            ("4 x about 40 tokens", some_examples(4, 40, 15)),
        )
    }
    gc.collect()
    print(f"peak memory of this process, torch included: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"job": job, "tokens_a_second": speed, "steps": steps}, file, indent=1)


if __name__ == "__main__":
    main()
