"""The sandbox behind a port: retrievals a second, streams while a job trains, a class of 300; `just bench-sandbox --served`.

Those who ask are processes of their own. Left out: what it takes in process (`bench_sandbox`).
"""

import asyncio
import json
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tools.load_client import Connection
from tools.load_students import question, rows

MEBI = 2**20
CONNECTIONS, STREAMS = 16, 30


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: subprocess.Popen[str]
    host: str
    port: int
    keys: list[str]

    def connection(self, student: int = 0) -> Connection:
        """Make a connection with the key of a student."""
        return Connection(self.host, self.port, self.keys[student])

    def memory(self) -> tuple[float, float]:
        """Tell the MiB of the server and of its largest worker (resident)."""
        own = psutil.Process(self.process.pid)
        workers = [child.memory_info().rss for child in own.children(recursive=True)]
        return own.memory_info().rss / MEBI, max(workers, default=0) / MEBI


@contextmanager
def served(students: int) -> Iterator[Server]:
    """Start `ftwidgets serve` on a free port with a key for each student."""
    keys = [f"sk-load-test-student-{number}" for number in range(students)]
    with tempfile.TemporaryDirectory() as place:
        listed = Path(place) / "keys.csv"
        listed.write_text("".join(f"student {number},{key}\n" for number, key in enumerate(keys)), encoding="utf-8")
        command = [sys.executable, "-m", "ftwidgets", "serve", "--port", "0", "--home", f"{place}/home", "--keys", str(listed)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        try:
            said = ""
            while (found := re.search(r"http://([\d.]+):(\d+)/v1", said)) is None:
                line = process.stdout.readline()
                if not line:
                    raise SystemExit(f"The server ended: {said}")
                said += line
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield Server(process, found[1], int(found[2]), keys)
        finally:
            process.terminate()
            process.wait(60)


async def new_job(server: Server, student: int, epochs: int) -> str:
    """Upload a file and create a job."""
    connection = await server.connection(student).open()
    file = (await connection.upload(rows(student))).json()["id"]
    given = {"model": "nano-2026-11", "training_file": file, "hyperparameters": {"n_epochs": epochs, "batch_size": 1}}
    job = str((await connection.ask("POST", "/fine_tuning/jobs", given)).json()["id"])
    while (await connection.ask("GET", f"/fine_tuning/jobs/{job}")).json()["status"] in ("validating_files", "queued"):
        await asyncio.sleep(0.1)
    await connection.close()
    return job


async def retrieve(host: str, port: int, key: str, job: str, seconds: float) -> int:
    """Retrieve a job over and over, on several connections; count."""
    count, until = 0, time.perf_counter() + seconds

    async def one() -> None:
        nonlocal count
        connection = await Connection(host, port, key).open()
        request = connection.prepared("GET", f"/fine_tuning/jobs/{job}")
        while time.perf_counter() < until:
            answer = await connection.send(request)
            assert answer.status == 200, answer
            count += 1
        await connection.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return count


def _retrieving(args: Any) -> int:
    return asyncio.run(retrieve(*args))


def retrievals(server: Server, seconds: float, processes: int) -> dict[str, float]:
    """Count how many retrievals a second the server answers when nothing trains."""
    job = asyncio.run(new_job(server, 0, 1))
    while asyncio.run(status(server, 0, job)) == "running":
        time.sleep(0.2)
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        given = [(server.host, server.port, server.keys[0], job, seconds)] * processes
        return {"retrievals_per_second": sum(pool.map(_retrieving, given)) / seconds}


async def status(server: Server, student: int, job: str) -> str:
    """Ask for the status of a job."""
    connection = await server.connection(student).open()
    found = str((await connection.ask("GET", f"/fine_tuning/jobs/{job}")).json()["status"])
    await connection.close()
    return found


async def streams(server: Server) -> dict[str, float]:
    """Time the first tokens of many streams at once while a job trains."""
    job = await new_job(server, 1, 50)
    warm = await server.connection(1).open()
    await warm.ask("POST", "/chat/completions", question("nano-2026-11"))
    asking = [await server.connection(2 + number % 20).open() for number in range(STREAMS)]
    body = {**question("nano-2026-11"), "max_tokens": 64, "temperature": 1}
    answers = await asyncio.gather(*(one.ask("POST", "/chat/completions", body) for one in asking))
    still = (await warm.ask("GET", f"/fine_tuning/jobs/{job}")).json()["status"]
    await warm.ask("POST", f"/fine_tuning/jobs/{job}/cancel")
    for one in (*asking, warm):
        await one.close()
    assert [answer.status for answer in answers] == [200] * STREAMS, {answer.status for answer in answers}
    assert still == "running", f"the job was {still} when the streams ended; it has to train meanwhile"
    first = [1000 * answer.first for answer in answers]
    return {"first_token_median_ms": statistics.median(first), "first_token_slowest_ms": max(first)}


def a_class(server: Server, seconds: float, processes: int) -> dict[str, Any]:
    """Let every student work, and watch the server's memory meanwhile."""
    shares = [server.keys[number::processes] for number in range(processes)]
    command = [sys.executable, "-m", "tools.load_students", server.host, str(server.port), str(seconds)]
    asking = [subprocess.Popen([*command, *share], stdout=subprocess.PIPE, text=True) for share in shares]
    said: list[str] = [""] * processes
    readers = [threading.Thread(target=lambda n=n: said.__setitem__(n, asking[n].communicate()[0])) for n in range(processes)]
    for reader in readers:
        reader.start()
    peaks = [0.0, 0.0]
    while any(reader.is_alive() for reader in readers):
        peaks = [max(pair) for pair in zip(peaks, server.memory(), strict=True)]
        time.sleep(1)
    tallies = [json.loads(text) for text in said]
    joined = {
        name: [item for tally in tallies for item in tally[name]] for name in ("errors", "lost", "polls", "chats", "waits")
    }
    return {
        "students": sum(tally["students"] for tally in tallies),
        "requests": sum(tally["requests"] for tally in tallies),
        "errors": len(joined["errors"]),
        "first_errors": joined["errors"][:3],
        "lost": joined["lost"],
        "jobs_done": len(joined["waits"]),
        "wait_for_job_p95_s": p95(joined["waits"]),
        "poll_median_ms": 1000 * statistics.median(joined["polls"]),
        "poll_p95_ms": 1000 * p95(joined["polls"]),
        "chat_first_token_median_ms": 1000 * statistics.median(joined["chats"] or [0]),
        "chat_first_token_p95_ms": 1000 * p95(joined["chats"]),
        "server_mib": peaks[0],
        "largest_worker_mib": peaks[1],
    }


def p95(values: list[float]) -> float:
    """Give the value that 95 of 100 do not exceed."""
    return sorted(values)[int(0.95 * (len(values) - 1))] if values else 0.0


def measure(students: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Measure everything that needs a server, one thing after the other."""
    processes = max(1, min(2, (os.cpu_count() or 2) - 1))
    with served(max(students, 25)) as server:
        own, worker = server.memory()
        yield {"idle_server_mib": own, "idle_worker_mib": worker}
        yield retrievals(server, 5, processes)
        yield asyncio.run(streams(server))
    with served(students) as server:
        yield a_class(server, seconds, processes)
