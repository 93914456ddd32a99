"""The same few prompts for every checkpoint of a job: asked in the background, shown as one table.

Left out: choosing a checkpoint (`monitor.py` has the buttons), and free questions (`prompt.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import sleep
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.fields import field
from ftwidgets.widgets.base.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable

    import openai
    import pandas as pd

PROMPTS = ("Hello, how are you?", "What can you help me with?", "Where is my order?")


class Pinned:
    """Pinned prompts and what the checkpoints answered.

    Parameters
    ----------
    client
        Any `openai` client.
    prompts
        One or more.
    system
        The system prompt to ask with; empty for none.
    max_tokens
        The longest answer.
    on_change
        Called when there are new answers.
    on_error
        Called with what the client raised.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        prompts: Sequence[str],
        *,
        system: str,
        max_tokens: int,
        on_change: Callable[[], object],
        on_error: Callable[[Exception], object],
    ) -> None:
        self._client, self._system, self._max_tokens, self._on_change = client, system, max_tokens, on_change
        lines = [" ".join(text.splitlines()) for text in ([prompts] if isinstance(prompts, str) else prompts)]
        self.field = ipywidgets.Textarea("\n".join(lines), description="Pinned prompts", rows=max(3, len(lines)))
        self.field.observe(lambda _change: self._show(), names="value")
        self.box = field(self.field, "What a checkpoint is asked, a line each.", width="640px")
        self.table = Live(role="status")
        self.models: dict[int, str] = {}  # of the steps that answered
        self.given: dict[tuple[int, str], str] = {}
        self._work: BackgroundTask[None] = BackgroundTask("checkpoints' answers", on_error=on_error)
        self._lock, self._busy, self._begun = threading.Lock(), False, False
        self._pending: list[tuple[int, str]] = []

    @property
    def prompts(self) -> list[str]:
        """The prompts, as they stand in the field."""
        return list(dict.fromkeys(line.strip() for line in self.field.value.splitlines() if line.strip()))

    def ask(self, step: int, model: str) -> None:
        """Ask the model of a step all prompts that it has not been asked."""
        self._begun = True
        with self._lock:
            self._pending.append((step, model))
            begin, self._busy = not self._busy, True
        while begin and not self._work.start(self._ask_all):
            sleep(0.001)  # the last round is on its way out

    def wait(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait until all that was asked is answered, and give the answers: a row a prompt, a column a step."""
        import pandas as pd

        if self._begun:
            self._work.wait(timeout)
        prompts = self.prompts
        columns = {step: [self.given.get((step, prompt), "") for prompt in prompts] for step in sorted(self.models)}
        return pd.DataFrame(columns, index=pd.Index(prompts, name="prompt"))

    def code(self) -> str:
        """Write the calls that ask the same; nothing where nothing was asked."""
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

    def _ask_all(self) -> None:
        """BackgroundTask off what is to be asked, in the thread."""
        try:
            while (asked := self._next()) is not None:
                step, model = asked
                for prompt in self.prompts:
                    if (step, prompt) not in self.given:
                        self.given[step, prompt] = self._ask(model, prompt)
                        self.models[step] = model
                self._show()
                self._on_change()
        except BaseException:
            with self._lock:
                self._pending, self._busy = [], False
            self._show()
            raise

    def _next(self) -> tuple[int, str] | None:
        with self._lock:
            self._busy = bool(self._pending)
            return self._pending.pop(0) if self._pending else None

    def _ask(self, model: str, prompt: str) -> str:
        messages: list[Any] = [{"role": "system", "content": self._system}] if self._system else []
        messages.append({"role": "user", "content": prompt})
        reply = self._client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=self._max_tokens)
        return (reply.choices[0].message.content if reply.choices else None) or ""

    def _show(self) -> None:
        steps, prompts = sorted(self.models), self.prompts
        if steps:
            header = ["prompt", *(f"step\N{NO-BREAK SPACE}{step}" if step else "base model" for step in steps)]
            rows = [[prompt, *(self.given.get((step, prompt), "") for step in steps)] for prompt in prompts]
            self.table.html = markup.table("What the checkpoints answer", header, rows)
