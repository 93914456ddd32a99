"""Baselines, the scores that a tuned model has to beat: functions from the messages to an answer, without fine-tuning.

`ftwidgets.evaluate` accepts them in place of a model's id. To compare with a classifier of another package, wrap it in a
function of your own.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from ftwidgets.evaluation.examples import read_examples

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.evaluate import Answerer
    from ftwidgets.evaluation.examples import Examples


def majority(train: Examples) -> Answerer:
    """Always answer with the most common answer of the training examples (the first of them, if two are equally common).

    Parameters
    ----------
    train
        The training examples, as for `ftwidgets.evaluate`.

    Returns
    -------
    Answerer
        Pass it to `ftwidgets.evaluate` under a name: `{"majority": majority(train), "tuned": job.model}`.
    """
    answer = Counter(question.reference.strip() for question in read_examples(train)).most_common(1)[0][0]
    return lambda messages: answer


def few_shot(
    client: openai.OpenAI, model: str, train: Examples, *, shots: int = 4, seed: int = 0, max_tokens: int = 64
) -> Answerer:
    """Ask a model without tuning it, with a few training examples as earlier turns of the chat.

    Parameters
    ----------
    client, model
        The client, and the id of the model.
    train
        The training examples, as for `ftwidgets.evaluate`.
    shots, seed
        How many of them, and the seed that decides which.
    max_tokens
        The length limit of an answer.

    Returns
    -------
    Answerer
        Pass it to `ftwidgets.evaluate` under a name.
    """
    pool = read_examples(train)
    if not 1 <= shots <= len(pool):
        raise ValueError(f'"shots" must be 1 to {len(pool)}, as many as there are training examples: {shots}')
    earlier: list[Any] = []
    for example in random.Random(seed).sample(pool, shots):
        asked = [turn for turn in example.messages if turn.get("role") != "system"]
        earlier += [*asked, {"role": "assistant", "content": example.reference}]

    def answer(messages: Any) -> str:
        head = [turn for turn in messages[:1] if turn.get("role") == "system"]
        turns = [*head, *earlier, *messages[len(head) :]]
        completion = client.chat.completions.create(model=model, messages=turns, max_tokens=max_tokens, temperature=0)
        return (completion.choices[0].message.content if completion.choices else None) or ""

    return answer
