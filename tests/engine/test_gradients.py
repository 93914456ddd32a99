"""Every hand-written gradient against finite differences in float64."""

from collections.abc import Callable

import numpy as np
import pytest

from ftwidgets.engine import layers
from ftwidgets.engine.batches import Example, collate
from ftwidgets.engine.config import Config
from ftwidgets.engine.llama import add_rows, loss_and_gradients, loss_of
from ftwidgets.engine.params import Params, random_params

Array = np.ndarray

TINY = Config(
    vocab_size=17,
    hidden_size=12,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=4,
    intermediate_size=10,
    max_position_embeddings=16,
)


def normal(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def difference(function: Callable[[], float], x: Array, entries: int | None = None) -> tuple[Array, Array]:
    """Central differences of `function` by entries of x: (which entries, slopes)."""
    flat = x.reshape(-1)
    chosen = np.arange(flat.size) if entries is None else np.random.default_rng(0).choice(flat.size, entries, replace=False)
    slopes = []
    for i in chosen:
        kept, step = flat[i], 1e-6
        flat[i] = kept + step
        up = function()
        flat[i] = kept - step
        down = function()
        flat[i] = kept
        slopes.append((up - down) / (2 * step))
    return chosen, np.array(slopes)


def assert_gradient(function: Callable[[], float], x: Array, gradient: Array, entries: int | None = None) -> None:
    chosen, slopes = difference(function, x, entries)
    np.testing.assert_allclose(gradient.reshape(-1)[chosen], slopes, rtol=1e-5, atol=1e-8)


def test_rms_norm() -> None:
    """Both gradients of RMSNorm are the slopes of its output."""
    x, gain, dy = normal(5, 8), normal(8), normal(5, 8, seed=1)
    dgain = np.empty(8)
    dx = layers.rms_norm_grad(dy, gain, layers.rms_norm(x, gain, 1e-5)[1], dgain)

    def scalar() -> float:
        return float((layers.rms_norm(x, gain, 1e-5)[0] * dy).sum())

    assert_gradient(scalar, x, dx)
    assert_gradient(scalar, gain, dgain)


def test_rotate() -> None:
    """The gradient of the rotation is the slope of its output, and rotating keeps lengths."""
    x, dy = normal(5, 3, 4), normal(5, 3, 4, seed=1)
    cos, sin = layers.rotary_table(4, 5, 10000.0, np.float64)
    assert_gradient(lambda: float((layers.rotate(x, cos, sin) * dy).sum()), x, layers.rotate_grad(dy, cos, sin))
    np.testing.assert_allclose(np.linalg.norm(layers.rotate(x, cos, sin)), np.linalg.norm(x))


def test_attention() -> None:
    """The gradients of attention by query, key and value are the slopes of its output."""
    q, k, v = normal(2, 2, 3, 5, 4), normal(2, 2, 5, 4, seed=1), normal(2, 2, 5, 4, seed=2)
    dout, hidden = normal(2, 2, 3, 5, 4, seed=3), np.triu(np.ones((5, 5), bool), 1)

    def scalar() -> float:
        return float((layers.attention(q, k, v, hidden)[0] * dout).sum())

    gradients = layers.attention_grad(dout, layers.attention(q, k, v, hidden)[1])
    for x, gradient in zip((q, k, v), gradients, strict=True):
        assert_gradient(scalar, x, gradient)


def test_swiglu() -> None:
    """The gradient of SwiGLU is the slope of its output."""
    x, dy = normal(5, 12), normal(5, 6, seed=1)
    assert_gradient(lambda: float((layers.swiglu(x)[0] * dy).sum()), x, layers.swiglu_grad(dy, layers.swiglu(x)[1]))


def test_cross_entropy() -> None:
    """The gradient of the loss by the logits is its slope, with unequal shares."""
    logits, target, share = normal(4, 7), np.array([1, 6, 0, 3]), np.array([0.1, 0.2, 0.3, 0.4])
    gradient = layers.cross_entropy(logits.copy(), target, share)[2]
    assert_gradient(lambda: layers.cross_entropy(logits.copy(), target, share)[0], logits, gradient)


def some_examples() -> list[Example]:
    rng = np.random.default_rng(0)
    lengths = (6, 9, 4)
    weights = [np.array([0, 0, 0, 1, 1, 1.0]), np.array([0, 0, 1, 1, 0, 0, 1, 1, 1.0]), np.array([0, 1, 1, 1.0])]
    return [Example(rng.integers(0, 17, n).astype(np.int32), w) for n, w in zip(lengths, weights, strict=True)]


@pytest.mark.parametrize("count", [1, 3], ids=["one example", "unequal lengths"])
def test_whole_model(count: int) -> None:
    """Every weight's gradient through the whole network is the slope of the loss."""
    params = random_params(TINY, 0, np.float64)
    params.flat += 0.1 * normal(len(params.flat))  # away from gains of exactly 1
    batch = collate(some_examples()[:count])
    grads = Params(TINY, dtype=np.float64)
    loss, _ = loss_and_gradients(params, batch, grads)
    assert loss == pytest.approx(loss_of(params, batch)[0])
    for name, weight in params.named.items():
        assert_gradient(lambda: loss_of(params, batch)[0], weight, grads.named[name], entries=min(12, weight.size))


def test_hidden_tokens() -> None:
    """With some input tokens hidden, the gradients are still the slopes, and a hidden token's own vector gets none as input."""
    params, grads = random_params(TINY, 0, np.float64), Params(TINY, dtype=np.float64)
    batch = collate(some_examples())
    dropped = np.zeros(len(batch.ids), bool)
    dropped[[0, 7, 12]] = True

    def scalar() -> float:
        return loss_and_gradients(params, batch, Params(TINY, dtype=np.float64), dropped=dropped)[0]

    assert scalar() != pytest.approx(loss_of(params, batch)[0])
    loss_and_gradients(params, batch, grads, dropped=dropped)
    for name in ("model.embed_tokens.weight", "model.layers.0.self_attn.k_proj.weight", "model.layers.1.mlp.up_proj.weight"):
        assert_gradient(scalar, params.named[name], grads.named[name], entries=20)


def test_parts_add_up() -> None:
    """Two halves of a batch, each divided by the whole's weight, give the whole's loss and gradient."""
    params = random_params(TINY, 0, np.float64)
    examples = some_examples()
    whole, part, more = (Params(TINY, dtype=np.float64) for _ in range(3))
    loss, hits = loss_and_gradients(params, collate(examples), whole)
    total = sum(float(example.weights[1:].sum()) for example in examples)
    first = loss_and_gradients(params, collate(examples[:1]), part, total)
    second = loss_and_gradients(params, collate(examples[1:]), more, total)
    assert first[0] + second[0] == pytest.approx(loss)
    assert first[1] + second[1] == hits
    np.testing.assert_allclose(part.flat + more.flat, whole.flat, rtol=1e-9, atol=1e-12)


def test_rows_that_come_twice_add_up() -> None:
    """An id that occurs several times in a batch collects all its gradients."""
    to, ids, rows = np.zeros((4, 2)), np.array([3, 1, 3, 3]), normal(4, 2)
    add_rows(to, ids, rows)
    expected = np.zeros((4, 2))
    np.add.at(expected, ids, rows)
    np.testing.assert_allclose(to, expected)
