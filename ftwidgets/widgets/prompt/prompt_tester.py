"""PromptTester: ask two models the same, side by side and streamed; keep a history; hold a blind vote between them.

Each request is a conversation of its own. Scoring against reference answers is `ftwidgets.evaluate`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.prompt import history
from ftwidgets.widgets.prompt.ballot import AnswerPair, Choice, Votes
from ftwidgets.widgets.prompt.blind_vote import BlindVote, VoteState
from ftwidgets.widgets.prompt.history import SIDES, HistoryEntry
from ftwidgets.widgets.prompt.prompt_form import PromptForm, list_models, named_models
from ftwidgets.widgets.prompt.streaming import PromptRequest, StreamedAnswer, ask_all
from ftwidgets.widgets.prompt.trained_prompts import TrainedPrompts

if TYPE_CHECKING:
    import openai
    import pandas as pd


class PromptTester(Panel):
    """Ask two to four models the same, side by side, and vote on the answers of two without knowing whose they are.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Names of models or checkpoints, or a mapping from what to call them to their names:
        `{"base": "nano-2026-11", "tuned": job.model}`. The first `columns` are asked; the lists offer the others.
        None: the latest tuned model that the service lists, and its base.
    columns
        How many of `models` are asked side by side: 2, 3 or 4. The form can change that.
    prompt, system, temperature, max_tokens, seed
        What the fields hold at the beginning. An empty `system` sends no system message.
    training_system
        The system prompt of the training, to be warned when another one is sent. None: it is read from the training
        file of the job that made a model, where this client can see it.
    """

    def __init__(
        self,
        client: openai.OpenAI,
        models: Sequence[str] | Mapping[str, str] | None = None,
        *,
        prompt: str = "",
        system: str | None = None,
        temperature: float = 0.0,
        max_tokens: int = 60,
        seed: int | None = None,
        training_system: str | None = None,
        columns: int = 2,
    ) -> None:
        if not 2 <= columns <= len(SIDES):
            raise ValueError(f'"columns" must be 2, 3 or 4: {columns!r}')
        self._client = client
        pairs = named_models(list_models(client) if models is None else models)
        choices = [model for _name, model in pairs]
        self._names = {model: name for name, model in pairs}
        self._trained = TrainedPrompts(client, training_system)
        self._entries: list[HistoryEntry] = []
        self._history_page = 0
        self._others: tuple[str, ...] = ()  # the third and fourth model, which a blind vote hides
        self._stop, self._start_lock = threading.Event(), threading.Lock()
        self._task: BackgroundTask[None] = BackgroundTask("question to the models", on_error=self.show_error)
        self._look_up_task: BackgroundTask[None] = BackgroundTask("look at the training", on_error=lambda _error: None)
        self.form = PromptForm(PromptRequest(prompt, system or "", temperature, max_tokens, seed), choices)
        """The fields: `form.system.value = "..."` does what typing does."""
        self._blind_vote = BlindVote(client, self._task, show_status=self.show_status, catch_errors=self.catch_errors)
        parts = [self.form.top, self._blind_vote]
        super().__init__("Try your model", parts, below_status=[self.form.answers], below_code=[self.form.blind])
        self._show_form(*choices[:columns])
        for control in self.form.controls:
            control.observe(self.catch_errors(self._on_change), names="value")
        self.form.go.on_click(self.catch_errors(self.ask))
        self.form.halt.on_click(self.catch_errors(self.stop))
        self.form.start.on_click(self.catch_errors(self.blind))
        self.form.history.on_press(lambda button: self._show_history(self._history_page + (1 if button == "older" else -1)))
        self._blind_vote.observe(self._on_vote_state, names="state")

    @property
    def models(self) -> tuple[str, str]:
        """The two models by the names that the service knows, left and right; a blind vote is about these."""
        return self._blind_vote.models if self.voting else self.form.models

    @property
    def code(self) -> str:
        """The streamed calls that ask what the fields hold: every model that is named."""
        if self.voting:
            raise FtwidgetsError("the code names the models. It is shown again after the reveal.")
        models = [model for model in self.form.asked if model]
        if not models:
            raise ValueError("there is no model yet. Name one.")
        return self.form.request().code(models)

    @property
    def history(self) -> pd.DataFrame:
        """Everything asked so far, one row for each request, with the answers from left to right."""
        return history.to_frame(self._entries)

    # Asking

    def ask(self, prompt: str | None = None) -> PromptTester:
        """Ask both models, in the background.

        Parameters
        ----------
        prompt
            Put into the field first, if given.

        Returns
        -------
        PromptTester
            This tester, so that `tester.ask("...").wait()` as the last line of a cell shows it.

        Raises
        ------
        ValueError
            If the form is not filled in.
        FtwidgetsError
            If the models are still answering, or a blind vote is going on.
        """
        with self._start_lock:
            self._check_free()
            if prompt is not None:
                self.form.prompt.value = prompt
            request, models = self.form.request(), self.form.asked
            stop = self._stop = threading.Event()
            self._task.start(lambda: self._ask(request, models, stop))
        return self

    def wait(self, timeout: float | None = None) -> PromptTester:
        """Wait until both models have answered (in a blind vote: all prompts). One model's error is shown on its side.

        Parameters
        ----------
        timeout
            Seconds; None waits without a limit.

        Returns
        -------
        PromptTester
            This tester.

        Raises
        ------
        TimeoutError
            If they were still answering.
        RuntimeError
            If nothing was asked.
        FtwidgetsError
            If no prompt of a blind vote was answered by both.
        """
        self._task.wait(timeout)
        return self

    def stop(self) -> None:
        """Stop the answers that are being written."""
        self._stop.set()
        self._blind_vote.stop()

    def _ask(self, request: PromptRequest, models: tuple[str, ...], stop: threading.Event) -> None:
        def show(position: int, answer: StreamedAnswer) -> None:
            self._show_answer(position, models[position], request, answer)

        self.show_status("Both models are asked." if len(models) == 2 else f"All {len(models)} models are asked.")
        for position in range(len(models)):
            show(position, StreamedAnswer())
        answers = ask_all(self._client, models, request, on_change=show, stop=stop)
        self._entries.append(HistoryEntry(request, tuple(map(self._name, models)), models, tuple(answers)))
        self._show_history(0)
        for position, answer in enumerate(answers):
            show(position, answer)
        self._look_up()
        self.show_status(*history.outcome(answers))
        self.update_static_view()

    # The blind vote

    @property
    def voting(self) -> bool:
        """Whether a blind vote is going on, so that the names are hidden."""
        return self._blind_vote.state is not VoteState.IDLE

    @property
    def pair(self) -> AnswerPair | None:
        """The two answers to vote on; None while there are none."""
        return self._blind_vote.pair

    @property
    def votes(self) -> Votes | None:
        """The result of the last blind vote; None until one is revealed."""
        return self._blind_vote.votes

    def blind(self, prompts: Sequence[str] | str | None = None, *, seed: int = 0) -> PromptTester:
        """Start a blind vote: ask both models all prompts in the background, then show pair after pair.

        Parameters
        ----------
        prompts
            What to ask: texts, or one text with a prompt on each line; by default the lines of the field. A duplicate is
            asked once, since a second vote on the same two answers adds nothing.
        seed
            Decides the order of the prompts, and for each prompt which model is on the left.

        Returns
        -------
        PromptTester
            This tester; `.wait()` until `.pair` is there.

        Raises
        ------
        ValueError
            If there are no prompts, or not two different models.
        FtwidgetsError
            If the models are still answering, or a vote is going on already.
        """
        with self._start_lock:
            self._check_free()
            given = self.form.prompts.value if prompts is None else prompts
            lines = given.splitlines() if isinstance(given, str) else given
            unique = list(dict.fromkeys(prompt for prompt in lines if prompt.strip()))
            if not unique:
                raise ValueError("there are no prompts for a blind vote. Write some, one a line.")
            left, right = self.models
            if not left or not right or left == right:
                raise ValueError(f"a blind vote needs two different models; these are {left!r} and {right!r}.")
            names = (self._name(left), self._name(right))
            self._others = self.form.asked[2:]
            self._blind_vote.start(self.form.request(unique[0]), unique, (left, right), names, seed=seed)
        return self

    def vote(self, choice: Choice) -> None:
        """Vote on the pair that is shown: `"left"`, `"right"` or `"tie"`. The last vote reveals the names.

        Raises
        ------
        ValueError
            If the vote is none of the three.
        FtwidgetsError
            If there is no pair to vote on.
        """
        self._blind_vote.vote(choice)

    def reveal(self) -> None:
        """End the vote: show the names and count the votes so far. While the models are answering: stop."""
        if self.voting:
            self._blind_vote.reveal()
        else:
            self.stop()

    def _on_vote_state(self, change: Any) -> None:
        """Hide every name while a vote is going on, out of hidden fields too, and show them again after it."""
        if change["new"] is VoteState.ASKING:
            self.form.hide()
            self._code_view.html = ""
            self._toggle.layout.display = "none"
            self.update_static_view()
        elif change["new"] is VoteState.IDLE:
            self._toggle.layout.display = ""
            self._show_form(*self._blind_vote.models, *self._others)
            self.update_static_view()
            if change["old"] is VoteState.VOTING and self.votes is not None:
                self.form.result.html = self.votes._repr_html_()
                self.form.start.focus()

    # The page

    def static_text(self) -> str:
        """Return the last request with its answers, and the last vote."""
        if self.voting:
            n_voted = self._blind_vote.n_voted
            return f"A blind vote is going on: {n_voted} votes so far. The names are hidden until the last one."
        asked = zip(SIDES, self.form.asked, strict=False)
        lines = [" ".join(f"{side.capitalize()}: {self._name(model)}." for side, model in asked)]
        for entry in self._entries[-1:]:
            lines.append(f"Prompt: {entry.request.prompt} ({history.settings(entry.request)})")
            lines += [f"  {text}" for text in history.answer_texts(entry)]
        lines += self._warnings()
        lines += [f"Blind vote: {self.votes}"] if self.votes else []
        return "\n".join(lines)

    def static_html(self) -> str:
        """Return the last page of the history, and the last vote."""
        if self.voting:
            return f"<p>{escape(self.static_text())}</p>"
        shown = [f"<p>{escape(text)}</p>" for text in self._warnings()]
        shown.append(history.history_html(self._entries[-history.PAGE :], 0) or f"<p>{escape(self.static_text())}</p>")
        return "".join(shown) + (self.votes._repr_html_() if self.votes else "")

    def _check_free(self) -> None:
        if self.voting:
            raise FtwidgetsError("a blind vote is going on. End it first.")
        if self._task.busy:
            raise FtwidgetsError("the models are still answering. Wait for them, or stop them.")

    def _show_form(self, *models: str) -> None:
        self.form.show(*models)
        self._show_columns()
        self._show_history(0)
        self._on_change()

    def _show_columns(self) -> None:
        """Show a column for each model: with its last answer, if these models were asked last."""
        asked = self.form.asked
        last = self._entries[-1] if self._entries and self._entries[-1].models == asked else None
        for position, model in enumerate(asked):
            request, answer = (last.request, last.answers[position]) if last else (PromptRequest(""), None)
            self._show_answer(position, model, request, answer)
        self.form.follow_models()

    def _on_change(self) -> None:
        if self.voting:
            return
        self.refresh_code()
        self._show_warnings()
        self.form.follow_models()
        for position, model in enumerate(self.form.asked):
            if not self.form.sides[position].html:  # a column that was not there before
                self._show_answer(position, model, PromptRequest(""), None)
        if not all(map(self._trained.is_done, self.form.asked)):
            self._look_up_task.start(self._look_up)

    def _look_up(self) -> None:
        """Request the system prompts that the models were trained with; the models may change meanwhile."""
        while new := [model for model in self.form.asked if not self._trained.is_done(model)]:
            self._trained.look_up(new[0])
            if not self.voting:
                self._show_warnings()

    def _warnings(self) -> list[str]:
        return self._trained.warnings(self.form.system.value, {self._name(model): model for model in self.form.asked})

    def _show_warnings(self) -> None:
        warnings = self._warnings()
        text = escape(" ".join(warnings)) + " A model can answer differently then; ask it as it was trained."
        html = f'<p class="ftw-wrong"><strong>Another system prompt:</strong> {text}</p>'
        self.form.notice.html = html if warnings else ""

    def _show_answer(self, position: int, model: str, request: PromptRequest, answer: StreamedAnswer | None) -> None:
        where = SIDES[position].capitalize()
        self.form.sides[position].html = history.side_html(where, self._name(model), model, request, answer)

    def _show_history(self, page: int) -> None:
        self._history_page = max(0, min(page, (len(self._entries) - 1) // history.PAGE))
        self.form.history.html = history.history_html(self._entries, self._history_page)

    def _name(self, model: str) -> str:
        return self._names.get(model, model)
