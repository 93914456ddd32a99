"""`ftwidgets demo --model NAME`: an added model learns to rewrite plain messages in a shop's voice, shown on ten of them."""

from __future__ import annotations

import argparse
import re
import sys
import time
from typing import TYPE_CHECKING

from ftwidgets import datasets
from ftwidgets.cli.client import open_sandbox
from ftwidgets.cli.layout import format_table, indent, labelled, step
from ftwidgets.cli.scores import held_out_rows, score, show_next
from ftwidgets.cli.training import show_losses, start, train
from ftwidgets.clients import state_folder
from ftwidgets.data import check, prepare

if TYPE_CHECKING:
    from ftwidgets.evaluation.result import Evaluation

DATASET = "brand_voice"
EPOCHS, RATE = 3, 1.0  # chosen on ten of the sixty training rows; docs/recipe.md has the figures
SEED = 7
SHOWN = 10  # of the held-out messages, the first ones of the file

_NUMBER = re.compile(r"\d+(?:[.:]\d+)?")
_ADDRESS = re.compile(r"\b(?:we|us|our|you|your|yours)\b", re.IGNORECASE)


def run(options: argparse.Namespace) -> int:
    """Fine-tune, print the pairs and what it cost, and return the exit code."""
    from ftwidgets.models import model_folder, show

    model_folder(options.model)  # whether it is installed, before anything is written
    began = time.monotonic()
    home = state_folder(options.home) / time.strftime("demo-%Y%m%d-%H%M%S")
    print("Teach a language model a shop's voice: on this computer, with the openai client, without a key.")
    with step("Check the data and write chat JSONL"):
        source, held_out = datasets.path(DATASET), datasets.load(DATASET, "held-out")
        print(indent(f'check("{source.name}")\n{check(source)}'))
        files = prepare(datasets.load(DATASET, "train"), options.out, validation_source=held_out, seed=SEED)
        print(indent(f"{files.n_train} messages to learn from, {files.n_validation} held out"))
    with open_sandbox(home) as sandbox, sandbox.client() as client:
        with step(f"Fine-tune {options.model}"):
            settings = {"n_epochs": options.epochs or EPOCHS, "learning_rate_multiplier": RATE, "seed": SEED}
            job = start(client, files, model=show(options.model).name, suffix="voice", **settings)
            train(client, job, home)
            show_losses(job)
        with step(f"Rewrite {files.n_validation} messages that neither model has seen; these are the first {SHOWN}"):
            found = score(client, job, held_out_rows(client, job, most=files.n_validation))
            show_pairs(found)
            print(f"\n{indent(f'How many of the {files.n_validation} answers')}\n{indent(count_manner(found))}")
            print(indent("Sixty rows teach the voice, but not always to keep the meaning. Read a message before you send it."))
    memory = peak_memory()
    most = f", with at most {memory / 1e9:.1f} GB of memory" if memory else ""
    print(f"\nDone in {time.monotonic() - began:.0f} s{most}. No key, no GPU, no bill.")
    show_next(job, home)
    return 0


def show_pairs(found: Evaluation) -> None:
    """Print the first messages with the answers of base and tuned model, whatever they are."""
    for _, row in found.answers.head(SHOWN).iterrows():
        print()
        for label, column in (("message", "prompt"), ("base", "base"), ("tuned", "tuned")):
            print(labelled(label, row[column]))


def count_manner(found: Evaluation) -> str:
    """Return a table of how many answers of each model address the reader, and how many keep every number of the message."""
    numbers = [set(_NUMBER.findall(prompt)) for prompt in found.answers["prompt"]]
    header = ["", *found.models]
    addressing, keeping = ['say "we" or "you"'], [f"keep every number ({sum(map(bool, numbers))} have some)"]
    for name in found.models:
        answers = list(found.answers[name])
        addressing.append(str(sum(_ADDRESS.search(answer) is not None for answer in answers)))
        kept = [wanted and wanted <= set(_NUMBER.findall(answer)) for wanted, answer in zip(numbers, answers, strict=True)]
        keeping.append(str(sum(map(bool, kept))))
    return format_table(header, [addressing, keeping])


def peak_memory() -> int | None:
    """Return the most bytes of memory that this process has held; None if the system does not tell (Windows)."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
