"""AdamW (Loshchilov & Hutter 2019), with gradient clipping: one step over a flat array.

Works through the array in slices that fit the processor's cache, in place, so that a step costs little next to the gradients.
Left out: other optimizers, per-weight rates.
"""

import numpy as np

Array = np.ndarray

SLICE = 1 << 15  # 128 kB a slice in float32


class AdamW:
    """Moving averages of the gradient (`mean`) and of its square (`square`), one pair a weight."""

    def __init__(
        self, n_weights: int, *, betas: tuple[float, float] = (0.9, 0.99), eps: float = 1e-8, dtype: type = np.float32
    ) -> None:
        self.mean = np.zeros(n_weights, dtype)
        self.square = np.zeros(n_weights, dtype)
        self.betas = betas
        self.eps = eps

    def step(self, weights: Array, grads: Array, *, step: int, rate: float, decay: float, n_decayed: int) -> None:
        """Move the weights one step.

        Parameters
        ----------
        weights, grads : (n_weights,); weights are changed in place
        step : 1 for the first one
        rate : learning rate
        decay : weight decay (decoupled), applied to the first `n_decayed` weights
        """
        b1, b2 = self.betas
        rate_now = rate / (1 - b1**step)
        root = (1 - b2**step) ** -0.5
        weights[:n_decayed] *= 1 - rate * decay
        scratch = np.empty(SLICE, weights.dtype)
        for at in range(0, len(weights), SLICE):
            part = slice(at, at + SLICE)
            g, m, v = grads[part], self.mean[part], self.square[part]
            s = scratch[: len(g)]
            np.multiply(g, 1 - b1, out=s)
            m *= b1
            m += s
            np.multiply(g, g, out=s)
            s *= 1 - b2
            v *= b2
            v += s
            np.sqrt(v, out=s)
            s *= root
            s += self.eps
            np.divide(m, s, out=s)
            s *= rate_now
            weights[part] -= s


def clip(grads: Array, limit: float) -> float:
    """Shorten the gradient, in place, to at most `limit`; returns its length before."""
    length = float(np.sqrt(np.dot(grads, grads)))
    if length > limit:
        grads *= limit / length
    return length
