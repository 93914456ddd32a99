"""The main job in the terminal: a CSV goes in, a tuned model comes out, and its score says whether that was worth it.

Left out: everything a lesson explains. Each step prints the call it stands for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ftwidgets import datasets
from ftwidgets.cli import progress as terminal
from ftwidgets.clients import connect, state_folder
from ftwidgets.data import check, prepare
from ftwidgets.evaluation.evaluate import evaluate
from ftwidgets.jobs.job import Job, launch, upload

if TYPE_CHECKING:
    import openai
    import pandas as pd

    from ftwidgets.data import Prepared
    from ftwidgets.evaluation.result import Evaluation

DATASET = "support_faq"
BASE = "nano-2026-11"
EPOCHS = 4
SEED = 7
VALIDATION = 32  # held-out questions whose loss is watched during training
SCORED = 96  # held-out questions both models answer at the end
SHOWN = 4  # of them, shown side by side
METRIC: Final = "exact_match"
TIMEOUT = 600.0  # seconds a job may take


def run(*, home: Path | None = None, out: Path = Path("ftwidgets-demo"), epochs: int = EPOCHS) -> None:
    """Do the main job and say how it went.

    Parameters
    ----------
    home
        The folder under which the demo makes a state folder of its own; by default the sandbox's usual one.
    out
        Where the JSONL files and the picture of the curve go.
    epochs
        How often the model sees the training examples.
    """
    began = time.monotonic()
    own = state_folder(home) / time.strftime("demo-%Y%m%d-%H%M%S")
    print("Fine-tune a language model on a support FAQ: on this computer, with the openai client, without a key.")
    with step("Check the data and write chat JSONL"):
        files, held_out = make_files(out)
    with connect(home=own) as client:
        with step("Upload and fine-tune"):
            job = fine_tune(client, files, epochs)
        with step("Read the curve"):
            show_curve(job, out / "curve.png")
        models = {"base": BASE, "tuned": job.model or ""}
        with step(f"Ask both models {SHOWN} questions that neither has seen"):
            spread = held_out.iloc[:: max(1, len(held_out) // SHOWN)].head(SHOWN)  # over the topics, not by luck
            show_answers(evaluate(client, models, spread))
        with step(f"Score both on {min(SCORED, len(held_out))} questions that neither has seen"):
            scored = held_out.sample(min(SCORED, len(held_out)), random_state=SEED)
            progress = terminal.Progress()
            found = evaluate(client, models, scored, metric=METRIC, workers=2, on_answer=progress.update)
            progress.done()
            print(terminal.indented(str(found)))
    print(f"\nDone in {time.monotonic() - began:.0f} s. The files are in {out}{terminal.SEPARATOR}, the model is {job.model};")
    print(f'ftwidgets.connect(home="{own}") finds it again.')
    print("\nNext, type:  ftwidgets lab        (the same in a notebook, step by step)")


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print what a step does, and then how long it took."""
    began = time.monotonic()
    print(f"\n== {title}", flush=True)
    yield
    print(f"   ({time.monotonic() - began:.1f} s)", flush=True)


def make_files(out: Path) -> tuple[Prepared, pd.DataFrame]:
    """Check the CSV, write the training rows and a slice of the held-out rows, and give the files and all held-out."""
    source = datasets.path(DATASET)
    print(terminal.indented(f'check("{source.name}")\n{check(source)}'))
    train, held_out = datasets.load(DATASET, "train"), datasets.load(DATASET, "held-out")
    watched = held_out.sample(min(VALIDATION, len(held_out)), random_state=SEED)
    files = prepare(train, out, validation_source=watched, seed=SEED)
    print(terminal.indented(f"{files.train_file}: {files.n_train} examples to learn from"))
    print(terminal.indented(f"{files.validation_file}: {files.n_validation} held-out examples to watch"))
    return files, held_out


def fine_tune(client: openai.OpenAI, files: Prepared, epochs: int) -> Job:
    """Upload both files, start the job and draw its progress from its events."""
    print(terminal.indented('client.files.create(file=..., purpose="fine-tune")'))
    train = upload(client, files.train_file)
    valid = upload(client, files.validation_file) if files.validation_file else None
    print(terminal.indented(f"{train.id}" + (f" and {valid.id}" if valid else "")))
    print(terminal.indented(f'client.fine_tuning.jobs.create(model="{BASE}", training_file=..., ...)'))
    validation_file = valid.id if valid else None
    job = launch(client, train.id, model=BASE, validation_file=validation_file, n_epochs=epochs, seed=SEED, suffix="faq")
    print(terminal.indented(job.id))
    progress = terminal.Progress()
    try:
        job.wait(timeout=TIMEOUT, on_event=progress.on_event)
    finally:
        progress.done()
    print(terminal.indented(f"the new model: {job.model}"))
    return job


def show_curve(job: Job, picture: Path) -> None:
    """Print the losses epoch by epoch and save the curve as a picture."""
    curve = job.curve
    ends = curve[curve["full_valid_loss"].notna()]
    print(terminal.indented("epoch    step   train loss   validation loss"))
    before = 0
    for epoch, (end, valid) in enumerate(zip(ends["step"], ends["full_valid_loss"], strict=True), 1):
        train = curve[(curve["step"] > before) & (curve["step"] <= end)]["train_loss"].mean()
        print(terminal.indented(f"{epoch:5d}   {end:5d}   {train:10.2f}   {valid:15.2f}"))
        before = end
    draw(curve, picture)
    print(terminal.indented(f"drawn in {picture}"))


def draw(curve: pd.DataFrame, picture: Path) -> None:
    """Draw train and validation loss by step; on a logarithmic scale, so that the end is as clear as the beginning."""
    from matplotlib.figure import Figure

    blue, orange = "#0072b2", "#d55e00"  # told apart by everyone (Okabe and Ito 2008)
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
        print(terminal.indented(f"Question: {terminal.plain(row['prompt'])}"))
        print(terminal.side_by_side({name: terminal.plain(row[name]) for name in found.models}))
        print(terminal.indented(f"Expected: {terminal.plain(row['reference'])}"))
