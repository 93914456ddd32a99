"""How fast the sandbox answers: `just bench-sandbox`; with `--served`, also behind a port, with a class of 300.

In process, each figure is the median of interleaved rounds, beside a bare Starlette route that gives back the same bytes
through the same transport: machines are noisy, ratios less so. Left out: training, which `just bench` measures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, Router

from ftwidgets.sandbox import Sandbox
from ftwidgets.sandbox.transport import LoopThread, Transport
from tools.bench_served import measure, p95
from tools.load_client import A_TOKEN
from tools.load_students import question, rows

HEADERS = {"Authorization": "Bearer any"}
COLD = """
import sys, time
from pathlib import Path
began = time.perf_counter()
import httpx2
from ftwidgets.sandbox import Sandbox
with Sandbox(Path(sys.argv[1])) as sandbox:
    http = httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url, headers={"Authorization": "Bearer any"})
    assert http.get("/models").status_code == 200
    print(time.perf_counter() - began)
"""
BARE = """
import time
began = time.perf_counter()
import httpx2, starlette.applications, starlette.routing, starlette.responses, sqlite3, anyio
print(time.perf_counter() - began)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=400, help="rounds of each call (default: %(default)s)")
    parser.add_argument("--served", action="store_true", help="also measure it behind a port: some three minutes")
    parser.add_argument("--students", type=int, default=300, help="students of the class (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=120, help="how long the class works (default: %(default)s)")
    options = parser.parse_args()
    show({"cores": os.cpu_count(), "load_before": os.getloadavg()[0]})
    with tempfile.TemporaryDirectory() as place:
        show(in_process(Path(place), options.rounds))
    show(cold())
    if options.served:
        for found in measure(options.students, options.seconds):
            show(found)


def show(found: dict[str, Any]) -> None:
    """Print what has been measured."""
    print(json.dumps({name: round(value, 3) if isinstance(value, float) else value for name, value in found.items()}, indent=2))


def in_process(place: Path, rounds: int) -> dict[str, float]:
    """Time retrieving, listing and the first token beside a bare route."""
    with Sandbox(place) as sandbox:
        http = httpx2.Client(transport=sandbox.transport(), base_url=sandbox.base_url, headers=HEADERS, timeout=60)
        job = prepare(http)
        body = http.get(f"/fine_tuning/jobs/{job}").json()
        bare = httpx2.Client(
            transport=Transport(loop := LoopThread(), bare_app(body)), base_url=sandbox.base_url, headers=HEADERS
        )
        calls = {
            "bare": lambda: bare.get(f"/fine_tuning/jobs/{job}"),
            "retrieve": lambda: http.get(f"/fine_tuning/jobs/{job}"),
            "list_20_jobs": lambda: http.get("/fine_tuning/jobs"),
            "events_20": lambda: http.get(f"/fine_tuning/jobs/{job}/events"),
            "files": lambda: http.get("/files"),
        }
        times = interleaved(calls, rounds)
        first = [first_token(http) for _ in range(30)][5:]
        loop.close()
    found = {f"{name}_median_ms": statistics.median(spent) for name, spent in times.items()}
    found |= {f"{name}_p95_ms": p95(spent) for name, spent in times.items()}
    found["retrieve_over_bare"] = found["retrieve_median_ms"] / found["bare_median_ms"]
    return found | {"first_token_in_process_median_ms": statistics.median(first), "first_token_in_process_p95_ms": p95(first)}


def prepare(http: httpx2.Client) -> str:
    """Put twenty jobs in the sandbox, one of them trained."""
    sent = {"files": {"file": ("rows.jsonl", rows(1))}, "data": {"purpose": "fine-tune"}}
    file = http.post("/files", **sent).json()["id"]  # type: ignore[arg-type]
    given = {"model": "nano-2026-11", "training_file": file, "hyperparameters": {"n_epochs": 3}}
    job = str(http.post("/fine_tuning/jobs", json=given).json()["id"])
    while http.get(f"/fine_tuning/jobs/{job}").json()["status"] != "succeeded":
        time.sleep(0.1)
    for _ in range(19):
        other = http.post("/fine_tuning/jobs", json=given).json()["id"]
        http.post(f"/fine_tuning/jobs/{other}/cancel")
    return job


def bare_app(body: Any) -> Starlette:
    """Make an application with one route that gives back a body."""

    async def give(request: Request) -> Response:
        return JSONResponse(body)

    return Starlette(routes=[Mount("/v1", app=Router([Route("/fine_tuning/jobs/{id}", give)]))])


def interleaved(calls: dict[str, Callable[[], httpx2.Response]], rounds: int) -> dict[str, list[float]]:
    """Time each call in turn, over and over; milliseconds, the first rounds left out."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds + 20):
        for name, call in calls.items():
            began = time.perf_counter()
            answer = call()
            times[name].append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, answer.text
    return {name: spent[20:] for name, spent in times.items()}


def first_token(http: httpx2.Client) -> float:
    """Time the first token of a streamed answer."""
    began = time.perf_counter()
    with http.stream("POST", "/chat/completions", json=question("nano-2026-11")) as answer:
        for line in answer.iter_lines():
            if A_TOKEN.search(line.encode()):
                return 1000 * (time.perf_counter() - began)
    raise AssertionError("the stream had no token")


def cold() -> dict[str, float]:
    """Time a new process from its imports to its first answer, beside one that imports the libraries alone."""
    times: dict[str, list[float]] = {"cold_start_s": [], "libraries_alone_s": []}
    for _ in range(5):
        with tempfile.TemporaryDirectory() as place:
            times["cold_start_s"].append(timed(COLD, place))
        times["libraries_alone_s"].append(timed(BARE))
    return {name: statistics.median(spent) for name, spent in times.items()}


def timed(code: str, *options: str) -> float:
    """Run some code in a process of its own; it prints its seconds."""
    done = subprocess.run([sys.executable, "-c", code, *options], check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
