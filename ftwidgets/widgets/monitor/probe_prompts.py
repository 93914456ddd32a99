"""Probe prompts: ask every checkpoint of a job the same few prompts in the background, and show the answers in one table."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from time import sleep
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import explain_wrong_service
from ftwidgets.widgets.base.fields import field
from ftwidgets.widgets.base.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable

    import openai
    import pandas as pd

PROMPTS = ("Hello, how are you?", "What can you help me with?", "Where is my order?")


class ProbePrompts:
    """The prompts, and what the checkpoints answered; `on_change` and `on_error` are called in the thread."""

    def __init__(
        self,
        client: openai.OpenAI,
        prompts: Iterable[str],
        *,
        system: str,
        max_tokens: int,
        on_change: Callable[[], object],
        on_error: Callable[[Exception], object],
    ) -> None:
        self._client, self._system, self._max_tokens, self._on_change = client, system, max_tokens, on_change
        given = [prompts] if isinstance(prompts, str) else prompts
        listed = list(given) if isinstance(given, Iterable) else [given]
        if not all(isinstance(text, str) for text in listed):
            raise ValueError(f'"prompts" must be a list of texts, such as ["Where is my order?"]: {prompts!r:.60}')
        lines = [" ".join(text.splitlines()) for text in listed]
        self.field = ipywidgets.Textarea("\n".join(lines), description="Pinned prompts", rows=max(3, len(lines)))
        self.field.observe(lambda _change: self._show(), names="value")
        self.box = field(self.field, "What to ask a checkpoint, one prompt per line.", width="640px")
        self.table = Live(role="status")
        self.checkpoints: dict[int, str] = {}  # the models that can be asked, by step
        self.models: dict[int, str] = {}  # by step, of those that answered
        self._names: dict[int, str] = {}  # by step, of those that were asked
        self.answers: dict[tuple[int, str], str] = {}  # by step and prompt
        self._task: BackgroundTask[None] = BackgroundTask("checkpoints' answers", on_error=on_error)
        self._lock, self._busy, self._started = threading.Lock(), False, False
        self._pending: list[tuple[int, str]] = []

    @property
    def prompts(self) -> list[str]:
        """The prompts in the field, each once."""
        return list(dict.fromkeys(line.strip() for line in self.field.value.splitlines() if line.strip()))

    def require_askable(self, step: int) -> None:
        """Check that a step has a model to ask, and that there is a prompt; a ValueError says what is missing."""
        if step not in self.checkpoints:
            kept = ", ".join(map(str, sorted(self.checkpoints))) or "none so far; they are listed when the job has succeeded"
            raise ValueError(f"no checkpoint was kept at step {step}. The steps that can be asked: {kept}.")
        if not self.prompts:
            raise ValueError('there is no question. Write what to ask under "Questions for the checkpoints", one per line.')

    def ask(self, step: int, name: str) -> None:
        """Ask the model of a step all prompts that it has not answered, in the background; `name` stands above its answers."""
        model = self.checkpoints[step]
        self._started = True
        self._names[step] = name if step else "base model"
        with self._lock:
            self._pending.append((step, model))
            start, self._busy = not self._busy, True
        while start and not self._task.start(self._ask_pending):
            sleep(0.001)  # the last round is just ending

    def wait(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait for all answers and return them: a row for each prompt, a column for each step."""
        import pandas as pd

        if self._started:
            self._task.wait(timeout)
        prompts = self.prompts
        columns = {step: [self.answers.get((step, prompt), "") for prompt in prompts] for step in sorted(self.models)}
        return pd.DataFrame(columns, index=pd.Index(prompts, name="prompt"))

    def code(self) -> str:
        """Return the calls that ask the same; empty if nothing was asked."""
        if not self.models:
            return ""
        system = f'{{"role": "system", "content": {self._system!r}}}, ' if self._system else ""
        return (
            f"\nmodels = {dict(sorted(self.models.items()))!r}\n"
            f"prompts = {self.prompts!r}\n"
            "answers = {}\n"
            "for step, model in models.items():\n"
            "    for prompt in prompts:\n"
            f'        messages = [{system}{{"role": "user", "content": prompt}}]\n'
            "        reply = client.chat.completions.create(\n"
            f"            model=model, messages=messages, temperature=0, max_tokens={self._max_tokens}\n"
            "        )\n"
            "        answers[step, prompt] = reply.choices[0].message.content\n"
        )

    def _ask_pending(self) -> None:
        try:
            while True:
                with self._lock:
                    self._busy = bool(self._pending)
                    if not self._pending:
                        return
                    step, model = self._pending.pop(0)
                for prompt in self.prompts:
                    if (step, prompt) not in self.answers:
                        self.answers[step, prompt] = self._ask(model, prompt)
                        self.models[step] = model
                self._show()
                self._on_change()
        except BaseException:
            with self._lock:
                self._pending, self._busy = [], False
            self._show()
            raise

    def _ask(self, model: str, prompt: str) -> str:
        messages: list[Any] = [{"role": "system", "content": self._system}] if self._system else []
        messages.append({"role": "user", "content": prompt})
        options: dict[str, Any] = {"temperature": 0, "max_tokens": self._max_tokens}
        with explain_wrong_service():
            reply = self._client.chat.completions.create(model=model, messages=messages, **options)
            return (reply.choices[0].message.content if reply.choices else None) or ""

    def _show(self) -> None:
        steps, prompts = sorted(self.models), self.prompts
        if steps:
            header = ["prompt", *(self._names[step].replace(" ", "\N{NO-BREAK SPACE}") for step in steps)]
            rows = [[prompt, *(self.answers.get((step, prompt), "") for step in steps)] for prompt in prompts]
            self.table.html = markup.table("What the checkpoints answer", header, rows)
