import numpy as np

from ftwidgets.engine.adamw import SLICE, AdamW, clip


def test_follows_the_paper() -> None:
    """Several steps equal Algorithm 2 of Loshchilov & Hutter (2019), written out plainly, on more than one slice."""
    rng = np.random.default_rng(0)
    n, decayed, rate, decay, b1, b2, eps = SLICE * 2 + 77, SLICE + 5, 1e-2, 0.1, 0.9, 0.99, 1e-8
    weights = rng.normal(size=n)
    ours, m, v = weights.copy(), np.zeros(n), np.zeros(n)
    optimizer = AdamW(n, dtype=np.float64)
    for step in range(1, 6):
        g = rng.normal(size=n)
        optimizer.step(ours, g, step=step, rate=rate, decay=decay, n_decayed=decayed)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        shrink = np.where(np.arange(n) < decayed, 1 - rate * decay, 1)
        weights = shrink * weights - rate * (m / (1 - b1**step)) / (np.sqrt(v / (1 - b2**step)) + eps)
    np.testing.assert_allclose(ours, weights, rtol=1e-10, atol=1e-12)


def test_clip_shortens_only_what_is_too_long() -> None:
    """A gradient over the limit keeps its direction and gets the limit's length; a shorter one stays."""
    long, short = np.array([3.0, 4.0]), np.array([0.3, 0.4])
    assert clip(long, 1.0) == 5.0
    np.testing.assert_allclose(long, [0.6, 0.8])
    clip(short, 1.0)
    np.testing.assert_allclose(short, [0.3, 0.4])
