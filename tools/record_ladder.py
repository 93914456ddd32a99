"""Record what lesson 01 compares but does not run: `just record-ladder` writes notebooks/data/ladder.csv.

For each task the methods that ask or tune a model: an instruction, four examples in the chat, tuning `nano` and SmolLM2. One
line a run, written as soon as it is measured; runs that are in the file already are not made again. An instruction is the best
of its wordings on training rows. Held-out rows are only scored. What needs no model (template, regular expression,
lookup, word counts) runs in the lesson itself. Left out: large hosted models; learning curves (`bench_transfer.py`).
"""

import argparse
import csv
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

import ftwidgets
from ftwidgets import baselines, datasets

DATA = Path(__file__).parent.parent / "notebooks" / "data"
RECORD = DATA / "ladder.csv"
COLUMNS = ("task", "method", "base", "rows", "seed", "right", "n", "seconds", "date", "wording")
BASES = {"nano": "nano-2026-11", "smollm2": "smollm2-135m"}
GREETING, SIGN_OFF = "Hello from the Copper Kettle!", "Warm wishes, Nora"
LOOK_AT = 20  # training rows that choose the wording of an instruction

Score = Callable[[str, str], float]


@dataclass(frozen=True)
class Task:
    """A task: its rows, how an answer is scored, the wordings of an instruction, and the rows and seeds to tune with."""

    name: str
    train: pd.DataFrame
    held_out: pd.DataFrame
    wordings: tuple[str, ...]
    tuned: dict[str, tuple[tuple[int, int], ...]]  # by base: rows and number of seeds
    labels: tuple[str, ...] = ()
    metric: Any = "exact_match"
    max_tokens: int = 48
    asked: tuple[str, ...] = ("nano", "smollm2")  # the bases that are asked untuned
    settings: Mapping[str, Any] | None = None  # hyperparameters of nano's job that are not `auto`


def greets(answer: str, reference: str) -> float:
    """Return 1 if an answer opens with the greeting and closes with the sign-off."""
    return float(answer.strip().startswith(GREETING) and answer.strip().endswith(SIGN_OFF))


def split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the training and the held-out rows."""
    return table[table["Split"] == "train"], table[table["Split"] == "held-out"]


def in_manner(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the greeting before each answer and the sign-off behind it."""
    return table.assign(Completion=[f"{GREETING} {answer} {SIGN_OFF}" for answer in table["Completion"]])


def tasks() -> Iterator[Task]:
    """Every task but the tone, which is read and not counted."""
    train, held_out = split(pd.read_csv(DATA / "orders.csv"))
    wordings = (
        'Which order number is in this message? Answer with JSON such as {"order": "12345"}, '
        'or {"order": null} if there is none.\n{}',
        '{}\n\nGive the order number as JSON, {"order": "..."}, or {"order": null}.',
    )
    yield Task("orders", train, held_out, wordings, {"nano": ((30, 5),), "smollm2": ((30, 1),)})
    train, held_out = split(datasets.load("sentiment"))
    held_out = held_out.sample(200, random_state=1)
    wordings = (
        "{}\nPositive or negative?",
        "Is this review positive or negative? Answer with one word.\n{}",
        'Review: "{}"\nDoes the writer recommend it? If so, answer positive, else answer negative.',
    )
    tuned = {"nano": ((100, 5), (870, 2)), "smollm2": ((100, 1),)}
    yield Task("reviews", train, held_out, wordings, tuned, ("positive", "negative"), max_tokens=4)
    train, held_out = (in_manner(part) for part in split(datasets.load("shop_chats")))
    wordings = (
        f'Answer the customer. Begin with "{GREETING}" and end with "{SIGN_OFF}".\n{{}}',
        f'{{}}\n\nYour answer must start with the words "{GREETING}" and its last words must be "{SIGN_OFF}".',
    )
    tuned = {"nano": ((len(train), 5),), "smollm2": ((len(train), 1),)}
    as_lesson_00 = {"n_epochs": 5, "batch_size": 4, "learning_rate_multiplier": 4}
    yield Task("greeting", train, held_out, wordings, tuned, metric=greets, max_tokens=64, settings=as_lesson_00)
    train, held_out = split(datasets.load("support_faq"))
    wordings = ("You are the help desk of Kettle & Fern, an online plant shop. Answer the customer in one sentence.\n{}",)
    yield Task("faq", train, held_out, wordings, {"nano": ((len(train), 3),)}, asked=("nano",))


def run(client: Any, task: Task, method: str, base: str, rows: int, seed: int) -> tuple[float, int, str]:
    """Return how many answers were right, of how many, and the wording of the instruction."""
    wording, model = "", BASES[base]

    def score(who: Any, examples: pd.DataFrame) -> tuple[float, int]:
        found = ftwidgets.evaluate(client, {"it": who}, examples, metric=task.metric, max_tokens=task.max_tokens, workers=8)
        return float(found.by_row[found.metric]["it"].sum()), len(found.answers)

    def asked(template: str) -> Any:
        return baselines.prompt(client, model, template, labels=task.labels, max_tokens=task.max_tokens)

    if method == "prompt":
        looked_at = task.train.sample(min(LOOK_AT, len(task.train)), random_state=0)
        tried = [(score(asked(text), looked_at)[0], text) for text in task.wordings] if len(task.wordings) > 1 else []
        wording = max(tried, key=lambda pair: pair[0])[1] if tried else task.wordings[0]
        return *score(asked(wording), task.held_out), wording
    if method == "few-shot":
        shots = baselines.few_shot(
            client, model, task.train, shots=rows, seed=seed, labels=task.labels, max_tokens=task.max_tokens
        )
        return *score(shots, task.held_out), ""
    drawn = task.train.sample(rows, random_state=seed)
    with tempfile.TemporaryDirectory() as folder:
        chats = (
            {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
            for question, answer in zip(drawn["Prompt"], drawn["Completion"], strict=True)
        )
        file = ftwidgets.write_jsonl(chats, Path(folder) / "train.jsonl")
        settings = (task.settings or {}) if base == "nano" else {}
        job = ftwidgets.launch(client, file, model=model, seed=seed, **settings)
        job.wait(timeout=3600)
    assert job.model is not None
    return *score(job.model, task.held_out), ""


def plan(task: Task) -> Iterator[tuple[str, str, int, int]]:
    """Yield method, base, rows and seed of each run of a task."""
    for base in BASES:
        for rows, seeds in task.tuned.get(base, ()):
            for seed in range(1, seeds + 1):
                yield "tuned", base, rows, seed
        if base in task.asked:
            yield "prompt", base, 0, 0
            yield "few-shot", base, 4, 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--file", type=Path, default=RECORD)
    parser.add_argument("--tasks", nargs="*", metavar="TASK")
    parser.add_argument("--bases", nargs="*", default=list(BASES), choices=list(BASES))
    options = parser.parse_args()
    if not options.file.exists():
        options.file.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    with options.file.open(encoding="utf-8", newline="") as file:
        made = {tuple(row[name] for name in COLUMNS[:5]) for row in csv.DictReader(file)}
    with tempfile.TemporaryDirectory() as home, ftwidgets.connect(home=Path(home)) as client:
        for task in tasks():
            for method, base, rows, seed in plan(task):
                key = (task.name, method, base, str(rows), str(seed))
                if key in made or base not in options.bases or (options.tasks and task.name not in options.tasks):
                    continue
                began = time.monotonic()
                right, n, wording = run(client, task, method, base, rows, seed)
                seconds, today = round(time.monotonic() - began), datetime.now(UTC).date().isoformat()
                line = [*key, round(right), n, seconds, today, json.dumps(wording) if wording else ""]
                with options.file.open("a", encoding="utf-8", newline="") as file:
                    csv.writer(file, lineterminator="\n").writerow(line)
                print(*line, sep="  ", flush=True)


if __name__ == "__main__":
    main()
