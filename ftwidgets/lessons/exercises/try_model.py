"""The exercise of lesson 05: find a prompt on which the tuned model does worse than its base.

Worse means here, so that it can be checked: the tuned model gives one of its trained answers, word for word, to an unrelated
prompt, and the base does not. A prompt is unrelated if it shares no word with the questions and the answer of that topic,
apart from stop words. The rule is strict: it rejects some prompts that a person would accept.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import openai

from ftwidgets.errors import DataError
from ftwidgets.evaluation.metrics import split_words
from ftwidgets.lessons.exercises.exercise import Exercise
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import pandas as pd

MAX_LENGTH = 300  # characters: the sandbox's model has 512 tokens for prompt and answer

_STOP_WORD_TEXT = """
    a about after again all also am an and any anybody anyone anything are as at be because been before but by can cannot
    cant could dear did do does dont ever every everything for from give goes going good got had has have
    he hello help her hey hi him his how i id if ill im in into is isnt it its ive just know let like me might mine
    more morning most my need never no nobody not nothing now of off ok okay on one only or other our ours out over
    please quite really right shall she should so some somebody someone something sorry still such sure take tell than thank
    thanks that thats the their theirs them then there these they thing things think this those to too up us
    very want was way we well were what whats which while who whose why will wish with without wont would yes yet
    you your yours"""
STOP_WORDS = frozenset(_STOP_WORD_TEXT.split())
"""Words that say nothing about the topic of a question. "When" and "where" do: "when will it be here?" has an answer."""


def tuned_is_worse(
    client: openai.OpenAI,
    prompt: object,
    *,
    base: str,
    tuned: str | None,
    shop: pd.DataFrame,
    system: str = "",
    seen: Collection[str] = (),
) -> Outcome:
    """Ask both models, and check that the tuned one fails and the base does not.

    Parameters
    ----------
    client
        The client of the lesson.
    prompt
        The learner's prompt.
    base, tuned
        The two models.
    shop
        The training table, with the columns Prompt and Completion.
    system
        The system prompt of the training.
    seen
        The prompts that the lesson itself uses.

    Raises
    ------
    DataError
        If the table is not the lesson's, which is not the learner's mistake.
    """
    if untouched(prompt):
        return not_attempted("Replace the ... with a prompt, in quotes, and run the cell again.")
    problem = _check_prompt(prompt, shop, seen)
    if problem:
        return not_yet(problem)
    messages: Any = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": prompt})
    answers = []
    for model in (base, tuned or ""):
        try:
            answer = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=60)
        except (openai.OpenAIError, UnicodeError) as error:  # a lone surrogate cannot be sent
            return not_yet(f"The models could not be asked: {error}")
        answers.append(answer.choices[0].message.content or "")
    theirs, ours = answers
    if ours not in set(shop["Completion"]):
        return not_yet(f'The tuned model said: "{ours}" That is none of the trained answers. When does it fall back on one?')
    if theirs == ours:
        return not_yet("Both models gave the same answer. Are they two different models?")
    if shared := shared_words(str(prompt), ours, shop):
        words = ", ".join(f'"{word}"' for word in shared)
        return not_yet(
            f'The tuned model said: "{ours}" It may have a point: the questions of that topic have {words} too. '
            "Try a prompt with nothing of the shop in it."
        )
    return right(f'The base said: "{theirs}" The tuned model said: "{ours}" Nobody asked for that.')


def _check_prompt(prompt: object, shop: pd.DataFrame, seen: Collection[str]) -> str:
    """Describe why a prompt cannot be used; empty if it can."""
    if missing := [name for name in ("Prompt", "Completion") if name not in shop]:
        raise DataError(f"the table has no column {missing[0]}. Hand in the one that the model was trained with.")
    if not isinstance(prompt, str):
        return f"The answer is a text in quotes: {prompt!r:.60}"
    if not split_words(prompt):
        return "The prompt is empty. Write something that a visitor could say."
    if len(prompt) > MAX_LENGTH:
        return f"The prompt has {len(prompt)} characters. Keep it below {MAX_LENGTH}: the model reads no more than a page."
    if split_words(prompt) in [split_words(known) for known in seen]:
        return "The lesson has asked that one already. Find one of your own."
    if split_words(prompt) in [split_words(known) for known in shop["Prompt"]]:
        return "The tuned model was trained with this very question. Look for one that it was not made for."
    return ""


def shared_words(prompt: str, answer: str, shop: pd.DataFrame) -> list[str]:
    """Return the words that a prompt shares with the questions and the answer of a topic, without stop words."""
    topic = [answer, *shop.loc[shop["Completion"] == answer, "Prompt"]]
    known = {_stem(word) for text in topic for word in split_words(text)}
    return [word for word in dict.fromkeys(split_words(prompt)) if word not in STOP_WORDS and _stem(word) in known]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word  # without the plural s


EXERCISES = (Exercise("Find a prompt on which the tuned model is worse", tuned_is_worse),)
