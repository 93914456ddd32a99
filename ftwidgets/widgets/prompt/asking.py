"""What the prompt tester and the blind vote share: both ask models in the background, and offer to measure them next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.markup import literal
from ftwidgets.widgets.base.panel import Panel

if TYPE_CHECKING:
    import openai

    from ftwidgets.widgets.evaluation import Evaluation


class AskingPanel(Panel):
    """A panel that asks models in the background."""

    _client: openai.OpenAI
    task: BackgroundTask[None]
    """What asks the models; `wait` waits for it."""

    def wait(self, timeout: float | None = None) -> Self:
        """Wait until the models have answered the prompt, or all prompts of a blind vote.

        The error of one model does not end the wait with an error: it is shown in the place of the answer.

        Parameters
        ----------
        timeout
            Seconds; None waits without a limit.

        Returns
        -------
        Self
            This widget.

        Raises
        ------
        TimeoutError
            If they were still answering.
        RuntimeError
            If nothing was asked.
        FtwidgetsError
            If no prompt of a blind vote was answered by both.
        """
        self.task.wait(timeout)
        return self

    def offer_evaluation(self, models: Mapping[str, str], system: str) -> None:
        """Offer as the next step an `Evaluation` of these models, by what they are called, with that system prompt."""

        def make() -> Evaluation:
            from ftwidgets.widgets.evaluation import Evaluation

            return Evaluation(self._client, models, system=system)

        named = ", ".join(f"{literal(name)}: {literal(model)}" for name, model in models.items())
        options = f", system={literal(system)}" if system else ""
        made = f"evaluation = Evaluation(client, {{{named}}}{options})"
        code = f"from ftwidgets.widgets import Evaluation\n\n{made}\nevaluation"
        self.next_step.offer("measure the models on held-out examples.", "Evaluate", make, code)
