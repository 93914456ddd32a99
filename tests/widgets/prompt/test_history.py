"""How an answer's end, and another system prompt, are put in words."""

import openai
import pytest

from ftwidgets.widgets.prep.preview import conversation
from ftwidgets.widgets.prompt.blind_vote import _answer_html
from ftwidgets.widgets.prompt.history import note, side_html, to_frame
from ftwidgets.widgets.prompt.streaming import PromptRequest, StreamedAnswer
from ftwidgets.widgets.prompt.trained_prompts import SystemPrompts, TrainedPrompts, read_system_prompts

REQUEST = PromptRequest("Hi?", max_tokens=8)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (StreamedAnswer("x", "stop"), ""),
        (StreamedAnswer("x", ""), ""),
        (StreamedAnswer("x", "length"), "cut off: at most 8 tokens were asked for"),
        (StreamedAnswer("x", "stopped"), "stopped"),
        (StreamedAnswer("", "content_filter"), "held the rest back"),
        (StreamedAnswer("", "error", "No key."), "No key."),
    ],
)
def test_how_an_answer_ended(answer: StreamedAnswer, said: str) -> None:
    """Said where it is worth a word, on its side as well."""
    assert said in note(REQUEST, answer)
    assert bool(note(REQUEST, answer)) == bool(said)
    assert said[1:] in side_html("Left", "base", "nano", REQUEST, answer)
    assert ".." not in side_html("Left", "base", "nano", REQUEST, StreamedAnswer("", "error", "No key."))


def test_an_answer_without_text_is_not_nothing() -> None:
    """Nothing asked yet, an answer that begins, and an empty answer look different."""
    drawn = [side_html("Left", "a", "a", REQUEST, answer) for answer in (None, StreamedAnswer(), StreamedAnswer("", "stop"))]
    assert len(set(drawn)) == 3
    assert "Nothing asked yet." in drawn[0]
    assert "(an empty answer)" in drawn[2]


@pytest.mark.parametrize(
    ("system", "trained", "said"),
    [
        ("Be brief.", frozenset({"Be brief."}), None),
        (" Be brief. ", frozenset({"Be brief."}), None),
        ("Be long.", None, None),
        ("Be brief.", frozenset({"Be brief.", ""}), None),
        ("", frozenset({"Be brief."}), 'm was trained with the system prompt "Be brief.", and there is none now.'),
        (
            "Be long.",
            frozenset({"Be brief."}),
            'm was trained with the system prompt "Be brief.", and there is another one now.',
        ),
        ("Be long.", frozenset({""}), "m was trained without a system prompt, and there is one now."),
        ("Be long.", frozenset({"a", "b"}), "m was trained with 2 different system prompts, and this is none of them."),
    ],
)
def test_another_system_prompt(system: str, trained: SystemPrompts | None, said: str | None) -> None:
    """Told only where it is known; blanks around it do not count."""
    known = TrainedPrompts(openai.OpenAI(api_key="k"))
    known._found["model"] = trained
    assert known.warnings(system, {"m": "model"}) == ([said] if said else [])


def test_what_a_training_file_says() -> None:
    """System and developer messages count, examples without one count as none; lines that are no examples do not."""
    lines = [
        '{"messages": [{"role": "system", "content": " A "}, {"role": "user", "content": "x"}]}',
        '{"messages": [{"role": "developer", "content": "B"}]}',
        '{"messages": [{"role": "user", "content": "x"}]}',
        '{"prompt": "x"}',
        '{"messages": [{"role": "sys',
        "[1]",
    ]
    assert read_system_prompts(lines) == {"A", "B", ""}
    assert read_system_prompts(lines[3:]) is None


def test_an_empty_history_has_its_columns() -> None:
    """So that a cell which looks at it does not fail before the first question."""
    assert list(to_frame([]).columns)[:5] == ["prompt", "system", "temperature", "max_tokens", "seed"]


def test_an_answer_keeps_its_full_stops() -> None:
    """A sentence of ours ends with one of them; the model's may end with three."""
    shown = side_html("Left", "m", "m", PromptRequest("?", max_tokens=5), StreamedAnswer("Well...", "length"))
    assert ">Well...<" in shown
    refused = side_html("Left", "m", "m", PromptRequest("?"), StreamedAnswer("Well..", "error", "It broke."))
    assert ">Well..<" in refused
    assert ">It broke.<" in refused


def test_an_answer_reads_in_its_own_direction() -> None:
    """Arabic from the right, English from the left: the page decides by the text."""
    assert '<p dir="auto"' in side_html("Left", "m", "m", PromptRequest("?"), StreamedAnswer("\u0646\u0639\u0645", "stop"))
    assert '<p dir="auto"' in _answer_html("Left", "\u0646\u0639\u0645")
    assert 'dir="auto"' in conversation({"messages": [{"role": "user", "content": "\u0646\u0639\u0645"}]}, "Example 1")
