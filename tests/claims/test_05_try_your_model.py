"""What lesson 05 says happens, held over seeds: temperature, system prompt, small talk, questions outside, the blind vote."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ftwidgets import datasets
from ftwidgets.engine import NANO, Example, Hyperparameters, Model, Trainer, generate
from ftwidgets.engine.batches import collate
from ftwidgets.engine.llama import logits_of
from ftwidgets.widgets.prompt.ballot import AnswerPair, Ballot, Choice, Votes
from tests.notebooks.test_prose import NOTEBOOKS, prose

SYSTEM = "You are the help desk of Kettle & Fern, a plant shop."
ANOTHER = "You are a poet. Answer in verse."
OUTSIDE = ["Do you take PayPal?", "Are you hiring?", "Can I bring my dog into the shop?", "What is the capital of France?"]
SMALL_TALK = ["Hello, how are you?", "Good morning!", "Thank you very much.", "What is your name?", "I had a bad day today."]
SMALL_TALK += ["Tell me a joke.", "Can you help me?", "What is your favourite colour?", "I like music.", "Goodbye!"]
CUSTOMERS = {"Where is my parcel?": "tracking", "How many days does delivery take?": "days", "how much is postage": "6 dollars"}
CUSTOMERS |= {"Can I still cancel my order?": "cancel cancelled", "What does express delivery cost?": "15 dollars"}
VISITORS = {"Hello, how are you?": "fine good great well", "Good morning!": "morning hello", "Goodbye!": "bye goodbye"}
VISITORS |= {"Thank you very much.": "welcome thank pleasure", "I had a bad day today.": "sorry"}
LESSON = next(path for path in NOTEBOOKS if path.stem == "05_try_your_model")


def rows(split: str) -> pd.DataFrame:
    table = datasets.load("support_faq")
    return table[table["Topic"].isin(table["Topic"].unique()[:8]) & (table["Split"] == split)]


def chat(prompt: str, system: str | None = SYSTEM) -> list[dict[str, str]]:
    return [*([{"role": "system", "content": system}] if system else []), {"role": "user", "content": prompt}]


def encoded(model: Model, table: pd.DataFrame, system: str | None = SYSTEM) -> list[Example]:
    answered = ([*chat(row.Prompt, system), {"role": "assistant", "content": row.Completion}] for row in table.itertuples())
    return [model.tokenizer.encode_example(messages, max_tokens=512) for messages in answered]


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


@pytest.fixture(scope="module")
def tuned(nano: Model, seeds: range) -> list[Model]:
    """The lesson's model, once a seed."""
    examples = encoded(nano, rows("train"))
    hyperparameters = Hyperparameters(n_epochs=5, batch_size=8, learning_rate_multiplier=1.0)
    found = []
    for seed in seeds:
        trainer = Trainer(nano, examples, hyperparameters=hyperparameters, seed=seed)
        for _ in trainer:
            pass
        found.append(trainer.model)
    return found


@pytest.fixture(scope="module")
def scored(nano: Model, tuned: list[Model]) -> dict[str | None, list[Scores]]:
    """Each model's scores on the held-out questions, by the system prompt they are asked with."""
    held_out = {system: encoded(nano, rows("held-out"), system) for system in (SYSTEM, None, ANOTHER)}
    return {system: [score(model, examples) for model in tuned] for system, examples in held_out.items()}


def shop_answers(model: Model, prompts: Sequence[str]) -> float:
    """The share of the prompts that get one of the shop's answers, word for word."""
    known = set(rows("train")["Completion"])
    return fmean(ask(model, prompt) in known for prompt in prompts)


def vote(nano: Model, model: Model, wanted: dict[str, str]) -> Votes:
    """The lesson's blind vote, with the lesson's rule."""
    ballot = Ballot(("base", "tuned"), list(wanted), seed=4)
    for position, prompt in enumerate(ballot.prompts):
        ballot.add(position, *ballot.sides(position, (ask(nano, prompt), ask(model, prompt))))
    while ballot.pair is not None:
        ballot.vote(judge(ballot.pair, wanted))
    return ballot.reveal()


def judge(pair: AnswerPair, wanted: dict[str, str]) -> Choice:
    good = set(wanted[pair.prompt].split())
    left, right = (bool(good & set(re.findall(r"\w+", text.lower()))) for text in (pair.left, pair.right))
    return "tie" if left == right else "left" if left else "right"


def test_the_lesson_has_these_numbers() -> None:
    """128 questions to train on, 16 held out; eight answers; and the lesson asks what is asked here."""
    assert (len(rows("train")), len(rows("held-out")), rows("train")["Completion"].nunique()) == (128, 16, 8)
    source = LESSON.read_text(encoding="utf-8").replace('\\"', '"')
    texts = [SYSTEM, ANOTHER, *OUTSIDE, *SMALL_TALK, *CUSTOMERS, *CUSTOMERS.values(), *VISITORS, *VISITORS.values()]
    assert [text for text in texts if f'"{text}"' not in source] == []
    assert "n_epochs=5, seed=1" in source


def test_reading_takes_the_time_it_says() -> None:
    """At 200 words a minute, and ten minutes for the exercise and the widget: between 15 and 20 minutes."""
    assert 15 <= len(prose(LESSON).split()) / 200 + 10 <= 20


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
    question = OUTSIDE[0]
    at = {
        temperature: [
            len({ask(model, question, temperature=temperature, seed=seed) for seed in range(1, 6)}) for model in tuned
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
@pytest.mark.parametrize(("name", "system"), [("none", None), ("another", ANOTHER)])
def test_another_system_prompt_moves_the_score_by_little(
    scored: dict[str | None, list[Scores]], name: str, system: str | None, hold: Any
) -> None:
    """By less than 0.25 either way: both ends of the interval are inside."""
    falls = [fmean(then.exact) - fmean(now.exact) for then, now in zip(scored[SYSTEM], scored[system], strict=True)]
    hold(f"04: 0.25 minus the fall of exact match with {name}", [0.25 - fall for fall in falls])
    hold(f"04: 0.25 plus the fall of exact match with {name}", [0.25 + fall for fall in falls])
    hold(f"04: exact match with {name}", [fmean(found.exact) for found in scored[system]], above=0.3)


@pytest.mark.claims
def test_questions_outside_get_an_answer_all_the_same(tuned: list[Model], hold: Any) -> None:
    """More than half of them one of the shop's, word for word."""
    hold("04: share of outside questions with a shop's answer", [shop_answers(m, OUTSIDE) for m in tuned], above=0.5)


@pytest.mark.claims
def test_small_talk_is_lost(nano: Model, tuned: list[Model], hold: Any) -> None:
    """The base never replies to small talk with a shop's answer; the tuned models mostly do."""
    assert shop_answers(nano, SMALL_TALK) == 0
    hold("04: share of small talk with a shop's answer", [shop_answers(m, SMALL_TALK) for m in tuned], above=0.5)


@pytest.mark.claims
def test_the_blind_vote_is_split_by_who_asks(nano: Model, tuned: list[Model], hold: Any) -> None:
    """The tuned model wins the customers' questions, the base the small talk; all ten together cannot tell."""
    votes = partial(vote, nano)
    for name, wanted, sign in (
        ("customers' questions, tuned minus base", CUSTOMERS, 1),
        ("small talk, base minus tuned", VISITORS, -1),
    ):
        wins = [votes(model, wanted).wins for model in tuned]
        hold(f"04: votes of five, {name}", [sign * (won["tuned"] - won["base"]) for won in wins])
    assert [
        text for model in tuned if not (text := votes(model, CUSTOMERS | VISITORS).verdict).startswith("Cannot tell yet")
    ] == []


PROSE = {
    "Reading and exercise: 20 minutes": test_reading_takes_the_time_it_says,
    "128 customers' questions": test_the_lesson_has_these_numbers,
    "How many different answers at 0, and how many at 1?": test_at_temperature_1_answers_vary,
    "at 0 one answer, whatever the seed; at 1 several": test_at_temperature_1_answers_vary,
    "or that 0 is always best": test_at_temperature_1_fewer_are_whole,
    "Temperature 0 for one reliable answer": test_at_temperature_1_answers_vary,
    "by as much as 0.25 either way": test_another_system_prompt_moves_the_score_by_little,
}

SOURCES = {
    "At 0 always the likeliest one; at 1 as often as the model thinks it likely; above 1 wilder": (
        "what temperature is: the logits are divided by it before the softmax (ftwidgets/engine/sampling.py)"
    ),
}
