"""From logits to the next token: temperature, nucleus (top-p, Holtzman et al. 2020), log-probabilities.

Left out: top-k, penalties, beam search.
"""

from collections.abc import Callable

import numpy as np

Array = np.ndarray

# Logits [2, 1, 0] are probabilities [0.67, 0.24, 0.09]. At temperature 0.5 they are divided by 0.5 first, [4, 2, 0], and become
# [0.87, 0.12, 0.02]: bolder. At temperature 2 they become [0.51, 0.31, 0.19]: closer to chance. With top_p 0.9 the first two
# tokens have 0.91 together, so the third is never drawn.

CANDIDATES = 64  # how many of the likeliest tokens are offered to a guide before the rest


def log_softmax(logits: Array) -> Array:
    """Log-probabilities (vocabulary,) in float64."""
    # Subtracting the largest logit changes no probability and keeps exp from overflowing.
    shifted = logits.astype(np.float64) - float(logits.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def sample(logits: Array, *, temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """The next token's id, drawn by its logits, (vocabulary,), divided by `temperature`; 0 takes the likeliest token.

    Only the fewest likeliest tokens that together have the share `top_p` can be drawn.
    """
    if temperature == 0:
        return int(logits.argmax())
    p = np.exp(log_softmax(logits / temperature))
    if top_p < 1:
        order = np.argsort(-p, kind="stable")
        # Drop a token if those before it already have the share.
        total = np.cumsum(p[order])
        p[order[1:][total[:-1] >= top_p]] = 0  # the likeliest token always stays
    # Lay the probabilities end to end and throw a dart: [0.67, 0.91, 1.0] and 0.8 hits the second.
    total = np.cumsum(p)
    return int(np.searchsorted(total, rng.random() * total[-1], side="right"))


def sample_allowed(
    logits: Array, allowed: Callable[[int], bool], *, temperature: float, top_p: float, rng: np.random.Generator
) -> int:
    """The next token's id, drawn among the `CANDIDATES` likeliest that are allowed; if none of those is, the likeliest that is.

    `allowed` must be true of at least one token; the rest is as for `sample`.
    """
    # Ask the guide about the likeliest tokens first: nearly always one of them fits, and the other 4,000 need not be tried.
    order = np.argsort(-logits, kind="stable")
    kept = [int(token) for token in order[:CANDIDATES] if allowed(int(token))]
    if not kept:
        return next(int(token) for token in order[CANDIDATES:] if allowed(int(token)))
    return kept[sample(logits[kept], temperature=temperature, top_p=top_p, rng=rng)]
