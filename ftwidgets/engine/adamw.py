"""AdamW (Loshchilov & Hutter 2019), with gradient clipping: one step over a flat array.

Works through the array in slices that fit the processor's cache, in place, so that a step costs little next to the gradients.
Left out: other optimizers, per-weight rates.
"""

import numpy as np

from ftwidgets.engine.parallel import run_two

Array = np.ndarray

SLICE = 1 << 15  # 128 kB a slice in float32

# What Adam does, for one weight. Plain gradient descent steps by rate * gradient, so weights with large gradients move far and
# those with small ones hardly. Adam divides the average gradient by its usual size: a weight whose gradient is always +0.001
# moves by 0.001 / sqrt(0.001 ** 2) = 1 rate a step, just like one whose gradient is always +10. One whose gradient flips its
# sign all the time has an average near 0 and stays where it is.


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
        # Averages of few steps are too small, since both sums start at 0: after one step with beta 0.9 the usual average is
        # 0.1 * gradient. Dividing by 1 - beta ** step corrects that.
        b1, b2 = self.betas
        # In one formula: weight -= rate * (sums * to_mean) / (sqrt(squares) * to_root + eps).
        # Below it is written with the constants pulled together, which saves two passes over the arrays.
        to_mean = (1 - b1) / (1 - b1**step)  # decaying sum -> average without the bias of its zero start
        to_root = ((1 - b2) / (1 - b2**step)) ** 0.5
        scale, eps = rate * to_mean / to_root, self.eps / to_root
        middle = len(weights) // 2

        def update(start: int, end: int) -> None:
            """Compute weights -= scale * sums / (sqrt(squares) + eps), slice by slice."""
            scratch = np.empty(SLICE, weights.dtype)
            for at in range(start, end, SLICE):
                part = slice(at, min(at + SLICE, end))
                w, g, m, v = weights[part], grads[part], self.sums[part], self.squares[part]
                s = scratch[: len(g)]
                # Decay: pull matrices a little towards 0, apart from the gradient (the "W" in AdamW).
                w[: max(0, n_decayed - at)] *= 1 - rate * decay
                # sums: older gradients fade by beta 1 a step
                m *= b1
                m += g
                # squares: how large gradients usually are
                np.multiply(g, g, out=s)
                v *= b2
                v += s
                # the step itself
                np.sqrt(v, out=s)
                s += eps  # a weight that never had a gradient divides 0 by eps, not by 0
                np.divide(m, s, out=s)
                s *= scale
                w -= s

        run_two(lambda: update(0, middle), lambda: update(middle, len(weights)))


def clip(grads: Array, limit: float) -> float:
    """Shorten the gradient, in place, to at most `limit`; returns its length before."""
    # One odd batch can have a gradient a hundred times the usual length. Its direction is kept, its length is not.
    length = float(np.sqrt(np.dot(grads, grads)))
    if length > limit:
        grads *= limit / length
    return length
