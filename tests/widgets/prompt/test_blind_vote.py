"""The blind vote: its states, its buttons, what the browser gets of it, and its result."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from ipywidgets.embed import dependency_state

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets import BlindVote
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt.blind_vote import VoteState
from ftwidgets.widgets.prompt.votes import MIN_DECIDED
from tests.widgets.service import Scripted

MODELS = {"Alphonse": "alpha", "Bettina": "beta"}


@pytest.fixture
def service() -> Iterator[Scripted]:
    made = Scripted(alpha="one two three", beta="four five six")
    yield made
    made.gate.set()


def of(service: Scripted, prompts: tuple[str, ...] | str = ("a", "b"), **options: Any) -> BlindVote:
    return BlindVote(service.client(), MODELS, prompts, **options)


def whole(vote: BlindVote) -> str:
    """Everything that the browser gets, or that a saved notebook holds."""
    return json.dumps(dependency_state(vote, drop_defaults=False), default=str) + json.dumps(vote._static()) + repr(vote)


def test_a_vote_goes_through_its_states(service: Scripted) -> None:
    """Idle, asking, voting, idle; the buttons count; while it goes on no name is in any part, hidden or saved."""
    vote, states = of(service), list[VoteState]()
    vote.observe(lambda change: states.append(change["new"]), names="state")
    vote._toggle.value = True
    assert "Alphonse" in whole(vote)
    vote.start(seed=1).wait(10)
    assert states == [VoteState.ASKING, VoteState.VOTING]
    while vote.pair is not None:
        state = whole(vote)
        assert [name for name in (*MODELS, *MODELS.values()) if name in state] == []
        assert f"{vote.pair.number} of 2." in vote.stage.html
        side = "left" if vote.pair.left == "one two three" else "right"
        vote.stage.press(f"{side} {vote.n_voted}")
    assert states[2:] == [VoteState.IDLE]
    assert vote.votes is not None
    assert vote.votes.wins == {"Alphonse": 2, "Bettina": 0}
    assert "Cannot tell yet." in vote.stage.html
    assert "95 % interval 0.00 to 0.66" in vote.static_html()
    assert "The vote is over." in vote.status.html
    assert "Alphonse" in vote._code_view.html
    assert '"Bettina": "beta"' in vote.next_step.code
    with pytest.raises(FtwidgetsError, match="no pair to vote on"):
        vote.vote("tie")


def test_two_people_vote_in_turn(service: Scripted) -> None:
    """The page says whose turn it is; nothing of the first one's vote is shown to the second; the result has the agreement."""
    vote = of(service, voters=("Ada", "Ben")).start(seed=3).wait(10)
    assert "Ada, which answer is better?" in vote.stage.html
    vote.stage.press("left 0")
    after_left = vote.stage.html
    assert (vote.voter, "Ben, which answer is better?" in after_left) == ("Ben", True)
    vote.stage.press("back 1")
    vote.stage.press("right 0")
    assert vote.stage.html == after_left
    for _ in range(3):
        vote.vote("tie")
    assert vote.votes is not None
    assert "Ada and Ben voted the same on 1 of 2 pairs" in vote.stage.html
    assert vote.votes.table["voter"].tolist() == ["Ada", "Ben", "Ada", "Ben"]


def test_the_keys_and_the_number_of_votes_are_said(service: Scripted) -> None:
    """Each button names its key; before the vote stands how many votes a verdict takes, and why."""
    vote = of(service)
    shown = " ".join(part.html for part in vote._form.children if isinstance(part, Live))
    assert f"only after {MIN_DECIDED} votes for one or the other" in shown
    assert "leads by luck" in shown
    vote.start().wait(10)
    for text, key in (("Left is better", 1), ("Neither", 0), ("Right is better", 2)):
        assert f"{text} <kbd>(press {key})</kbd>" in vote.stage.html


def test_a_late_press_does_not_vote_on_the_next_pair(service: Scripted) -> None:
    """A second press on the same button, before the page has changed, counts once."""
    vote = of(service).start().wait(10)
    vote.stage.press("left 0")
    vote.stage.press("left 0")
    assert vote.n_voted == 1


def test_it_can_be_ended_at_any_time(service: Scripted) -> None:
    """While the models answer, the button stops and counts nothing; later it counts the votes so far."""
    vote = of(service)
    service.gate.clear()
    vote.start()
    assert service.waiting.wait(10)
    assert (vote.pair, vote.n_voted) == (None, 0)
    with pytest.raises(FtwidgetsError, match="a blind vote is going on"):
        vote.start()
    vote.stage.press("stop")
    vote.wait(10)
    assert (vote.state, vote.votes) == (VoteState.IDLE, None)
    assert "Stopped. Nothing was counted." in vote.status.html
    service.gate.set()
    vote.start().wait(10)
    vote.stage.press("tie 0")
    vote.stage.press("end")
    assert vote.votes is not None
    assert (len(vote.votes.table), vote.votes.ties) == (1, 1)


def test_without_any_answer_it_is_idle_again(service: Scripted) -> None:
    """The reason is raised and shown, and the form is back."""
    service.says["beta"] = 500
    vote = of(service).start()
    with pytest.raises(FtwidgetsError, match=r"no prompt was answered by both models.*beta cannot"):
        vote.wait(10)
    assert vote.state is VoteState.IDLE
    assert "No prompt was answered" in vote.status.html


@pytest.mark.parametrize(
    ("voters", "words"),
    [
        ("Ada, Ben, Cem", "One person votes, or two with different names"),
        ("Ada, Ada", "One person votes, or two with different names"),
        ("Ada,", "a name is missing beside a comma"),
    ],
)
def test_one_or_two_people_vote(service: Scripted, voters: str, words: str) -> None:
    """More, two of one name, or a comma without a second name are rejected in words before anything is asked."""
    vote = of(service)
    vote.voters.value = voters
    vote.start_button.click()
    assert words in vote.status.html
    assert service.asked == []


def test_the_code_holds_the_same_vote(service: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as it is shown, with votes typed, it asks the same and ends in a result."""
    vote = of(service, ('What\'s "x"?', "b"), voters=("Ada",), system="Be brief.", max_tokens=9)
    monkeypatch.setattr("builtins.input", lambda _question: "left")
    names: dict[str, Any] = {"client": service.client()}
    exec(vote.code, names)
    assert len(names["vote"].votes.table) == 2
    assert names["vote"].votes.voters == ("Ada",)
    assert {body["max_tokens"] for body in service.asked} == {9}
    assert [body["messages"][-1]["content"] for body in service.asked].count('What\'s "x"?') == 2


def test_prompts_and_voters_are_texts_or_lists_of_them(service: Scripted) -> None:
    """A text has a prompt on each line; a prompt of a list is one prompt, also if it has two lines."""
    assert of(service, "Where is it?", voters="Ada").prompts.value == "Where is it?"
    assert of(service, "Where is it?", voters="Ada").voters.value == "Ada"
    assert of(service, ("one\ntwo", "three")).prompts.value == "one two\nthree"


def test_an_address_that_answers_nothing_is_no_empty_answer() -> None:
    """A page of HTML has no answer to vote on, and it says where to look."""
    page = httpx2.MockTransport(lambda _request: httpx2.Response(200, html="<html></html>"))
    client = openai.OpenAI(base_url="http://s.test", api_key="k", max_retries=0, http_client=httpx2.Client(transport=page))
    vote = BlindVote(client, ["one", "two"], ["a"])
    with pytest.raises(FtwidgetsError, match="sent no answer"):
        vote.start().wait(20)
