"""Students at work, many in one process: upload, create a job, poll it every two seconds, chat; then look whether all is there.

    python -m tools.load_students HOST PORT SECONDS KEY [KEY ...]

Each is a coroutine with a connection and a key of its own. What came of it is written to standard output as JSON.
Left out: starting the server and the processes (`bench_served`).
"""

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from tools.load_client import Answer, Connection

KINDS = 20  # different training files: as in a class, many students have the same
POLL, CHAT = 2.0, 15.0
OVER = ("succeeded", "failed", "cancelled")


@dataclass
class Tally:
    """What came of the students of a process."""

    requests: int = 0
    students: int = 0
    errors: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    polls: list[float] = field(default_factory=list)
    chats: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


@dataclass
class Student:
    """One student."""

    connection: Connection
    number: int
    tally: Tally
    file: str = ""
    job: str = ""
    began: float = 0.0

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Ask, count, and remember what went wrong."""
        return self._counted(f"{method} {path.split('?')[0]}", await self.connection.ask(method, path, body))

    def _counted(self, what: str, answer: Answer) -> Any:
        self.tally.requests += 1
        if answer.status != 200:
            self.tally.errors.append(f"{what}: {answer.status} {answer.body[:200]!r}")
            raise RuntimeError(what)
        return answer.json() if not answer.body.startswith(b"data:") else answer.first

    async def work(self, until: float) -> None:
        """Upload, create, then poll and chat until it is time to stop."""
        self.file = self._counted("upload", await self.connection.upload(rows(self.number % KINDS)))["id"]
        given = {"model": "nano-2026-11", "training_file": self.file, "seed": 1, "hyperparameters": {"n_epochs": 2}}
        self.job = (await self.ask("POST", "/fine_tuning/jobs", given))["id"]
        self.began, model, over = time.monotonic(), "nano-2026-11", False
        next_chat = time.monotonic() + random.uniform(0, CHAT)
        while time.monotonic() < until:
            began = time.perf_counter()
            job = await self.ask("GET", f"/fine_tuning/jobs/{self.job}")
            self.tally.polls.append(time.perf_counter() - began)
            if job["status"] in OVER and not over:
                over, model = True, job["fine_tuned_model"] or model
                self.tally.waits.append(time.monotonic() - self.began)
            if time.monotonic() > next_chat:
                self.tally.chats.append(await self.ask("POST", "/chat/completions", question(model)))
                next_chat += CHAT
            await asyncio.sleep(POLL)

    async def look_back(self) -> None:
        """See whether what was made is there, and nothing that belongs to somebody else."""
        files = [file["id"] for file in (await self.ask("GET", "/files?purpose=fine-tune"))["data"]]
        jobs = (await self.ask("GET", "/fine_tuning/jobs"))["data"]
        if files != [self.file] or [job["id"] for job in jobs] != [self.job]:
            self.tally.lost.append(f"student {self.number}: {len(files)} files, {len(jobs)} jobs")
            return
        self.tally.statuses[jobs[0]["status"]] = self.tally.statuses.get(jobs[0]["status"], 0) + 1
        if jobs[0]["status"] == "succeeded":
            model = jobs[0]["fine_tuned_model"]
            if (await self.ask("GET", f"/models/{model}"))["id"] != model:
                self.tally.lost.append(f"student {self.number}: the tuned model")


def rows(kind: int) -> bytes:
    """Make one of the training files."""
    pairs = [(f"What is {kind} plus {number}?", f"It is {kind + number}.") for number in range(12)]
    chats = [[{"role": "user", "content": ask}, {"role": "assistant", "content": answer}] for ask, answer in pairs]
    return "".join(json.dumps({"messages": chat}) + "\n" for chat in chats).encode()


def question(model: str) -> dict[str, Any]:
    """Ask for a short streamed answer."""
    messages = [{"role": "user", "content": "What is 3 plus 4?"}]
    return {"model": model, "messages": messages, "max_tokens": 12, "stream": True}


async def attend(student: Student, arrives: float, until: float) -> None:
    """Come, work, look back; a mistake is in the tally already."""
    await asyncio.sleep(arrives)
    try:
        await student.connection.open()
        await student.work(until)
        await student.look_back()
        await student.connection.close()
        student.tally.students += 1
    except (OSError, asyncio.IncompleteReadError, RuntimeError) as error:
        student.tally.errors.append(f"student {student.number}: {type(error).__name__}: {error}")


async def main(host: str, port: int, seconds: float, keys: list[str]) -> Tally:
    tally = Tally()
    until = time.monotonic() + seconds
    students = [Student(Connection(host, port, key), int(key.rpartition("-")[2]), tally) for key in keys]
    arriving = [random.uniform(0, min(10, seconds / 4)) for _ in students]
    await asyncio.gather(*(attend(one, when, until) for one, when in zip(students, arriving, strict=True)))
    return tally


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])))))
