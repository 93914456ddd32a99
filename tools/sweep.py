"""The sweep behind the `auto` recipe: rate x batch size on the bundled training data, scored on a part of it set aside.

The held-out splits stay untouched here: choosing settings on them would flatter every later score.
"""

import argparse
import itertools
import time

import numpy as np
from tasks import TASKS, exact_match, examples, pick

from ftwidgets.engine import NANO, Hyperparameters, Model, Trainer
from ftwidgets.engine.recipe import auto_epochs
from ftwidgets.engine.trainer import measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.3, 1.0, 2.0, 3.0], help="multipliers of the base rate")
    parser.add_argument("--batches", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--n", type=int, nargs="+", default=[50, 100, 300])
    parser.add_argument("--epochs", type=int, help="instead of the auto rule")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--model", default=NANO)
    args = parser.parse_args()
    from pathlib import Path

    base = Model.load(Path(args.model))
    print("| task | n | epochs | batch | rate | loss | exact match | seconds |\n|---|---|---|---|---|---|---|---|")
    for task, n in itertools.product(args.tasks, args.n):
        pool = examples(base.tokenizer, task, "train")
        for batch, rate in itertools.product(args.batches, args.rates):
            losses, scores, began = [], [], time.perf_counter()
            for seed in range(args.seeds):
                chosen = pick(pool, len(pool), seed)
                train, aside = chosen[80 : 80 + n], chosen[:80]
                settings = Hyperparameters(args.epochs or auto_epochs(len(train)), batch, rate)
                trainer = Trainer(base, train, hyperparameters=settings, seed=seed)
                for _ in trainer:
                    pass
                losses.append(measure(trainer.model, aside)[0])
                scores.append(exact_match(trainer.model, aside))
            seconds = (time.perf_counter() - began) / args.seeds
            print(
                f"| {task} | {len(train)} | {settings.n_epochs} | {batch} | {rate:g} "
                f"| {np.mean(losses):.3f} | {np.mean(scores):.2f} | {seconds:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
