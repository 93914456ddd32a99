"""What transfer buys: the same network from pretrained and from random weights, same data, same budget: `just bench-transfer`.

For each bundled dataset and number of examples, fine-tunes both with the `auto` hyperparameters and the same seeds, and
measures the held-out split: mean loss per token and exact match, each with a 95 % interval over seeds (Student's t).
`--base FOLDER` does it for an added model, by an adapter; there is no random one beside it then.

`--bars` measures what a tuned model has to beat on the same held-out rows, each from 400 training rows where it needs some:
the commonest answer, a lookup, word counts, and the untuned model with an instruction or with four examples (three draws).
"""

import argparse
import json
import tempfile
from pathlib import Path

from tasks import TASKS, examples, interval, pick, score

import ftwidgets
from ftwidgets import baselines
from ftwidgets.engine import NANO, Example, Hyperparameters, LoraSettings, Model, Trainer, auto_hyperparameters
from ftwidgets.engine.frozen import FrozenParams


def settings(start: Model, train: list[Example]) -> Hyperparameters:
    """What a job that leaves everything to `auto` trains with."""
    lora = LoraSettings() if isinstance(start.params, FrozenParams) else None
    answer_tokens = sum(float((example.weights > 0).sum()) for example in train) / len(train)
    return auto_hyperparameters(len(train), lora=lora, answer_tokens=answer_tokens, small=lora is None)


def run(start: Model, pool: list[Example], held_out: list[Example], n: int, seed: int) -> tuple[float, float]:
    """Held-out loss and exact match of one fine-tuned model."""
    train = pick(pool, n, seed)
    trainer = Trainer(start, train, hyperparameters=settings(start, train), seed=seed)
    for _ in trainer:
        pass
    return score(trainer.model, held_out)


INSTRUCTIONS = {
    "support_faq": ("You answer for the online plant shop Kettle & Fern, in one or two sentences. A customer asks: {}", ()),
    "sentiment": ("{}\nPositive or negative?", ("positive", "negative")),
}
ROWS = 400  # of the training split, for the bars that learn from some


def print_bars(task: str, model: str, models: Path | None, seeds: int) -> None:
    """Measure what answers the held-out rows of a task without any tuning."""
    pool, held_out = (ftwidgets.datasets.load(task, split) for split in ("train", "held-out"))
    train = pool.sample(ROWS, random_state=0)
    instruction, labels = INSTRUCTIONS[task]
    with tempfile.TemporaryDirectory() as home, ftwidgets.Sandbox(home=home, models=models) as sandbox:
        client = sandbox.client()
        bars = {
            "commonest answer": baselines.majority(train),
            "lookup": baselines.nearest(train),
            "word counts": baselines.naive_bayes(train),
            f"{model}, instruction": baselines.prompt(client, model, instruction, labels=labels),
        }
        for seed in range(seeds):
            few = baselines.few_shot(client, model, train, seed=seed, labels=labels)
            bars[f"{model}, four examples, draw {seed + 1}"] = few
        result = ftwidgets.evaluate(client, bars, held_out, workers=8)
        for row in result.scores.itertuples():
            score = f"{row.exact_match:.2f} ({row.exact_match_low:.2f} to {row.exact_match_high:.2f})"
            print(f"| {task} | {row.model} | {score} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[25, 50, 100, 200, 400])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--base", type=Path, default=NANO, help="folder of the model to start from")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--bars", action="store_true", help="measure what a tuned model has to beat, and train nothing")
    args = parser.parse_args()
    if args.bars:
        for task in args.tasks:
            model, models = ("nano-2026-11", None) if args.base == NANO else (args.base.name, args.base.parent)
            print_bars(task, model, models, args.seeds)
        return
    nano = Model.load(args.base, context=1024)
    starts = ("nano", "random") if args.base == NANO else (args.base.name,)
    rows = []
    print("| task | n | epochs | start | held-out loss | exact match |\n|---|---|---|---|---|---|", flush=True)
    for task in args.tasks:
        pool, held_out = (examples(nano.tokenizer, task, split) for split in ("train", "held-out"))
        base = score(nano, held_out)
        print(f"| {task} | 0 | - | {starts[0]}, untuned | {base[0]:.3f} | {base[1]:.2f} |", flush=True)
        for n in args.n:
            apart = {}
            for name in starts:
                found = [
                    run(nano if name != "random" else Model.random(nano.config, nano.tokenizer, seed), pool, held_out, n, seed)
                    for seed in range(args.seeds)
                ]
                loss, match = (interval(values) for values in zip(*found, strict=True))
                used = min(n, len(pool))
                epochs = settings(nano, pool[:used]).n_epochs
                apart[name] = loss
                rows.append({"task": task, "n": used, "epochs": epochs, "start": name, "loss": loss, "exact_match": match})
                print(
                    f"| {task} | {used} | {epochs} | {name} | {loss[0]:.3f} ({loss[1]:.3f} to {loss[2]:.3f}) "
                    f"| {match[0]:.2f} ({match[1]:.2f} to {match[2]:.2f}) |",
                    flush=True,
                )
            if "random" in apart and apart["nano"][2] >= apart["random"][1]:
                print(f"NOT APART: {task}, n = {n}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
