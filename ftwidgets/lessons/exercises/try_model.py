"""The exercise of lesson 04: find a prompt on which the tuned model does worse than its base.

Worse means here, so that it can be checked: the tuned model gives one of its trained answers, word for word, to a prompt
that has nothing to do with it, and the base does not. "Nothing to do with it" is a rule about words: the prompt has none in
common with the questions and the answer of that topic, the little words of grammar and politeness apart.
Left out: every other way of being worse. The rule is strict: it sends back some prompts that a person would accept.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import openai

from ftwidgets.errors import DataError
from ftwidgets.evaluation.metrics import split_words
from ftwidgets.lessons.exercises.outcome import Outcome, not_attempted, not_yet, right, untouched

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 300  # characters: the sandbox's model reads 512 tokens, its answer among them

_LITTLE = """
    a about after again all also am an and any anybody anyone anything are as at be because been before but by can cannot
    cant could dear did do does dont ever every everything for from give goes going good got had has have
    he hello help her hey hi him his how i id if ill im in into is isnt it its ive just know let like me might mine
    more morning most my need never no nobody not nothing now of off ok okay on one only or other our ours out over
    please quite really right shall she should so some somebody someone something sorry still such sure take tell than thank
    thanks that thats the their theirs them then there these they thing things think this those to too up us
    very want was way we well were what whats which while who whose why will wish with without wont would yes yet
    you your yours"""
LITTLE = frozenset(_LITTLE.split())
"""Words that say nothing about what a question is about. "When" and "where" do: "when will it be here?" has an answer."""


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
    """Ask both models, and check that the tuned one fails where the base does not.

    Parameters
    ----------
    client
        The client of the lesson.
    prompt
        The learner's prompt.
    base, tuned
        The two models.
    shop
        The table of the training: Prompt and Completion.
    system
        The system prompt of the training.
    seen
        The prompts that the lesson has shown to fail already.

    Returns
    -------
    Outcome
        `not attempted`, `not yet` with where to look, or `right`; the last two tell what the models said.

    Raises
    ------
    DataError
        If the table is not the lesson's: that is no fault of the answer.
    """
    if untouched(prompt):
        return not_attempted("Replace the ... with a prompt, in quotes, and run the cell again.")
    fault = _unfit(prompt, shop, seen)
    if fault:
        return not_yet(fault)
    try:
        said = {model: _ask(client, model, str(prompt), system) for model in (base, tuned or "")}
    except (openai.OpenAIError, UnicodeError) as error:  # half a character cannot be sent
        return not_yet(f"The models could not be asked: {error}")
    ours, theirs = said[tuned or ""], said[base]
    if ours not in set(shop["Completion"]):
        return not_yet(f'The tuned model said: "{ours}" That is none of the trained answers. When does it fall back on one?')
    if theirs == ours:
        return not_yet("Both models gave the same answer. Are they two different models?")
    shared = _shared(str(prompt), ours, shop)
    if shared:
        told = ", ".join(f'"{word}"' for word in shared)
        return not_yet(
            f'The tuned model said: "{ours}" It may have a point: the questions of that topic have {told} too. '
            "Try a prompt with nothing of the shop in it."
        )
    return right(f'The base said: "{theirs}" The tuned model said: "{ours}" Nobody asked for that.')


def _unfit(prompt: object, shop: pd.DataFrame, seen: Collection[str]) -> str:
    """Say why a prompt is not worth asking; empty if it is."""
    if missing := [name for name in ("Prompt", "Completion") if name not in shop]:
        raise DataError(f"the table has no column {missing[0]}. Hand in the one that the model was trained with.")
    if not isinstance(prompt, str):
        return f"The answer is a text in quotes: {prompt!r:.60}"
    if not split_words(prompt):
        return "The prompt is empty. Write something that a visitor could say."
    if len(prompt) > LONGEST:
        return f"The prompt has {len(prompt)} characters. Keep it below {LONGEST}: the model reads no more than a page."
    if split_words(prompt) in [split_words(known) for known in seen]:
        return "The lesson has asked that one already. Find one of your own."
    if split_words(prompt) in [split_words(known) for known in shop["Prompt"]]:
        return "The tuned model was trained with this very question. Look for one that it was not made for."
    return ""


def _ask(client: openai.OpenAI, model: str, prompt: str, system: str) -> str:
    first = [{"role": "system", "content": system}] if system else []
    messages: list[object] = [*first, {"role": "user", "content": prompt}]
    answer = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=60)  # type: ignore[arg-type]
    return answer.choices[0].message.content or ""


def _shared(prompt: str, answer: str, shop: pd.DataFrame) -> list[str]:
    """List the words that a prompt shares with the topic of an answer."""
    topic = [answer, *shop.loc[shop["Completion"] == answer, "Prompt"]]
    known = {_stem(word) for text in topic for word in split_words(text)}
    return [word for word in dict.fromkeys(split_words(prompt)) if word not in LITTLE and _stem(word) in known]


def _stem(word: str) -> str:
    """Take a plural for its singular."""
    return word[:-1] if len(word) > 3 and word.endswith("s") else word
