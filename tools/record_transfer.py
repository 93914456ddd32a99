"""Record the runs that lesson 07 shows but does not make: `just record-transfer` writes notebooks/data/transfer.csv.

The same network from pretrained and from random weights, same rows, same settings, five seeds; a seed draws the topics,
the rows, the random weights and the order of training. One line a run, written as soon as it is measured; runs that are
in the file already are not made again, so an interrupted recording goes on.
Left out: the `auto` settings and the whole datasets (`bench_transfer.py`).
"""

import argparse
import csv
import string
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from tasks import exact_match

from ftwidgets import datasets
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Tokenizer, Trainer
from ftwidgets.engine.trainer import measure

RECORD = Path(__file__).parent.parent / "notebooks" / "data" / "transfer.csv"
N_TOPICS = 12
WORDINGS = (2, 4, 8, 16)  # of each topic: 24, 48, 96 and 192 rows
EPOCHS = 6
LONG, LONG_WORDINGS = 18, 4  # three times as long
REVIEWS, HELD_OUT_REVIEWS, REVIEW_EPOCHS = 50, 300, 3

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Run:
    """One training run, before it is made."""

    task: str
    rows: int
    start: str
    epochs: int
    seed: int


@dataclass(frozen=True)
class Found:
    """What a run came to: held-out loss (nats a token) and share answered word for word."""

    steps: int
    loss: float
    exact_match: float
    core_seconds: float  # of training, all threads together
    losses: str  # held-out, at the end of each epoch


def plan(seeds: int) -> Iterator[Run]:
    """Every run."""
    for seed in range(1, seeds + 1):
        for task in ("reviews", "reviews, letters swapped"):
            for start in ("pretrained", "random"):
                yield Run(task, REVIEWS, start, REVIEW_EPOCHS, seed)
    for seed in range(1, seeds + 1):
        for wordings in WORDINGS:
            for start in ("pretrained", "random"):
                yield Run("support_faq", N_TOPICS * wordings, start, EPOCHS, seed)
    for seed in range(1, seeds + 1):
        for start in ("pretrained", "random"):
            yield Run("support_faq", N_TOPICS * LONG_WORDINGS, start, LONG, seed)


def swapped(text: str) -> str:
    """Put another letter in the place of each, always the same one."""
    order = np.random.default_rng(0).permutation(26)
    letters = string.ascii_lowercase
    others = "".join(letters[i] for i in order)
    return text.translate(str.maketrans(letters + letters.upper(), others + others.upper()))


def pairs(run: Run) -> tuple[Pairs, Pairs]:
    """The rows to train on and the held-out ones: topics and rows as the seed draws them."""
    rng = np.random.default_rng([run.seed, 6])
    if run.task == "support_faq":
        return _faq(run.rows // N_TOPICS, rng)
    found = []
    for split, n in (("train", run.rows), ("held-out", HELD_OUT_REVIEWS)):
        table = datasets.load("sentiment", split)
        drawn = table.iloc[rng.permutation(len(table))[:n]]
        prompts = map(swapped, drawn["Prompt"]) if "swapped" in run.task else drawn["Prompt"]
        found.append(list(zip(prompts, drawn["Completion"], strict=True)))
    return found[0], found[1]


def _faq(wordings: int, rng: np.random.Generator) -> tuple[Pairs, Pairs]:
    table = datasets.load("support_faq")
    train: Pairs = []
    held_out: Pairs = []
    for topic in rng.permutation(table["Topic"].unique())[:N_TOPICS]:
        rows = table[table["Topic"] == topic]
        learned, kept = rows[rows["Split"] == "train"], rows[rows["Split"] == "held-out"]
        learned = learned.iloc[rng.permutation(len(learned))[:wordings]]  # more wordings hold the fewer ones too
        train += zip(learned["Prompt"], learned["Completion"], strict=True)
        held_out += zip(kept["Prompt"], kept["Completion"], strict=True)
    return train, held_out


def encoded(tokenizer: Tokenizer, rows: Pairs) -> list[Example]:
    """The rows as the engine reads them."""
    chats = ([{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in rows)
    return [tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def make(run: Run, nano: Model) -> Found:
    """Train, and measure what came of it."""
    start = nano if run.start == "pretrained" else Model.random(nano.config, nano.tokenizer, run.seed)
    train, held_out = (encoded(nano.tokenizer, rows) for rows in pairs(run))
    batch_size = 8 if run.task == "support_faq" else 4
    trainer = Trainer(start, train, hyperparameters=Hyperparameters(run.epochs, batch_size, 1.0), seed=run.seed)
    losses, seconds, began = [], 0.0, time.process_time()
    for metrics in trainer:
        if metrics.end_of_epoch and (run.task == "support_faq" or metrics.step == trainer.total_steps):
            seconds += time.process_time() - began
            losses.append(measure(trainer.model, held_out)[0])
            began = time.process_time()
    told = " ".join(f"{loss:.3f}" for loss in losses) if run.task == "support_faq" else ""
    return Found(trainer.step, round(losses[-1], 4), round(exact_match(trainer.model, held_out), 4), round(seconds, 2), told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--file", type=Path, default=RECORD)
    args = parser.parse_args()
    names = [field.name for kind in (Run, Found) for field in fields(kind)]
    args.file.parent.mkdir(parents=True, exist_ok=True)
    if not args.file.exists():
        args.file.write_text(",".join(names) + "\n", encoding="utf-8")
    with args.file.open(encoding="utf-8", newline="") as file:
        made = {tuple(row[field.name] for field in fields(Run)) for row in csv.DictReader(file)}
    nano = Model.load(NANO)
    for run in plan(args.seeds):
        if tuple(map(str, astuple(run))) in made:
            continue
        row = [*astuple(run), *astuple(make(run, nano))]
        with args.file.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)
        print(*row, sep="  ", flush=True)


if __name__ == "__main__":
    main()
