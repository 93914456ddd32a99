"""Record the runs that lesson 07 shows but does not make: `just record-transfer` writes its three files in notebooks/data/.

The same network from pretrained and from random weights on the same rows of a task that no base can have seen: which shelf of
an invented shop holds what (`shelves.csv`), also with the letters of the questions swapped. For each size each start has a
sweep of its own (`transfer_rates.csv`), which trains on rows of seed 0 and measures on other *training* rows; then come five
seeds at the best rate (`transfer.csv`). A seed deals out the shelves and draws the wordings, the random weights and the order
of training. One line a run, written as soon as it is measured; runs that are in a file already are not made again, so an
interrupted recording goes on.
Left out: the `auto` settings and the whole datasets (`bench_transfer.py`).
"""

import argparse
import csv
import string
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from tasks import exact_match

from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Tokenizer, Trainer
from ftwidgets.engine.trainer import measure

DATA = Path(__file__).parent.parent / "notebooks" / "data"
TABLE, RECORD, SWEEP = DATA / "shelves.csv", DATA / "transfer.csv", DATA / "transfer_rates.csv"
PLAIN, SWAPPED = "shelves", "shelves, letters swapped"
ROWS = (24, 96)  # two and eight wordings of each thing
EPOCHS, BATCH_SIZE = 6, 8
STARTS = ("pretrained", "random")
RATES = {  # times the engine's base rate; wide enough that the best of a sweep is not at its end
    ("pretrained", 24): (1.0, 2.0, 4.0, 8.0, 16.0),
    ("pretrained", 96): (1.0, 2.0, 4.0),
    ("random", 24): (2.0, 4.0, 8.0, 16.0, 32.0),
    ("random", 96): (1.0, 2.0, 4.0, 8.0),
}
SWEEP_SEED = 0  # a sweep measures on rows of the training split that it does not train on

THINGS = ("kettle", "lamp", "spade", "scarf", "candle", "ladder", "basket", "mirror", "pillow", "hammer", "bottle", "drum")
WORDINGS = (
    "Where is the {}?",
    "Where do I find the {}?",
    "{}?",
    "Which shelf holds the {}, please?",
    "I need a {} for a customer.",
    "Somebody asks for the {}.",
    "Can you tell me where the {} went?",
    "Put this {} back, but where?",
    "We have one {} left. Where?",
    "Looking for a {} here.",
    "The {}, quickly please!",
    "Is there a {} in stock? Which shelf?",
    "A lady wants to see the {}.",
    "Fetch me the {}.",
    "Shelf of the {}?",
    "My boss sent me for a {}.",
)
HELD_OUT_WORDINGS = (
    "Where did we put the {}?",
    "Do you know the place of the {}?",
    "One {} please, where is it?",
    "I can't find the {} anywhere.",
    "Which shelf for the {}?",
    "Bring the {} to the desk, please.",
)

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Run:
    """One training run, before it is made."""

    task: str
    rows: int
    start: str
    rate: float
    seed: int


@dataclass(frozen=True)
class Found:
    """What a run came to: held-out loss (nats a token) and share answered word for word."""

    steps: int
    loss: float
    exact_match: float
    core_seconds: float  # of training, all threads together
    losses: str  # held-out, at the end of each epoch


def sweep_plan() -> Iterator[Run]:
    """Every run of the sweeps: each start of each size at each of its rates."""
    for task in (PLAIN, SWAPPED):
        for rows in ROWS:
            for start in STARTS:
                for rate in RATES[start, rows]:
                    yield Run(task, rows, start, rate, SWEEP_SEED)


def plan(seeds: int) -> Iterator[Run]:
    """Every run of the record, at the rates of the sweeps."""
    best = best_rates()
    for seed in range(1, seeds + 1):
        for task in (PLAIN, SWAPPED):
            for rows in ROWS:
                for start in STARTS:
                    yield Run(task, rows, start, best[task, rows, start], seed)


def best_rates() -> dict[tuple[str, int, str], float]:
    """The rate with the lowest loss in each sweep."""
    found: dict[tuple[str, int, str], tuple[float, float]] = {}
    with SWEEP.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (row["task"], int(row["rows"]), row["start"])
            found[key] = min(found.get(key, (float("inf"), 0.0)), (float(row["loss"]), float(row["rate"])))
    return {key: rate for key, (_, rate) in found.items()}


def swapped(text: str) -> str:
    """Put another letter in the place of each, always the same one."""
    order = np.random.default_rng(0).permutation(26)
    letters = string.ascii_lowercase
    others = "".join(letters[i] for i in order)
    return text.translate(str.maketrans(letters + letters.upper(), others + others.upper()))


def pairs(run: Run) -> tuple[Pairs, Pairs]:
    """The rows to train on and those to measure on, as the seed draws them; a sweep takes both from the training split."""
    rng = np.random.default_rng([run.seed, 6])
    shelves = [f"Shelf {letter}" for letter in rng.permutation(list(string.ascii_uppercase[: len(THINGS)]))]
    order = [WORDINGS[i] for i in rng.permutation(len(WORDINGS))]  # more rows hold the fewer ones too
    learned = run.rows // len(THINGS)
    kept = order[learned:][:4] if run.seed == SWEEP_SEED else HELD_OUT_WORDINGS
    write = swapped if run.task == SWAPPED else str

    def rows(wordings: Sequence[str]) -> Pairs:
        asked = (
            (write(wording.format(thing)), shelf) for wording in wordings for thing, shelf in zip(THINGS, shelves, strict=True)
        )
        return list(asked)

    return rows(order[:learned]), rows(kept)


def table() -> Iterator[tuple[str, str, str, str]]:
    """The rows of the lesson's own jobs, those of seed 1, with a header: prompt, completion, thing, split."""
    yield "Prompt", "Completion", "Thing", "Split"
    for split, part in zip(("train", "held-out"), pairs(Run(PLAIN, max(ROWS), "", 0.0, 1)), strict=True):
        for place, (prompt, shelf) in enumerate(part):
            yield prompt, shelf, THINGS[place % len(THINGS)], split


def encoded(tokenizer: Tokenizer, rows: Pairs) -> list[Example]:
    """The rows as the engine reads them."""
    chats = ([{"role": "user", "content": q}, {"role": "assistant", "content": a}] for q, a in rows)
    return [tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def make(run: Run, nano: Model) -> Found:
    """Train, and measure what came of it."""
    start = nano if run.start == "pretrained" else Model.random(nano.config, nano.tokenizer, run.seed)
    train, held_out = (encoded(nano.tokenizer, rows) for rows in pairs(run))
    settings = Hyperparameters(EPOCHS, BATCH_SIZE, run.rate)
    trainer = Trainer(start, train, hyperparameters=settings, seed=run.seed)
    losses, seconds, began = [], 0.0, time.process_time()
    for metrics in trainer:
        if metrics.end_of_epoch and (run.seed != SWEEP_SEED or metrics.step == trainer.total_steps):
            seconds += time.process_time() - began
            losses.append(measure(trainer.model, held_out)[0])
            began = time.process_time()
    told = "" if run.seed == SWEEP_SEED else " ".join(f"{loss:.3f}" for loss in losses)
    return Found(trainer.step, round(losses[-1], 4), round(exact_match(trainer.model, held_out), 4), round(seconds, 2), told)


def record(path: Path, runs: Iterator[Run], nano: Model) -> None:
    """Make the runs that are not in the file yet, and add them."""
    names = [field.name for kind in (Run, Found) for field in fields(kind)]
    if not path.exists():
        path.write_text(",".join(names) + "\n", encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        made: set[Any] = {tuple(row[field.name] for field in fields(Run)) for row in csv.DictReader(file)}
    for run in runs:
        if tuple(map(str, astuple(run))) in made:
            continue
        row = [*astuple(run), *astuple(make(run, nano))]
        with path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)
        print(*row, sep="  ", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sweeps-only", action="store_true")
    args = parser.parse_args()
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table())
    nano = Model.load(NANO)
    record(SWEEP, sweep_plan(), nano)
    if not args.sweeps_only:
        record(RECORD, plan(args.seeds), nano)


if __name__ == "__main__":
    main()
