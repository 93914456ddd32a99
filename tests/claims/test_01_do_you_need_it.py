"""What lesson 01 says, held: each cheap method's score, the recorded ones, and that the rule beats tuned nano over seeds."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ftwidgets
from ftwidgets import baselines, datasets
from ftwidgets.evaluation.evaluate import Answerer
from tests.notebooks.test_prose import NOTEBOOKS, prose

LESSON = next(path for path in NOTEBOOKS if path.stem == "01_do_you_need_it")
DATA = LESSON.parent / "data"
RULE = re.compile(r"\b\d{5}\b")


def orders(split: str) -> pd.DataFrame:
    table = pd.read_csv(DATA / "orders.csv")
    return table[table["Split"] == split]


def rule(messages: Any) -> str:
    found = RULE.search(messages[-1]["content"])
    return f'{{"order": "{found[0]}"}}' if found else '{"order": null}'


def right(method: Answerer, table: pd.DataFrame) -> int:
    """How many answers are the reference, word for word."""
    pairs = zip(table["Prompt"], table["Completion"], strict=True)
    return sum(method([{"role": "user", "content": question}]) == answer for question, answer in pairs)


def reviews() -> tuple[pd.DataFrame, pd.DataFrame]:
    return datasets.load("sentiment", "train"), datasets.load("sentiment", "held-out").sample(200, random_state=1)


def recorded(task: str, method: str, base: str, rows: int) -> list[int]:
    """The right answers of the recorded runs."""
    table = pd.read_csv(DATA / "ladder.csv")
    chosen = (table["task"] == task) & (table["method"] == method) & (table["base"] == base) & (table["rows"] == rows)
    return [int(number) for number in table[chosen]["right"]]


def mean(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers)


def test_the_rule_is_right_in_28_of_30() -> None:
    """And in all of the training messages, which it was written for."""
    assert (right(rule, orders("train")), len(orders("train"))) == (30, 30)
    assert (right(rule, orders("held-out")), len(orders("held-out"))) == (28, 30)


@pytest.mark.claims
def test_tuned_nano_is_behind_the_rule(seeds: range, hold: Any, tmp_path: Path) -> None:
    """The lesson's job, with five seeds."""
    table, held_out = orders("train"), orders("held-out")
    with ftwidgets.connect(home=tmp_path / "home") as client:
        chats = (
            {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
            for question, answer in zip(table["Prompt"], table["Completion"], strict=True)
        )
        file = ftwidgets.write_jsonl(chats, tmp_path / "orders.jsonl")
        jobs = [ftwidgets.launch(client, file, model="nano-2026-11", seed=seed) for seed in seeds]
        models: dict[str, str | Answerer] = {f"seed {job.id}": str(job.wait(timeout=600).model) for job in jobs}
        found = ftwidgets.evaluate(client, models, held_out)
    scores = found.by_row["exact_match"].mean()
    hold("01: order numbers, the rule minus tuned nano", [28 / 30 - float(scores[name]) for name in models])


def test_the_recorded_order_numbers() -> None:
    """Nano over five seeds, and SmolLM2 asked in two ways."""
    assert len(recorded("orders", "tuned", "nano", 30)) == 5
    found = recorded("orders", "tuned", "nano", 30)
    assert (min(found), max(found), round(mean(found))) == (13, 22, 17)
    assert recorded("orders", "prompt", "smollm2", 0) == [1]
    assert recorded("orders", "few-shot", "smollm2", 4) == [23]
    assert recorded("orders", "tuned", "smollm2", 30) == [20]


def test_the_manner_is_kept() -> None:
    """By both tuned models in each recorded run, on all the held-out messages; a template cannot do otherwise."""
    n, rows = len(datasets.load("shop_chats", "held-out")), len(datasets.load("shop_chats", "train"))
    assert set(recorded("greeting", "tuned", "nano", rows)) == {n} == {24}
    assert recorded("greeting", "tuned", "smollm2", rows) == [n]


def test_asking_for_the_manner_is_not_enough() -> None:
    """By an instruction neither model keeps it once."""
    assert recorded("greeting", "prompt", "nano", 0) == recorded("greeting", "prompt", "smollm2", 0) == [0]


def test_nano_tuned_on_the_faq() -> None:
    """On all 768 rows, three seeds."""
    assert len(recorded("faq", "tuned", "nano", 768)) == 3
    assert round(mean(recorded("faq", "tuned", "nano", 768))) == 70


def test_the_recorded_reviews() -> None:
    """SmolLM2 untuned is no better than the majority, which is right in 104."""
    train, held_out = reviews()
    majority = right(baselines.majority(train), held_out)
    assert recorded("reviews", "tuned", "smollm2", 100) == [161]
    assert (recorded("reviews", "prompt", "smollm2", 0), recorded("reviews", "few-shot", "smollm2", 4)) == ([99], [107])
    assert max(99, 107) - majority < 14  # 95 % of fair coins: within 14 of 100 in 200
    assert recorded("reviews", "prompt", "nano", 0) == [124]
    assert len(recorded("reviews", "tuned", "nano", 100)) == 5
    assert round(mean(recorded("reviews", "tuned", "nano", 870))) == 140


def test_the_faq_has_48_answers_asked_in_16_ways() -> None:
    """And 96 held-out questions."""
    train, held_out = datasets.load("support_faq", "train"), datasets.load("support_faq", "held-out")
    assert train.groupby("Completion").size().tolist() == [16] * 48
    assert len(held_out) == 96


def test_the_lookup_is_right_in_90_of_96() -> None:
    """Word counts in 80; the commonest answer in two."""
    train, held_out = datasets.load("support_faq", "train"), datasets.load("support_faq", "held-out")
    assert right(baselines.nearest(train, pooled=True), held_out) == 90
    assert right(baselines.naive_bayes(train), held_out) == 80
    assert right(baselines.majority(train), held_out) == 2


def test_word_counts_on_the_reviews() -> None:
    """With 870 rows and with 100."""
    train, held_out = reviews()
    assert (len(train), len(held_out)) == (870, 200)
    assert right(baselines.naive_bayes(train), held_out) == 149
    fewer = [right(baselines.naive_bayes(train.sample(100, random_state=seed)), held_out) for seed in range(1, 6)]
    majority = right(baselines.majority(train), held_out)
    assert fewer[0] == 117  # the lesson's draw
    assert majority <= mean(fewer) <= majority + 15


def test_the_cheat_passes_the_count() -> None:
    """A sentence in front says "we" to "you" and keeps every number, in all 20 notices."""
    notices = datasets.load("brand_voice", "held-out")
    assert len(notices) == 20
    for notice, answer in zip(notices["Prompt"], notices["Completion"], strict=True):
        cheat = f"We'd love you to know: {notice}"
        assert all(number in cheat for number in re.findall(r"\d+", answer))


def test_the_exercise_asks_for_the_wordings_that_are_checked() -> None:
    """Four wordings, 96 questions; 30 rows of one's own, 20 of them held out."""
    from ftwidgets.evaluation.result import MIN_EXAMPLES
    from ftwidgets.lessons.exercises.need import LEAST_ROWS, WORDINGS

    assert (WORDINGS, LEAST_ROWS, MIN_EXAMPLES) == (4, 30, 20)


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, eight minutes for each of three exercises: about 30 minutes."""
    assert 25 <= len(prose(LESSON).split()) / 200 + 24 <= 32


PROSE = {
    "Reading and exercises take about 30 minutes": test_reading_takes_the_time_it_says,
    "the 30 training messages": test_the_rule_is_right_in_28_of_30,
    "the same 30 messages": test_the_rule_is_right_in_28_of_30,
    "the 30 held-out messages": test_the_rule_is_right_in_28_of_30,
    "The rule gets 28 of 30": test_the_rule_is_right_in_28_of_30,
    "got 13 to 22, and 17 of 30 on average": test_the_recorded_order_numbers,
    "SmolLM2 got 23 with four examples in the chat and no training, and 20 after tuning on all 30": (
        test_the_recorded_order_numbers
    ),
    "With an instruction alone it got 1": test_the_recorded_order_numbers,
    "The template keeps the manner 24 times out of 24": test_the_manner_is_kept,
    "both tuned, do it 24 times too": test_the_manner_is_kept,
    "With an instruction alone, neither did it once": test_asking_for_the_manner_is_not_enough,
    "the table has a run on these 200": test_the_recorded_reviews,
    "it got 99 with an instruction and 107 with examples": test_the_recorded_reviews,
    "got 124 untuned and 140 after tuning on all 870 rows": test_the_recorded_reviews,
    "tuned on all 768 training rows, got 70 on average over three recorded runs": test_nano_tuned_on_the_faq,
    "The lookup answers 90 of 96": test_the_lookup_is_right_in_90_of_96,
    "48 fixed answers, each asked in 16 ways": test_the_faq_has_48_answers_asked_in_16_ways,
    "all 16 wordings of an answer": test_the_faq_has_48_answers_asked_in_16_ways,
    "all 870 training reviews": test_word_counts_on_the_reviews,
    "SmolLM2 gets 100 of them": test_word_counts_on_the_reviews,
    "With 870 rows, word counts get about three in four right. With 100 they": test_word_counts_on_the_reviews,
    "The lookup had 16 wordings": test_the_faq_has_48_answers_asked_in_16_ways,
    "the first 4 wordings of each topic": test_the_exercise_asks_for_the_wordings_that_are_checked,
    "the 96 held-out questions": test_the_faq_has_48_answers_asked_in_16_ways,
    "Write 30 or more rows": test_the_exercise_asks_for_the_wordings_that_are_checked,
    "Hold 20 out: a verdict needs that many": test_the_exercise_asks_for_the_wordings_that_are_checked,
}

SOURCES: dict[str, str] = {
    "SmolLM2": "the name of a model",
    "SmolLM2 needs only 100 rows to reach 0.83": "docs/recipe.md, Adapters: just bench-transfer --base, three seeds",
    "three recorded runs on all 570 held-out reviews": "docs/recipe.md, Adapters: just bench-transfer --base, three seeds",
    "Exercise 2": "the number of an exercise",
}
