"""Baselines: what any model has to beat."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ftwidgets import datasets
from ftwidgets.errors import DataError
from ftwidgets.evaluation.baselines import few_shot, majority, naive_bayes, nearest, prompt
from ftwidgets.evaluation.evaluate import evaluate
from tests.evaluation.test_evaluate import adder, client_of, example

TRAIN = [example("a", "no"), example("b", "yes"), example("c", "yes ")]


def test_the_majority_is_the_commonest_training_answer() -> None:
    """It goes where a model's id goes, and its answers are scored like a model's; of equals the first one wins."""
    found = evaluate(client_of(adder), {"majority": majority(TRAIN)}, [example("?", "yes"), example("?", "no")])
    assert found.answers["majority"].tolist() == ["yes", "yes"]
    assert found.scores["exact_match"].tolist() == [0.5]
    assert majority(TRAIN[:2])([]) == "no"


def test_few_shot_puts_training_examples_before_the_question() -> None:
    """The question's own system prompt stays first, those of the examples are left out; the same seed, the same shots."""
    asked: list[dict[str, Any]] = []
    client = client_of(lambda _: "yes", asked)
    evaluate(client, {"shots": few_shot(client, "m", TRAIN, shots=2, seed=3)}, [example("d", "yes", "Be kind.")])
    roles = [turn["role"] for turn in asked[0]["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    assert asked[0]["messages"][0]["content"] == "Be kind."
    assert asked[0]["messages"][-1]["content"] == "d"
    with pytest.raises(ValueError, match='"shots" must be 1 to 3'):
        few_shot(client, "m", TRAIN, shots=4)


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_a_prompt_puts_the_question_into_the_instruction() -> None:
    """The system prompt stays, braces of the question are left alone, and an answer counts as the label it mentions first."""
    asked: list[dict[str, Any]] = []
    client = client_of(lambda _: "Positive, not negative.", asked)
    template = "{}\nPositive or negative?"
    evaluate(client, {"raw": prompt(client, "m", template)}, [example("So {good}", "positive", "Be kind.")])
    assert [turn["content"] for turn in asked[0]["messages"]] == ["Be kind.", "So {good}\nPositive or negative?"]
    labels = ["negative", "positive"]
    assert prompt(client, "m", template)(ask("x")) == "Positive, not negative."
    assert prompt(client, "m", template, labels=labels)(ask("x")) == "positive"
    assert prompt(client, "m", template, labels=["neutral"])(ask("x")) == "Positive, not negative."
    assert few_shot(client, "m", TRAIN, shots=2, labels=labels)(ask("x")) == "positive"
    with pytest.raises(ValueError, match='"template" must be a text that holds'):
        prompt(client, "m", "Positive or negative?")


def test_naive_bayes_decides_the_textbooks_example() -> None:
    """Manning, Raghavan and Schuetze (2008), table 13.1 and example 13.1: china, by 0.0003 to 0.0001."""
    documents = ["Chinese Beijing Chinese", "Chinese Chinese Shanghai", "Chinese Macao", "Tokyo Japan Chinese"]
    train = [example(text, label) for text, label in zip(documents, ["china", "china", "china", "japan"], strict=True)]
    classify = naive_bayes(train)
    assert classify(ask("Chinese Chinese Chinese Tokyo Japan")) == "china"
    # By the book's numbers: 3/4 (3/7)^n (1/14)^2 against 1/4 (2/9)^n (2/9)^2, so with one it is japan, with two china.
    assert 3 / 4 * (3 / 7) ** 2 / 14**2 > 1 / 4 * (2 / 9) ** 4
    assert 3 / 4 * (3 / 7) ** 1 / 14**2 < 1 / 4 * (2 / 9) ** 3
    assert classify(ask("Chinese Chinese Tokyo Japan")) == "china"
    assert classify(ask("Chinese Tokyo Japan")) == "japan"
    assert classify(ask("nothing known here")) == "china"  # the commoner one


def test_nearest_ranks_as_scikit_learn_does() -> None:
    """TfidfVectorizer and cosine similarity of scikit-learn 1.9.1 choose these training rows for these held-out questions."""
    table = datasets.load("support_faq", "train").iloc[::7].reset_index(drop=True)
    numbered = [example(prompt, str(row)) for row, prompt in enumerate(table["Prompt"])]
    lookup = nearest(numbered)
    questions = datasets.load("support_faq", "held-out")["Prompt"].iloc[::8]
    assert [int(lookup(ask(question))) for question in questions] == [2, 10, 88, 29, 18, 47, 57, 64, 29, 78, 93, 102]
    assert nearest(TRAIN)(ask("no word of it")) == "no"  # none is near: the first


def right_of(table: Any, answerer: Any) -> int:
    pairs = zip(table["Prompt"], table["Completion"], strict=True)
    return sum(answerer(ask(question)) == answer for question, answer in pairs)


def test_on_the_bundled_data_they_score_as_scikit_learn_does() -> None:
    """As many right answers as scikit-learn 1.9.1: CountVectorizer and MultinomialNB, TfidfVectorizer, its means."""
    reviews, held_out = datasets.load("sentiment", "train"), datasets.load("sentiment", "held-out")
    assert right_of(held_out, naive_bayes(reviews)) == 417
    questions, held_out = datasets.load("support_faq", "train"), datasets.load("support_faq", "held-out")
    assert right_of(held_out, naive_bayes(questions)) == 80
    assert right_of(held_out, nearest(questions)) == 69
    assert right_of(held_out, nearest(questions, pooled=True)) == 90


@pytest.mark.parametrize("pooled", [False, True])
def test_a_training_text_without_words_is_near_to_nothing(pooled: bool) -> None:
    """An emoji or a single letter; a question without words gets the first answer."""
    lookup = nearest([example("\N{SLIGHTLY SMILING FACE}", "smile"), example("hello world", "greet")], pooled=pooled)
    assert lookup(ask("hello you")) == "greet"
    assert lookup(ask("\N{SLIGHTLY SMILING FACE}")) == "smile"


def test_a_large_training_set_fits_into_memory() -> None:
    """20,000 rows with 40,000 different words: a table of both would take 6 GB."""
    rows = [example(f"first{number} second{number} common", str(number)) for number in range(20_000)]
    assert nearest(rows)(ask("common second12345")) == "12345"
    assert nearest(rows, pooled=True)(ask("common second12345")) == "12345"


@pytest.mark.parametrize("labels", ["positive", [""], [" "], [3], ["yes", None]])
def test_labels_are_a_list_of_texts(labels: Any) -> None:
    """A single text would count letter by letter, and an empty one in every answer."""
    client: Any = None  # is not asked anything
    with pytest.raises(ValueError, match='"labels" must be a list of texts'):
        prompt(client, "m", "{}", labels=labels)
    with pytest.raises(ValueError, match='"labels" must be a list of texts'):
        few_shot(client, "m", TRAIN, shots=1, labels=labels)


def test_other_arguments_are_checked_before_anything_is_asked() -> None:
    """The message names the argument and its value."""
    client: Any = None  # is not asked anything
    for template in ("no place", None, 3):
        with pytest.raises(ValueError, match=f'"template" must be a text that holds .*{template!r}'):
            prompt(client, "m", template)  # type: ignore[arg-type]
    for shots in (0, 4, 1.5, "2", None):
        with pytest.raises(ValueError, match=f'"shots" must be 1 to 3.*{shots!r}'):
            few_shot(client, "m", TRAIN, shots=shots)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("train", "says"),
    [
        (None, "examples of the type NoneType cannot be read; a table, a list of chats or a file's path is needed"),
        (3, "examples of the type int cannot be read"),
        ("y" * 5000, 'there is no file "yyy'),
        (pd.DataFrame([("a", "b", "c")], columns=["Prompt", "prompt", "Completion"]), 'more than one column "Prompt"'),
        (pd.DataFrame(np.empty((0, 2)), columns=["Prompt", "Completion"]), "there are no examples"),
    ],
    ids=range(5),
)
def test_training_examples_that_cannot_be_read_are_a_sentence(train: Any, says: str) -> None:
    """For every baseline."""
    for baseline in (majority, nearest, naive_bayes):
        with pytest.raises(DataError, match=says):
            baseline(train)
