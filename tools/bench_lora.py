"""LoRA (Hu et al. 2021) against full fine-tuning on the bundled datasets: the measurement that decided for full.

The adapters are trained exactly (their gradients come from the full ones by the chain rule), not fast: this asks whether LoRA
learns as well here, not what it would save.
"""

import argparse

import numpy as np
from tasks import TASKS, exact_match, examples, interval, pick

from ftwidgets.engine import NANO, Hyperparameters, Model, Trainer
from ftwidgets.engine.adamw import AdamW
from ftwidgets.engine.trainer import measure
from ftwidgets.providers import auto_epochs


class Adapters(AdamW):
    """Stands in for the optimizer of a trainer: moves W = W0 + 2 B A instead of W, for every projection."""

    def __init__(self, trainer: Trainer, rank: int, seed: int) -> None:
        self.grads, self.named = trainer._grads.named, trainer.model.params.named
        self.frozen = {name: weight.copy() for name, weight in self.named.items() if "proj" in name}
        rng = np.random.default_rng(seed)
        self.down = {k: rng.normal(0, w.shape[1] ** -0.5, (rank, w.shape[1])) for k, w in self.frozen.items()}
        self.up = {k: np.zeros((w.shape[0], rank)) for k, w in self.frozen.items()}
        super().__init__(sum(x.size for part in (self.down, self.up) for x in part.values()), dtype=np.float64)

    def step(self, weights: np.ndarray, grads: np.ndarray, *, step: int, rate: float, decay: float, n_decayed: int) -> None:
        """Move the adapters, and with them the weights."""
        parts = [*self.down.values(), *self.up.values()]
        slopes = [2 * self.up[k].T @ self.grads[k] for k in self.frozen] + [
            2 * self.grads[k] @ self.down[k].T for k in self.frozen
        ]
        flat = np.concatenate([x.ravel() for x in parts])
        super().step(flat, np.concatenate([x.ravel() for x in slopes]), step=step, rate=rate, decay=0.0, n_decayed=0)
        for x, new in zip(parts, np.split(flat, np.cumsum([x.size for x in parts])[:-1]), strict=True):
            x[...] = new.reshape(x.shape)
        for name, start in self.frozen.items():
            self.named[name][...] = start + 2 * self.up[name] @ self.down[name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--tasks", nargs="+", default=TASKS)
    args = parser.parse_args()
    base = Model.load(NANO)
    print(
        "| task | examples | epochs | method | rate multiplier | held-out loss | exact match |\n|---|---|---|---|---|---|---|"
    )
    for task in args.tasks:
        pool, held_out = (examples(base.tokenizer, task, split) for split in ("train", "held-out"))
        epochs = auto_epochs(len(pool))
        for rank, rate in ((0, 1.0), (8, 1.0), (8, 3.0), (32, 1.0), (32, 3.0)):
            losses, scores = [], []
            for seed in range(args.seeds):
                settings = Hyperparameters(epochs, 8, rate)
                trainer = Trainer(base, pick(pool, len(pool), seed), hyperparameters=settings, seed=seed)
                if rank:
                    trainer._optimizer = Adapters(trainer, rank, seed)
                for _ in trainer:
                    pass
                losses.append(measure(trainer.model, held_out)[0])
                scores.append(exact_match(trainer.model, held_out))
            method = f"LoRA, rank {rank}" if rank else "full"
            loss, score = interval(losses)[0], interval(scores)[0]
            print(f"| {task} | {len(pool)} | {epochs} | {method} | {rate:g} | {loss:.3f} | {score:.2f} |", flush=True)


if __name__ == "__main__":
    main()
