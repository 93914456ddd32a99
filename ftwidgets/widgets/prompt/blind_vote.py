"""BlindVote: ask two models the same prompts, show their answers in pairs without names, and count the votes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from html import escape
from typing import TYPE_CHECKING

import ipywidgets
import traitlets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt.ballot import AnswerPair, Ballot, Choice, Votes
from ftwidgets.widgets.prompt.streaming import PromptRequest, ask_all

if TYPE_CHECKING:
    import openai

_BOX = "flex:1 1 280px;border:1px solid var(--jp-border-color1,#bdbdbd);padding:4px 10px"
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere"


class VoteState(Enum):
    """What a blind vote is doing; it goes from `IDLE` to `ASKING` to `VOTING` and back, or back at once."""

    IDLE = "idle"
    ASKING = "the models are answering"
    VOTING = "a pair is shown"


class BlindVote(ipywidgets.VBox):
    """A prompt with two answers and a button for each choice; hidden while there is no vote.

    Observe `state` to hide the names of the models while it is not `IDLE`. `models` are those of the vote, or of the last one;
    `votes` is the result of the last vote that was revealed. `show_status` and `catch_errors` are those of the panel.
    """

    state = traitlets.UseEnum(VoteState, VoteState.IDLE)

    def __init__(
        self,
        client: openai.OpenAI,
        task: BackgroundTask[None],
        *,
        show_status: Callable[[str, str], object],
        catch_errors: Callable[[Callable[[], object]], Callable[..., None]],
    ) -> None:
        self._client, self._task, self._show_status = client, task, show_status
        self._ballot = Ballot(("", ""), [])
        self._stop = threading.Event()
        self.models = ("", "")
        self.votes: Votes | None = None
        self._pair_view = Live()
        self.left_button = fields.button("Left is better")
        self.tie_button = fields.button("Neither")
        self.right_button = fields.button("Right is better")
        self.end_button = fields.button("End the vote and reveal", tooltip="Count the votes given so far and show the names")
        self.left_button.on_click(catch_errors(lambda: self.vote("left")))
        self.tie_button.on_click(catch_errors(lambda: self.vote("tie")))
        self.right_button.on_click(catch_errors(lambda: self.vote("right")))
        self.end_button.on_click(catch_errors(self.reveal))
        self._choices = fields.row(self.left_button, self.tie_button, self.right_button)
        super().__init__([self._pair_view, fields.row(self._choices, self.end_button)])
        self.layout.display = "none"

    @property
    def pair(self) -> AnswerPair | None:
        """The pair to vote on; None while there is none."""
        return self._ballot.pair if self.state is VoteState.VOTING else None

    @property
    def n_voted(self) -> int:
        """The number of votes so far."""
        return self._ballot.n_voted if self.state is VoteState.VOTING else 0

    def start(
        self, request: PromptRequest, prompts: Sequence[str], models: tuple[str, str], names: tuple[str, str], *, seed: int
    ) -> None:
        """Ask both models all prompts with the settings of `request`, in the background, then show the first pair."""
        self._ballot, self._stop = Ballot(names, prompts, seed=seed), threading.Event()
        self.models = models
        self.state = VoteState.ASKING
        self._pair_view.html = "<p>The models are answering. Their names are hidden until the last vote.</p>"
        self.end_button.description = "Stop"
        self._choices.layout.display = "none"
        self.layout.display = ""
        self.end_button.focus()
        self._task.start(lambda: self._collect(request))

    def stop(self) -> None:
        """Stop the answers that are being written; nothing is counted then."""
        self._stop.set()

    def vote(self, choice: Choice) -> None:
        """Vote on the pair that is shown; the last vote reveals the names."""
        if self.state is not VoteState.VOTING:
            raise FtwidgetsError('there is no pair to vote on. Start with blind(["...", "..."]) and wait().')
        self._ballot.vote(choice)
        if self._ballot.pair is None:
            self.reveal()
        else:
            self._show_pair()

    def reveal(self) -> None:
        """End the vote and count the votes so far; while the models are answering, stop."""
        if self.state is not VoteState.VOTING:
            self.stop()
            return
        self.votes = self._ballot.reveal()
        self._leave()
        self._show_status(f"The vote is over: {self.votes.count}. The names and the votes are below.", "ok")

    def _collect(self, request: PromptRequest) -> None:
        try:
            complete = self._fill_ballot(request)
        except BaseException:
            self._leave()
            raise
        if not complete:
            self._leave()
            self._show_status("Stopped. Nothing was counted.", "ok")
            return
        self.state = VoteState.VOTING
        self.end_button.description = "End the vote and reveal"
        self._choices.layout.display = ""
        self.left_button.focus()
        self._show_pair()

    def _fill_ballot(self, request: PromptRequest) -> bool:
        """Ask both models all prompts; return whether nobody stopped it."""
        ballot, errors = self._ballot, []
        for position, prompt in enumerate(ballot.prompts):
            self._show_status(f"Both models are asked prompt {position + 1} of {len(ballot.prompts)}.", "busy")
            models, asked = ballot.sides(position, self.models), replace(request, prompt=prompt)
            answers = ask_all(self._client, models, asked, on_change=lambda _place, _answer: None, stop=self._stop)
            if self._stop.is_set():
                return False
            if failed := [answer.error for answer in answers if answer.ended == "error"]:
                errors += failed
                ballot.leave_out(position)
            else:
                ballot.add(position, answers[0].text, answers[1].text)
        if not ballot.n_pairs:
            raise FtwidgetsError(f"no prompt was answered by both models. The first error: {errors[0]}")
        return True

    def _show_pair(self) -> None:
        pair = self._ballot.pair
        if pair is None:
            return
        self._pair_view.html = (
            f"<h4>Pair {pair.number} of {self._ballot.n_pairs}</h4>"
            f'<p style="{_TEXT}"><strong>Prompt:</strong> {escape(pair.prompt)}</p>'
            f'<div style="display:flex;flex-wrap:wrap;gap:12px">'
            f"{_answer_html('Left', pair.left)}{_answer_html('Right', pair.right)}</div>"
        )
        self._show_status(f"{self._ballot.n_voted} of {self._ballot.n_pairs} votes given. Which answer is better?", "busy")

    def _leave(self) -> None:
        """Go back to `IDLE`, which brings the names back onto the page."""
        self._pair_view.html = ""
        self.layout.display = "none"
        self.state = VoteState.IDLE


def _answer_html(where: str, text: str) -> str:
    shown = f'<p dir="auto" style="{_TEXT}">{escape(text)}</p>' if text else "<p>(an empty answer)</p>"
    return f'<div style="{_BOX}" role="group" aria-label="Answer on the {where.lower()}"><strong>{where}</strong>{shown}</div>'
