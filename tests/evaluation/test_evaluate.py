"""Scores, intervals and verdicts, against published figures and by simulation."""

import dataclasses
import json
import math
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pandas as pd
import pytest

from ftwidgets.errors import DataError, FtwidgetsError
from ftwidgets.evaluation.evaluate import Evaluation, evaluate, exact_match, paired_bootstrap, token_f1, wilson
from ftwidgets.statistics import bootstrap

# Metrics


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [("Paris", "Paris", 1), (" Paris\n", "Paris", 1), ("paris", "Paris", 0), ("Paris.", "Paris", 0), ("", "", 1)],
)
def test_exact_match_ignores_blanks_at_the_ends_and_nothing_else(answer: str, reference: str, expected: float) -> None:
    """Case and punctuation count."""
    assert exact_match(answer, reference) == expected


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("The cat sat.", "a cat sat", 1.0),  # articles, case and punctuation do not count
        ("cat", "dog", 0.0),
        ("the cat sat on the mat", "cat sat", 2 / 3),  # precision 2/4, recall 2/2
        ("red red red blue", "red blue blue", 4 / 7),  # each word as often as in both: one red, one blue
        ("self-service", "selfservice", 1.0),  # as in SQuAD, a hyphen leaves no blank
        ("„Größe“ — 5 €", "größe 5 €", 1.0),  # any punctuation
        ("the", "!", 1.0),  # nothing left on either side
        ("the", "cat", 0.0),
    ],
)
def test_token_f1_follows_squad(answer: str, reference: str, expected: float) -> None:
    """Worked out by hand from the published rules; the two texts may change places."""
    assert token_f1(answer, reference) == pytest.approx(expected)
    assert token_f1(reference, answer) == pytest.approx(expected)


# Intervals


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_intervals(successes: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998 (Statistics in Medicine 17:857-872), table I, the score method without continuity correction."""
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_is_symmetric_and_stays_inside() -> None:
    """Counting the failures mirrors the interval; no end leaves 0 to 1; without examples all is possible."""
    for successes in range(31):
        low, high = wilson(successes, 30)
        assert (1 - high, 1 - low) == pytest.approx(wilson(30 - successes, 30))
        assert 0 <= low <= successes / 30 <= high <= 1
    assert wilson(0, 0) == (0, 1)
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)


def test_wilson_covers_the_true_share_about_as_often_as_it_says() -> None:
    """The exact coverage at 40 examples, averaged over true shares, is within a point of 95 %."""
    n, shares = 40, [k / 100 for k in range(2, 99)]
    intervals = [wilson(k, n) for k in range(n + 1)]

    def coverage(share: float) -> float:
        chance = (math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1))
        return sum(p for p, (low, high) in zip(chance, intervals, strict=True) if low <= share <= high)

    covered = [coverage(share) for share in shares]
    assert sum(covered) / len(covered) == pytest.approx(0.95, abs=0.01)
    assert min(covered) > 0.89


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_mean() -> None:
    """For the mean of many normal numbers the textbook interval is known: mean +- 1.96 s / sqrt(n)."""
    source = random.Random(5)
    values = [source.gauss(3, 2) for _ in range(400)]
    mean = sum(values) / 400
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / 399)
    low, high = bootstrap(values)
    half = 1.96 * deviation / 20
    assert low == pytest.approx(mean - half, abs=0.04 * half)
    assert high == pytest.approx(mean + half, abs=0.04 * half)


def test_the_bootstrap_is_seeded() -> None:
    """The same seed gives the same interval, another seed hardly another one."""
    values = [float(i % 7) for i in range(100)]
    assert bootstrap(values) == bootstrap(values)
    other = bootstrap(values, seed=1)
    assert other != bootstrap(values)
    assert other == pytest.approx(bootstrap(values), abs=0.05)
    assert all(map(math.isnan, bootstrap([])))


def test_the_paired_bootstrap_covers_the_true_difference() -> None:
    """Over 300 simulated evaluations of 60 examples, the interval holds the true difference in about 95 %."""
    source, held = random.Random(11), 0
    for _ in range(300):
        hard = [source.random() for _ in range(60)]
        a = [float(source.random() > 0.8 * x) for x in hard]  # right in 60 % of all cases
        b = [float(source.random() > x) for x in hard]  # right in 50 %
        found = paired_bootstrap(a, b, resamples=500, seed=source.randrange(10**6))
        held += found.low <= 0.1 <= found.high
    assert 0.91 <= held / 300 <= 0.98


def test_pairing_makes_the_difference_surer() -> None:
    """Where both models fail on the same hard examples, the paired interval is far narrower than the two scores'."""
    b = [float(i % 2) for i in range(100)]
    a = [1.0 if i < 10 else value for i, value in enumerate(b)]
    found = paired_bootstrap(a, b)
    assert found.estimate == pytest.approx(0.05)
    assert found.n == 100
    assert 0 < found.low < found.estimate < found.high < 0.12
    with pytest.raises(ValueError, match="same examples"):
        paired_bootstrap([1.0], [1.0, 0.0])


# Evaluating


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


def judged(a: list[float], b: list[float]) -> Evaluation:
    by_row = {"exact_match": pd.DataFrame({"b": b, "a": a})}
    return Evaluation(answers=pd.DataFrame({"row": range(len(a))}), by_row=by_row, metric="exact_match")


def test_a_verdict_is_only_given_where_the_interval_allows_it() -> None:
    """Too few examples, and an interval that holds zero, are "cannot tell yet", never a winner."""
    few = judged([1.0] * 19, [0.0] * 19).verdict()
    assert few.startswith("cannot tell yet: a - b = +1.00")
    assert few.endswith("20 examples or more")
    even = judged([1.0, 0.0] * 30, [0.0, 1.0] * 30).verdict()
    assert even.startswith("cannot tell yet: a - b = +0.00 (95 % interval -0.2")
    assert even.endswith("if there is a difference that small, it takes more than 100,000 examples to find it")
    same = judged([0.0] * 30, [0.0] * 30).verdict()
    assert same == "cannot tell yet: a and b score the same on every example (n = 30)"
    with pytest.raises(ValueError, match='no model "c" in this evaluation; it compared: b, a'):
        judged([1.0], [0.0]).verdict("c")


def test_equal_models_are_rarely_told_apart() -> None:
    """Over 200 evaluations of two equal models, a winner is named in about 5 %, at 20 examples already."""
    source, told = random.Random(3), 0
    for _ in range(200):
        a, b = ([float(source.random() < 0.5) for _ in range(20)] for _ in range(2))
        told += not judged(a, b).verdict().startswith("cannot tell")
    assert told <= 20


def test_an_evaluation_is_a_fact_and_shows_itself_safely() -> None:
    """It cannot be changed, and names of models are text in a notebook, not HTML."""
    found = evaluate(client_of(adder), {"<b>base</b>": "m", "tuned": "ft:m:org::1"}, SUMS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.metric = "token_f1"  # type: ignore[misc]
    html = found._repr_html_()
    assert "&lt;b&gt;base" in html
    assert "<b>" not in html
    assert "0.50 (0.35 to 0.65)" in html


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

    with pytest.raises(ValueError, match=r"the metric \"odd\" must give a number: .* for 'x' and '2'"):
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
    with pytest.raises(TypeError, match="gives a text, not None"):
        evaluate(client_of(adder), {"a": silent}, [example("1+1", "2")])
