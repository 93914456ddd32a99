"""The widget of the blind vote, by itself: its states, its buttons, and what the browser gets of it."""

import json
from collections.abc import Iterator

import pytest
from ipywidgets.embed import dependency_state

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.prompt.blind_vote import BlindVote, VoteState
from ftwidgets.widgets.prompt.streaming import PromptRequest
from tests.widgets.service import Scripted

MODELS, NAMES = ("alpha", "beta"), ("Alphonse", "Bettina")


@pytest.fixture
def service() -> Iterator[Scripted]:
    made = Scripted(alpha="one two three", beta="four five six")
    yield made
    made.gate.set()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def task(said: list[str]) -> BackgroundTask[None]:
    return BackgroundTask("vote", on_error=lambda error: said.append(str(error)))


@pytest.fixture
def vote(service: Scripted, task: BackgroundTask[None], said: list[str]) -> BlindVote:
    def show(text: str, kind: str) -> None:
        said.append(f"{kind}: {text}")

    return BlindVote(service.client(), task, show_status=show, catch_errors=lambda act: lambda *_event: act())


def test_a_vote_goes_through_its_states(vote: BlindVote, task: BackgroundTask[None], said: list[str]) -> None:
    """Idle, asking, voting, idle; hidden when idle; the result counts what the buttons said; no name reaches the browser."""
    states: list[VoteState] = []
    vote.observe(lambda change: states.append(change["new"]), names="state")
    assert vote.layout.display == "none"
    vote.start(PromptRequest("?"), ["a", "b"], MODELS, NAMES, seed=1)
    task.wait(10)
    assert states == [VoteState.ASKING, VoteState.VOTING]
    assert vote.layout.display == ""
    while vote.pair is not None:
        state = json.dumps(dependency_state(vote, drop_defaults=False), default=str)
        assert [name for name in (*MODELS, *NAMES) if name in state] == []
        (vote.left_button if vote.pair.left == "one two three" else vote.right_button).click()
    assert states[2:] == [VoteState.IDLE]
    assert vote.layout.display == "none"
    assert vote.votes is not None
    assert vote.votes.wins == {"Alphonse": 2, "Bettina": 0}
    assert said[-1] == "ok: The vote is over: Alphonse 2, Bettina 0, ties 0. The names and the votes are below."
    with pytest.raises(FtwidgetsError, match="no pair to vote on"):
        vote.vote("tie")


def test_it_can_be_ended_at_any_time(vote: BlindVote, service: Scripted, task: BackgroundTask[None], said: list[str]) -> None:
    """While the models answer, the button stops and counts nothing; later it counts the votes so far."""
    service.gate.clear()
    vote.start(PromptRequest("?"), ["a", "b"], MODELS, NAMES, seed=1)
    assert service.waiting.wait(10)
    assert (vote.pair, vote.n_voted, vote.end_button.description) == (None, 0, "Stop")
    vote.end_button.click()
    task.wait(10)
    assert (vote.state, vote.votes, said[-1]) == (VoteState.IDLE, None, "ok: Stopped. Nothing was counted.")
    service.gate.set()
    vote.start(PromptRequest("?"), ["a", "b"], MODELS, NAMES, seed=1)
    task.wait(10)
    vote.tie_button.click()
    assert vote.n_voted == 1
    vote.end_button.click()
    assert vote.votes is not None
    assert (len(vote.votes.table), vote.votes.ties) == (1, 1)


def test_without_any_answer_it_is_idle_again(
    vote: BlindVote, service: Scripted, task: BackgroundTask[None], said: list[str]
) -> None:
    """The reason is raised, and the form may come back."""
    service.says["beta"] = 500
    vote.start(PromptRequest("?"), ["a"], MODELS, NAMES, seed=1)
    with pytest.raises(FtwidgetsError, match=r"no prompt was answered by both models.*beta cannot"):
        task.wait(10)
    assert vote.state is VoteState.IDLE
    assert "no prompt was answered" in said[-1]
