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

WORTH_TWO_LANES = 64  # tokens in a batch from which two threads are faster than one


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
    kept = [example.ids[:-1] for example in examples]
    lengths = np.array([len(ids) for ids in kept])
    targets = np.concatenate([example.ids[1:] for example in examples])
    weights = np.concatenate([example.weights[1:] for example in examples])
    predicts = np.flatnonzero(weights)
    return Batch(
        ids=np.concatenate(kept),
        row=np.repeat(np.arange(len(kept)), lengths),
        column=np.concatenate([np.arange(n) for n in lengths]),
        shape=(len(kept), int(lengths.max())),
        predicts=predicts,
        targets=targets[predicts],
        weights=weights[predicts],
        n_tokens=int(lengths.sum()) + len(kept),
    )


def epoch_order(n_examples: int, seed: int, epoch: int) -> Array:
    """The order of one epoch: a function of seed and epoch alone, so that a resumed run sees the same one."""
    return np.random.default_rng([seed, epoch]).permutation(n_examples)


def halves(items: Sequence[Item], size: Callable[[Item], int]) -> list[list[Item]]:
    """All in one part, or two parts of about as many tokens each where there is work enough for two lanes."""
    if len(items) < 2 or sum(size(item) for item in items) < WORTH_TWO_LANES:
        return [list(items)]
    by_length = sorted(items, key=size)  # like with like: less padding in attention
    tokens = np.cumsum([size(item) for item in by_length])
    middle = int(np.searchsorted(tokens, tokens[-1] / 2)) + 1
    middle = min(middle, len(items) - 1)
    return [by_length[:middle], by_length[middle:]]
