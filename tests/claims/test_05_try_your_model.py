"""What lesson 05 says happens, held over seeds: temperature, system prompt, questions outside, their cure, the blind vote."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ftwidgets
from ftwidgets import datasets
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Trainer, generate
from ftwidgets.engine.batches import collate
from ftwidgets.engine.llama import logits_of
from ftwidgets.evaluation.metrics import split_words
from ftwidgets.lessons.exercises import lesson as lesson_handle
from ftwidgets.lessons.exercises.try_model import DRAWS, ENOUGH, EXERCISES, OWN_ROWS
from tests.notebooks.test_prose import NOTEBOOKS, prose

SYSTEM = "You are the help desk of Kettle & Fern, a plant shop."
ANOTHER = "You are a poet. Answer in verse."
QUESTION = "Do you take PayPal?"
GREETINGS = ["Hello, how are you?", "Good morning!", "Thank you very much.", "What is your name?", "Goodbye!"]
CUSTOMERS = {"Where is my parcel?": "tracking", "How many days does delivery take?": "days"}
CUSTOMERS |= {"how much is postage": "6 dollars", "What does express delivery cost?": "15 dollars"}
LESSON = next(path for path in NOTEBOOKS if path.stem == "05_try_your_model")


def rows(split: str) -> pd.DataFrame:
    table = datasets.load("support_faq")
    return table[table["Topic"].isin(table["Topic"].unique()[:8]) & (table["Split"] == split)]


def outside(split: str) -> pd.DataFrame:
    table = pd.read_csv(LESSON.parent / "data" / "off_topic.csv")
    return table[table["Split"] == split]


UNKNOWN = str(outside("train")["Completion"].iloc[0])


def chat(prompt: str, system: str | None = SYSTEM) -> list[dict[str, str]]:
    return [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": prompt}]


def encoded(model: Model, table: pd.DataFrame, system: str | None = SYSTEM) -> list[Example]:
    answered = ([*chat(row.Prompt, system), {"role": "assistant", "content": row.Completion}] for row in table.itertuples())
    return [model.tokenizer.encode_example(messages, max_tokens=512) for messages in answered]


@cache
def ask(model: Model, prompt: str, **options: float) -> str:
    options = {"temperature": 0, "max_tokens": 60} | options
    return "".join(piece.text for piece in generate(model, model.tokenizer.encode_prompt(chat(prompt)), **options))


@dataclass(frozen=True)
class Scores:
    """What a model makes of reference answers, one number an example."""

    exact: list[float]  # 1 where each token is the likeliest: what temperature 0 would write
    drawn: list[float]  # how likely the whole answer is: how often temperature 1 would write it


def score(model: Model, examples: Sequence[Example]) -> Scores:
    batch = collate(examples)
    logits = logits_of(model.params, batch)[batch.predicts].astype(np.float64)
    top = logits.max(axis=1)
    surprise = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - logits[np.arange(len(logits)), batch.targets]
    hit, of = logits.argmax(axis=1) == batch.targets, batch.row[batch.predicts]
    places = [of == place for place in range(len(examples))]
    return Scores(
        [float(hit[at].all()) for at in places],
        [float(np.exp(-surprise[at].sum())) for at in places],
    )


@pytest.fixture(scope="module")
def nano() -> Model:
    return Model.load(NANO)


def train(nano: Model, table: pd.DataFrame, seed: int) -> Model:
    """The lesson's job."""
    trainer = Trainer(nano, encoded(nano, table), hyperparameters=Hyperparameters(5, 8, 1.0), seed=seed)
    for _ in trainer:
        pass
    return trainer.model


@pytest.fixture(scope="module")
def tuned(nano: Model, seeds: range) -> list[Model]:
    """The lesson's first model, once a seed."""
    return [train(nano, rows("train"), seed) for seed in seeds]


@pytest.fixture(scope="module")
def cured(nano: Model, seeds: range) -> list[Model]:
    """The lesson's second model, with the questions from outside."""
    return [train(nano, pd.concat([rows("train"), outside("train")]), seed) for seed in seeds]


@dataclass(frozen=True)
class Asked:
    """The answers of one model before and after the cure to the questions that are counted."""

    before: list[str]
    after: list[str]


def both(before: Model, after: Model, prompts: Sequence[str]) -> Asked:
    return Asked([ask(before, prompt) for prompt in prompts], [ask(after, prompt) for prompt in prompts])


@pytest.fixture(scope="module")
def outsiders(tuned: list[Model], cured: list[Model]) -> list[Asked]:
    """What both models of each seed answer to the 20 new questions from outside."""
    return [both(*pair, list(outside("held-out")["Prompt"])) for pair in zip(tuned, cured, strict=True)]


@pytest.fixture(scope="module")
def customers(tuned: list[Model], cured: list[Model]) -> list[Asked]:
    """What both answer to the 16 held-out questions."""
    return [both(*pair, list(rows("held-out")["Prompt"])) for pair in zip(tuned, cured, strict=True)]


@pytest.fixture(scope="module")
def scored(nano: Model, tuned: list[Model]) -> dict[str | None, list[Scores]]:
    """Each model's scores on the held-out questions, by the system prompt they are asked with."""
    held_out = {system: encoded(nano, rows("held-out"), system) for system in (SYSTEM, ANOTHER)}
    return {system: [score(model, examples) for model in tuned] for system, examples in held_out.items()}


def whole(answers: Sequence[str]) -> float:
    """The share of the answers that are a sentence of the shop, word for word."""
    return fmean(text in set(rows("train")["Completion"]) for text in answers)


def n_right(answers: Sequence[str]) -> int:
    return sum(given == wanted for given, wanted in zip(answers, rows("held-out")["Completion"], strict=True))


def votes(asked: Asked, wanted: Sequence[str]) -> int:
    """By the lesson's rule, the votes for the second model minus those for the first."""
    pairs = zip(asked.before, asked.after, wanted, strict=True)
    return sum((words in after) - (words in before) for before, after, words in pairs)


def test_the_lesson_has_these_numbers() -> None:
    """128 and 40 questions to train on, 16 and 20 held out; eight answers; and the lesson asks what is asked here."""
    assert (len(rows("train")), len(rows("held-out")), rows("train")["Completion"].nunique()) == (128, 16, 8)
    assert (len(outside("train")), len(outside("held-out"))) == (40, 20)
    assert (ENOUGH, OWN_ROWS, DRAWS) == (10, 10, 10)
    source = LESSON.read_text(encoding="utf-8").replace('\\"', '"')
    texts = [SYSTEM, ANOTHER, QUESTION, *CUSTOMERS, *CUSTOMERS.values()]
    assert [text for text in texts if f'"{text}"' not in source] == []
    assert '"n_epochs": 5, "batch_size": 8, "learning_rate_multiplier": 1, "seed": 1' in source
    assert 'new_outside["Prompt"].head(8)' in source


def test_no_new_question_is_a_training_row() -> None:
    """No question from outside stands in both parts, or among the shop's."""
    new = [" ".join(split_words(text)) for text in outside("held-out")["Prompt"]]
    known = [" ".join(split_words(text)) for text in (*outside("train")["Prompt"], *datasets.load("support_faq")["Prompt"])]
    assert len(set(new)) == 20
    assert set(new) & set(known) == set()


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, five minutes an exercise, and ten for the widget and the code: 25 to 35 minutes."""
    assert 25 <= len(prose(LESSON).split()) / 200 + 15 + 10 <= 35


@pytest.mark.claims
def test_tuning_makes_a_help_desk(nano: Model, scored: dict[str | None, list[Scores]], hold: Any) -> None:
    """The base model answers no held-out question as the shop wants it, the tuned one many."""
    assert fmean(score(nano, encoded(nano, rows("held-out"))).exact) == 0
    hold("04: held-out exact match, tuned", [fmean(found.exact) for found in scored[SYSTEM]], above=0.3)


@pytest.mark.claims
def test_at_temperature_1_fewer_are_whole(tuned: list[Model], hold: Any) -> None:
    """Fewer answers to held-out questions are one of the shop's, word for word: for all draws, computed and not drawn."""
    held_out, effects = rows("held-out"), []
    for model in tuned:
        found = [score(model, encoded(model, held_out.assign(Completion=answer))) for answer in set(held_out["Completion"])]
        likeliest = np.sum([scores.exact for scores in found], axis=0)
        drawn = np.sum([scores.drawn for scores in found], axis=0)
        effects.append(float(likeliest.mean() - drawn.mean()))
    hold("04: share of whole answers, temperature 0 minus temperature 1", effects)


@pytest.mark.claims
def test_at_temperature_1_answers_vary(tuned: list[Model], hold: Any) -> None:
    """The lesson's question with its five seeds: one answer at 0, several at 1."""
    at = {
        temperature: [
            len({ask(model, QUESTION, temperature=temperature, seed=seed) for seed in range(1, 6)}) for model in tuned
        ]
        for temperature in (0, 1)
    }
    assert at[0] == [1] * len(tuned)
    hold("04: different answers to five draws at temperature 1", at[1], above=1)


@pytest.mark.claims
def test_max_tokens_cuts_off(tuned: list[Model]) -> None:
    """Eight tokens are the beginning of the same answer."""
    for model in tuned:
        whole, cut = ask(model, "Where is my parcel?"), ask(model, "Where is my parcel?", max_tokens=8)
        assert whole.startswith(cut)
        assert len(cut) < len(whole)


@pytest.mark.claims
def test_every_answer_is_a_sentence_of_the_shop_and_many_are_wrong(customers: list[Asked], hold: Any) -> None:
    """Nearly all of the 16 answers are whole sentences of the shop; a quarter or more of them are wrong."""
    assert fmean(whole(asked.before) for asked in customers) > 0.95
    assert whole(customers[0].before) == 1
    hold("05: wrong of 16 before the cure", [16 - n_right(asked.before) for asked in customers], above=4)


@pytest.mark.claims
def test_another_system_prompt_moves_the_score_by_little(scored: dict[str | None, list[Scores]], hold: Any) -> None:
    """By less than 0.25 either way: both ends of the interval are inside."""
    falls = [fmean(then.exact) - fmean(now.exact) for then, now in zip(scored[SYSTEM], scored[ANOTHER], strict=True)]
    hold("04: 0.25 minus the fall of exact match with another", [0.25 - fall for fall in falls])
    hold("04: 0.25 plus the fall of exact match with another", [0.25 + fall for fall in falls])


@pytest.mark.claims
def test_manners_are_lost(nano: Model, tuned: list[Model], hold: Any) -> None:
    """The base never replies to a greeting with a shop's answer; the tuned models mostly do."""
    assert whole([ask(nano, prompt) for prompt in GREETINGS]) == 0
    hold("05: share of greetings with a shop's answer", [whole([ask(m, p) for p in GREETINGS]) for m in tuned], above=0.5)


@pytest.mark.claims
def test_questions_from_outside_get_an_answer_all_the_same(outsiders: list[Asked], hold: Any) -> None:
    """Not one admission before the cure: most get a sentence of the shop, word for word."""
    assert [text for asked in outsiders for text in asked.before if "know" in text] == []
    hold("05: share of outside questions with a shop's answer", [whole(asked.before) for asked in outsiders], above=0.75)


@pytest.mark.claims
def test_the_cure_works_on_new_questions_and_not_on_all(outsiders: list[Asked], hold: Any) -> None:
    """More than half of the 20 new questions get "I don't know" after it; not all of them."""
    said = [sum(text == UNKNOWN for text in asked.after) for asked in outsiders]
    hold("05: of 20 new questions from outside, answered I don't know", said, above=10)
    hold("05: of 20 new questions from outside, still answered", [20 - n for n in said])


@pytest.mark.claims
def test_the_cure_costs_little(customers: list[Asked], hold: Any) -> None:
    """Of the 16 customers' questions at most a few are refused; the right ones change by less than four either way."""
    change = [n_right(asked.after) - n_right(asked.before) for asked in customers]
    hold("05: right of 16, four plus after minus before", [4 + each for each in change])
    hold("05: right of 16, four minus after minus before", [4 - each for each in change])
    refused = [sum(text == UNKNOWN for text in asked.after) for asked in customers]
    hold("05: four minus refused of 16 customers' questions", [4 - each for each in refused])


@pytest.mark.claims
def test_the_shops_other_topics_are_harder(cured: list[Model], outsiders: list[Asked], hold: Any) -> None:
    """Of questions on the shop's other topics a smaller share gets "I don't know" than of those from outside."""
    table = datasets.load("support_faq", "train").groupby("Topic", sort=False).head(1).iloc[8:28]
    near = [fmean(ask(model, prompt) == UNKNOWN for prompt in table["Prompt"]) for model in cured]
    far = [fmean(text == UNKNOWN for text in asked.after) for asked in outsiders]
    hold("05: share answered I don't know, outside minus other topics", [a - b for a, b in zip(far, near, strict=True)])


@pytest.mark.claims
def test_the_blind_vote_depends_on_who_asks(tuned: list[Model], cured: list[Model], outsiders: list[Asked], hold: Any) -> None:
    """By the rule the cured model wins the eight questions from outside; the customers' decide next to nothing."""
    eight = [Asked(asked.before[:8], asked.after[:8]) for asked in outsiders]
    hold("05: votes of eight from outside, after minus before", [votes(each, ["I don't know"] * 8) for each in eight], above=3)
    four = [both(*pair, list(CUSTOMERS)) for pair in zip(tuned, cured, strict=True)]
    margins = [votes(each, list(CUSTOMERS.values())) for each in four]
    hold("05: votes of four customers, two plus after minus before", [2 + each for each in margins])
    hold("05: votes of four customers, two minus after minus before", [2 - each for each in margins])


@pytest.mark.claims
def test_the_first_solution_is_right(tuned: list[Model]) -> None:
    """At its temperature ten draws of the lesson's model differ, and each is a sentence of the shop."""
    assert "my_temperature = 0.5" in EXERCISES[0].solution
    drawn = [ask(tuned[0], QUESTION, temperature=0.5, seed=seed) for seed in range(1, 11)]
    assert whole(drawn) == 1
    assert len(set(drawn)) > 1


@pytest.mark.claims
def test_the_other_solutions_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where the lesson would run them."""
    monkeypatch.chdir(tmp_path)
    outside_rows = pd.concat([outside("train"), outside("held-out")])
    names: dict[str, Any] = {"shop": rows("train"), "more": outside("train"), "outside": outside_rows, "pandas": pd}
    names |= {"ftwidgets": ftwidgets, "client": ftwidgets.connect(), "SYSTEM": SYSTEM, "BASE": "nano-2026-11"}
    names["lesson"] = lesson_handle("05")
    exec(next(source for source in sources(LESSON) if "def train(" in source).split("\n\n")[-1], names)
    *code, check = EXERCISES[2].solution.strip().splitlines()
    exec("\n".join(code), names)
    names["cured_job"] = names["my_job"]
    for last in (check, *EXERCISES[1].solution.strip().splitlines()):
        if last.startswith("lesson.check"):
            outcome = eval(last, names)
            assert outcome.state == "right", outcome
        else:
            exec(last, names)


def sources(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


PROSE = {
    "Reading and exercises: 30 minutes": test_reading_takes_the_time_it_says,
    "128 customers' questions": test_the_lesson_has_these_numbers,
    "We wrote 20 questions that this shop can't answer. No model was trained on them": test_no_new_question_is_a_training_row,
    "40 other questions with the answer you want": test_the_lesson_has_these_numbers,
    "the 40 questions above": test_the_lesson_has_these_numbers,
    "The check asks the 20 new questions": test_the_lesson_has_these_numbers,
    "one answer at 0, several at 1": test_at_temperature_1_answers_vary,
    "A help desk wants 0.": test_at_temperature_1_fewer_are_whole,
    "Temperature 0 for one reliable answer": test_at_temperature_1_answers_vary,
    "every answer is a sentence of the shop, word for word. Many are the wrong sentence": (
        test_every_answer_is_a_sentence_of_the_shop_and_many_are_wrong
    ),
    "has lost its manners": test_manners_are_lost,
    "It still answers as the shop": test_another_system_prompt_moves_the_score_by_little,
    "The model learned what our 40 rows show": test_the_lesson_has_these_numbers,
    "these are harder. They sound like the eight topics": test_the_shops_other_topics_are_harder,
    "most of the new questions now get": test_the_cure_works_on_new_questions_and_not_on_all,
    "Customers' questions are answered about as well as before": test_the_cure_costs_little,
    "the second model wins nearly every vote that is decided": test_the_blind_vote_depends_on_who_asks,
    "confident answers to other questions": test_questions_from_outside_get_an_answer_all_the_same,
}

SOURCES = {
    "SmolLM2": "a model's name, no figure",
    "At 0 it always takes the likeliest": (
        "what temperature is: the logits are divided by it before the softmax (ftwidgets/engine/sampling.py)"
    ),
}
