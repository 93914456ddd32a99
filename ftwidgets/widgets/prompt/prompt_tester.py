"""Try a model: any two side by side, streamed; what was asked before; a blind vote between them.

Left out: talks of several turns, and scoring against reference answers (`ftwidgets.evaluate`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.prompt import choices, history
from ftwidgets.widgets.prompt.blind_vote import Ballot, Choice, Pair, Votes
from ftwidgets.widgets.prompt.prompt_form import PromptForm
from ftwidgets.widgets.prompt.streaming import Answer, Question, ask_all
from ftwidgets.widgets.prompt.trained_prompts import Prompts, TrainedWith
from ftwidgets.widgets.prompt.vote_view import BallotView

if TYPE_CHECKING:
    import openai
    import pandas as pd


class PromptTester(Panel):
    """Ask two models the same, side by side, and vote on answers without knowing whose they are.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Names of models or checkpoints, or a mapping from what to call them to their names:
        `{"base": "nano-2026-11", "tuned": job.model}`. The first two are asked; the others stand in the lists.
        None: the latest tuned model that the service lists, and its base.
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
    ) -> None:
        self._client = client
        self._labels, self._choices = choices.named(choices.listed(client) if models is None else models)
        self._training_system = training_system
        self._trained = TrainedWith(client)
        self._asked: list[history.Asked] = []
        self._page = 0
        self._ballot: Ballot | None = None
        self._hidden: tuple[str, str] | None = None
        self._stop, self._begin = threading.Event(), threading.Lock()
        self.votes: Votes | None = None
        """The result of the last blind vote; None until it is revealed."""
        self.form = PromptForm(Question(prompt, system or "", temperature, max_tokens, seed), self._choices)
        """The fields: `form.system.value = "..."` does what typing does."""
        self._voting = BallotView(lambda choice: self.catch_errors(lambda: self.vote(choice))(), self.catch_errors(self.reveal))
        self._work: BackgroundTask[None] = BackgroundTask("question to the models", on_error=self._failed)
        self._look: BackgroundTask[None] = BackgroundTask(
            "look at the training", on_error=lambda _error: None
        )  # nobody is warned then
        parts = [self.form.top, self._voting]
        super().__init__("Try your model", parts, below_status=[self.form.answers], below_code=[self.form.blind])
        left, right = (*self._choices, "", "")[:2]
        self._show(left, right)
        self._listen()

    # What the fields stand for

    @property
    def models(self) -> tuple[str, str]:
        """The two models by the names that the service knows, left and right."""
        return self._hidden or self.form.models

    @property
    def code(self) -> str:
        """The streamed calls that ask what the fields hold: both models, or the one that is named."""
        if self.voting:
            raise FtwidgetsError("the code names the models. It is shown again after the reveal.")
        models = [model for model in self.models if model]
        if not models:
            raise ValueError("there is no model yet. Name one.")
        return self.form.question().code(models)

    @property
    def history(self) -> pd.DataFrame:
        """Everything asked so far, one row a question, with the answers of the left and the right model."""
        return history.frame(self._asked)

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
        with self._begin:
            self._free()
            if prompt is not None:
                self.form.prompt.value = prompt
            question, models = self.form.question(), self.models
            stop = self._stop = threading.Event()
            self._work.start(lambda: self._ask(question, models, stop))
        return self

    def wait(self, timeout: float | None = None) -> PromptTester:
        """Wait until both models have answered (in a blind vote: all prompts). The error of one side stands there in words.

        Parameters
        ----------
        timeout
            Seconds; None waits as long as it takes.

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
        self._work.wait(timeout)
        return self

    def stop(self) -> None:
        """Stop the answers that are being written."""
        self._stop.set()

    def _ask(self, question: Question, models: tuple[str, str], stop: threading.Event) -> None:
        names = (self._name(models[0]), self._name(models[1]))

        def draw(place: int, answer: Answer) -> None:
            self._draw(place, models[place], question, answer)

        self.show_status("Both models are asked.")
        draw(0, Answer())
        draw(1, Answer())
        left, right = ask_all(self._client, models, question, on_change=draw, stop=stop)
        self._asked.append(history.Asked(question, names, models, (left, right)))
        self._turn_to(0)
        draw(0, left)
        draw(1, right)
        self._look_up()
        self.show_status(*history.outcome(left, right))
        self.update_static_view()

    # The blind vote

    @property
    def voting(self) -> bool:
        """Whether a blind vote is going on, so that the names are hidden."""
        return self._hidden is not None

    @property
    def pair(self) -> Pair | None:
        """The two answers to vote on; None when there is no vote going on."""
        return self._ballot.pair if self._ballot else None

    def blind(self, prompts: Sequence[str] | str | None = None, *, seed: int = 0) -> PromptTester:
        """Begin a blind vote: ask both models all prompts in the background, then show pair after pair.

        Parameters
        ----------
        prompts
            What to ask: texts, or one text with a prompt on each line; by default the lines of the field. What is there
            twice is asked once, since a second vote on the same two answers tells nothing new.
        seed
            Decides the order of the prompts, and for each which model stands on the left.

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
        with self._begin:
            self._free()
            given = self.form.prompts.value if prompts is None else prompts
            lines = given.splitlines() if isinstance(given, str) else given
            wanted = list(dict.fromkeys(prompt for prompt in lines if prompt.strip()))
            if not wanted:
                raise ValueError("there are no prompts for a blind vote. Write some, one a line.")
            models = self.models
            if not all(models) or models[0] == models[1]:
                raise ValueError(f"a blind vote needs two different models; these are {models[0]!r} and {models[1]!r}.")
            ballot = Ballot((self._name(models[0]), self._name(models[1])), wanted, seed=seed)
            question = self.form.question(wanted[0])
            stop = self._stop = threading.Event()
            self._hide()
            self._work.start(lambda: self._collect(ballot, question, models, stop))
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
        if self._ballot is None:
            raise FtwidgetsError('there is no pair to vote on. Start with blind(["...", "..."]) and wait().')
        self._ballot.vote(choice)
        if self._ballot.pair is None:
            self.reveal()
        else:
            self._next_pair(self._ballot)

    def reveal(self) -> None:
        """End the vote: show the names and count what was voted so far. While the models are answering: stop."""
        if self._ballot is None:
            self.stop()
            return
        self.votes = self._ballot.reveal()
        self._reappear()
        self.form.result.html = self.votes._repr_html_()
        self.show_status(f"The vote is over: {self.votes.count}. The names and the votes stand below.", "ok")
        self.form.start.focus()

    def _collect(self, ballot: Ballot, question: Question, models: tuple[str, str], stop: threading.Event) -> None:
        errors: list[str] = []
        for position, prompt in enumerate(ballot.prompts):
            self.show_status(f"Both models are asked prompt {position + 1} of {len(ballot.prompts)}.")
            sides, asked = ballot.sides(position, models), replace(question, prompt=prompt)
            left, right = ask_all(self._client, sides, asked, on_change=lambda _place, _answer: None, stop=stop)
            if stop.is_set():
                self._reappear()
                self.show_status("Stopped. Nothing was counted.", "ok")
                return
            wrong = [answer.error for answer in (left, right) if answer.ended == "error"]
            errors += wrong
            if wrong:
                ballot.leave_out(position)
            else:
                ballot.add(position, left.text, right.text)
        if not ballot.n_pairs:
            raise FtwidgetsError(f"no prompt was answered by both models. The first error: {errors[0]}")
        self._ballot = ballot
        self._next_pair(ballot)

    def _next_pair(self, ballot: Ballot) -> None:
        if ballot.pair is not None:
            self._voting.show(ballot.pair, ballot.n_pairs)
            self.show_status(f"{ballot.n_voted} of {ballot.n_pairs} votes given. Which answer is better?")

    # The page

    def static_text(self) -> str:
        """Tell the last question with its answers, and the last vote."""
        if self.voting:
            voted = self._ballot.n_voted if self._ballot else 0
            return f"A blind vote is going on: {voted} votes so far. The names are hidden until the last one."
        lines = [f"Left: {self._name(self.models[0])}. Right: {self._name(self.models[1])}."]
        for row in self._asked[-1:]:
            lines.append(f"Prompt: {row.question.prompt} ({history.settings(row.question)})")
            for name, answer in zip(row.names, row.answers, strict=True):
                told = history.note(row.question, answer)
                lines.append(f"  {name}: {answer.text}" + (f" ({told})" if told else ""))
        lines += self._warnings()
        lines += [f"Blind vote: {self.votes}"] if self.votes else []
        return "\n".join(lines)

    def static_html(self) -> str:
        """Tell the same as HTML without scripts."""
        if self.voting:
            return f"<p>{escape(self.static_text())}</p>"
        shown = [f"<p>{escape(text)}</p>" for text in self._warnings()]
        shown.append(history.history_html(self._asked[-history.PAGE :], 0) or f"<p>{escape(self.static_text())}</p>")
        return "".join(shown) + (self.votes._repr_html_() if self.votes else "")

    def _listen(self) -> None:
        form = self.form
        for control in form.controls:
            control.observe(self.catch_errors(self._changed), names="value")
        form.go.on_click(self.catch_errors(self.ask))
        form.halt.on_click(self.catch_errors(self.stop))
        form.start.on_click(self.catch_errors(self.blind))
        form.history.on_press(lambda value: self._turn_to(self._page + (1 if value == "older" else -1)))

    def _free(self) -> None:
        if self.voting:
            raise FtwidgetsError("a blind vote is going on. End it first.")
        if self._work.busy:
            raise FtwidgetsError("the models are still answering. Wait for them, or stop them.")

    def _failed(self, error: Exception) -> None:
        if self.voting:
            self._reappear()
        self.show_error(error)

    def _hide(self) -> None:
        """Take every name off the page, out of hidden fields too."""
        self._hidden = self.models
        self.form.hide()
        self._code_view.html = ""
        self._toggle.layout.display = "none"
        self._voting.begin()
        self.update_static_view()

    def _reappear(self) -> None:
        models, self._hidden, self._ballot = self.models, None, None
        self._voting.leave()
        self._toggle.layout.display = ""
        self._show(*models)
        self.update_static_view()

    def _show(self, left: str, right: str) -> None:
        """Put two models into the form, and draw what belongs to them."""
        self.form.show(left, right)
        last = self._asked[-1] if self._asked and self._asked[-1].models == (left, right) else None
        for place, model in enumerate((left, right)):
            question, answer = (last.question, last.answers[place]) if last else (Question(""), None)
            self._draw(place, model, question, answer)
        self._turn_to(0)
        self._changed()

    def _changed(self) -> None:
        if self.voting:
            return
        self.refresh_code()
        self._warn()
        if self._training_system is None and not all(map(self._trained.has_seen, self.models)):
            self._look.start(self._look_up)

    def _look_up(self) -> None:
        """Find out what the two models were trained with; they may change meanwhile."""
        while self._training_system is None and (new := [model for model in self.models if not self._trained.has_seen(model)]):
            self._trained.look_up(new[0])
            if not self.voting:
                self._warn()

    def _warnings(self) -> list[str]:
        trained: dict[str, Prompts | None] = {self._name(model): self._trained.known(model) for model in self.models}
        if self._training_system is not None:
            trained = {"The model": frozenset({self._training_system.strip()})}
        return history.parity(self.form.system.value, trained)

    def _warn(self) -> None:
        told = self._warnings()
        text = escape(" ".join(told)) + " A model can answer differently then; ask it as it was trained."
        self.form.notice.html = f'<p class="ftw-wrong"><strong>Another system prompt:</strong> {text}</p>' if told else ""

    def _draw(self, place: int, model: str, question: Question, answer: Answer | None) -> None:
        where = ("Left", "Right")[place]
        self.form.sides[place].html = history.side_html(where, self._name(model), model, question, answer)

    def _turn_to(self, page: int) -> None:
        self._page = max(0, min(page, (len(self._asked) - 1) // history.PAGE))
        self.form.history.html = history.history_html(self._asked, self._page)

    def _name(self, model: str) -> str:
        return self._labels.get(model, model)
