"""The command `ftwidgets`: each of its commands is a module with `add(commands)` and `run(options)`.

Every failure is a sentence and an exit code: 1 if something went wrong, or `check` found an error; 2 if the command was
mistyped, or a file cannot be read; 130 if it was interrupted. `FTWIDGETS_TRACEBACK=1` in the environment shows where
an error comes from.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import ftwidgets
from ftwidgets.cli import chat, check, demo, jobs, models, serve, tune
from ftwidgets.cli.arguments import UsageError
from ftwidgets.cli.client import refusal
from ftwidgets.health import doctor
from ftwidgets.lessons import lab, progress, reset

COMMANDS = {
    "demo": demo,
    "check": check,
    "tune": tune,
    "chat": chat,
    "jobs": jobs,
    "models": models,
    "serve": serve,
    "lab": lab,
    "doctor": doctor,
    "progress": progress,
    "reset": reset,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, by default this process's own, and return its exit code."""
    parser = argparse.ArgumentParser(prog="ftwidgets", description=ftwidgets.__doc__)
    parser.add_argument("--version", action="version", version=f"ftwidgets {ftwidgets.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS.values():
        command.add(commands)
    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest  # for JupyterLab
    for stream in (sys.stdout, sys.stderr):  # a character that the terminal cannot show must not end the program
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        exit_code: int = COMMANDS[options.command].run(options)
        return exit_code
    except KeyboardInterrupt as interrupt:
        print(f"\nStopped. {interrupt}".rstrip(), file=sys.stderr)
        return 130
    except UsageError as error:
        print(f"ftwidgets {options.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output, such as `head`, has ended
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the flush at exit
        return 1
    except Exception as error:
        import openai

        if os.environ.get("FTWIDGETS_TRACEBACK"):
            raise
        text = " ".join((refusal(error) if isinstance(error, openai.APIError) else str(error)).split())
        if not text or not isinstance(error, ftwidgets.FtwidgetsError | openai.OpenAIError | OSError):
            text = f"{type(error).__name__}: {text} (unexpected; FTWIDGETS_TRACEBACK=1 in the environment shows where)"
        print(f"ftwidgets: {text}", file=sys.stderr)
        return 1
