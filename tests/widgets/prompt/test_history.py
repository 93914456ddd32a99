"""How an answer's end, and another system prompt, are put in words."""

import openai
import pytest

from ftwidgets.widgets.prep.preview import conversation
from ftwidgets.widgets.prompt.ballot import Ballot
from ftwidgets.widgets.prompt.conversation_html import conversation_html
from ftwidgets.widgets.prompt.history import HistoryEntry, history_table, note, to_frame
from ftwidgets.widgets.prompt.streaming import PromptRequest, StreamedAnswer
from ftwidgets.widgets.prompt.trained_prompts import SystemPrompts, TrainedPrompts, read_system_prompts
from ftwidgets.widgets.prompt.votes_html import pair_html

REQUEST = PromptRequest("Hi?", max_tokens=8)


def shown(*answers: StreamedAnswer, request: PromptRequest = REQUEST, **options: bool) -> str:
    """A turn of a conversation as HTML."""
    names = ("base", "tuned", "third")[: len(answers)]
    return conversation_html([HistoryEntry(request, names, names, names, answers)], **options)


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
    assert said[1:] in shown(answer)
    assert ".." not in shown(StreamedAnswer("", "error", "No key."))


def test_an_answer_without_text_is_not_nothing() -> None:
    """Nothing asked yet, an answer that begins, and an empty answer look different."""
    drawn = [conversation_html([]), shown(StreamedAnswer()), shown(StreamedAnswer("", "stop"))]
    assert len(set(drawn)) == 3
    assert "Write a prompt and press Send." in drawn[0]
    assert "An empty answer." in drawn[2]


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
    assert bool(known.summary(system, {"m": "model"})) == bool(said)


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
    assert ">Well...<" in shown(StreamedAnswer("Well...", "length"))
    refused = shown(StreamedAnswer("Well..", "error", "It broke."))
    assert ">Well..<" in refused
    assert ">It broke.<" in refused


def test_an_answer_reads_in_its_own_direction() -> None:
    """Arabic from the right, English from the left: the page decides by the text."""
    assert '<p dir="auto">\u0646\u0639\u0645' in shown(StreamedAnswer("\u0646\u0639\u0645", "stop"))
    ballot = Ballot(("a", "b"), ["?"])
    ballot.add(0, "\u0646\u0639\u0645", "Yes")
    assert '<p dir="auto">\u0646\u0639\u0645' in pair_html(ballot)
    example = {"messages": [{"role": "user", "content": "\u0646\u0639\u0645"}]}
    assert 'dir="auto"' in conversation(example, title="Example 1", note="", held_out=False)


def test_the_cure_is_the_one_prompt_that_ends_the_warning() -> None:
    """One prompt that all warned models know; none where two models need two, or where one was trained with several."""
    known = TrainedPrompts(openai.OpenAI(api_key="k"))
    known._found |= {"one": frozenset({"A"}), "both": frozenset({"A", "B"}), "other": frozenset({"C"}), "base": None}
    assert known.cure("x", {"m": "one"}) == "A"
    assert known.cure("x", {"m": "one", "n": "both", "b": "base"}) == "A"
    assert known.warnings("A", {"m": "one", "n": "both"}) == []
    assert known.cure("x", {"m": "one", "n": "other"}) is None
    assert known.cure("x", {"n": "both"}) is None
    assert known.cure("A", {"m": "one"}) is None
    assert known.summary("x", {"m": "one", "n": "other"}) == "m and n were trained with another system prompt."


def test_differences_are_marked_word_by_word() -> None:
    """In both of two answers; escaped; not while an answer is still written, nor beside an error."""
    two = StreamedAnswer("We open <at> nine.", "stop"), StreamedAnswer("We open <at> ten, sir.", "stop")
    marked = shown(*two, marked=True)
    assert "We open &lt;at&gt; <mark>nine.</mark>" in marked
    assert "We open &lt;at&gt; <mark>ten, sir.</mark>" in marked
    assert "<mark>" not in shown(*two)
    assert "<mark>" not in shown(two[0], StreamedAnswer("We"), marked=True).rpartition("tuned")[2]
    assert "<mark>" not in shown(two[0], StreamedAnswer("", "error", "No."), marked=True)


def test_a_table_says_once_what_all_rows_have_in_common() -> None:
    """Models in the head and settings below, if they are the same; otherwise both stand in each row, and ids as labels."""
    answers = (StreamedAnswer("a", "stop"), StreamedAnswer("b", "length"))
    model = "ft:nano:me:shop:Ab3x9Qer"
    same = [(1, HistoryEntry(REQUEST, ("base", model), ("base", "shop 14:05 (nano)"), ("base", model), answers))] * 2
    table = history_table(same)
    assert table.count("shop 14:05 (nano)") == table.count("temperature 0") + table.count("Temperature 0") == 1
    assert model not in table
    other = HistoryEntry(PromptRequest("Hi?", temperature=1.0), *[("base", "base")] * 3, answers)
    table = history_table([*same, (2, other)])
    assert (table.count("shop 14:05 (nano): "), table.count("temperature 0"), table.count("temperature 1")) == (2, 2, 1)
