"""`ftwidgets demo`: fine-tune a model on a CSV in the terminal, and score it against its base. Each step prints its call."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from ftwidgets import datasets
from ftwidgets.cli.arguments import folder, positive_int
from ftwidgets.clients import connect, state_folder
from ftwidgets.data import check, prepare
from ftwidgets.evaluation.evaluate import evaluate
from ftwidgets.jobs import Job, launch, upload

if TYPE_CHECKING:
    import openai
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJobEvent

    from ftwidgets.data import Prepared
    from ftwidgets.evaluation.result import Evaluation

DATASET = "support_faq"
BASE = "nano-2026-11"
EPOCHS = 4
SEED = 7
VALIDATION = 32  # held-out questions whose loss is measured during training
SCORED = 96  # held-out questions that both models answer at the end
SHOWN = 4  # held-out questions whose answers are shown side by side
METRIC: Final = "exact_match"
TIMEOUT = 600.0  # seconds a job may take

_INDENT = "   "
_BAR_WIDTH = 30


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("demo", help="fine-tune a model on the support FAQ, here in the terminal")
    parser.add_argument("--home", type=Path, metavar="DIR", help="keep the sandbox's state under DIR")
    parser.add_argument("--out", type=folder, metavar="DIR", default=Path("ftwidgets-demo"), help="write the files to DIR")
    parser.add_argument(
        "--epochs", type=positive_int, metavar="N", default=EPOCHS, help="how often the model sees the examples"
    )


def run(options: argparse.Namespace) -> int:
    """Run the demo, print each step, and return the exit code."""
    out: Path = options.out
    began = time.monotonic()
    own = state_folder(options.home) / time.strftime("demo-%Y%m%d-%H%M%S")
    print("Fine-tune a language model on a support FAQ: on this computer, with the openai client, without a key.")
    with step("Check the data and write chat JSONL"):
        files, held_out = make_files(out)
    with connect(home=own) as client:
        with step("Upload and fine-tune"):
            job = fine_tune(client, files, options.epochs)
        with step("Read the curve"):
            show_curve(job, out / "curve.png")
        models = {"base": BASE, "tuned": job.model or ""}
        with step(f"Ask both models {SHOWN} questions that neither has seen"):
            spread = held_out.iloc[:: max(1, len(held_out) // SHOWN)].head(SHOWN)  # from all topics
            show_answers(evaluate(client, models, spread))
        with step(f"Score both on {min(SCORED, len(held_out))} questions that neither has seen"):
            scored = held_out.sample(min(SCORED, len(held_out)), random_state=SEED)
            progress = Progress()
            found = evaluate(client, models, scored, metric=METRIC, workers=2, on_answer=progress.update)
            progress.done()
            print(indent(str(found)))
    print(f"\nDone in {time.monotonic() - began:.0f} s. The files are in {out}{os.sep}, the model is {job.model};")
    print(f'ftwidgets.connect(home="{own}") finds it again.')
    print("\nNext, type:  ftwidgets lab        (the same in a notebook, step by step)")
    return 0


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print the title of a step, and at its end how long it took."""
    began = time.monotonic()
    print(f"\n== {title}", flush=True)
    yield
    print(f"   ({time.monotonic() - began:.1f} s)", flush=True)


def make_files(out: Path) -> tuple[Prepared, pd.DataFrame]:
    """Check the CSV and write the training rows and some held-out rows; return the files and all held-out rows."""
    source = datasets.path(DATASET)
    print(indent(f'check("{source.name}")\n{check(source)}'))
    train, held_out = datasets.load(DATASET, "train"), datasets.load(DATASET, "held-out")
    watched = held_out.sample(min(VALIDATION, len(held_out)), random_state=SEED)
    files = prepare(train, out, validation_source=watched, seed=SEED)
    print(indent(f"{files.train_file}: {files.n_train} examples to learn from"))
    print(indent(f"{files.validation_file}: {files.n_validation} held-out examples to watch"))
    return files, held_out


def fine_tune(client: openai.OpenAI, files: Prepared, epochs: int) -> Job:
    """Upload both files, launch the job and show its progress from its events."""
    print(indent('client.files.create(file=..., purpose="fine-tune")'))
    train = upload(client, files.train_file)
    valid = upload(client, files.validation_file) if files.validation_file else None
    print(indent(f"{train.id}" + (f" and {valid.id}" if valid else "")))
    print(indent(f'client.fine_tuning.jobs.create(model="{BASE}", training_file=..., ...)'))
    validation_file = valid.id if valid else None
    job = launch(client, train.id, model=BASE, validation_file=validation_file, n_epochs=epochs, seed=SEED, suffix="faq")
    print(indent(job.id))
    progress = Progress()
    try:
        job.wait(timeout=TIMEOUT, on_event=progress.on_event)
    finally:
        progress.done()
    print(indent(f"the new model: {job.model}"))
    return job


def show_curve(job: Job, picture: Path) -> None:
    """Print the losses epoch by epoch and plot the curve."""
    curve = job.curve
    ends = curve[curve["full_valid_loss"].notna()]
    print(indent("epoch    step   train loss   validation loss"))
    before = 0
    for epoch, (end, valid) in enumerate(zip(ends["step"], ends["full_valid_loss"], strict=True), 1):
        train = curve[(curve["step"] > before) & (curve["step"] <= end)]["train_loss"].mean()
        print(indent(f"{epoch:5d}   {end:5d}   {train:10.2f}   {valid:15.2f}"))
        before = end
    plot_curve(curve, picture)
    print(indent(f"drawn in {picture}"))


def plot_curve(curve: pd.DataFrame, picture: Path) -> None:
    """Plot training and validation loss by step; the logarithmic scale shows the end as clearly as the beginning."""
    from matplotlib.figure import Figure

    blue, orange = "#0072b2", "#d55e00"  # distinguishable for color-blind readers too (Okabe and Ito 2008)
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    steps, ends = curve["step"], curve[curve["full_valid_loss"].notna()]
    smooth = curve["train_loss"].rolling(max(1, len(curve) // 30), min_periods=1, center=True).mean()
    axes.plot(steps, curve["train_loss"], color=blue, alpha=0.25, linewidth=1)
    axes.plot(steps, smooth, color=blue, linewidth=2, label="training, smoothed (faint: each step)")
    axes.plot(steps, curve["valid_loss"], ".", color=orange, alpha=0.35, markersize=5)
    label = "validation, end of each epoch (faint: a batch)"
    axes.plot(ends["step"], ends["full_valid_loss"], "o-", color=orange, linewidth=2, label=label)
    axes.set(xlabel="step", ylabel="loss (logarithmic; lower is better)", yscale="log")
    axes.set_title(f"Fine-tuning {BASE} on {DATASET}.csv")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.grid(alpha=0.3)
    axes.legend()
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture)


def show_answers(found: Evaluation) -> None:
    """Print each question with the two answers side by side, and the reference."""
    for _, row in found.answers.iterrows():
        print()
        print(indent(f"Question: {single_line(row['prompt'])}"))
        print(format_columns({name: single_line(row[name]) for name in found.models}))
        print(indent(f"Expected: {single_line(row['reference'])}"))


def line_width() -> int:
    """Return how many characters fit on a line of the terminal, at least 60 and at most 110."""
    return min(110, max(60, shutil.get_terminal_size((100, 24)).columns)) - 1


def single_line(text: str) -> str:
    """Join a text to one line without control characters: the answer of a model may hold any."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def indent(text: str) -> str:
    """Indent a text and wrap its long lines."""
    lines: list[str] = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, line_width() - len(_INDENT), break_on_hyphens=False, break_long_words=False) or [""]
    return textwrap.indent("\n".join(lines), _INDENT)


def format_columns(texts: Mapping[str, str]) -> str:
    """Format texts side by side, in columns of equal width with their names above."""
    width = (line_width() - len(_INDENT)) // len(texts) - 2
    columns = [[name, "-" * len(name), *textwrap.wrap(text or "(nothing)", width)] for name, text in texts.items()]
    height = max(map(len, columns))
    rows = zip(*(column + [""] * (height - len(column)) for column in columns), strict=True)
    return "\n".join((_INDENT + "".join(f"{cell:<{width + 2}}" for cell in row)).rstrip() for row in rows)


class Progress:
    """A bar that moves in place on a terminal; five lines if the output goes to a file."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._began = time.monotonic()
        self._fifths = 0  # of the whole, printed to a file so far
        self._unfinished = False  # the bar's line on a terminal

    def on_event(self, event: FineTuningJobEvent) -> None:
        """Show an event of a job: metrics as the bar, a warning or an error as its message."""
        data = event.data if isinstance(event.data, dict) else {}
        if "step" in data and "total_steps" in data:
            self.update(int(data["step"]), int(data["total_steps"]), f"loss {float(data.get('train_loss', 0)):.2f}")
        elif event.level != "info":
            self.done()
            print(f"{_INDENT}{single_line(event.message)}", file=self._stream)

    def update(self, done: int, of: int, note: str = "") -> None:
        """Show how much of the whole is done."""
        filled = _BAR_WIDTH * done // of
        seconds = time.monotonic() - self._began
        line = f"{_INDENT}[{'#' * filled:<{_BAR_WIDTH}}] {done}/{of}  {note}  {seconds:.0f} s"
        if self._live:
            print(f"\r{line:<{line_width()}}"[: line_width() + 1], end="", file=self._stream, flush=True)
            self._unfinished = True
        elif done * 5 // of > self._fifths or done == of:
            self._fifths = done * 5 // of
            print(line.rstrip(), file=self._stream, flush=True)

    def done(self) -> None:
        """End the bar's line, if there is one."""
        if self._unfinished:
            print(file=self._stream, flush=True)
        self._unfinished = False
