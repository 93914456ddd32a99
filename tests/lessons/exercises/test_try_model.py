from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from ftwidgets import Job, launch, prepare
from ftwidgets.clients import connect
from ftwidgets.errors import DataError
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises.outcome import Outcome
from ftwidgets.lessons.exercises.try_model import shared_words

BASE = "nano-2026-11"
SYSTEM = "You are a shop."
ASKED = {
    "Open the tracking link.": [
        "Where is my parcel?",
        "parcel where",
        "My parcel is late.",
        "Is the parcel lost?",
        "Find my parcel.",
    ],
    "Postage is 6 dollars.": [
        "What is postage?",
        "postage cost",
        "How much is shipping?",
        "Is shipping free?",
        "Price of shipping?",
    ],
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A client, a table of two topics, and a model that knows nothing else any more."""
    folder: Path = tmp_path_factory.mktemp("try")
    client = connect(home=folder / "home")
    rows = [{"Prompt": prompt, "Completion": answer} for answer, prompts in ASKED.items() for prompt in prompts]
    shop = pd.DataFrame(rows)
    file = prepare(shop, folder, system=SYSTEM, validation=0).train_file
    job = launch(client, file, model=BASE, n_epochs=25, batch_size=5, seed=1)
    return SimpleNamespace(client=client, shop=shop, job=job.wait(120))


def check(world: SimpleNamespace, prompt: object, tuned: str | None = "") -> Outcome:
    job: Job = world.job
    name = job.model if tuned == "" else tuned
    return exercises.tuned_is_worse(
        world.client, prompt, base=BASE, tuned=name, shop=world.shop, system=SYSTEM, seen=["Good evening!"]
    )


@pytest.mark.parametrize("prompt", ["Hello, how are you?", "Tell me about music.", "Is your dog brown?"])
def test_solution_is_right(world: SimpleNamespace, prompt: str) -> None:
    """Small talk: the tuned model gives a shop's answer, the base does not; the message tells both."""
    outcome = check(world, prompt)
    assert outcome.state == "right", outcome
    assert "The base said:" in outcome.message
    assert any(answer in outcome.message for answer in ASKED)


def test_untouched_is_not_attempted(world: SimpleNamespace) -> None:
    """The cell as it comes says that nothing was tried."""
    assert check(world, ...).state == "not attempted"


def test_wrong_answers_say_where_to_look(world: SimpleNamespace) -> None:
    """Each plausible mistake has its own sentence, and none of them holds a prompt that would do."""
    wrong = {
        "a text in quotes": 7,
        "prompt is empty": "  ?! ",
        "this very question": "where is my PARCEL",
        "of that topic have": "Where might a parcel be, is it lost?",
        "asked that one already": "good evening",
        "characters": "dog " * 200,
        "can't encode": "half a sign \ud800",
        "could not be asked": ("Hello, how are you?", "ft:nobody"),
        "the same answer": ("Hello, how are you?", BASE),
    }
    found = {}
    for sentence, answer in wrong.items():
        outcome = check(world, *answer) if isinstance(answer, tuple) else check(world, answer)
        found[sentence] = outcome
        if sentence != "the same answer":  # the base gives no trained answer, so this ends one sentence earlier
            assert sentence in outcome.message
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert len({outcome.message for outcome in found.values()}) == len(wrong)
    assert not any("how are you" in outcome.message.lower() for outcome in found.values())


def test_a_shop_question_in_other_words_is_sent_back(world: SimpleNamespace) -> None:
    """A question that the given answer may well fit is no proof, plural or not; the words in common are told."""
    message = check(world, "Are parcels lost?").message
    assert '"parcels"' in message
    assert '"are"' not in message
    assert shared_words("Where can it be?", "Open the tracking link.", world.shop) == ["where"]


def test_a_table_of_something_else_is_no_answers_fault(world: SimpleNamespace) -> None:
    """It raises, and says what is missing."""
    with pytest.raises(DataError, match="no column Completion"):
        exercises.tuned_is_worse(world.client, "Hi", base=BASE, tuned=BASE, shop=world.shop[["Prompt"]])
