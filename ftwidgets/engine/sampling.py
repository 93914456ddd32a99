"""From logits to the next token: temperature, nucleus (top-p, Holtzman et al. 2020), log-probabilities.

Left out: top-k, penalties, beam search.
"""

import numpy as np

Array = np.ndarray


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
