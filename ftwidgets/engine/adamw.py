"""AdamW (Loshchilov & Hutter 2019), with gradient clipping: one step over a flat array.

Works through the array in slices that fit the processor's cache, in place, so that a step costs little next to the gradients.
Left out: other optimizers, per-weight rates.
"""

import numpy as np

from ftwidgets.engine.parallel import both

Array = np.ndarray

SLICE = 1 << 15  # 128 kB a slice in float32


class AdamW:
    """Two decaying sums for each weight: of its gradients, and of their squares.

    The usual moving averages are these sums times (1 - beta); keeping the sums saves three passes over the array a step.
    """

    def __init__(
        self, n_weights: int, *, betas: tuple[float, float] = (0.9, 0.99), eps: float = 1e-8, dtype: type = np.float32
    ) -> None:
        self.sums: Array = np.zeros(n_weights, dtype)
        self.squares: Array = np.zeros(n_weights, dtype)
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
        to_mean = (1 - b1) / (1 - b1**step)  # decaying sum -> average without the bias of its zero start
        to_root = ((1 - b2) / (1 - b2**step)) ** 0.5
        scale, eps = rate * to_mean / to_root, self.eps / to_root
        middle = len(weights) // 2

        def lane(start: int, end: int) -> None:
            """Take weights -= scale * sums / (sqrt(squares) + eps), slice by slice."""
            scratch = np.empty(SLICE, weights.dtype)
            for at in range(start, end, SLICE):
                part = slice(at, min(at + SLICE, end))
                w, g, m, v = weights[part], grads[part], self.sums[part], self.squares[part]
                s = scratch[: len(g)]
                w[: max(0, n_decayed - at)] *= 1 - rate * decay
                m *= b1
                m += g
                np.multiply(g, g, out=s)
                v *= b2
                v += s
                np.sqrt(v, out=s)
                s += eps
                np.divide(m, s, out=s)
                s *= scale
                w -= s

        both(lambda: lane(0, middle), lambda: lane(middle, len(weights)))


def clip(grads: Array, limit: float) -> float:
    """Shorten the gradient, in place, to at most `limit`; returns its length before."""
    length = float(np.sqrt(np.dot(grads, grads)))
    if length > limit:
        grads *= limit / length
    return length
