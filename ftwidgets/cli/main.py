"""The command `ftwidgets`: a demo, the way to the lessons, a check of training data, and the sandbox behind a port.

Every failure is a sentence and an exit code: 1 if something went wrong, or `check` found an error; 2 if the command was
mistyped, or `check` cannot read the file; 130 if it was interrupted. `FTWIDGETS_TRACEBACK=1` in the environment shows where
an error comes from.
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
from ftwidgets.cli import check, serve

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
    check.add(commands)
    serve.add(commands)
    commands.add_parser("lab", help="open JupyterLab on the first lesson; further options go to JupyterLab")
    commands.add_parser("doctor", help="check this computer: versions, widgets, speed, memory, state folder, key")
    reset = commands.add_parser("reset", help="put a lesson back to how it came, keeping yours beside it")
    reset.add_argument("name", nargs="?", metavar="NAME", help="its number or name, such as 03")
    reset.add_argument("--list", action="store_true", help="show the lessons and which of them you have changed")
    reset.add_argument("--folder", type=Path, metavar="DIR", help="where your lessons are, if not here")
    options, rest = parser.parse_known_args(argv)
    if rest and options.command != "lab":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if options.command == "reset" and bool(options.name) == options.list:
        reset.error("name one lesson, such as 03, or give --list")
    return options, rest


def _run(options: argparse.Namespace, rest: Sequence[str]) -> int:
    if options.command == "check":
        return check.run(options)
    if options.command == "serve":
        return serve.run(options)
    if options.command == "doctor":
        return _doctor()
    if options.command == "reset":
        return _reset(options)
    if options.command == "lab":
        from ftwidgets.lessons import lab

        lab.require()
        folder, where = lab.lessons()
        print(f"{where} JupyterLab opens {lab.FIRST}; Ctrl-C here stops it.", flush=True)
        return lab.open_lab(folder, rest)
    from ftwidgets.cli import demo

    demo.run(home=options.home, out=options.out, epochs=options.epochs or demo.EPOCHS)
    return 0


def _doctor() -> int:
    from ftwidgets.health.doctor import doctor

    report = doctor()
    print(report.text(places=True))
    print("Whether your browser draws widgets, only a notebook can tell: run ftwidgets.doctor() in a cell.")
    return 0 if report.ok else 1


def _reset(options: argparse.Namespace) -> int:
    from ftwidgets.lessons import reset

    lessons = reset.lessons(options.folder)
    if options.list:
        print(f"In {lessons.folder.resolve()}, against {lessons.origin.where}:")
        for name in lessons.names:
            kept = lessons.backups(name)
            print(f"  {name:<28}{lessons.state(name):<9}{f'{kept} of yours kept' if kept else ''}".rstrip())
        return 0
    for sentence in reset.told(lessons.reset(lessons.find(options.name))):
        print(sentence)
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
