"""`ftwidgets check FILE`: print the report as text, JSON or GitHub annotations, write it as a page, write a repaired copy.

Exit codes: 0 if nothing is an error, 1 if something is, 2 if a file cannot be read or the command was mistyped.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import add_reading_options, reading_options
from ftwidgets.cli.layout import print_json
from ftwidgets.errors import DataError
from ftwidgets.paths import expand_home

if TYPE_CHECKING:
    from ftwidgets.data import Finding, Report

CLEAN, FOUND, UNREADABLE = 0, 1, 2
GITHUB_SHOWS = 10  # findings of each level: GitHub shows no more of a step

_EPILOG = "Exit code: 0 if nothing is at error level, 1 if something is, 2 if FILE or the validation file cannot be read."

_GITHUB_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("check", help="find what is wrong with training data, line by line", epilog=_EPILOG)
    parser.add_argument("file", type=expand_home, metavar="FILE", help="CSV, TSV, XLSX, JSON or JSON Lines; never changed")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", action="store_true", help="print the findings as one JSON list, and nothing else")
    output.add_argument("--format", choices=["text", "github"], default="text", help="github: annotations of a workflow")
    parser.add_argument("--html", type=expand_home, metavar="OUT", help="write the report as one page")
    parser.add_argument("--markdown", type=expand_home, metavar="OUT", help="write the report as Markdown")
    parser.add_argument(
        "--fix",
        type=expand_home,
        metavar="OUT",
        help="write a repaired copy (JSON Lines, or CSV if its name ends in .csv), and a log of each change beside it",
    )
    parser.add_argument(
        "--fixes",
        metavar="NAMES",
        help="which fixes: names with commas, or: all; without it all but those that must be named",
    )
    parser.add_argument("--force", action="store_true", help="replace existing files; never FILE itself")
    add_reading_options(parser)
    parser.add_argument(
        "--validation", type=expand_home, metavar="FILE", help="look for its rows among those of the training file"
    )
    parser.add_argument("--model", metavar="NAME", help="count tokens for this model, and find rows longer than it reads")


def run(options: argparse.Namespace) -> int:
    """Check the file, print and write what the options ask for, and return the exit code."""
    from ftwidgets.data import check

    try:
        _reject_overwriting(options)
        report = check(options.file, validation=options.validation, model=options.model, **reading_options(options))
        _print_findings(report.for_command_line(), options)
        stream = sys.stderr if options.json or options.format == "github" else sys.stdout  # stdout is for programs then
        for sentence in _write_files(report, options):
            print(sentence, file=stream)
    except BrokenPipeError:
        raise
    except (ValueError, OSError) as error:  # options that do not fit, in words; a file that cannot be written
        print(f"ftwidgets check: {error}", file=sys.stderr)
        return UNREADABLE
    if report.unreadable:
        return UNREADABLE
    return CLEAN if report.ok else FOUND


def _reject_overwriting(options: argparse.Namespace) -> None:
    """Raise if an output would replace an input or, without `--force`, another file; before anything is read."""
    from ftwidgets.data.fixes import log_path

    targets = [target for target in (options.html, options.markdown, options.fix) if target is not None]
    targets += [log_path(options.fix)] if options.fix is not None else []
    if len(set(targets)) < len(targets):
        raise DataError(f"{targets[0]} is named twice, and one would replace the other. Give two names.")
    sources = (options.file, options.validation)
    for target in filter(Path.exists, targets):
        if any(source is not None and source.exists() and target.samefile(source) for source in sources):
            raise DataError(f"{target} is the file to check, and would be lost. Give another name.")
        if target.is_dir():
            raise DataError(f"{target} is a folder. Name a file in it.")
        if not target.is_file():
            raise DataError(f"{target} is a device or a pipe, and a file would take its place. Name a file.")
        if not options.force:
            raise DataError(f"{target} exists already. Give another name, or --force to replace it.")


def _print_findings(report: Report, options: argparse.Namespace) -> None:
    from ftwidgets.data.text import pluralize

    if options.json:
        print_json(finding_objects(report))
        more = report.n_findings - len(report.findings)
        if more:
            print(f"{pluralize(more, 'finding')} more: the list has the first of each kind.", file=sys.stderr)
    elif options.format == "github":
        path = options.validation
        others = {name: path.as_posix() for name in (path.name, f"{path.name} (validation)")} if path else {}
        print(github_commands(report, options.file.as_posix(), others=others))
    else:
        print(report)


def finding_objects(report: Report) -> list[dict[str, Any]]:
    """Return the findings of a report as they stand in JSON."""
    objects = []
    for finding in report.findings:
        values = {name: getattr(finding, name) for name in ("id", "level", "line", "row", "field", "message", "fix")}
        if finding.source is not None:  # the message of one in the validation file begins with that file's name
            values["message"] = f"{finding.source}: {finding.message}"
        objects.append(values)
    return objects


def _write_files(report: Report, options: argparse.Namespace) -> Iterator[str]:
    """Write the pages and the repaired copy; yield a sentence for each."""
    from ftwidgets.data.export import atomic_write

    for target in (options.html, options.markdown):
        if target is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
    if options.html is not None:
        yield f"Written: {report.to_html(options.html)}"
    if options.markdown is not None:
        with atomic_write(options.markdown) as file:
            file.write(report.to_markdown().encode())
        yield f"Written: {options.markdown}"
    if options.fix is not None and report.form:  # without a form, the file itself cannot be read
        names: list[str] | None = None  # all but those that must be named
        if options.fixes == "all":
            names = [fix.name for fix in report.fixes]
        elif options.fixes is not None:
            names = [name.strip() for name in options.fixes.split(",")]
        yield str(report.apply(options.fix, names, force=options.force))


def github_commands(report: Report, file: str, *, others: dict[str, str] | None = None) -> str:
    """Return the report as annotations of a GitHub workflow: a command a line, at most ten of each level, and a summary.

    Escaping and levels: docs.github.com, "Workflow commands for GitHub Actions".
    Each id has its first line shown before any id has its second. `file` is the path of the file, seen from the repository's
    root: where GitHub puts the annotations; `others` are paths of further files, by the name that `Finding.source` gives them.
    """
    from ftwidgets.data.findings import LEVELS
    from ftwidgets.data.text import pluralize

    turns: Counter[str] = Counter()
    ranked: list[tuple[int, Finding]] = []  # how many of its id came before, and the finding
    for found in report.findings:
        ranked.append((turns[found.id], found))
        turns[found.id] += 1
    lines = []
    for level in LEVELS:
        chosen = sorted((pair for pair in ranked if pair[1].level == level), key=lambda pair: pair[0])[:GITHUB_SHOWS]
        for _, found in chosen:
            path, line = (others or {}).get(found.source or "", file), "" if found.line is None else str(found.line)
            place = {"file": path, "line": line, "title": found.id}
            named = ",".join(f"{name}={_escape(value, ':,')}" for name, value in place.items() if value)
            lines.append(f"::{_GITHUB_COMMANDS[found.level]} {named}::{_escape(f'{found.message} {found.fix}'.strip())}")
    more = report.n_findings - len(lines)
    rest = f" {pluralize(more, 'finding')} more, not shown here." if more > 0 else ""
    return "\n".join([*lines, f"{_escape(report.summary)}{rest}"])


def _escape(text: str, also: str = "") -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
