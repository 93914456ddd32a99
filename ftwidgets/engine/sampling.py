"""From logits to the next token: temperature, nucleus (top-p, Holtzman et al. 2020), log-probabilities.

Left out: top-k, penalties, beam search.
"""

from collections.abc import Callable

import numpy as np

Array = np.ndarray

RIVALS = 64


def log_softmax(logits: Array) -> Array:
    """Log-probabilities (vocabulary,) in float64."""
    shifted = logits.astype(np.float64) - float(logits.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def choose(logits: Array, *, temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """The next token's id.

    Parameters
    ----------
    logits : (vocabulary,)
    temperature : 0 takes the likeliest token; otherwise logits are divided by it
    top_p : draw only from the fewest likeliest tokens that together have this share
    rng : where the draw comes from
    """
    if temperature == 0:
        return int(logits.argmax())
    p = np.exp(log_softmax(logits / temperature))
    if top_p < 1:
        order = np.argsort(-p, kind="stable")
        total = np.cumsum(p[order])
        p[order[1:][total[:-1] >= top_p]] = 0  # the likeliest token always stays
    total = np.cumsum(p)
    return int(np.searchsorted(total, rng.random() * total[-1], side="right"))


def choose_among(
    logits: Array, allowed: Callable[[int], bool], *, temperature: float, top_p: float, rng: np.random.Generator
) -> int:
    """The next token's id, drawn among the `RIVALS` likeliest that are allowed; if none of those is, the likeliest that is.

    Parameters
    ----------
    logits : (vocabulary,)
    allowed : tells whether a token may come next; for at least one it must
    temperature, top_p, rng : as for `choose`
    """
    order = np.argsort(-logits, kind="stable")
    kept = [int(token) for token in order[:RIVALS] if allowed(int(token))]
    if not kept:
        return next(int(token) for token in order[RIVALS:] if allowed(int(token)))
    return kept[choose(logits[kept], temperature=temperature, top_p=top_p, rng=rng)]
