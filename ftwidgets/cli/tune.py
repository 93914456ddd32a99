"""`ftwidgets tune FILE`: check a file, hold rows out, fine-tune on the rest, score base and tuned model on what was held out.

Exit codes: 0 trained; 1 the file has errors, or the job failed; 2 the file cannot be read, or an option is wrong; 130
interrupted (a job that was training is paused, and `ftwidgets jobs resume` continues it).
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import (
    UsageError,
    add_reading_options,
    positive_int,
    positive_number,
    reading_options,
    share_or_file,
    whole_number,
)
from ftwidgets.cli.check import finding_objects
from ftwidgets.cli.client import find_model, open_sandbox
from ftwidgets.cli.layout import indent, print_json, stdout_for_json, step
from ftwidgets.cli.scores import MOST_SCORED, show_next, show_outcome
from ftwidgets.cli.training import start, train
from ftwidgets.errors import FtwidgetsError
from ftwidgets.jobs.labels import suffix_from
from ftwidgets.paths import expand_home

if TYPE_CHECKING:
    from ftwidgets.data import Finding, Prepared, Report

DONE, FOUND, UNREADABLE = 0, 1, 2
MODEL = "nano-2026-11"
SHARE = 0.2
MOST_WARNINGS = 6

_EPILOG = "Exit code: 0 trained, 1 errors in the file or a failed job, 2 wrong use or an unreadable file, 130 interrupted."


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("tune", help="fine-tune a model on your own file, and score it", epilog=_EPILOG)
    parser.add_argument("file", type=expand_home, metavar="FILE", help="CSV, TSV, XLSX, JSON or JSON Lines; never changed")
    parser.add_argument("--model", metavar="NAME", default=MODEL, help=f"the model to start from (default: {MODEL})")
    parser.add_argument("--epochs", type=positive_int, metavar="N", help="how often each row is learned (default: auto)")
    parser.add_argument(
        "--learning-rate-multiplier", type=positive_number, metavar="X", help="a factor on the learning rate (default: auto)"
    )
    parser.add_argument("--batch-size", type=positive_int, metavar="N", help="rows in a step (default: auto)")
    trained = parser.add_mutually_exclusive_group()
    trained.add_argument(
        "--lora", action="store_true", default=None, help="train an adapter (the default for a model that was added)"
    )
    trained.add_argument(
        "--full", dest="lora", action="store_false", help="train all weights (the default for the bundled model)"
    )
    parser.add_argument(
        "--lora-rank", type=positive_int, metavar="N", help="the size of the adapter, with --lora or by itself (default: 16)"
    )
    parser.add_argument(
        "--validation",
        type=share_or_file,
        metavar="SHARE|FILE",
        default=SHARE,
        help=f"how much of FILE is held out, or a file of its own (default: {SHARE})",
    )
    parser.add_argument(
        "--score",
        type=positive_int,
        metavar="N",
        default=MOST_SCORED,
        help=f"held-out rows that both models answer (default: at most {MOST_SCORED})",
    )
    parser.add_argument("--split-column", metavar="COL", help="a column that says train or validation of each row")
    parser.add_argument("--name", metavar="SUFFIX", help="part of the new model's name (default: the name of FILE)")
    parser.add_argument("--home", type=expand_home, metavar="DIR", help="keep the sandbox's state under DIR")
    parser.add_argument("--seed", type=whole_number, metavar="N", default=0, help="of the split and the training (default: 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON document, and nothing else")
    add_reading_options(parser)


def run(options: argparse.Namespace) -> int:
    """Fine-tune on the file, print each step or one JSON document, and return the exit code."""
    document: dict[str, Any] = {}
    if options.lora is False and options.lora_rank:
        raise UsageError("--lora-rank is the size of an adapter, and --full trains all weights; leave one of them out.")
    try:
        with stdout_for_json(options.json):
            code = _tune(options, document)
    except FtwidgetsError as error:  # the job failed
        if options.json:
            print_json({**document, "error": str(error)})
        raise
    if options.json:
        print_json(document)
    return code


def _tune(options: argparse.Namespace, document: dict[str, Any]) -> int:
    """Take the steps, print them, and put the results into the document."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ftwidgets-") as folder:
        own_file = isinstance(options.validation, Path)
        with step(f"Check {options.file.name} and {options.validation.name if own_file else 'hold rows out'}"):
            files = _make_files(options, Path(folder), document)
        if isinstance(files, int):
            return files
        with open_sandbox(options.home) as sandbox, sandbox.client() as client:
            model = find_model(client, options.model)
            with step(f"Fine-tune {model}"):
                job = start(client, files, model=model, **_settings(options, files))
                document["job"] = job.id
                train(client, job, options.home)
            document |= show_outcome(client, job, options.home, most_scored=options.score)
            print(f"\nDone in {time.monotonic() - began:.0f} s.")
            show_next(job, options.home)
    return DONE


def _make_files(options: argparse.Namespace, folder: Path, document: dict[str, Any]) -> Prepared | int:
    """Check the file and write training and validation rows; return an exit code if that cannot be trained on."""
    from ftwidgets.data import check, prepare
    from ftwidgets.data.model_specs import find_model as find_specification

    known_model = None  # else the service checks how long the rows are
    with suppress(ValueError):
        known_model = find_specification(options.model).name
    validation = options.validation if isinstance(options.validation, Path) else None
    reading = reading_options(options)
    try:
        report = check(options.file, validation=validation, model=known_model, **reading)
        document["findings"] = finding_objects(report.for_command_line())
        if report.unreadable or not report.ok:
            return _reject(report, options)
        if report.form == "preference":
            raise UsageError(f"{options.file.name} holds preferences; this command trains on prompts and answers.")
        share = 0.0 if validation else options.validation
        split = {"validation": share, "validation_source": validation, "split_column": options.split_column}
        files = prepare(options.file, folder, seed=options.seed, **split, **reading)
    except (ValueError, OSError) as error:  # options that do not fit, in words; a file that cannot be written
        raise UsageError(str(error)) from error
    document["rows"] = {"training": files.n_train, "validation": files.n_validation}
    _show_data(report, files)
    errors = [finding for finding in files.report.findings if finding.level == "error"]
    if errors:  # of the split, such as too few rows that are left to learn from
        messages = [str(finding) for finding in errors]
        if errors[0].id == "too-few-rows":
            left = f"{files.n_validation} rows are held out, and {files.n_train} are too few to learn from"
            messages = [f"{left}. Add rows, or hold fewer out: --validation 0"]
        print(f"ftwidgets tune: {' '.join(messages)}", file=sys.stderr)
        return FOUND
    return files


def _reject(report: Report, options: argparse.Namespace) -> int:
    """Print what is wrong with a file and what to do, and return the exit code of `check`."""
    report = report.for_command_line()
    if report.unreadable:
        for finding in report.findings:
            if finding.level == "error":
                print(f"ftwidgets tune: {finding}", file=sys.stderr)
        return UNREADABLE
    print(indent(str(report)))
    todo = "Correct the rows and type the same again."
    if report.repairs:
        fixed = f"{options.file.stem}-corrected.jsonl"
        todo += f" Or repair what is safe: ftwidgets check {shlex.quote(str(options.file))} --fix {shlex.quote(fixed)}"
    print(f"ftwidgets tune: {options.file.name} has errors, and nothing was trained. {todo}", file=sys.stderr)
    return FOUND


def _show_data(report: Report, files: Prepared) -> None:
    """Print how many rows there are, the warnings in short, and what a score on the held-out rows can tell."""
    from ftwidgets.data.findings import finding_type

    print(indent(report.summary))
    warnings = [(name, n) for name, (level, n) in report.totals.items() if level == "warning"]
    first: dict[str, Finding] = {}
    for finding in report.findings:
        first.setdefault(finding.id, finding)
    for name, n in warnings[:MOST_WARNINGS]:
        kind, place = finding_type(name), first[name].where
        print(indent(f"warning: {kind.title if kind else name} ({n}{f', first {place}' if place else ''})"))
    if warnings:
        print(indent(f"`ftwidgets check {report.source}` shows each of them and what to do."))
    print(indent(f"{files.n_train} rows to learn from, {files.n_validation} held out"))
    for finding in files.report.findings:
        if finding.id == "validation-size":
            print(indent(str(finding)))


def _settings(options: argparse.Namespace, files: Prepared) -> dict[str, Any]:
    """Return the arguments of `launch`; the metadata tells `ftwidgets jobs` what the job was about."""
    suffix = options.name or suffix_from(options.file.name)
    metadata = {"source": options.file.name[:500], "rows": str(files.n_train), "suffix": suffix or ""}
    chosen = {
        "n_epochs": options.epochs,
        "batch_size": options.batch_size,
        "learning_rate_multiplier": options.learning_rate_multiplier,
        "lora": True if options.lora_rank else options.lora,
        "lora_r": options.lora_rank,
    }
    given = {name: value for name, value in chosen.items() if value is not None}
    return {**given, "seed": options.seed, "suffix": suffix, "extra_body": {"metadata": metadata}}
