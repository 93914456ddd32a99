"""`ftwidgets demo`: what `tune` does, on the bundled support FAQ; with a picture of the curve and answers side by side.

With `--model` and a larger model, a task that `nano` cannot do: `brand_voice`.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets import datasets
from ftwidgets.cli.arguments import folder, positive_int
from ftwidgets.cli.client import home_option, open_sandbox
from ftwidgets.cli.layout import format_columns, indent, single_line, step
from ftwidgets.cli.scores import score, show_scores
from ftwidgets.cli.training import show_losses, start, train
from ftwidgets.clients import state_folder
from ftwidgets.data import check, prepare
from ftwidgets.paths import expand_home

if TYPE_CHECKING:
    import pandas as pd

    from ftwidgets.data import Prepared
    from ftwidgets.evaluation.result import Evaluation

DATASET = "support_faq"
BASE = "nano-2026-11"
EPOCHS = 4
SEED = 7
VALIDATION = 32  # held-out questions whose loss is measured during training
SCORED = 96  # held-out questions that both models answer at the end
SHOWN = 4  # held-out questions whose answers are shown side by side


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("demo", help="fine-tune a model on bundled data, here in the terminal")
    parser.add_argument("--home", type=expand_home, metavar="DIR", help="keep the sandbox's state under DIR")
    parser.add_argument("--out", type=folder, metavar="DIR", default=Path("ftwidgets-demo"), help="write the files to DIR")
    parser.add_argument("--epochs", type=positive_int, metavar="N", help="how often the model sees the examples")
    parser.add_argument(
        "--model",
        metavar="NAME",
        default=BASE,
        help=f"the model to start from (default: {BASE}); another one, such as smollm2-135m, rewrites in a shop's voice",
    )


def run(options: argparse.Namespace) -> int:
    """Run the demo that suits the model, print each step, and return the exit code."""
    from ftwidgets.models import show

    if not show(options.model).bundled:
        from ftwidgets.cli import brand_voice

        return brand_voice.run(options)
    out: Path = options.out
    began = time.monotonic()
    own = state_folder(options.home) / time.strftime("demo-%Y%m%d-%H%M%S")
    print("Fine-tune a language model on a support FAQ: on this computer, with the openai client, without a key.")
    with step("Check the data and write chat JSONL"):
        files, held_out = make_files(out)
    with open_sandbox(own) as sandbox, sandbox.client() as client:
        with step("Upload and fine-tune"):
            job = start(client, files, model=BASE, n_epochs=options.epochs or EPOCHS, seed=SEED, suffix="faq")
            train(client, job, own)
        with step("Read the curve"):
            show_losses(job)
            print(indent(f"drawn in {plot_curve(job.curve, out / 'curve.png')}"))
        with step(f"Ask both models {SHOWN} questions that neither has seen"):
            spread = held_out.iloc[:: max(1, len(held_out) // SHOWN)].head(SHOWN)  # from all topics
            show_answers(score(client, job, as_chats(spread), progress=False))
        with step(f"Score both on {min(SCORED, len(held_out))} questions that neither has seen"):
            scored = held_out.sample(min(SCORED, len(held_out)), random_state=SEED)
            show_scores(score(client, job, as_chats(scored)))
    print(f"\nDone in {time.monotonic() - began:.0f} s. The files are in {out}{os.sep}, the model is {job.model};")
    print(f'ftwidgets.connect(home="{own}") finds it again.')
    print("\nNext, type one of:")
    print(f"   ftwidgets chat{home_option(own)}")
    print("   ftwidgets tune FILE        (the same with a file of your own)")
    print("   ftwidgets lab              (the same in a notebook, step by step)")
    return 0


def make_files(out: Path) -> tuple[Prepared, pd.DataFrame]:
    """Check the CSV and write the training rows and some held-out rows; return the files and all held-out rows."""
    source = datasets.path(DATASET)
    print(indent(f'check("{source.name}")\n{check(source)}'))
    train_rows, held_out = datasets.load(DATASET, "train"), datasets.load(DATASET, "held-out")
    watched = held_out.sample(min(VALIDATION, len(held_out)), random_state=SEED)
    files = prepare(train_rows, out, validation_source=watched, seed=SEED)
    print(indent(f"{files.train_file}: {files.n_train} examples to learn from"))
    print(indent(f"{files.validation_file}: {files.n_validation} held-out examples to watch"))
    return files, held_out


def as_chats(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of the dataset as chat examples."""
    pairs = zip(rows["Prompt"], rows["Completion"], strict=True)
    return [
        {"messages": [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]}
        for prompt, completion in pairs
    ]


def plot_curve(curve: pd.DataFrame, picture: Path) -> Path:
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
    return picture


def show_answers(found: Evaluation) -> None:
    """Print each question with the two answers side by side, and the reference."""
    for _, row in found.answers.iterrows():
        print()
        print(indent(f"Question: {single_line(row['prompt'])}"))
        print(format_columns({name: single_line(row[name]) for name in found.models}))
        print(indent(f"Expected: {single_line(row['reference'])}"))
