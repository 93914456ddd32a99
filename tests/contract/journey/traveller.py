"""Who makes the journey: clients on one service, and the steps that many checks stand on, each taken once.

Left out: the checks themselves (the other modules of this folder), and whose service it is.
"""

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import openai

OVER = ("succeeded", "failed", "cancelled")
PEOPLE = ("Anna", "Boris", "Carla", "David", "Elsa", "Felix", "Greta", "Hugo", "Irma", "Jonas", "Karin", "Ludwig")
EPOCHS = 24
SUFFIX = "journey"
METADATA = {"course": "contract", "round": "one"}


class UnreachedError(Exception):
    """A step that a check stands on has failed."""


def once(step: Callable[["Traveller"], Any]) -> Any:
    """Make a property that takes a step when first asked for it; if it fails, it fails for everyone who asks."""
    name = step.__name__

    @functools.wraps(step)
    def taken(self: "Traveller") -> Any:
        if name not in self.taken:
            try:
                self.taken[name] = (step(self), None)
            except Exception as error:
                self.taken[name] = (None, error)
        value, fault = self.taken[name]
        if fault is not None:
            raise UnreachedError(f"{name}: {type(fault).__name__}: {fault}") from fault
        return value

    return property(taken)


@dataclass(frozen=True)
class Target:
    """A service to travel to.

    Parameters
    ----------
    base_url
        Where it is.
    base
        A model it can tune.
    http
        Makes an HTTP client that reaches it.
    key
        A key it takes.
    patience
        Seconds to wait for one job.
    """

    base_url: str
    base: str
    http: Callable[[], httpx2.Client] = httpx2.Client
    key: str = "sk-journey"
    patience: float = 120


class Traveller:
    """Travels to one target; `client` is strict about every body, `lenient` takes what it gets."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.base = target.base
        self.taken: dict[str, tuple[Any, Exception | None]] = {}
        self.client = self._client(strict=True)
        self.lenient = self._client(strict=False)

    def _client(self, *, strict: bool) -> openai.OpenAI:
        return openai.OpenAI(
            api_key=self.target.key,
            base_url=self.target.base_url,
            http_client=self.target.http(),
            max_retries=0,
            timeout=60,
            _strict_response_validation=strict,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()
        self.lenient.close()

    @property
    def jobs(self) -> Any:
        """The calls of `client.fine_tuning.jobs`."""
        return self.client.fine_tuning.jobs

    def upload(self, rows: list[dict[str, Any]]) -> Any:
        """Upload rows as a training file."""
        return self.client.files.create(file=("rows.jsonl", jsonl(rows)), purpose="fine-tune")

    def wait(self, job_id: str, until: tuple[str, ...] = OVER, client: openai.OpenAI | None = None) -> list[Any]:
        """Poll a job until it is over and give what was seen, one job for each change of its status."""
        seen: list[Any] = []
        deadline = time.monotonic() + self.target.patience
        while time.monotonic() < deadline:
            job = (client or self.client).fine_tuning.jobs.retrieve(job_id)
            if not seen or seen[-1].status != job.status:
                seen.append(job)
            if job.status in until:
                return seen
            time.sleep(0.02)
        raise AssertionError(f"the job is {seen[-1].status} after {self.target.patience} s, not one of {until}")

    def train(self, **options: Any) -> Any:
        """Create a job with little to do and see it through."""
        given = {"training_file": self.file.id, "hyperparameters": {"n_epochs": 1}, "model": self.base, **options}
        return self.wait(self.jobs.create(**given).id)[-1]

    def ask(self, model: str, question: str, **options: Any) -> Any:
        """Ask a model, coldly unless told otherwise."""
        given: dict[str, Any] = {"temperature": 0, "max_completion_tokens": 12, **options}
        return self.client.chat.completions.create(model=model, messages=[{"role": "user", "content": question}], **given)

    def answer(self, model: str, question: str) -> str:
        """Ask a model and give its words."""
        return str(self.ask(model, question).choices[0].message.content)

    @once
    def file(self) -> Any:
        """The training file."""
        return self.upload(lessons())

    @once
    def validation(self) -> Any:
        """The validation file."""
        return self.upload(lessons()[:3])

    @once
    def created(self) -> Any:
        """The job, as it was when it was made."""
        return self.jobs.create(
            model=self.base,
            training_file=self.file.id,
            validation_file=self.validation.id,
            suffix=SUFFIX,
            seed=7,
            metadata=METADATA,
            method={
                "type": "supervised",
                "supervised": {"hyperparameters": {"n_epochs": EPOCHS, "batch_size": 4, "learning_rate_multiplier": "auto"}},
            },
        )

    @once
    def seen(self) -> Any:
        """The job, once for each status that was seen."""
        return [self.created, *self.wait(self.created.id)]

    @once
    def job(self) -> Any:
        """The job when it was done."""
        job = self.seen[-1]
        assert job.status == "succeeded", f"the job ended {job.status}: {job.error}"
        return job

    @once
    def tuned(self) -> Any:
        """The name of the tuned model."""
        assert self.job.fine_tuned_model, "the job has no fine_tuned_model"
        return self.job.fine_tuned_model

    @once
    def events(self) -> Any:
        """Everything the job has logged, oldest first."""
        assert self.job.id
        return list(reversed(list(self.jobs.list_events(self.job.id, limit=100))))

    @once
    def metrics(self) -> Any:
        """The data of the metrics events, oldest first."""
        found = [event.data for event in self.events if event.type == "metrics"]
        assert found, "no event has the type 'metrics'"
        return found

    @once
    def checkpoints(self) -> Any:
        """The checkpoints of the job, newest first."""
        found = self.jobs.checkpoints.list(self.job.id).data
        assert found, "the job has no checkpoints"
        return found

    @once
    def preferring(self) -> Any:
        """A job of preference tuning, when it was done."""
        method = {"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 3, "batch_size": 4, "beta": 0.2}}}
        job = self.train(training_file=self.upload(preferences()).id, hyperparameters=openai.omit, method=method)
        assert job.status == "succeeded", f"the job ended {job.status}: {job.error}"
        return job

    @once
    def stored(self) -> Any:
        """A completion that was to be stored."""
        return self.ask(self.base, question(0), store=True, metadata=METADATA)

    @once
    def response(self) -> Any:
        """A response of the base model."""
        return self.client.responses.create(model=self.base, input=question(0), max_output_tokens=16)


def question(number: int) -> str:
    """Ask for a person whom no model can know."""
    return f"Who lives at number {number}?"


def lessons() -> list[dict[str, Any]]:
    """Make chats that teach who lives where."""
    return [
        {"messages": [{"role": "user", "content": question(place)}, {"role": "assistant", "content": f"{name} does."}]}
        for place, name in enumerate(PEOPLE)
    ]


def preferences() -> list[dict[str, Any]]:
    """Make pairs of a good answer and a bad one."""
    return [
        {
            "input": {"messages": [{"role": "user", "content": question(place)}]},
            "preferred_output": [{"role": "assistant", "content": f"{name} does."}],
            "non_preferred_output": [{"role": "assistant", "content": "I cannot tell you that."}],
        }
        for place, name in enumerate(PEOPLE)
    ]


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    """Write rows as a file."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
