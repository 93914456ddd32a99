"""What transfer buys: the same network from pretrained and from random weights, same data, same budget: `just bench-transfer`.

For each bundled dataset and number of examples, fine-tunes both with the `auto` hyperparameters and the same seeds, and
measures the held-out split: mean loss per token and exact match, each with a 95 % interval over seeds (Student's t).
`--base FOLDER` does it for an added model, by an adapter; there is no random one beside it then.
"""

import argparse
import json
from pathlib import Path

from tasks import TASKS, exact_match, examples, interval, pick

from ftwidgets.engine import NANO, Example, Hyperparameters, LoraSettings, Model, Trainer, auto_hyperparameters
from ftwidgets.engine.frozen import FrozenParams
from ftwidgets.engine.trainer import measure


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
    return measure(trainer.model, held_out)[0], exact_match(trainer.model, held_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, nargs="+", default=[25, 50, 100, 200, 400])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--base", type=Path, default=NANO, help="folder of the model to start from")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    args = parser.parse_args()
    nano = Model.load(args.base, context=1024)
    starts = ("nano", "random") if args.base == NANO else (args.base.name,)
    rows = []
    print("| task | n | epochs | start | held-out loss | exact match |\n|---|---|---|---|---|---|", flush=True)
    for task in args.tasks:
        pool, held_out = (examples(nano.tokenizer, task, split) for split in ("train", "held-out"))
        base = measure(nano, held_out)[0], exact_match(nano, held_out)
        print(f"| {task} | 0 | - | {starts[0]}, untuned | {base[0]:.3f} | {base[1]:.2f} |", flush=True)
        for n in args.n:
            apart = {}
            for name in starts:
                found = [
                    run(nano if name != "random" else Model.random(nano.config, nano.tokenizer, seed), pool, held_out, n, seed)
                    for seed in range(args.seeds)
                ]
                loss, score = interval([loss for loss, _ in found]), interval([score for _, score in found])
                used = min(n, len(pool))
                epochs = settings(nano, pool[:used]).n_epochs
                apart[name] = loss
                rows.append({"task": task, "n": used, "epochs": epochs, "start": name, "loss": loss, "exact_match": score})
                print(
                    f"| {task} | {used} | {epochs} | {name} | {loss[0]:.3f} ({loss[1]:.3f} to {loss[2]:.3f}) "
                    f"| {score[0]:.2f} ({score[1]:.2f} to {score[2]:.2f}) |",
                    flush=True,
                )
            if "random" in apart and apart["nano"][2] >= apart["random"][1]:
                print(f"NOT APART: {task}, n = {n}", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
