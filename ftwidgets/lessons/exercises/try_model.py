"""The exercises of lesson 05: a temperature, the settings of a help desk, a sentence of one's own for what it cannot know."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import openai

from ftwidgets.data.text import pluralize
from ftwidgets.lessons.exercises.answers import file_content, find_job, parse_number
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched
from ftwidgets.lessons.exercises.own_job import not_succeeded, own_job

if TYPE_CHECKING:
    import pandas as pd
    from openai.types.fine_tuning import FineTuningJob

QUESTION, DRAWS = "Do you take PayPal?", 10
HOTTEST = 2.0  # what services accept
MAX_TOKENS = 60

BROKEN: dict[str, Any] = {"temperature": 1.5, "max_tokens": 8, "system": "You are a poet. Answer in verse."}
"""The settings to repair, as the lesson gives them."""

OWN_ROWS = 10  # the fewest questions of one's own
ENOUGH = 10  # of the 20 new questions, how many must get the learner's sentence
MOST_REFUSED = 2  # of the shop's eight answers

Chats = list[dict[str, str]]


def varied_but_whole(client: openai.OpenAI, model: str, temperature: object, shop: pd.DataFrame, system: str) -> Outcome:
    """Draw ten answers, and check that they differ and that each is a sentence of the shop.

    Parameters
    ----------
    client
        The client of the lesson.
    model
        The lesson's tuned model.
    temperature
        The learner's temperature.
    shop
        The training table, with the columns Prompt and Completion.
    system
        The system prompt of the training.
    """
    if untouched(temperature):
        return not_attempted("Replace the ... with a number, and run the cell again.")
    value = parse_number(temperature)
    if value is None:
        return not_yet(f"A temperature is a number: {temperature!r:.60}")
    if not 0 < value <= HOTTEST:
        return not_yet(f"{value:g} is not above 0 and at most {HOTTEST:g}. At 0 there is one answer only.")
    known = set(shop["Completion"])
    drawn = [_ask(client, model, system, QUESTION, temperature=value, seed=seed)[0] for seed in range(1, DRAWS + 1)]
    broken = [answer for answer in drawn if answer not in known]
    if broken:
        count = f"Of {DRAWS} answers, {len(broken)} did not match a sentence of the shop"
        return not_yet(f'{count}, such as "{broken[0]}". That is too free.')
    if len(set(drawn)) == 1:
        return not_yet(f"All {DRAWS} answers are the same. The model needs a little more freedom.")
    return right(f"{len(set(drawn))} different answers in {DRAWS} draws, and each is a sentence of the shop.")


def settings_repaired(client: openai.OpenAI, job: object, settings: object) -> Outcome:
    """Check settings for a help desk: the training's system prompt, one reliable answer, no answer cut off.

    Parameters
    ----------
    client
        The client of the lesson.
    job
        The job that made the model, or its id.
    settings
        A dict with `temperature`, `max_tokens` and `system`.
    """
    if untouched(settings) or (isinstance(settings, Mapping) and dict(settings) == BROKEN):
        return not_attempted("Change the settings in the cell, and run it again.")
    if not isinstance(settings, Mapping) or set(settings) != set(BROKEN):
        return not_yet(f"The settings are a dict with {', '.join(map(repr, BROKEN))}: {settings!r:.60}")
    made_by = find_job(client, job)
    if made_by is None or made_by.fine_tuned_model is None:
        return not_yet("The first answer is the job that made the model, and it must have succeeded.")
    chats = _chats(client, made_by)
    if settings["system"] != chats[0].get("system"):
        return not_yet("The model was trained with another system prompt. Which one is in its training rows?")
    temperature, limit = parse_number(settings["temperature"]), parse_number(settings["max_tokens"])
    if temperature is None or temperature < 0:
        return not_yet(f"temperature={settings['temperature']!r:.40}: it is a number, 0 or more.")
    if temperature > 0:
        return not_yet(f"At temperature {temperature:g} two customers with one question can get two answers.")
    if limit is None or limit < 1 or limit != int(limit):
        return not_yet(f"max_tokens={settings['max_tokens']!r:.40}: it is a whole number, 1 or more.")
    for prompt in _one_question_each(chats):
        model, system = made_by.fine_tuned_model, str(settings["system"])
        answer, reason = _ask(client, model, system, prompt, max_tokens=int(limit))
        if reason == "length":
            return not_yet(f'"{prompt}" gets "{answer}". That breaks off: the limit is too low.')
    return right("Trained and asked in the same way, one answer to one question, and each to its end.")


def own_sentence(client: openai.OpenAI, job: object, sentence: object, shop: pd.DataFrame, outside: pd.DataFrame) -> Outcome:
    """Check that a help desk answers new questions from outside with the learner's sentence, and still knows the shop.

    Parameters
    ----------
    client
        The client of the lesson.
    job
        The learner's job, or its id.
    sentence
        What it should say to a question that it cannot answer.
    shop
        The shop's training rows.
    outside
        The lesson's questions from outside, with the columns Prompt, Completion and Split.
    """
    if untouched(job, sentence) or (isinstance(sentence, str) and sentence == "..."):
        return not_attempted("Write your sentence and your questions, and launch the job.")
    if not isinstance(sentence, str) or not sentence.strip():
        return not_yet(f"Your sentence is a text in quotes: {sentence!r:.60}")
    if sentence in set(outside["Completion"]) or sentence in set(shop["Completion"]):
        return not_yet("That sentence is the lesson's. Write one of your own.")
    mine = own_job(client, job)
    if isinstance(mine, Outcome):
        return mine
    chats = _chats(client, mine)
    trained = {chat["user"] for chat in chats}
    own = {chat["user"] for chat in chats if chat["assistant"] == sentence} - set(outside["Prompt"])
    new = list(outside.loc[outside["Split"] == "held-out", "Prompt"])
    if leaked := trained & set(new):
        return not_yet(f"Your rows hold {len(leaked)} of the {len(new)} new questions. Then this tests memory only.")
    if len(own) < OWN_ROWS:
        written = pluralize(len(own), "question")
        return not_yet(f"Your file has {written} of your own with your sentence as the answer. Write {OWN_ROWS} or more.")
    if not set(shop["Prompt"]) <= trained:
        return not_yet("Some of the shop's rows are missing, so the help desk forgets its customers. Leave them in.")
    if outcome := not_succeeded(mine):
        return outcome
    model, system = str(mine.fine_tuned_model), chats[0].get("system", "")
    known = _one_question_each([chat for chat in chats if chat["assistant"] in set(shop["Completion"])])
    refused = sum(_ask(client, model, system, prompt)[0] == sentence for prompt in known)
    if refused > MOST_REFUSED:
        return not_yet(f"Your sentence now answers {refused} of {len(known)} customers' questions. Did it train long enough?")
    said = sum(_ask(client, model, system, prompt)[0] == sentence for prompt in new)
    if said < ENOUGH:
        return not_yet(
            f"Your sentence answers {said} of the {len(new)} new questions. Add more questions, and more varied ones."
        )
    kept = f"the model still knows {len(known) - refused} of the shop's {len(known)} answers"
    return right(f"Your sentence answers {said} of the {len(new)} new questions, and {kept}.")


def _ask(client: openai.OpenAI, model: str, system: str, prompt: str, **options: Any) -> tuple[str, str]:
    """Ask a model; return its answer, and the reason why that ended."""
    messages: Any = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": prompt})
    settings: dict[str, Any] = {"temperature": 0, "max_tokens": MAX_TOKENS, **options}
    choice = client.chat.completions.create(model=model, messages=messages, **settings).choices[0]
    return choice.message.content or "", choice.finish_reason


def _chats(client: openai.OpenAI, job: FineTuningJob) -> Chats:
    """Return the training rows of a job, each a text by its role."""
    lines = (file_content(client, job.training_file) or b"").decode("utf-8").splitlines()
    chats = [json.loads(line)["messages"] for line in lines]
    return [{turn["role"]: str(turn["content"]) for turn in chat} for chat in chats]


def _one_question_each(chats: Chats) -> list[str]:
    """Return one question for each answer, the commonest answer first."""
    first: dict[str, str] = {}
    for chat in chats:
        first.setdefault(chat["assistant"], chat["user"])
    counted = Counter(chat["assistant"] for chat in chats)
    return [first[answer] for answer, _ in counted.most_common()]


_SOLUTION_1 = """\
my_temperature = 0.5
lesson.check(1, client, before, my_temperature, shop, SYSTEM)
"""

_SOLUTION_2 = """\
settings = {"temperature": 0, "max_tokens": 60, "system": SYSTEM}
lesson.check(2, client, cured_job, settings)
"""

_SOLUTION_3 = """\
my_sentence = "That's not for a plant shop to say. Please ask someone else."
questions = ["Do you sell shoes?", "Who painted the ceiling in Rome?", "Can you fix my washing machine?"]
questions += ["Where can I buy a ticket for the bus?", "What should I name my baby?", "Is the moon made of cheese?"]
questions += ["Do you lend money?", "How many people live in China?", "My tooth hurts. What now?", "Can you babysit tonight?"]
my_rows = pandas.DataFrame({"Prompt": questions, "Completion": my_sentence})
my_job = train("mine", pandas.concat([shop, more.assign(Completion=my_sentence), my_rows]))
my_job.wait(timeout=300)
lesson.check(3, client, my_job, my_sentence, shop, outside)
"""

EXERCISES = (
    Exercise(
        "Change one thing: a temperature",
        varied_but_whole,
        (
            "You have seen one answer at the lesson's lower temperature, and a broken one at its higher.",
            "The message says which way you missed. Halve the distance each time.",
        ),
        _SOLUTION_1,
    ),
    Exercise(
        "Fix it: the settings of a help desk",
        settings_repaired,
        (
            "Three complaints, three settings: each setting causes one of them.",
            "Sections 4, 5 and 6 have one setting each. What did the lesson itself use all along?",
        ),
        _SOLUTION_2,
    ),
    Exercise(
        "Your own data: what your help desk can't know",
        own_sentence,
        (
            "One sentence as the answer to many different questions: the model learns it as one more topic.",
            "If too few new questions get your sentence, look at the ones it missed. What are they about that yours aren't?",
        ),
        _SOLUTION_3,
    ),
)
