"""What the prompt tester does with too little, too much and two at once."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import openai
import pytest

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.prompt import PromptTester
from ftwidgets.widgets.prompt.history import HistoryEntry
from ftwidgets.widgets.prompt.streaming import PromptRequest, StreamedAnswer, ask_all
from ftwidgets.widgets.prompt.trained_prompts import TrainedPrompts
from tests.widgets.service import Scripted


@pytest.fixture
def service() -> Iterator[Scripted]:
    made = Scripted(alpha="one two three", beta="four five six")
    yield made
    made.gate.set()


@pytest.mark.parametrize("setting", [{"max_tokens": 0}, {"max_tokens": "x"}, {"temperature": 3}, {"temperature": float("nan")}])
def test_settings_that_cannot_be_sent_are_refused(service: Scripted, setting: dict[str, Any]) -> None:
    """In words, where they were given; not bent to what fits."""
    with pytest.raises(ValueError, match=f'"{next(iter(setting))}" must be a'):
        PromptTester(service.client(), ["alpha"], **setting)


def test_of_several_questions_at_the_same_time_one_is_asked(service: Scripted) -> None:
    """The others are refused, not lost; the one that is asked can be stopped."""
    service.gate.clear()
    tester = PromptTester(service.client(), ["alpha", "beta"])
    told: list[str] = []
    together = threading.Barrier(8)
    free = tester._chat.check_free

    def slowly() -> None:
        free()
        threading.Event().wait(0.02)  # the others come in here

    tester._chat.check_free = slowly  # type: ignore[method-assign]

    def ask(number: int) -> None:
        together.wait(10)
        try:
            tester.ask(f"{number}?")
            told.append("asked")
        except FtwidgetsError:
            told.append("refused")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["asked"] + ["refused"] * 7
    tester.stop()
    tester.wait(10)
    assert len(tester.history) == 1


def test_an_answer_that_cannot_be_shown_ends_the_asking(service: Scripted) -> None:
    """The error of the function that shows answers is raised, at the first word or the last; nobody waits for ever."""
    client, stop = service.client(), threading.Event()
    requests = [("alpha", PromptRequest("Hi?")), ("beta", PromptRequest("Hi?"))]

    def fail(_place: int, answer: StreamedAnswer) -> None:
        raise RuntimeError(f"no room for {answer.text!r}")

    with pytest.raises(RuntimeError, match=r"no room for '(one two three|four five six)'"):
        ask_all(client, requests, on_change=fail, stop=stop)
    assert stop.is_set()


def test_a_page_that_fails_gives_the_buttons_back(service: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop is off again, the error is in the status line, the prompt is in the box; the next question is answered."""
    tester = PromptTester(service.client(), ["alpha", "beta"])

    def draw(entries: Sequence[HistoryEntry], **_options: object) -> str:
        if any(answer.text for entry in entries for answer in entry.answers):
            raise RuntimeError("the page is gone")
        return ""

    with monkeypatch.context() as patched:
        patched.setattr("ftwidgets.widgets.prompt.prompt_tester.conversation_html", draw)
        with pytest.raises(RuntimeError, match="the page is gone"):
            tester.ask("Hi?").wait(10)
        tester._chat.task.join(10)
    assert tester.form.stop_button.disabled
    assert "RuntimeError: the page is gone" in tester.status.html
    assert tester.form.prompt.value == "Hi?"
    tester._draw()
    assert "ftw-loading" not in tester.conversation.html
    assert "Both models answered." in tester.ask().wait(10).status.html


def test_the_code_of_one_model_asks_one(service: Scripted) -> None:
    """It runs; without any model there is none, and the form comes up all the same."""
    tester = PromptTester(service.client(), "alpha", prompt="Hi?")
    names: dict[str, Any] = {"client": service.client()}
    exec(tester.code, names)
    assert names["answers"] == ["one two three"]
    empty = PromptTester(service.client(), [], prompt="Hi?")
    assert empty.models == ("", "")
    with pytest.raises(ValueError, match="no model yet"):
        _ = empty.code


def test_the_prompts_of_a_blind_vote_may_be_one_text_and_count_once(service: Scripted) -> None:
    """A text is taken by its lines, not by its letters; a second vote on the same two answers would be no second vote."""
    tester = PromptTester(service.client(), ["alpha", "beta"]).blind("Hi?\n\nHi?\nHow are you?").wait(10)
    asked = sorted(body["messages"][-1]["content"] for body in service.asked)
    assert asked == ["Hi?", "Hi?", "How are you?", "How are you?"]
    assert tester.pair is not None


def test_a_training_file_that_breaks_off_is_no_failure(service: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning about the system prompt is a courtesy: where it cannot be had, for any reason, nobody is warned."""

    def broken(_client: openai.OpenAI, _model: str) -> None:
        raise ConnectionResetError("gone")

    monkeypatch.setattr("ftwidgets.widgets.prompt.trained_prompts.system_prompts", broken)
    known = TrainedPrompts(service.client())
    assert known.look_up("alpha") is None
    assert known.is_done("alpha")
