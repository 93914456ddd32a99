import json
from collections.abc import Callable
from typing import Any

import httpx2
import numpy as np
import pandas as pd
import pytest

from ftwidgets.lessons.exercises.outcome import Outcome
from ftwidgets.lessons.exercises.try_model import BROKEN, EXERCISES, QUESTION, own_sentence, settings_repaired, varied_but_whole
from tests.jobs.test_job import Service, described

SYSTEM, MINE, THEIRS = "You are a shop.", "No idea.", "I don't know, sorry."
SHOP = pd.DataFrame(
    [
        ("Where is my parcel?", "Open the tracking link."),
        ("parcel where", "Open the tracking link."),
        ("What is postage?", "Postage is 6 dollars."),
        ("postage cost", "Postage is 6 dollars."),
        ("Can I cancel?", "Press the cancel button."),
    ],
    columns=["Prompt", "Completion"],
)
NEW = [f"new {n}" for n in range(20)]
OUTSIDE = pd.DataFrame(
    [*((f"old {n}", THEIRS, "train") for n in range(12)), *((prompt, THEIRS, "held-out") for prompt in NEW)],
    columns=["Prompt", "Completion", "Split"],
)
OWN = [(f"mine {n}", MINE) for n in range(10)]
CURED = [*SHOP.itertuples(index=False, name=None), *((prompt, MINE) for prompt in OUTSIDE["Prompt"][:12])]

FILES = {
    "file-good": [*CURED, *OWN],
    "file-few": [*CURED, *OWN[:3]],
    "file-leak": [*CURED, *OWN, ("new 3", MINE)],
    "file-no-shop": [*CURED[3:], *OWN],
}
# A job: its file, its status, how many of the new questions get the learner's sentence, whether customers do too.
JOBS: dict[str, tuple[str, str, int, bool]] = {
    "good": ("file-good", "succeeded", 14, False),
    "few": ("file-few", "succeeded", 14, False),
    "leak": ("file-leak", "succeeded", 14, False),
    "no-shop": ("file-no-shop", "succeeded", 14, False),
    "running": ("file-good", "running", 14, False),
    "weak": ("file-good", "succeeded", 9, False),
    "rude": ("file-good", "succeeded", 20, True),
}


def reply(model: str, prompt: str, temperature: float, seed: int) -> str:
    """What the models of this test say."""
    _, _, skill, rude = JOBS.get(model, ("", "", 0, False))
    if prompt == QUESTION:
        if temperature > 1 and seed % 3 == 0:
            return "Open the postage dollars."
        return SHOP["Completion"][2 * (seed % 2) if temperature >= 0.5 else 0]
    if rude or (prompt in NEW and NEW.index(prompt) < skill):
        return MINE
    return dict(zip(SHOP["Prompt"], SHOP["Completion"], strict=True)).get(prompt, "Open the tracking link.")


def service() -> Any:
    """Give a client of a service with these files, jobs and models."""

    def job(request: Any) -> Any:
        name = request.url.path.split("/")[-1]
        if name.removeprefix("ftjob-") not in JOBS:
            return httpx2.Response(404, json={"error": {"message": "No such job"}})
        file, status, _, _ = JOBS[name.removeprefix("ftjob-")]
        model = name.removeprefix("ftjob-") if status == "succeeded" else None
        return httpx2.Response(200, json=described(status, training_file=file, fine_tuned_model=model) | {"id": name})

    def content(request: Any) -> Any:
        rows = FILES[request.url.path.split("/")[-2]]
        chats = (
            [{"role": "system", "content": SYSTEM}, {"role": "user", "content": p}, {"role": "assistant", "content": c}]
            for p, c in rows
        )
        return httpx2.Response(200, content="\n".join(json.dumps({"messages": chat}) for chat in chats).encode())

    def complete(request: Any) -> Any:
        body = json.loads(request.content)
        words = reply(body["model"], body["messages"][-1]["content"], body["temperature"], body.get("seed", 0)).split()
        cut = len(words) > body["max_tokens"]
        message = {"role": "assistant", "content": " ".join(words[: body["max_tokens"]])}
        choice = {"index": 0, "message": message, "finish_reason": "length" if cut else "stop"}
        made = {"id": "c", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice]}
        return httpx2.Response(200, json=made)

    return Service(jobs=job, content=content, create=complete).client()


def temperature(value: object) -> Outcome:
    return varied_but_whole(service(), "good", value, SHOP, SYSTEM)


def settings(job: object = "ftjob-good", **changes: object) -> Outcome:
    return settings_repaired(service(), job, {"temperature": 0, "max_tokens": 60, "system": SYSTEM} | changes)


def sentence(job: object = "ftjob-good", text: object = MINE) -> Outcome:
    return own_sentence(service(), job, text, SHOP, OUTSIDE)


@pytest.mark.parametrize("check", [lambda: temperature(0.7), lambda: temperature("0.5"), settings, sentence])
def test_solutions_are_right(check: Callable[[], Outcome]) -> None:
    """A temperature between, repaired settings, a help desk with a sentence of its own."""
    outcome = check()
    assert outcome.state == "right", outcome


@pytest.mark.parametrize(
    "check",
    [
        lambda: temperature(...),
        lambda: settings_repaired(service(), "ftjob-good", dict(BROKEN)),
        lambda: settings_repaired(service(), "ftjob-good", ...),
        lambda: sentence(..., "..."),
        lambda: sentence(..., MINE),
        lambda: sentence("ftjob-good", "..."),
    ],
)
def test_untouched_is_not_attempted(check: Callable[[], Outcome]) -> None:
    """The cells as they come, whole or in part."""
    assert check().state == "not attempted"


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (lambda: temperature("warm"), "A temperature is a number: 'warm'"),
        (lambda: temperature(0), "not above 0"),
        (lambda: temperature(3), "3 is not above 0 and at most 2"),
        (lambda: temperature(np.float64(0.1)), "All 10 answers are the same."),
        (
            lambda: temperature(1.5),
            'did not match a sentence of the shop, such as "Open the postage dollars.". That is too free.',
        ),
        (lambda: settings(system="You are a poet."), "another system prompt"),
        (lambda: settings(system=None), "another system prompt"),
        (lambda: settings(temperature=0.5), "At temperature 0.5 two customers"),
        (lambda: settings(temperature="cold"), "it is a number, 0 or more"),
        (lambda: settings(max_tokens=3), 'gets "Open the tracking". That breaks off'),
        (lambda: settings(max_tokens=None), "a whole number, 1 or more"),
        (lambda: settings("ftjob-nothing"), "must have succeeded"),
        (lambda: settings_repaired(service(), "ftjob-good", {"temperature": 0}), "a dict with 'temperature', 'max_tokens'"),
        (lambda: sentence(text=""), "a text in quotes"),
        (lambda: sentence(text=THEIRS), "is the lesson's"),
        (lambda: sentence("mine"), "There is no job"),
        (lambda: sentence("ftjob-few"), "3 questions of your own"),
        (lambda: sentence("ftjob-good", "No clue."), "0 questions of your own"),
        (lambda: sentence("ftjob-leak"), "Your rows hold 1 of the 20 new questions"),
        (lambda: sentence("ftjob-no-shop"), "the shop's rows are missing"),
        (lambda: sentence("ftjob-running"), "Your job is running."),
        (lambda: sentence("ftjob-weak"), "Your sentence answers 9 of the 20 new questions. Add more"),
        (lambda: sentence("ftjob-rude"), "Your sentence now answers 3 of 3 customers' questions"),
    ],
)
def test_wrong_answers_say_where_to_look(check: Callable[[], Outcome], says: str) -> None:
    """Each mistake has its own sentence."""
    outcome = check()
    assert outcome.state == "not yet", outcome
    assert says in outcome.message


def test_no_message_gives_the_answer_away() -> None:
    """Neither the system prompt to send nor a temperature that would do."""
    messages = [settings(system="").message, settings(max_tokens=3).message, temperature(0.1).message, temperature(1.5).message]
    messages += [hint for exercise in EXERCISES for hint in exercise.hints]
    assert [text for text in messages if SYSTEM in text or "0.5" in text or "0.7" in text] == []
    assert all(len(exercise.hints) == 2 for exercise in EXERCISES)
