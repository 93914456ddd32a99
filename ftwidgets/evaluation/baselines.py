"""What any model has to beat: answers that need no fine-tuning, as functions from the messages to an answer.

`ftwidgets.evaluate` takes them in the place of a model's id. Left out: classifiers of other packages; wrap one in a
function of your own.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from ftwidgets.evaluation.examples import read

if TYPE_CHECKING:
    import openai

    from ftwidgets.evaluation.examples import Examples
    from ftwidgets.evaluation.survey import Answerer


def majority(train: Examples) -> Answerer:
    """Always give the commonest answer of the training examples (the first of them, where two are equally common).

    Parameters
    ----------
    train
        The training examples, as for `ftwidgets.evaluate`.

    Returns
    -------
    Answerer
        To be handed to `ftwidgets.evaluate` under a name: `{"majority": majority(train), "tuned": job.model}`.
    """
    answer = Counter(question.reference.strip() for question in read(train)).most_common(1)[0][0]
    return lambda messages: answer


def few_shot(
    client: openai.OpenAI, model: str, train: Examples, *, shots: int = 4, seed: int = 0, max_tokens: int = 64
) -> Answerer:
    """Ask a model as it is, with a few training examples as earlier turns of the chat.

    Parameters
    ----------
    client, model
        Whom to ask.
    train
        The training examples, as for `ftwidgets.evaluate`.
    shots, seed
        How many of them, and the number that decides which.
    max_tokens
        The longest answer.

    Returns
    -------
    Answerer
        To be handed to `ftwidgets.evaluate` under a name.
    """
    pool = read(train)
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
