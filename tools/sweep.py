"""The sweep behind the `auto` recipe: rate, batch size, dropped share, rank on the bundled training data: `just sweep`.

Scored on a part of the training data set aside. The held-out splits stay untouched here: choosing settings on them would
flatter every later score.
"""

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
from tasks import TASKS, exact_match, examples, pick

from ftwidgets.engine import NANO, Example, Hyperparameters, LoraSettings, Model, Trainer, trainer
from ftwidgets.engine.frozen import FrozenParams
from ftwidgets.engine.hyperparameters import DROPPED
from ftwidgets.engine.trainer import measure
from ftwidgets.providers import auto_epochs
from ftwidgets.sandbox.training.adapters import ALPHA_OF_RANK

ASIDE = 150  # examples set aside from the training split


def score(
    base: Model, pool: list[Example], n: int, seed: int, settings: Hyperparameters, *, loss_only: bool
) -> tuple[float, float]:
    """Loss and exact match on the examples set aside."""
    chosen = pick(pool, len(pool), seed)
    run = Trainer(base, chosen[ASIDE : ASIDE + n], hyperparameters=settings, seed=seed)
    for _ in run:
        pass
    return measure(run.model, chosen[:ASIDE])[0], np.nan if loss_only else exact_match(run.model, chosen[:ASIDE])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", type=float, nargs="+", default=[0.25, 0.5, 1.0, 2.0], help="multipliers of the base rate")
    parser.add_argument("--batches", type=int, nargs="+", default=[2, 4, 8, 16])
    parser.add_argument("--dropped", type=float, nargs="+", default=[DROPPED], help="share of the prompt's tokens dropped")
    parser.add_argument("--ranks", type=int, nargs="+", help="train adapters of these ranks (nano: all weights without)")
    parser.add_argument("--n", type=int, nargs="+", default=[50, 100, 400])
    parser.add_argument("--epochs", type=int, help="instead of the auto rule")
    parser.add_argument("--loss-only", action="store_true", help="do not let the models answer, which takes most of the time")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    parser.add_argument("--model", type=Path, default=NANO)
    args = parser.parse_args()
    base = Model.load(args.model, context=1024)
    adapters: list[LoraSettings | None] = [LoraSettings() if isinstance(base.params, FrozenParams) else None]
    if args.ranks:
        adapters = [LoraSettings(rank, ALPHA_OF_RANK * rank) for rank in args.ranks]
    print("| task | examples | epochs | rank | batch | rate | dropped | loss | exact match | seconds |\n" + "|---" * 10 + "|")
    for task, n in itertools.product(args.tasks, args.n):
        pool = examples(base.tokenizer, task, "train")
        for lora, batch, rate, dropped in itertools.product(adapters, args.batches, args.rates, args.dropped):
            trainer.DROPPED = dropped
            settings = Hyperparameters(args.epochs or auto_epochs(n), batch, rate, lora)
            began = time.perf_counter()
            found = [score(base, pool, n, seed, settings, loss_only=args.loss_only) for seed in range(args.seeds)]
            seconds = (time.perf_counter() - began) / args.seeds
            loss, match = np.mean(found, axis=0)
            row = (
                task,
                n,
                settings.n_epochs,
                lora.rank if lora else "",
                batch,
                f"{rate:g}",
                f"{dropped:g}",
                f"{loss:.3f}",
                f"{match:.2f}",
                f"{seconds:.1f}",
            )
            print("|", " | ".join(map(str, row)), "|", flush=True)


if __name__ == "__main__":
    main()
