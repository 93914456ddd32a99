"""Evaluations of models and functions: progress, early stops, errors, examples of every kind."""

import itertools
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pandas as pd
import pytest

from ftwidgets.errors import DataError, FtwidgetsError
from ftwidgets.evaluation.evaluate import EvaluationRun, evaluate
from ftwidgets.evaluation.examples import read_examples
from ftwidgets.progress_line import ProgressLine
from ftwidgets.statistics import wilson


def client_of(answer: Callable[[dict[str, Any]], str | None], asked: list[dict[str, Any]] | None = None) -> openai.OpenAI:
    """Make a client whose models answer by a function of the request."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        if asked is not None:
            asked.append(body)
        if body["model"] == "gone":
            return httpx2.Response(404, json={"error": {"message": "The model `gone` does not exist"}})
        message = {"role": "assistant", "content": answer(body)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return httpx2.Response(200, json={"id": "c", "object": "chat.completion", "choices": [choice]})

    http_client = httpx2.Client(transport=httpx2.MockTransport(handle))
    return openai.OpenAI(base_url="http://service.invalid/v1", api_key="k", max_retries=0, http_client=http_client)


def example(prompt: str, completion: str, system: str | None = "Be brief.") -> dict[str, Any]:
    first = [{"role": "system", "content": system}] if system else []
    return {"messages": [*first, {"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]}


def adder(body: dict[str, Any]) -> str:
    """Answer sums: the tuned model always right, the base model only where the sum is even."""
    a, b = body["messages"][-1]["content"].split("+")
    total = int(a) + int(b)
    return f"{total}" if body["model"] == "ft:m:org::1" or total % 2 == 0 else "I do not know"


SUMS = [example(f"{i}+1", f"{i + 1}") for i in range(40)]
MODELS = {"base": "m", "tuned": "ft:m:org::1"}


def test_evaluate_compares_models_on_the_same_questions() -> None:
    """Scores with intervals, every answer, and a verdict in words."""
    found = evaluate(client_of(adder), MODELS, SUMS)
    scores = found.scores.set_index("model")
    assert scores["exact_match"].tolist() == [0.5, 1.0]
    assert scores["n"].tolist() == [40, 40]
    assert scores.loc["base", ["exact_match_low", "exact_match_high"]].tolist() == pytest.approx(wilson(20, 40))
    assert list(found.answers.columns) == ["row", "prompt", "reference", "base", "tuned"]
    assert found.answers.iloc[2].tolist() == [3, "2+1", "3", "I do not know", "3"]
    assert found.difference().estimate == 0.5
    assert found.verdict() == "tuned is better: +0.50 (95 % interval +0.35 to +0.65, n = 40)"
    assert found.verdict("base", "tuned") == "base is worse: -0.50 (95 % interval -0.65 to -0.35, n = 40)"
    assert "tuned is better" in str(found)


def test_a_model_is_asked_exactly_what_it_was_trained_on() -> None:
    """The same system prompt and earlier turns, not the reference, and no `weight`; greedy, of bounded length."""
    turns = [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "1+1"},
        {"role": "assistant", "content": "2", "weight": 0},
        {"role": "user", "content": "2+2"},
    ]
    asked: list[dict[str, Any]] = []
    reference = {"role": "assistant", "content": "4", "weight": 1}
    evaluate(client_of(adder, asked), "m", [{"messages": [*turns, reference]}], max_tokens=7)
    without = [turn | {"weight": None} for turn in turns]
    for turn in without:
        del turn["weight"]
    assert asked == [{"model": "m", "messages": without, "max_tokens": 7, "temperature": 0.0}]


def test_examples_come_from_a_file_or_a_table_as_well(tmp_path: Path) -> None:
    """A JSONL file, chat examples and a DataFrame of the same rows give the same answers."""
    file = tmp_path / "valid.jsonl"
    file.write_text("\n".join(map(json.dumps, SUMS)) + "\n\n", encoding="utf-8")
    table = pd.DataFrame({"COMPLETION": [f"{i + 1}" for i in range(40)], "prompt": [f"{i}+1" for i in range(40)]})
    client = client_of(lambda body: adder(body) + body["messages"][0]["content"])
    expected = evaluate(client, "m", SUMS).answers
    for examples in (file, str(file), table.assign(System="Be brief.")):
        pd.testing.assert_frame_equal(evaluate(client, "m", examples).answers, expected)
    pd.testing.assert_frame_equal(evaluate(client, "m", table, system="Be brief.").answers, expected)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([], "no examples"),
        ("nowhere.jsonl", 'no file "nowhere.jsonl"'),
        ("table.csv", "is a CSV"),
        ([SUMS[0], {"prompt": "1+1"}], 'row 2: no list of "messages"'),
        ([SUMS[0], "1+1"], 'row 2: no list of "messages"'),
        ([{"messages": SUMS[0]["messages"][:-1]}], "row 1: the last message must be the assistant's"),
        ([{"messages": SUMS[0]["messages"][-1:]}], "row 1: the last message"),
        ([example("1+1", None)], "row 1: the assistant's last message has no text"),  # type: ignore[arg-type]
        (pd.DataFrame({"Prompt": ["x"]}), 'no column "Completion"; it has: Prompt'),
        (pd.DataFrame({"Prompt": ["x", "y"], "Completion": ["1", None]}), 'row 2: "Completion" is not a text'),
    ],
)
def test_examples_that_cannot_be_read_are_named(examples: Any, message: str) -> None:
    """Nothing is asked before every example was read."""
    asked: list[dict[str, Any]] = []
    with pytest.raises(DataError, match=message):
        evaluate(client_of(adder, asked), "m", examples)
    assert asked == []


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    """As our own exception, with what to do."""
    file = tmp_path / "latin.jsonl"
    file.write_bytes(json.dumps(SUMS[0]).replace("brief", "br\u00e8f").encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.jsonl. is not UTF-8"):
        evaluate(client_of(adder), "m", file)


def test_a_question_that_is_refused_is_named() -> None:
    """The client's exception carries the model and the row it was asked."""
    with pytest.raises(openai.NotFoundError) as caught:
        evaluate(client_of(adder), "gone", [example("the first question", "?")])
    assert caught.value.__notes__ == ["The model gone was asked row 1: 'the first question'"]


def test_a_broken_line_of_a_file_is_named(tmp_path: Path) -> None:
    """File and line are in the message."""
    file = tmp_path / "valid.jsonl"
    file.write_text(json.dumps(SUMS[0]) + "\n{'messages'\n")
    with pytest.raises(DataError, match=r"valid\.jsonl, line 2: not JSON"):
        evaluate(client_of(adder), "m", file)


def test_a_model_that_is_not_there_stops_the_evaluation_at_once() -> None:
    """The client's own exception comes out, and the questions that were waiting are not asked."""
    asked: list[dict[str, Any]] = []
    with pytest.raises(openai.NotFoundError, match="gone"):
        evaluate(client_of(adder, asked), "gone", [example(f"{i}+1", "?") for i in range(500)], workers=2)
    assert len(asked) < 250
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ftwidgets-evaluate")]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({"base": "m", "tuned": None}, 'model "tuned" is None, not an id. Has its job succeeded'),
        (["m", "m"], "each once"),
        ([], "at least one model"),
        ({"prompt": "m"}, "column of the answers"),
    ],
)
def test_models_that_make_no_sense_are_refused(models: Any, message: str) -> None:
    """The commonest is the model of a job that has not succeeded yet."""
    with pytest.raises((FtwidgetsError, ValueError), match=message):
        evaluate(client_of(adder), models, SUMS)


def test_a_metric_of_ones_own_is_scored_and_judged() -> None:
    """A function joins the table, with a bootstrap interval, and `difference` and `verdict` are about it."""

    def length(answer: str, reference: str) -> float:
        return -float(len(answer))

    found = evaluate(client_of(adder), MODELS, SUMS, metric=length)
    assert found.metric == "length"
    assert found.scores["length"].tolist() == pytest.approx([-7.4, -1.775])
    assert found.difference().estimate == pytest.approx(5.625)
    assert {"exact_match", "token_f1", "length_low", "length_high"} <= set(found.scores.columns)
    with pytest.raises(ValueError, match="must be exact_match or token_f1, or a function: 'bleu'"):
        evaluate(client_of(adder), "m", SUMS, metric="bleu")  # type: ignore[arg-type]


def test_token_f1_can_be_the_judge() -> None:
    """With `metric="token_f1"` half an answer counts half."""
    found = evaluate(client_of(lambda _: "one two"), "m", [example("?", "one three")] * 30, metric="token_f1")
    assert found.scores["token_f1"].tolist() == [0.5]
    assert found.scores["exact_match"].tolist() == [0.0]


def test_progress_is_told_and_an_empty_answer_is_an_answer() -> None:
    """`on_answer` counts up to all answers; a refusal (content null) is scored as an empty text."""
    told: list[tuple[int, int]] = []
    found = evaluate(client_of(lambda _: None), MODELS, SUMS, on_answer=lambda done, of: told.append((done, of)))
    assert told == [(done, 80) for done in range(1, 81)]
    assert found.answers["base"].tolist() == [""] * 40


@pytest.mark.parametrize("value", [None, "1", float("nan"), float("inf")])
def test_a_metric_that_gives_no_number_is_named(value: Any) -> None:
    """It would spoil every mean without a word."""

    def odd(answer: str, reference: str) -> Any:
        return value

    with pytest.raises(ValueError, match=r"the metric \"odd\" must return a number: .* for 'x' and '2'"):
        evaluate(client_of(adder), {"a": lambda _messages: "x"}, [example("1+1", "2")], metric=odd)


def test_names_are_texts_and_no_metric_takes_a_column_away() -> None:
    """A number as a name reads as a text; "n" and "model" are columns of the scores already."""
    rows = [example("1+1", "2"), example("1+2", "3")]
    found = evaluate(client_of(adder), {1: lambda _messages: "2", 2: lambda _messages: "3"}, rows)  # type: ignore[dict-item]
    assert found.models == ["1", "2"]
    assert "2 - 1 = " in str(found)

    def model(answer: str, reference: str) -> float:
        return 1.0

    with pytest.raises(ValueError, match='"model" is a column of the scores'):
        evaluate(client_of(adder), {"a": lambda _messages: "2"}, rows, metric=model)


def test_a_function_that_gives_no_text_is_told() -> None:
    """It stands in the place of a model, so it has to answer as one."""
    silent: Any = lambda _messages: None  # noqa: E731
    with pytest.raises(TypeError, match="must return a text, not None"):
        evaluate(client_of(adder), {"a": silent}, [example("1+1", "2")])


SAMPLING = {"max_tokens": 64, "temperature": 0.0}


def test_a_function_that_fails_is_named_with_its_row() -> None:
    """Like a model that refuses."""

    def picky(messages: Any) -> str:
        raise LookupError("no idea")

    with pytest.raises(LookupError) as caught:
        evaluate(client_of(adder), {"picky": picky}, SUMS[:1])
    assert caught.value.__notes__ == ["The model picky was asked row 1: '0+1'"]


def test_limit_takes_the_first_examples() -> None:
    """And refuses none at all."""
    assert evaluate(client_of(adder), "m", SUMS, limit=3).answers["row"].tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match='"limit" must be 1 or more'):
        evaluate(client_of(adder), "m", SUMS, limit=0)


def test_what_was_answered_before_a_stop_is_scored() -> None:
    """Both models are asked in turns, so rows answered by both are there; asking again goes on where it stopped."""
    stop, asked = threading.Event(), itertools.count(1)

    def slow_at_the_end(messages: Any) -> str:
        if next(asked) > 62:  # those after the sixtieth are still under way when the stop comes
            stop.wait(10)
            time.sleep(0.05)
        return adder(messages)

    run = EvaluationRun(client_of(slow_at_the_end), MODELS, read_examples(SUMS), sampling=SAMPLING)
    run.ask(workers=1, on_answer=lambda done, _: stop.set() if done >= 60 else None, stop=stop)
    assert 60 <= run.done < 80
    rows = run.result().answers["row"].tolist()
    assert rows[:20] == list(range(1, 21))
    assert len(rows) < 40
    run.ask()
    assert run.result().answers["row"].tolist() == list(range(1, 41))


def test_what_was_answered_before_a_failure_is_kept() -> None:
    """The error comes out, and the rows that every model had answered are scored."""

    def moody(messages: Any) -> str:
        if messages[-1]["content"] == "30+1":
            raise LookupError("not that one")
        return "1"

    run = EvaluationRun(client_of(adder), {"base": "m", "moody": moody}, read_examples(SUMS), sampling=SAMPLING)
    with pytest.raises(LookupError):
        run.ask(workers=1)
    rows = run.result().answers["row"].tolist()
    assert set(range(1, 21)) <= set(rows)
    assert 31 not in rows


def test_nothing_answered_is_said() -> None:
    """There is no score of nothing."""
    run = EvaluationRun(client_of(adder), "gone", read_examples(SUMS), sampling=SAMPLING)
    with pytest.raises(openai.NotFoundError):
        run.ask()
    with pytest.raises(FtwidgetsError, match="nothing to score"):
        run.result()


def test_a_long_evaluation_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """From its first moments on, also while a model is still being loaded; one sentence stays; a short one shows nothing."""
    shown: list[str] = []

    def show(line: ProgressLine, text: str) -> None:
        shown.append(text)

    def slow(body: dict[str, Any]) -> str:
        time.sleep(0.05)
        return adder(body)

    monkeypatch.setattr("ftwidgets.evaluation.evaluate.FIRST_REPORT_AFTER", 0.01)
    monkeypatch.setattr("ftwidgets.evaluation.evaluate.REPORT_EVERY", 0.0)
    monkeypatch.setattr("ftwidgets.progress_line.find_place", lambda: "terminal")
    monkeypatch.setattr(ProgressLine, "show", show)
    evaluate(client_of(slow), MODELS, SUMS[:4])
    assert shown[0] == 'Asking "base" and "tuned" 4 questions each: 0 of 8 answers'
    assert shown[1].startswith('Asking "base" and "tuned" 4 questions each: 1 of 8 answers, about ')
    assert shown[-1] == 'Asked "base" and "tuned" 4 questions each: 8 answers.'
    del shown[:]
    evaluate(client_of(slow), {"base": "m"}, SUMS[:1], progress=False, on_answer=lambda done, total: None)
    evaluate(client_of(slow), {"base": "m"}, SUMS[:1])
    assert shown[-1] == 'Asked "base" 1 question: 1 answer.'


def test_a_short_evaluation_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """No line within the first second."""
    evaluate(client_of(adder), MODELS, SUMS)
    assert tuple(capsys.readouterr()) == ("", "")
