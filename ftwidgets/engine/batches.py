"""Examples put side by side for the network, and the seeded order in which they come.

No row is padded: the tokens of all examples stand in one long row, and `row`/`column` say where each belongs.
Left out: packing several chats into one context (each example keeps its own positions, from 0).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Array = np.ndarray
Item = TypeVar("Item")

WORTH_TWO_THREADS = 64  # tokens in a batch from which two threads are faster than one


@dataclass(frozen=True)
class Example:
    """One training example as the network sees it."""

    ids: Array  # (time,) int32
    weights: Array  # (time,) float32: 1 where the token is trained on (an assistant wrote it), else 0


@dataclass(frozen=True)
class Batch:
    """Several examples side by side."""

    ids: Array  # (tokens,) of all examples, one after another
    row: Array  # (tokens,) which example a token belongs to
    column: Array  # (tokens,) its position there
    shape: tuple[int, int]  # (examples, longest): the padded block that attention works on
    predicts: Array  # (positions,) indices into ids: the tokens whose successor is trained on
    targets: Array  # (positions,) those successors
    weights: Array  # (positions,) float32
    n_tokens: int  # all tokens, as a service would bill them


def collate(examples: Sequence[Example]) -> Batch:
    """Put examples side by side. The last token of each is a target only: nothing follows it."""
    # A language model learns to predict the next token, so an example [5, 8, 9, 2] is read as 5 8 9 and has the targets
    # 8 9 2. If only the answer [9, 2] is trained on, weights are [0, 0, 1, 1]: at 8 it should say 9, at 9 it should say 2.
    read = [example.ids[:-1] for example in examples]
    lengths = np.array([len(ids) for ids in read])
    targets = np.concatenate([example.ids[1:] for example in examples])
    weights = np.concatenate([example.weights[1:] for example in examples])
    predicts = np.flatnonzero(weights)  # here places 1 and 2
    return Batch(
        ids=np.concatenate(read),
        # Lengths [3, 2] give rows [0 0 0 1 1] and columns [0 1 2 0 1].
        row=np.repeat(np.arange(len(read)), lengths),
        column=np.concatenate([np.arange(n) for n in lengths]),
        shape=(len(read), int(lengths.max())),
        predicts=predicts,
        targets=targets[predicts],
        weights=weights[predicts],
        n_tokens=int(lengths.sum()) + len(read),  # with each example's last token
    )


def epoch_order(n_examples: int, seed: int, epoch: int) -> Array:
    """The order of one epoch: a function of seed and epoch alone, so that a resumed run sees the same one."""
    # Seed 7 and epoch 2 always give the same permutation, on any machine.
    return np.random.default_rng([seed, epoch]).permutation(n_examples)


def halves(items: Sequence[Item], size: Callable[[Item], int]) -> list[list[Item]]:
    """Put all in one part, or in two parts of about as many tokens each where there is work enough for two threads."""
    if len(items) < 2 or sum(size(item) for item in items) < WORTH_TWO_THREADS:
        return [list(items)]
    by_length = sorted(items, key=size)  # like with like: less padding in attention
    # Sizes [4, 5, 20, 31] add up to [4, 9, 29, 60]; half of 60 is reached at the fourth, so three go left and one goes right.
    tokens = np.cumsum([size(item) for item in by_length])
    middle = int(np.searchsorted(tokens, tokens[-1] / 2)) + 1
    middle = min(middle, len(items) - 1)
    return [by_length[:middle], by_length[middle:]]
