"""The bundled datasets as the engine sees them, and the score that benchmarks share."""

import math
from collections.abc import Sequence

import numpy as np

from ftwidgets import datasets
from ftwidgets.engine import Example, Model, Tokenizer
from ftwidgets.engine.batches import collate
from ftwidgets.engine.llama import logits_of

TASKS = ("support_faq", "sentiment")


def examples(tokenizer: Tokenizer, name: str, split: str) -> list[Example]:
    """One split of a bundled dataset, encoded."""
    frame = datasets.load(name, split)
    chats = (
        [{"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]
        for prompt, completion in zip(frame["Prompt"], frame["Completion"], strict=True)
    )
    return [tokenizer.encode_example(chat, max_tokens=512) for chat in chats]


def pick(pool: Sequence[Example], n: int, seed: int) -> list[Example]:
    """`n` examples drawn without replacement (all of them when there are fewer)."""
    order = np.random.default_rng([seed, 7]).permutation(len(pool))[:n]
    return [pool[i] for i in order]


def score(model: Model, held_out: Sequence[Example]) -> tuple[float, float]:
    """Mean loss per trained token, and the share of examples that greedy generation would answer word for word.

    Greedy decoding writes the reference exactly when each of its tokens is the likeliest after the ones before it, so one
    forward pass tells both, without generating.
    """
    right, lost, n_tokens = 0, 0.0, 0
    ordered = sorted(held_out, key=lambda example: len(example.ids))
    for at in range(0, len(ordered), 16):
        batch = collate(ordered[at : at + 16])
        logits = logits_of(model.params, batch)[batch.predicts].astype(np.float64)
        highest = logits.max(axis=1)
        of_target = logits[np.arange(len(logits)), batch.targets]
        lost += float((highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1)) - of_target).sum())
        n_tokens += len(logits)
        missed = set(batch.row[batch.predicts][logits.argmax(axis=1) != batch.targets])
        right += batch.shape[0] - len(missed)
    return lost / n_tokens, right / len(held_out)


def exact_match(model: Model, held_out: Sequence[Example]) -> float:
    """Share of examples that greedy generation would answer word for word."""
    return score(model, held_out)[1]


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % interval over seeds (Student's t)."""
    quantile = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571}[len(values)]
    mean = float(np.mean(values))
    half = quantile * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, mean - half, mean + half
