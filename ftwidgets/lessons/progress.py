"""`ftwidgets progress`: which exercises are right, which were tried, and how many guesses were made, lesson by lesson."""

from __future__ import annotations

import argparse
import json
from typing import Any


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("progress", help="show which exercises of the lessons you have solved")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Print the table or the JSON document, and return the exit code."""
    from ftwidgets.lessons.exercises.overview import progress

    found = progress()
    print(json.dumps(found.facts(), indent=1) if options.json else found)
    return 0
