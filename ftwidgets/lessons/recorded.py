"""Show what SmolLM2 does in a lesson: live where it is installed, else the recorded run of the same rows and calls.

A record (`data/recorded/NAME.json`, beside the lesson) holds the result, its date, seconds and cores, the jobs with the hashes
of their files and their settings, and a fingerprint of what the run was made from: the text of the function, and every table,
list, text and function of the lesson that it uses. If the fingerprint no longer matches, the reader sees a note.
`tools/record_smollm2.py` makes the records anew. Left out: the weights; a recorded model cannot be asked anything else.
"""

from __future__ import annotations

import dis
import hashlib
import inspect
import json
import os
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from ftwidgets.errors import FtwidgetsError

if TYPE_CHECKING:
    import openai

FOLDER = Path("data", "recorded")
MODE = "FTWIDGETS_RECORDS"  # "write": run live and write the record; "strict": a record that no longer fits is an error
FACTS = ("model", "date", "seconds", "cores", "made_from", "jobs", "result")
_IDS = ("ft:", "ftjob-", "file-")  # new in every run, so no part of a fingerprint


def live_or_recorded(name: str, live: Callable[[], Any], client: openai.OpenAI, *, model: str = "smollm2-135m") -> Any:
    """Return what `live` returns: run it if `model` is installed, else read the recorded run.

    Parameters
    ----------
    name
        The name of the record: `data/recorded/NAME.json` in the lesson's folder.
    live
        A function without arguments that trains and asks. It returns what JSON can hold: texts, numbers, lists, mappings.
    client
        The client that the lesson uses; its list of models decides.
    model
        The base model that `live` needs.
    """
    file, mode = FOLDER / f"{name}.json", os.environ.get(MODE, "")
    installed = model in (found.id for found in client.models.list())
    if mode == "write" and not installed:
        raise FtwidgetsError(f"{model} is not installed, so there is nothing to record: ftwidgets models add {model}")
    if not installed:
        return _show(file, live, model, strict=mode == "strict")
    print(f"Live: {model} is installed.{_how_long(file)}")
    earlier = {job.id for job in client.fine_tuning.jobs.list(limit=100)}
    began = time.monotonic()
    result = _as_json(live())
    if mode == "write":
        jobs = [job for job in client.fine_tuning.jobs.list(limit=100) if job.id not in earlier]
        record = {
            "model": model,
            "date": datetime.now(UTC).date().isoformat(),
            "seconds": round(time.monotonic() - began),
            "cores": os.cpu_count(),
            "made_from": fingerprint(live),
            "jobs": [_facts(client, job) for job in reversed(jobs)],
            "result": result,
        }
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return result


def read(file: Path) -> dict[str, Any]:
    """Read a record; raise an `FtwidgetsError` that says what to do if it is missing or broken."""
    mend = "`ftwidgets reset` restores a lesson and its data"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        where = f"there is no {file} in {Path.cwd()}"
        raise FtwidgetsError(f"the recorded run is missing: {where}. Open the lesson from its own folder; {mend}.") from None
    except OSError as error:
        raise FtwidgetsError(f"the recorded run {file} cannot be read ({error.strerror or error}). {mend}.") from error
    except (ValueError, RecursionError) as error:
        raise FtwidgetsError(f"the recorded run {file} is broken: it is not JSON ({error}). {mend}.") from error
    missing = [fact for fact in FACTS if fact not in record] if isinstance(record, dict) else list(FACTS)
    if missing:
        raise FtwidgetsError(f"the recorded run {file} is broken: it has no {', '.join(missing)}. {mend}.")
    return dict(record)


def fingerprint(live: Callable[[], Any]) -> str:
    """Return 16 hexadecimal digits that change when the function, or what it uses of the lesson, changes."""
    found = hashlib.sha256()
    for part in _parts(live, set()):
        found.update(part.encode() + b"\0")
    return found.hexdigest()[:16]


def _parts(function: Any, seen: set[Any]) -> Iterator[str]:
    """Yield the text of a function of the lesson, then the values and functions that it uses, by name."""
    if function in seen:
        return
    seen.add(function)
    yield "\n".join(line.rstrip() for line in textwrap.dedent(inspect.getsource(function)).strip().splitlines())
    space = dict(inspect.getclosurevars(function).nonlocals) | {
        name: function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__
    }
    for name in sorted(space):
        value = space[name]
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            yield from _parts(value, seen)
        elif (text := _text(value)) is not None:
            yield f"{name}={text}"


def _names(code: CodeType) -> set[str]:
    """Return the globals that a function reads; not its attributes, which may be called like something in the lesson."""
    inner = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    read = {found.argval for found in dis.get_instructions(code) if found.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return read.union(*inner)


def _text(value: object) -> str | None:
    """Return a value of the lesson as a text: tables, files, and what JSON can hold. None for everything else."""
    if hasattr(value, "to_csv"):
        return str(value.to_csv(index=False))
    if isinstance(value, str) and value.startswith(_IDS):
        return None
    if isinstance(value, str | Path) and len(str(value)) < 200 and Path(value).is_file():
        return Path(value).read_text(encoding="utf-8")
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError):
        return None


def _show(file: Path, live: Callable[[], Any], model: str, *, strict: bool) -> Any:
    """Print where a recorded result comes from, and return it."""
    record = read(file)
    fits = record["made_from"] == fingerprint(live)
    if strict and not fits:
        raise FtwidgetsError(f"{file} was recorded with other rows or calls. Record it again: just record-smollm2")
    print(f"Recorded on {record['date']} on {_cores(record)} ({record['seconds']} s): {model} is not installed here.")
    if not fits:
        print("You have changed the rows or the calls since; the recorded run does not know your changes.")
    print(f"To run it live: ftwidgets models add {model}")
    return record["result"]


def _how_long(file: Path) -> str:
    try:
        record = read(file)
    except FtwidgetsError:
        return ""
    return f" This took {record['seconds']} s when we recorded it on {_cores(record)}."


def _cores(record: dict[str, Any]) -> str:
    return f"{record['cores']} core{'s' if record['cores'] != 1 else ''}"


def _as_json(result: Any) -> Any:
    """Return the result as a record would give it back, so that a lesson sees the same both ways."""
    try:
        return json.loads(json.dumps(result))
    except (TypeError, ValueError) as error:
        raise TypeError(f"the function must return texts, numbers, lists and mappings: {error}") from error


def _facts(client: openai.OpenAI, job: Any) -> dict[str, Any]:
    """Return what a job was made of: base model, the training file's SHA-256, settings, seed, tokens."""
    content = client.files.content(job.training_file).content
    supervised = job.method.supervised if job.method is not None else None
    settings = supervised.hyperparameters if supervised is not None else job.hyperparameters
    return {
        "model": job.model,
        "training_file_sha256": hashlib.sha256(content).hexdigest(),
        "hyperparameters": settings.model_dump(exclude_none=True) if settings is not None else {},
        "seed": job.seed,
        "trained_tokens": job.trained_tokens,
    }
