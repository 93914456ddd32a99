"""The evaluation's form: what it asks, shows and says, also when it is stopped or fails."""

import json
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import openai
import pandas as pd
import pytest

import ftwidgets
from ftwidgets.clients import connect
from ftwidgets.errors import DataError, FtwidgetsError
from ftwidgets.progress_line import ProgressLine
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.evaluation import Evaluation, verdict_words
from ftwidgets.widgets.evaluation.dotplot import Dot, axis, dot_picture, dot_table, ticks
from ftwidgets.widgets.prompt import PromptTester
from tests.evaluation.test_evaluate import MODELS, client_of, example

ROWS = [example(f"{i}", "even" if i % 2 == 0 else "odd") for i in range(40)]


def parity(body: dict[str, Any]) -> str:
    """The base model always says even, and once something else; the tuned one is right but for every seventh."""
    if body["model"] == "m":
        return "<b>hm</b>" if body["messages"][-1]["content"] == "3" else "even"
    number = int(body["messages"][-1]["content"])
    return "odd" if (number % 2 == 1) != (number % 7 == 6) else "even"


def parts(widget: Any) -> Iterator[Any]:
    """Everything in a widget, however deep."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


@pytest.fixture
def form() -> Evaluation:
    return Evaluation(client_of(parity), MODELS, ROWS, train=ROWS[:10], max_tokens=4)


def test_it_scores_and_says_which_is_better(form: Evaluation) -> None:
    """`run` and `wait` do what the button does; the result is the public class, the baseline a row of it."""
    result = form.run().wait(timeout=20)
    assert isinstance(result, ftwidgets.Evaluation)
    assert form.result is not None
    assert form.result.models == ["majority", "base", "tuned"]
    assert "The tuned model is better than the base model: 35 against 20 of 40 right." in form.summary.html
    assert "The difference is +0.38 and plausibly lies between +0." in form.summary.html
    assert "Cannot tell yet: the base model and &quot;majority&quot; score the same on every example" in form.summary.html
    assert "Cannot tell yet: the base model and" in form.static_text()
    assert "120 answers in" in form.status.html
    assert not form.run_button.disabled
    assert form.cancel_button.disabled
    assert form.progress.html == ""


def test_a_long_wait_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line while the models answer, one sentence at the end; a wait that gives up says so as before."""
    shown: list[str] = []
    gate = threading.Event()

    def slowly(body: dict[str, Any]) -> str:
        gate.wait(20)
        return parity(body)

    monkeypatch.setattr("ftwidgets.widgets.evaluation.evaluation_widget.FIRST_REPORT_AFTER", 0.0)
    monkeypatch.setattr(ProgressLine, "show", lambda _line, text: shown.append(text))
    form = Evaluation(client_of(slowly), {"base": "m"}, ROWS[:3]).run()
    with pytest.raises(TimeoutError):
        form.wait(timeout=0.1)
    gate.set()
    form.wait(timeout=20)
    form.wait()
    assert shown[-1] == 'Asked "base" 3 questions: 3 answers.'


def test_a_click_does_the_same(form: Evaluation) -> None:
    """And a click on an impossible form says why, in words, before anything is asked."""
    form.run_button.click()
    assert form.wait(timeout=20).answers["row"].tolist() == list(range(1, 41))
    form.models.value = ""
    form.run_button.click()
    assert "Models&quot; is empty" in form.status.html
    assert "ftw-wrong" in form.status.html


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("models", "a = m\na = n", 'the name "a" is already used'),
        ("models", "majority = m", 'the name "majority" is already used'),
        ("models", "a =", "a line needs a name and an id"),
        ("examples", "", "there are no examples"),
        ("examples", "nowhere.jsonl", 'no file "nowhere.jsonl"'),
        ("train", "nowhere.csv", 'no file "nowhere.csv"'),
        ("limit", -1, '"Use the first" is -1. Give a number of examples, or 0 for all of them.'),
        ("max_tokens", 0, '"Longest answer" is 0. Give a number of tokens, 1 or more.'),
        ("smallest", -0.1, '"Smallest difference" must be above 0'),
    ],
)
def test_a_form_that_cannot_be_used_is_refused(form: Evaluation, field: str, value: object, message: str) -> None:
    """The exception comes out of `run`, and the form stays ready for the next try."""
    getattr(form, field).value = value
    with pytest.raises((ValueError, FtwidgetsError), match=message):
        form.run()
    assert not form.run_button.disabled
    form.run_button.click()
    assert "ftw-wrong" in form.status.html
    assert form.status.html in form.static_html()


def test_what_the_user_named_is_text(form: Evaluation) -> None:
    """Names, prompts and answers are escaped, in the widget and in the saved page."""
    form.models.value = "<i>base</i> = m\ntuned = ft:m:org::1"
    form.run().wait(timeout=20)
    form.detail.value = "<i>base</i>"
    for html in (form.summary.html, form.closer.html, form.static_html()):
        assert "<i>" not in html
        assert "<b>" not in html
    assert "&lt;b&gt;hm&lt;/b&gt;" in form.closer.html


def test_the_confusion_table_and_the_worst_answers_follow_the_model_and_the_page(form: Evaluation) -> None:
    """Ten answers a page, the worst first; the pages end at both ends, where a button looks as if it does nothing."""
    form.run().wait(timeout=20)
    assert "What &quot;tuned&quot; answered, by right answer" in form.closer.html
    assert "worst first: 1 to 10 of 40" in form.closer.html
    assert form.closer.html.count(">wrong</td>") == 5
    assert 'aria-disabled="true">Previous answers' in form.closer.html
    form.closer.press("1")
    assert "worst first: 11 to 20 of 40" in form.closer.html
    assert "page 2 of 4" in form.closer.html
    form.turn_to(99)
    assert "31 to 40 of 40" in form.closer.html
    form.closer.press("1")
    assert "page 4 of 4" in form.closer.html
    form.detail.value = "base"
    assert "What &quot;base&quot; answered, by right answer" in form.closer.html
    assert "page 1 of 4" in form.closer.html


def test_ten_answers_are_one_page_which_names_the_file_of_its_rows(tmp_path: Path) -> None:
    """No buttons to turn one page; the number of a row is that of a file, a dataset or the examples from the code."""
    rows = [example(f"{i}", f"{i}") for i in range(10)]
    file, table = tmp_path / "held.jsonl", tmp_path / "held.csv"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    table.write_text("Prompt,Completion\n" + "".join(f"{i},{i}\n" for i in range(10)), encoding="utf-8")
    for examples, words in (
        (str(file), f"the rows of {file}"),
        (str(table), f"the usable rows of {table}"),
        ("sentiment", "the held-out rows of sentiment"),
        (rows, "the examples from the code"),
    ):
        form = Evaluation(client_of(lambda body: body["messages"][-1]["content"]), "m", examples, limit=10)
        form.run().wait(timeout=20)
        assert f"worst first: 1 to 10 of 10; &quot;row&quot; counts {words}</caption>" in form.closer.html
        assert "Previous answers" not in form.closer.html


def test_texts_have_no_confusion_table() -> None:
    """Forty different references are no labels."""
    sums = [example(f"{i}", f"{i}") for i in range(40)]
    form = Evaluation(client_of(lambda body: body["messages"][-1]["content"]), "m", sums)
    form.run().wait(timeout=20)
    assert "answered, by right answer" not in form.closer.html
    assert "worst first" in form.closer.html


def test_the_smallest_difference_changes_the_verdict_at_once(form: Evaluation) -> None:
    """Without asking anybody again."""
    form.run().wait(timeout=20)
    assert "by less than 0.9" not in form.summary.html
    form.smallest.value = 0.9
    assert "The tuned model is better than the base model, but by less than 0.9" in form.summary.html
    assert "ftw-stale" not in form.summary.html


class Gate:
    """Answers that wait: the first `free` come at once, the others when the gate is opened."""

    def __init__(self, free: int) -> None:
        self.free, self.asked = free, 0
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, body: dict[str, Any]) -> str:
        """Answer, now or later."""
        self.asked += 1
        if self.asked > self.free:
            self.reached.set()
            assert self.open.wait(20)
            threading.Event().wait(0.05)  # nobody answers all the rest in no time, before a cancellation is heard
        return parity(body)


def test_cancel_keeps_what_every_model_has_answered() -> None:
    """A second run is refused while it is asking; after cancel the rows that both answered are scored."""
    gate = Gate(free=45)  # a block of 20 of both models, and a little more
    form = Evaluation(client_of(gate), MODELS, ROWS)
    form.run()
    assert gate.reached.wait(20)
    with pytest.raises(RuntimeError, match="still running"):
        form.run()
    with pytest.raises(TimeoutError, match="goes on"):
        form.wait(timeout=0.01)
    assert "<progress" in form.progress.html
    form.cancel_button.click()
    gate.open.set()
    result = form.wait(timeout=20)
    assert 20 <= len(result.answers) < 40
    assert gate.asked < 80
    assert f"Scored: the {len(result.answers)} examples" in form.status.html
    with pytest.raises(FtwidgetsError, match="nothing to cancel"):
        form.cancel()
    assert len(form.run().wait(timeout=20).answers) == 40


def test_a_failure_is_said_and_what_was_answered_is_kept() -> None:
    """The Python API raises the client's exception; the status line says it with model and row."""

    def moody(body: dict[str, Any]) -> str:
        if body["messages"][-1]["content"] == "30":
            raise openai.OpenAIError("the line went dead")
        return parity(body)

    form = Evaluation(client_of(moody), MODELS, ROWS)
    form.run()
    with pytest.raises(openai.OpenAIError):
        form.wait(timeout=20)
    assert "was asked row 31: &#x27;30&#x27;." in form.status.html
    assert "ftw-wrong" in form.status.html
    assert form.result is not None
    assert len(form.result.answers) >= 20
    assert not form.run_button.disabled


def test_a_failure_keeps_the_earlier_result() -> None:
    """On the page, in `result` and in the saved notebook, marked as earlier; also where the failed run had scored some rows."""

    def moody(body: dict[str, Any]) -> str:
        if body["model"] == "ft:m:org::1" and body["max_tokens"] == 5 and body["messages"][-1]["content"] == "30":
            raise openai.OpenAIError("the line went dead")
        return parity(body)

    form = Evaluation(client_of(moody), MODELS, ROWS)
    form.run().wait(timeout=20)
    first = form.result
    verdict = form.summary.html
    assert "ftw-stale" not in verdict
    form.models.value = "gone"
    assert "From before the form was changed." in form.summary.html
    form.run()
    with pytest.raises(openai.NotFoundError):
        form.wait(timeout=20)
    assert "rejected the request (404)" in form.status.html
    assert "The scores of the earlier run are kept." in form.status.html
    form.models.value = "base = m\ntuned = ft:m:org::1"
    form.max_tokens.value = 5
    form.run()
    with pytest.raises(openai.OpenAIError):
        form.wait(timeout=20)
    assert form.result is first
    for shown in (form.summary.html, form.static_html(), form.static_text()):
        assert "From an earlier run. The last one failed" in shown
    assert verdict in form.summary.html
    form.max_tokens.value = 4
    form.run().wait(timeout=20)
    assert form.result is not first
    assert "ftw-stale" not in form.summary.html
    form.max_tokens.value = 6
    assert "Press Evaluate for the scores of what it holds now." in form.static_text()
    form.max_tokens.value = 4
    assert "ftw-stale" not in form.summary.html


def test_the_earlier_result_is_marked_while_new_answers_come() -> None:
    """And it stays there; the button to cancel works only meanwhile."""
    gate = Gate(free=80)
    form = Evaluation(client_of(gate), MODELS, ROWS)
    assert form.cancel_button.disabled
    form.run().wait(timeout=20)
    first = form.result
    form.run()
    assert gate.reached.wait(20)
    assert "The new answers are still coming." in form.summary.html
    assert form.result is first
    assert not form.cancel_button.disabled
    gate.open.set()
    form.wait(timeout=20)
    assert form.cancel_button.disabled
    assert "ftw-stale" not in form.summary.html


def test_each_number_is_there_once(form: Evaluation) -> None:
    """The score of a model stands in the picture, its right answers in the verdict, the difference in its sentence."""
    form.train.value = ""
    form.run().wait(timeout=20)
    for figure in ("0.88 (0.74 to 0.95)", "35 against 20 of 40", "+0.38"):
        assert form.summary.html.count(figure) == 1, figure
        assert form.static_text().count(figure) == 1, figure
    assert "By another metric" not in form.summary.html  # it says the same


def test_a_single_model_has_a_score_and_no_verdict() -> None:
    """In words too."""
    form = Evaluation(client_of(parity), {"tuned": "ft:m:org::1"}, ROWS)
    form.run().wait(timeout=20)
    assert "The tuned model has 35 of 40 right." in form.summary.html


def test_scores_that_are_no_shares_are_told_as_means() -> None:
    """By the shared words: the figures of the verdict are means, and the metric is named."""
    form = Evaluation(client_of(lambda body: f"it is {parity(body)}"), MODELS, ROWS, metric="token_f1")
    form.run().wait(timeout=20)
    assert re.search(r"0\.\d\d against 0\.\d\d on average by token_f1, on 40 examples", form.summary.html)
    assert "By another metric: right answers" in form.summary.html


def test_the_next_step_goes_on_with_the_same_models(form: Evaluation) -> None:
    """To try them by hand; the code exports the tuned one too."""
    form.run().wait(timeout=20)
    tester = form.next_step.go()
    assert isinstance(tester, PromptTester)
    assert tester.models == ("m", "ft:m:org::1")
    assert "ftwidgets.export(client, 'ft:m:org::1'" in form.next_step.code
    said = form.next_step._text.html
    assert "ask the models questions of your own" in said
    assert "open &quot;The code for that&quot;, copy the part" in said


@pytest.mark.parametrize(
    ("metric", "words"), [("exact_match", "the very same text as the right one"), ("token_f1", "1 if all")]
)
def test_words_of_the_field_are_explained_where_they_appear(metric: str, words: str) -> None:
    """What the metric counts and what an interval is, under the picture and on the saved page; both metrics in the form."""
    form = Evaluation(client_of(parity), MODELS, ROWS, metric=metric)
    texts = [part.html for part in parts(form) if isinstance(part, Live)]
    assert any("exact_match: 1 if" in text and "token_f1: how many words" in text for text in texts if "<li>" not in text)
    form.run().wait(timeout=20)
    for page in (form.summary.html, form.static_html()):
        assert words in page
        assert "The line through each dot is its 95 % interval" in page


def run_code(code: str, **names: object) -> ftwidgets.Evaluation:
    space = dict(names)
    exec(code, space)
    found = space["result"]
    assert isinstance(found, ftwidgets.Evaluation)
    return found


def test_the_code_does_what_the_form_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On the sandbox, for examples handed in, files of both kinds and a bundled dataset: the same answers."""
    client = connect(home=tmp_path)
    lines = [example(f"Is {i} odd?", "yes" if i % 2 else "no", None) for i in range(8)]
    jsonl, table = tmp_path / "rows.jsonl", tmp_path / "rows.csv"
    jsonl.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    pd.DataFrame({"Prompt": ["1?", "2?"], "Completion": ["yes", "NA"]}).to_csv(table, index=False)
    for examples, train, limit in ((lines, lines, None), (jsonl, None, 3), (table, table, None), ("sentiment", "sentiment", 2)):
        form = Evaluation(client, {'the "base"': "nano-2026-11"}, examples, train=train, limit=limit, max_tokens=3)
        form.system.value = "Be brief."
        asked = form.run().wait(timeout=60)
        again = run_code(form.code, client=client, examples=examples, train=train)
        pd.testing.assert_frame_equal(asked.answers, again.answers)
        assert asked.metric == again.metric
    assert "exact_match" in capsys.readouterr().out  # the code prints; the widget never does


def test_models_and_examples_are_filled_in_where_they_are_known(tmp_path: Path) -> None:
    """The latest tuned model that is still there, its base, the validation file of its job; the code reads the same file."""
    client = connect(home=tmp_path / "home")
    empty = Evaluation(client)
    assert (empty.models.value, empty.examples.value) == ("", "")
    assert empty.form_fold.toggle.expanded == "true"
    lines = [json.dumps(example(f"Is {i} odd?", "yes" if i % 2 else "no", None)) for i in range(10)]
    train, valid = tmp_path / "train.jsonl", tmp_path / "valid.jsonl"
    train.write_text("\n".join(lines), encoding="utf-8")
    valid.write_text("\n".join(lines[:6]), encoding="utf-8")
    options: dict[str, Any] = {"model": "nano-2026-11", "n_epochs": 1, "batch_size": 5}
    job = ftwidgets.launch(client, train, validation_file=valid, **options).wait(60, progress=False)
    gone = ftwidgets.launch(client, train, **options).wait(60, progress=False)
    client.models.delete(str(gone.model))

    form = Evaluation(client, max_tokens=3)
    assert form.models.value == f"base = nano-2026-11\ntuned = {job.model}"
    assert form.examples.value == "valid.jsonl (6 rows, the job's validation file)"
    assert form.form_fold.toggle.expanded == "false"
    assert "Measures base and tuned on valid.jsonl (6 rows" in unescape(form._plan.html)
    found = form.run().wait(timeout=60)
    pd.testing.assert_frame_equal(found.answers, run_code(form.code, client=client).answers)
    assert Evaluation(client, {"mine": str(job.model)}).examples.value == form.examples.value
    form.examples.value = "nowhere.jsonl"
    assert "files.content" not in form.code


def test_nothing_is_filled_in_where_the_service_knows_no_jobs() -> None:
    """No traceback: the form asks for it."""
    form = Evaluation(client_of(parity))
    assert form.models.value == ""
    assert "Name the models and the examples" in form._plan.html


def test_the_saved_page_needs_no_script(form: Evaluation) -> None:
    """It holds the chart, the verdict and the tables; before the first run it says that there is nothing yet."""
    assert "Nothing evaluated yet." in form._repr_mimebundle_()["text/html"]
    form.run().wait(timeout=20)
    bundle = form._repr_mimebundle_()
    for part in (
        '<img alt="',
        "The tuned model is better than the base model",
        "What &quot;tuned&quot; answered, by right answer",
        "worst first",
    ):
        assert part in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "<button" not in bundle["text/html"]
    assert "The tuned model is better" in bundle["text/plain"]


def test_the_drawing_says_what_it_shows() -> None:
    """A screen reader gets every figure; the marks lie where the axis says; the name is cut, the spoken one is not."""
    name = "a model with a long name & a sign"
    rows = [Dot(name, 0.5, 0.25, 0.75), Dot("b", 0.0, 0.0, 1.0)]
    svg = ET.fromstring(dot_picture("Scores", rows))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == f"Scores: {name} 0.50 (0.25 to 0.75); b 0.00 (0.00 to 1.00)"
    at = [float(mark.get("cx", "")) for mark in svg.iter("circle")]
    assert at == [250, 130]
    assert [text.text for text in svg.iter("text")][:6] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert "a model with a ..." in [text.text for text in svg.iter("text")]
    table = dot_table("Scores", "score", rows)
    assert "a model with a long name &amp; a sign" in table
    assert 'class="ftw-bar" style="left:25.0%;right:calc(100% - 75.0%)"' in table
    assert 'class="ftw-dot" style="left:50.0%"' in table


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-0.2, 0.29), (-1, 1), (-0.03, 0.02), (-120, 40), (0, 7), (0.5, 0.5)])
def test_an_axis_holds_its_intervals_between_round_ticks(low: float, high: float) -> None:
    """The first tick is not above the lowest end, the last not below the highest; evenly spaced, few."""
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert 2 <= len(found) <= 9
    assert len({round(b - a, 9) for a, b in pairwise(found)}) == 1
    assert axis([Dot("a", 0.5, 0.4, 0.6)]) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert axis([Dot("a", 1.5, 0.4, 2.6)])[-1] >= 2.6


def test_every_two_of_a_few_models_are_compared_and_many_with_the_first() -> None:
    """The last with the others first, as that is the question."""
    assert verdict_words.model_pairs(["a"]) == []
    assert verdict_words.model_pairs(["a", "b", "c"]) == [("c", "b"), ("c", "a"), ("b", "a")]
    assert verdict_words.model_pairs(list("abcde")) == [("e", "a"), ("d", "a"), ("c", "a"), ("b", "a")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"models": {"tuned": None}}, 'the model "tuned" is None, not an id. Has its job succeeded'),
        ({"models": {"mine": all}}, 'the model "mine" is a function. The form asks models by their ids'),
        ({"models": {"mine": 3}}, 'the model "mine" is of the type int, not an id'),
        ({"models": {"a=b": "m"}}, "no equals sign"),
        ({"models": ["m\nn"]}, "is one line"),
        ({"models": "m", "metric": lambda _answer, _reference: 1.0}, "ftwidgets.evaluate takes functions"),
    ],
)
def test_what_the_fields_cannot_hold_is_refused(options: dict[str, Any], message: str) -> None:
    """Where it is handed in, and not as a model called "None" that the service does not know."""
    with pytest.raises((ValueError, FtwidgetsError), match=message):
        Evaluation(client_of(parity), examples=ROWS, **options)


def test_examples_from_the_training_are_told(form: Evaluation) -> None:
    """The count of those that stand in both; without training examples, or without any in both, nothing is said."""
    form.run().wait(timeout=20)
    assert "10 of the 40 examples are training examples too" in form.status.html
    assert "ftw-wrong" in form.status.html
    form.train.value = ""
    form.run().wait(timeout=20)
    assert "training examples" not in form.status.html
    apart = Evaluation(client_of(parity), "m", ROWS[10:], train=ROWS[:10])
    apart.run().wait(timeout=20)
    assert "training examples" not in apart.status.html


def test_several_verdicts_come_with_a_word_of_caution(form: Evaluation) -> None:
    """Three models are three comparisons; a single one needs no such word."""
    form.run().wait(timeout=20)
    assert "3 comparisons, each with a 95 % interval" in form.summary.html
    form.train.value = ""
    form.run().wait(timeout=20)
    assert "comparisons, each" not in form.summary.html


def test_a_run_right_after_the_end_is_never_lost(form: Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of the last one may still be busy with the page: the next run waits for it, and then asks."""
    settle = form.update_static_view

    def slowly() -> None:
        threading.Event().wait(0.4)
        settle()

    monkeypatch.setattr(form, "update_static_view", slowly)
    form.run()
    while form.run_button.disabled:
        threading.Event().wait(0.01)
    form.limit.value = 5
    assert len(form.run().wait(timeout=20).answers) == 5
    assert not form.run_button.disabled


def test_the_models_of_a_result_are_those_that_were_asked(form: Evaluation) -> None:
    """Whatever the field holds by then."""
    asked = form.named_models()
    form.run()
    form.models.value = "good = another"
    form.wait(30)
    assert form.named_models() == asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Question;Answer\n1?;yes\n2?;NA\n3, 4?;no\n", ""),
        ("Prompt,Completion,System\n1?,yes,Be kind.\n2?,no,\n", ""),
        (
            "Prompt,Completion\n1?,yes\n2?,no, never\n",
            "line 3: The row has 3 cells, the header 2 (the cells are split",
        ),
        ("Prompt,Completion\n1?,yes\n2?,\n", 'line 3: "Completion" is empty'),
        (
            "Up;Left;Right\n1?;yes;no\n",
            'There is no column "Prompt"; the columns are "Up", "Left", "Right" (the cells',
        ),
    ],
)
def test_a_table_is_read_as_dataset_prep_reads_it(text: str, words: str, tmp_path: Path) -> None:
    """Any delimiter, columns of other names, cells with commas; what is wrong is said with its line and its delimiter."""
    (tmp_path / "rows.csv").write_text(text, encoding="utf-8")
    client = connect(home=tmp_path / "home")
    form = Evaluation(client, {"base": "nano-2026-11"}, tmp_path / "rows.csv", train=tmp_path / "rows.csv", max_tokens=3)
    if words:
        with pytest.raises(DataError) as raised:
            form.run()
        assert words in str(raised.value)
        assert "C error" not in str(raised.value)
        return
    form.system.value = "Be brief."
    asked = form.run().wait(timeout=60)
    assert len(asked.answers) == text.count("\n") - 1
    pd.testing.assert_frame_equal(asked.answers, run_code(form.code, client=client).answers)
