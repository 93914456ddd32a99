"""The command `ftwidgets`: a demo, and the way to the lessons.

Every failure is a sentence and an exit code: 1 if something went wrong, 2 if the command was mistyped, 130 if it was
interrupted. `FTWIDGETS_TRACEBACK=1` in the environment shows where an error comes from.
Left out: anything a notebook does better.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import ftwidgets

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line, by default this process's own, and give its exit code."""
    options, rest = _parse(argv)
    for stream in (sys.stdout, sys.stderr):  # a sign the terminal lacks must not end the program
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        return _run(options, rest)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for the flush at exit
        return 1
    except Exception as error:
        if os.environ.get("FTWIDGETS_TRACEBACK"):
            raise
        print(f"ftwidgets: {_sentence(error)}", file=sys.stderr)
        return 1


def _parse(argv: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="ftwidgets", description=ftwidgets.__doc__)
    parser.add_argument("--version", action="version", version=f"ftwidgets {ftwidgets.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    demo = commands.add_parser("demo", help="fine-tune a model on the support FAQ, here in the terminal")
    demo.add_argument("--home", type=Path, metavar="DIR", help="keep the sandbox's state under DIR")
    demo.add_argument("--out", type=_folder, metavar="DIR", default=Path("ftwidgets-demo"), help="write the files to DIR")
    demo.add_argument("--epochs", type=_positive, metavar="N", help="how often the model sees the examples")
    commands.add_parser("lab", help="open JupyterLab on the first lesson; further options go to JupyterLab")
    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return options, rest


def _run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    if options.command == "lab":
        from ftwidgets import lab

        lab.require()
        folder, where = lab.lessons()
        print(f"{where} JupyterLab opens {lab.FIRST}; Ctrl-C here stops it.", flush=True)
        return lab.open_lab(folder, rest)
    from ftwidgets import demo

    demo.run(home=options.home, out=options.out, epochs=options.epochs or demo.EPOCHS)
    return 0


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 on: {text}")
    return int(text)


def _folder(text: str) -> Path:
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"is a file, and a folder is needed: {text}")
    return path


def _sentence(error: Exception) -> str:
    """Say an error in words: our own and the service's as they are, anything else with its kind."""
    import openai

    text = " ".join(str(error).split())
    if isinstance(error, ftwidgets.FtwidgetsError | openai.OpenAIError | OSError) and text:
        return text
    return f"{type(error).__name__}: {text} (unexpected; FTWIDGETS_TRACEBACK=1 in the environment shows where)"
