"""The journey through the API, made twice: to this sandbox and to aimock; a Markdown table with both columns.

    npm install --prefix ../aimock @copilotkit/aimock@1.43.0
    python -m tools.journey_beside --aimock "node ../aimock/node_modules/@copilotkit/aimock/dist/cli.js"

Both are set up as their documentation says: they ask for one key (aimock: `AIMOCK_API_KEYS`); a catch-all fixture lets aimock
answer every chat, a rate limit lets the sandbox tell its limits (aimock tells limits with a 429 only).
The checks ask for shapes, codes, and the service's published rules; none of them asks for a sentence of ours.
Left out: other services. The checks take any `Target`.
"""

import argparse
import json
import os
import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import httpx2

from ftwidgets.sandbox import Sandbox
from tests.contract.journey.checks import Outcome, travel
from tests.contract.journey.ours import our_target
from tests.contract.journey.traveller import Target, Traveller

FIXTURES = {"fixtures": [{"match": {}, "response": {"content": "This is a fixture that has a few words to say."}}]}
KEY = "sk-journey"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--aimock",
        default="npx --yes -p @copilotkit/aimock@1.43.0 llmock",
        help="the command that starts aimock, without options (default: %(default)s)",
    )
    columns = {}
    with tempfile.TemporaryDirectory() as place, our_sandbox(Path(place)) as target:
        columns["ftwidgets"] = outcomes(target)
    with tempfile.TemporaryDirectory() as place, aimock(parser.parse_args().aimock, Path(place)) as target:
        columns["aimock"] = outcomes(target)
    print(table(columns))


@contextmanager
def our_sandbox(place: Path) -> Iterator[Target]:
    """Open a sandbox in this process."""
    with Sandbox(place) as sandbox:
        yield our_target(sandbox)


@contextmanager
def aimock(command: str, place: Path) -> Iterator[Target]:
    """Start aimock on a free port."""
    fixtures = place / "fixtures.json"
    fixtures.write_text(json.dumps(FIXTURES), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-p", str(port), "-f", str(fixtures), "--log-level", "silent"]
    process = subprocess.Popen([*shlex.split(command), *options], env={**os.environ, "AIMOCK_API_KEYS": KEY})
    try:
        wait_until_ready(f"http://127.0.0.1:{port}/health", process)
        yield Target(f"http://127.0.0.1:{port}/v1", "gpt-4o", key=KEY, patience=5)
    finally:
        process.terminate()
        process.wait(10)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"aimock ended at once, with {process.returncode}.")
        try:
            if httpx2.get(url).is_success:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("aimock did not answer within a minute.")


def outcomes(target: Target) -> list[Outcome]:
    """Make the journey."""
    traveller = Traveller(target)
    try:
        return list(travel(traveller))
    finally:
        traveller.close()


def table(columns: dict[str, list[Outcome]]) -> str:
    """Lay the outcomes side by side; below them, why a check did not hold."""
    names = list(columns)
    lines = [f"| area | check | {' | '.join(names)} |", "|" + "---|" * (2 + len(names))]
    rows = list(zip(*columns.values(), strict=True))
    for row in rows:
        marks = " | ".join("yes" if outcome.held else "no" for outcome in row)
        lines.append(f"| {row[0].check.area} | {row[0].check.promise} | {marks} |")
    counts = " | ".join(f"**{sum(outcome.held for outcome in column)} of {len(column)}**" for column in columns.values())
    lines += [f"| | **all** | {counts} |", "", f"| area | {' | '.join(names)} |", "|" + "---|" * (1 + len(names))]
    for area, group in groupby(rows, key=lambda row: row[0].check.area):
        kept = list(zip(*group, strict=True))
        lines.append(f"| {area} | " + " | ".join(f"{sum(one.held for one in part)} of {len(part)}" for part in kept) + " |")
    for name, column in columns.items():
        lines += ["", f"Why not, {name}:"]
        lines += [f"- {outcome.check.name}: {outcome.why}" for outcome in column if not outcome.held]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
