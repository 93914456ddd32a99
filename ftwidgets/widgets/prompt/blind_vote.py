"""BlindVote: ask two models the same prompts, show their answers in pairs without names, and count the votes."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from html import escape
from typing import TYPE_CHECKING

import ipywidgets
import traitlets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.arguments import require_client
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt import votes_html
from ftwidgets.widgets.prompt.asking import AskingPanel
from ftwidgets.widgets.prompt.ballot import AnswerPair, Ballot, Choice
from ftwidgets.widgets.prompt.streaming import PromptRequest
from ftwidgets.widgets.prompt.vote_setup import VoteSetup, fill_ballot, fixed_setup, read_prompts, read_voters
from ftwidgets.widgets.prompt.votes import MIN_DECIDED, Votes

if TYPE_CHECKING:
    import openai


_HOW_MANY = (
    f'<p class="ftw-help">Give {MIN_DECIDED} prompts or more; 20 are better. The result names the better model only after '
    f"{MIN_DECIDED} votes for one or the other (Neither does not count): with fewer, one of two equally good models often "
    "leads by luck.</p>"
)


class VoteState(Enum):
    """What a blind vote is doing; it goes from `IDLE` to `ASKING` to `VOTING` and back, or back at once."""

    IDLE = "idle"
    ASKING = "the models are answering"
    VOTING = "a pair is shown"


class BlindVote(AskingPanel):
    """Judge the answers of two models, pair by pair, without knowing whose they are; alone, or two people in turn.

    Parameters
    ----------
    client
        Any `openai` client.
    models
        Two models: a mapping from what to call them to their ids, or two ids. Of more, the first two count.
        None: the latest tuned model that the service lists, and its base.
    prompts
        What both are asked: texts, each in one line, or one text with a prompt on each line.
    voters
        The names of one or two people, or a text with a comma between the names. Two judge each pair one after the other;
        the result shows how far they agree.
    system, temperature, max_tokens, seed
        How the models are asked, as for `PromptTester`.
    setup
        Returns what to compare at the start of a vote, in place of `models` and the settings: for a form around this one.
    bare
        Leave out heading and code.

    Attributes
    ----------
    votes
        The result of the last vote that was revealed, a `Votes`; None before.
    """

    state = traitlets.UseEnum(VoteState, VoteState.IDLE)

    def __init__(
        self,
        client: openai.OpenAI,
        models: Sequence[str] | Mapping[str, str] | None = None,
        prompts: Sequence[str] | str = (),
        *,
        voters: Sequence[str] | str = (),
        system: str = "",
        temperature: float = 0.0,
        max_tokens: int = 60,
        seed: int | None = None,
        setup: Callable[[], VoteSetup] | None = None,
        bare: bool = False,
    ) -> None:
        self._client = require_client(client)
        settings = PromptRequest("", system, temperature, max_tokens, seed)
        self._find_setup = setup or fixed_setup(client, models, settings)
        self._compared = VoteSetup(("", ""), ("", ""), ("", ""), settings)  # in the last vote
        self.votes: Votes | None = None
        self.task = BackgroundTask("blind vote", on_error=self._give_up)
        self._ballot, self._stop, self._start_lock = Ballot(("", ""), []), threading.Event(), threading.Lock()
        lines = (
            prompts if isinstance(prompts, str) else "\n".join(" ".join(text.splitlines()) for text in read_prompts(prompts))
        )
        self.prompts = ipywidgets.Textarea(lines, rows=4, continuous_update=False, description="Prompts")
        self.prompts.placeholder = "One on each line: questions that you did not ask before"
        self.voters = ipywidgets.Text(", ".join(read_voters(voters)), continuous_update=False, description="Voters")
        self.voters.placeholder = "One or two names, such as Ada, Ben; may be empty"
        self.start_button = fields.button("Start the blind vote", primary=True)
        self.start_button.on_click(self.catch_errors(lambda: self.start(seed=random.randrange(2**31))))
        self._about, self.stage = Live(), Live()
        self.stage.on_press(lambda value: self.catch_errors(lambda: self._pressed(value))())
        for control in (self.prompts, self.voters):
            control.style.description_width = "104px"
            control.layout = ipywidgets.Layout(width="auto", min_width="0")
            control.observe(lambda _change: self.refresh_code(), names="value")
        self._form = ipywidgets.VBox([self._about, self.prompts, Live(_HOW_MANY), self.voters, fields.row(self.start_button)])
        self._form.add_class("ftw-ask")
        super().__init__("Blind vote", [self.stage, self._form], bare=bare)
        self._draw()

    @property
    def controls(self) -> tuple[ipywidgets.Widget, ...]:
        """The fields."""
        return (self.prompts, self.voters)

    @property
    def pair(self) -> AnswerPair | None:
        """The pair to vote on; None while there is none."""
        return self._ballot.pair if self.state is VoteState.VOTING else None

    @property
    def voter(self) -> str:
        """The name of the one whose turn it is; empty while there is no vote, or if no names were given."""
        return self._ballot.voter if self.state is VoteState.VOTING else ""

    @property
    def n_voted(self) -> int:
        """The number of votes so far."""
        return self._ballot.n_voted if self.state is VoteState.VOTING else 0

    def start(self, prompts: Sequence[str] | str | None = None, *, seed: int = 0) -> BlindVote:
        """Ask both models all prompts, in the background, then show pair after pair.

        Parameters
        ----------
        prompts
            What to ask: texts, or one text with a prompt on each line; by default the lines of the field. A duplicate is
            asked once, since a second vote on the same two answers adds nothing.
        seed
            Decides the order of the prompts, and for each prompt which model is on the left. The button draws it.

        Returns
        -------
        BlindVote
            This widget; `.wait()` until `.pair` is there.

        Raises
        ------
        ValueError
            If there are no prompts, not two different models, or more than two voters.
        FtwidgetsError
            If a vote is going on already.
        """
        with self._start_lock:
            if self.state is not VoteState.IDLE or self.task.busy:
                raise FtwidgetsError("a blind vote is going on. End it first.")
            unique = read_prompts(self.prompts.value if prompts is None else prompts)
            if not unique:
                raise ValueError("there are no prompts for a blind vote. Write some, one a line.")
            setup = self._find_setup()
            left, right = setup.models
            if not left or not right or left == right:
                raise ValueError(f'a blind vote needs two different models; these are "{left}" and "{right}".')
            self._ballot = Ballot(setup.names, unique, voters=read_voters(self.voters.value), seed=seed)
            self._stop = threading.Event()
            self._compared = setup
            self.next_step.clear()
            self._enter(VoteState.ASKING)
            self.task.start(lambda: self._collect(setup))
        return self

    def stop(self) -> None:
        """Stop the answers that are being written; nothing is counted then."""
        self._stop.set()

    def vote(self, choice: Choice) -> None:
        """Vote on the pair that is shown: `"left"`, `"right"` or `"tie"`. The last vote reveals the names.

        Raises
        ------
        ValueError
            If the vote is none of the three.
        FtwidgetsError
            If there is no pair to vote on.
        """
        if self.state is not VoteState.VOTING:
            raise FtwidgetsError("there is no pair to vote on. Start a blind vote, and wait until the models have answered.")
        self._ballot.vote(choice)
        if self._ballot.pair is None:
            self.reveal()
        else:
            self._draw()

    def undo(self) -> None:
        """Take the last vote back and show its pair again; a FtwidgetsError if there is none."""
        if self.state is not VoteState.VOTING:
            raise FtwidgetsError("there is no vote going on.")
        self._ballot.undo()
        self._draw()

    def reveal(self) -> None:
        """End the vote: show the names and count the votes so far. While the models are answering: stop."""
        if self.state is not VoteState.VOTING:
            self.stop()
            return
        self.votes = self._ballot.reveal()
        self._enter(VoteState.IDLE)
        models = dict(zip(self._compared.names, self._compared.models, strict=True))
        self.offer_evaluation(models, self._compared.settings.system)
        self.show_status("The vote is over. The result is above.", "ok")

    @property
    def code(self) -> str:
        """The same vote in Python, with the answers printed and the votes typed."""
        if self.state is not VoteState.IDLE:
            raise FtwidgetsError("the code names the models. It is shown again after the reveal.")
        return self._find_setup().code(self.prompts.value, read_voters(self.voters.value))

    def static_text(self) -> str:
        """Return the last result, or how far the vote is; no name before it is over."""
        if self.state is not VoteState.IDLE:
            return f"A blind vote is going on: {self.n_voted} votes so far. The names are hidden until the last one."
        return str(self.votes) if self.votes else f"{self._about_text()} No votes yet."

    def static_html(self) -> str:
        """Return the last result, or how far the vote is."""
        if self.state is VoteState.IDLE and self.votes:
            return self.votes._repr_html_()
        return f"<p>{escape(self.static_text())}</p>"

    def refresh_setup(self) -> None:
        """Show the models and settings of the form around this one, which have changed."""
        if self.state is VoteState.IDLE:
            self._about.html = f"<p>{escape(self._about_text())}</p>"

    def _pressed(self, value: str) -> None:
        """Do what a button of the stage says. A vote that was meant for an earlier pair does nothing."""
        match value.split():
            case ["left" | "tie" | "right" as choice, at] if at == str(self.n_voted):
                self.vote(choice)
            case ["back", at] if at == str(self.n_voted):
                self.undo()
            case ["stop" | "end"]:
                self.reveal()

    def _collect(self, setup: VoteSetup) -> None:
        """Ask both models all prompts, then show the first pair; back to the form if somebody stopped it."""
        ballot = self._ballot

        def show(done: int) -> None:
            self.stage.html = votes_html.asking_html(done, len(ballot.prompts))

        if fill_ballot(self._client, ballot, setup, on_prompt=show, stop=self._stop):
            self._enter(VoteState.VOTING)
        else:
            self._enter(VoteState.IDLE)
            self.show_status("Stopped. Nothing was counted.", "ok")

    def _give_up(self, error: Exception) -> None:
        self._enter(VoteState.IDLE)
        self.show_error(error)

    def _enter(self, state: VoteState) -> None:
        self.state = state
        self._draw()
        self.refresh_code()
        self.update_static_view()

    def _draw(self) -> None:
        """Show what belongs to the state; no part holds a name while a vote is going on."""
        idle = self.state is VoteState.IDLE
        self._form.layout.display = "" if idle else "none"
        self._about.html = f"<p>{escape(self._about_text())}</p>" if idle else ""
        match self.state:
            case VoteState.IDLE:
                self.stage.html = votes_html.result_html(self.votes, focus=True) if self.votes else ""
            case VoteState.ASKING:
                self.stage.html = votes_html.asking_html(0, len(self._ballot.prompts))
                self.show_status("")
            case VoteState.VOTING:
                self.stage.html = votes_html.pair_html(self._ballot)
                of = self._ballot.n_pairs * self._ballot.n_voters
                self.show_status(f"{self._ballot.n_voted} of {of} votes given.")

    def _about_text(self) -> str:
        try:
            return str(self._find_setup())
        except (ValueError, FtwidgetsError):
            return "The settings are not filled in yet."
