"""A panel around a blind vote on its two models; while one goes on, everything that names the models is hidden."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

import ipywidgets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt.asking import AskingPanel
from ftwidgets.widgets.prompt.ballot import AnswerPair, Choice
from ftwidgets.widgets.prompt.blind_vote import BlindVote, VoteState
from ftwidgets.widgets.prompt.vote_setup import VoteSetup
from ftwidgets.widgets.prompt.votes import Votes

if TYPE_CHECKING:
    import openai


class VotingPanel(AskingPanel):
    """A panel whose last part is a blind vote, shown by `open_blind_vote`; `setup` returns what it compares at its start."""

    def __init__(
        self,
        client: openai.OpenAI,
        title: str,
        parts: Sequence[ipywidgets.Widget],
        *,
        below_status: Sequence[ipywidgets.Widget],
        setup: Callable[[], VoteSetup],
    ) -> None:
        self._client = client
        self._start_lock = threading.Lock()
        self.blind_vote = BlindVote(client, setup=setup, bare=True)
        """The blind vote on the two models; `open_blind_vote` shows it."""
        self._vote_place = ipywidgets.VBox([Live("<h4>Blind vote</h4>"), self.blind_vote], layout={"display": "none"})
        super().__init__(title, parts, below_status=below_status, below_code=[self._vote_place])
        self._parts: tuple[ipywidgets.Widget, ...] = self.children
        self.blind_vote.observe(self._on_vote_state, names="state")

    @property
    def voting(self) -> bool:
        """Whether a blind vote is going on, so that the names are hidden."""
        return self.blind_vote.state is not VoteState.IDLE

    @property
    def pair(self) -> AnswerPair | None:
        """The two answers to vote on; None while there are none."""
        return self.blind_vote.pair

    @property
    def votes(self) -> Votes | None:
        """The result of the last blind vote; None until one is revealed."""
        return self.blind_vote.votes

    def check_free(self) -> None:
        """Raise a FtwidgetsError while a vote is going on."""
        if self.voting:
            raise FtwidgetsError("a blind vote is going on. End it first.")

    def open_blind_vote(self) -> BlindVote:
        """Show the blind vote on the two models below, and return it."""
        self.check_free()
        self._vote_place.layout.display = ""
        self.blind_vote.prompts.focus()
        return self.blind_vote

    def blind(self, prompts: Sequence[str] | str | None = None, *, seed: int = 0) -> Self:
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
        Self
            This widget; `.wait()` until `.pair` is there.

        Raises
        ------
        ValueError
            If there are no prompts, or not two different models.
        FtwidgetsError
            If the models are still answering, or a vote is going on already.
        """
        with self._start_lock:
            self.open_blind_vote().start(prompts, seed=seed)
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
        self.blind_vote.vote(choice)

    def reveal(self) -> None:
        """End the vote: show the names and count the votes so far. While the models are answering: stop."""
        if self.voting:
            self.blind_vote.reveal()
        else:
            self.stop()

    def stop(self) -> None:
        """Stop the answers that are being written."""
        self.blind_vote.stop()

    def _on_vote_state(self, change: Any) -> None:
        """While a vote is going on, show nothing but the vote: every other part names the models."""
        if change["new"] is VoteState.ASKING:
            self.task = self.blind_vote.task
            self.children = (self._parts[0], self.blind_vote)
        elif change["new"] is VoteState.IDLE:
            self.children = self._parts
        self.update_static_view()
