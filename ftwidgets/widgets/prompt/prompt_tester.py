"""PromptTester: talk to two to four models at once, their answers side by side and streamed, and vote on two blind.

Scoring against reference answers is `ftwidgets.evaluate`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.arguments import require_client, require_text_or_none
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt import history
from ftwidgets.widgets.prompt.chat import Chat
from ftwidgets.widgets.prompt.conversation_html import conversation_html
from ftwidgets.widgets.prompt.history import SIDES, HistoryView
from ftwidgets.widgets.prompt.model_names import ModelNames
from ftwidgets.widgets.prompt.prompt_form import PromptForm
from ftwidgets.widgets.prompt.request_code import request_code
from ftwidgets.widgets.prompt.settings_notice import SettingsNotice
from ftwidgets.widgets.prompt.streaming import PromptRequest
from ftwidgets.widgets.prompt.trained_prompts import TrainedPrompts
from ftwidgets.widgets.prompt.vote_setup import VoteSetup
from ftwidgets.widgets.prompt.voting_panel import VotingPanel

if TYPE_CHECKING:
    import openai
    import pandas as pd


class PromptTester(VotingPanel):
    """Talk to two to four models at once, their answers side by side, and vote on two without knowing whose they are.

    A prompt sent from the form goes on with the conversation that is shown: each model gets its own answers back. After a
    change of models or settings, and after "New conversation", it begins anew.

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
        if not isinstance(columns, int) or not 2 <= columns <= len(SIDES):
            raise ValueError(f'"columns" must be 2, 3 or 4: {columns!r}')
        require_text_or_none("training_system", training_system)
        request = PromptRequest(prompt, "" if system is None else system, temperature, max_tokens, seed)
        require_client(client)
        self._names = ModelNames(client, models)
        self._chat = Chat(client, on_change=self._show_turn, on_end=self._show_end, on_error=self._show_failure)
        self.task = self._chat.task
        self.form = PromptForm(request, self._names.menu)
        """The fields: `form.system.value = "..."` does what typing does."""
        self.form.show_models(self._names.ids[:columns])
        self._notice = SettingsNotice(self.form, TrainedPrompts(client, training_system), self._names.label)
        self.conversation, self.history_view = Live(), HistoryView()
        self.conversation.add_class("ftw-conversation")
        self.conversation.tabbable = True  # it scrolls
        below = [self.conversation, fields.Fold("Asked so far", [self.history_view])]
        super().__init__(client, "Try your model", [self.form.box], below_status=below, setup=self._vote_setup)
        self._connect()
        self._on_change()
        self.history_view.show(self._chat.entries)

    def _connect(self) -> None:
        for control in self.form.controls:
            control.observe(self.catch_errors(self._on_change), names="value")
        self.form.prompt.observe(lambda _change: self.refresh_code(), names="value")
        self.form.marks.observe(lambda _change: self._draw(), names="value")
        self.form.send_button.on_click(self.catch_errors(lambda: self.ask(follow_up=self._is_current())))
        self.form.stop_button.on_click(self.catch_errors(self.stop))
        self.form.new_button.on_click(self.catch_errors(self.new_conversation))
        self.form.vote_button.on_click(self.catch_errors(self.open_blind_vote))
        self.form.notice.on_press(lambda _cure: self.catch_errors(self.use_training_prompt)())
        self.blind_vote.start_button.bring([*self.form.inputs, *self.blind_vote.controls])

    @property
    def models(self) -> tuple[str, str]:
        """The two models by the names that the service knows, left and right; a blind vote is about these."""
        return self.form.models

    @property
    def code(self) -> str:
        """The streamed calls for the conversation that is shown, and for the prompt in the box if that is another one."""
        if self.voting:
            raise FtwidgetsError("the code names the models. It is shown again after the reveal.")
        models = [model for model in self.form.asked if model]
        if not models:
            raise ValueError("there is no model yet. Choose one.")
        prompts = [entry.request.prompt for entry in self._chat.turns] if self._is_current() else []
        written = self.form.prompt.value
        if not prompts or (written.strip() and written != prompts[-1]):
            prompts.append(self._request().prompt)
        return request_code(models, prompts, self.form.settings())

    @property
    def history(self) -> pd.DataFrame:
        """Everything asked so far, one row for each request, with the answers from left to right.

        `turn` counts within a conversation: 1 is a question without earlier turns.
        """
        return history.to_frame(self._chat.entries)

    @property
    def has_asked(self) -> bool:
        """Whether the conversation that is shown has a question."""
        return bool(self._chat.turns)

    # Asking

    def ask(self, prompt: str | None = None, *, follow_up: bool = False) -> PromptTester:
        """Ask all models, in the background.

        Parameters
        ----------
        prompt
            Put into the box first, if given; by default what is in the box, or, if it is empty and models or settings have
            changed since the last answers, the last question again. The box is empty afterwards, unless no model answers.
        follow_up
            Go on with the conversation that is shown, if there is one: each model gets its own answers back.

        Returns
        -------
        PromptTester
            This tester, so that `tester.ask("...").wait()` as the last line of a cell shows it.

        Raises
        ------
        ValueError
            If the form is not filled in.
        FtwidgetsError
            If the models are still answering, a blind vote is going on, or models or settings have changed since the
            conversation that a follow-up belongs to.
        """
        with self._start_lock:
            self.check_free()
            if prompt is not None:
                self.form.prompt.value = prompt
            models, request = self.form.asked, self._request()
            self.form.prompt.empty(request.prompt)  # before the thread starts, which puts it back if no model answers
            try:
                self._chat.ask(request, models, self._names, follow_up=follow_up)
            except FtwidgetsError:
                self.form.prompt.refill()
                raise
            self.task = self._chat.task
        return self

    def stop(self) -> None:
        """Stop the answers that are being written."""
        super().stop()
        self._chat.stop()

    def new_conversation(self) -> None:
        """Show an empty conversation; the next prompt goes without earlier turns. The history keeps everything."""
        self.check_free()
        self._chat.clear()
        self.show_status("")
        self._on_change()

    def use_training_prompt(self) -> None:
        """Set the system prompt to the one that the models were trained with; an error where there is none, or several."""
        self._notice.use_training_prompt()

    def _show_turn(self) -> None:
        self.form.stop_button.disabled = False
        n = len(self._chat.turns[-1].models)
        self.show_status("Both models are asked." if n == 2 else f"All {n} models are asked.")
        self._draw()

    def _show_failure(self, error: Exception) -> None:
        self.form.stop_button.disabled = True
        self.form.prompt.refill()
        self.catch_errors(self._draw)()
        self.show_error(error)

    def _show_end(self) -> None:
        self.form.stop_button.disabled = True
        if all(answer.ended == "error" for answer in self._chat.entries[-1].answers):
            self.form.prompt.refill()
        self._draw()
        self.history_view.show(self._chat.entries)
        self._notice.look_up()
        self.show_status(*history.outcome(self._chat.entries[-1]) if self._is_current() else ("", ""))
        self.refresh_code()
        self._offer_next()
        self.update_static_view()

    def _vote_setup(self) -> VoteSetup:
        self._chat.check_free()
        left, right = models = self.form.models
        names = (self._names.name(left), self._names.name(right))
        labels = (self._names.label(left), self._names.label(right))
        return VoteSetup(models, names if names[0] != names[1] else models, labels, self.form.settings())

    # The page

    def static_text(self) -> str:
        """Return the last request with its answers, and the last vote."""
        if self.voting:
            return self.blind_vote.static_text()
        asked = zip(SIDES, self.form.asked, strict=False)
        lines = [" ".join(f"{side.capitalize()}: {self._names.label(model)}." for side, model in asked)]
        for entry in self._chat.entries[-1:]:
            lines.append(f"Prompt: {entry.request.prompt} ({history.settings_line(entry.request)})")
            lines += [f"  {text}" for text in history.answer_texts(entry)]
        lines += self._notice.warnings()
        lines += [f"Blind vote: {self.votes}"] if self.votes else []
        return "\n".join(lines)

    def static_html(self) -> str:
        """Return the last page of the history, and the last vote."""
        if self.voting or not self._chat.entries:
            shown = [f"<p>{escape(line)}</p>" for line in self.static_text().splitlines()]
        else:
            shown = [f"<p>{escape(text)}</p>" for text in self._notice.warnings()]
            shown.append(history.history_table(list(enumerate(self._chat.entries, 1))[::-1][: history.PAGE]))
        return "".join(shown) + (self.votes._repr_html_() if self.votes and not self.voting else "")

    def check_free(self) -> None:
        """Raise a FtwidgetsError while the models are answering or a vote is going on."""
        super().check_free()
        self._chat.check_free()

    def _on_change(self) -> None:
        """Follow the fields: the code, the line about the settings, and whether the answers still belong to them."""
        self.refresh_code()
        self._notice.refresh()
        self._draw()
        self._offer_next()
        self.blind_vote.refresh_setup()
        if self._chat.turns and not self._is_current() and not self._chat.task.busy:
            self.show_status("")

    def _offer_next(self) -> None:
        models = {self._names.name(model): model for model in self.form.asked if model}
        self.offer_evaluation(models, self.form.system.value.strip())

    def _request(self) -> PromptRequest:
        """Return what to ask: the prompt in the box, or the last question, if that was asked with other models or settings."""
        is_stale = bool(self._chat.turns) and not self._is_current()
        return self.form.request(self._chat.turns[-1].request.prompt if is_stale else "")

    def _is_current(self) -> bool:
        """Return whether the answers that are shown belong to what the form holds."""
        try:
            return self._chat.is_current(self.form.asked, self.form.settings())
        except ValueError:
            return False

    def _draw(self) -> None:
        shown, marked = self._chat.turns, self.form.marks.value
        self.conversation.html = conversation_html(shown, marked=marked, is_stale=bool(shown) and not self._is_current())
