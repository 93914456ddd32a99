"""A Llama small enough to train on a laptop: tokens in, loss and gradients out.

    ids ---> embed ---> x ---> [ x + attention(norm(x)) ---> x + mlp(norm(x)) ] per layer ---> norm ---> logits ---> loss

`x` is the running vector of each token, the residual stream. A layer only ever adds to it: first what attention gathered from
earlier tokens, then what a small network (SwiGLU) made of it. Backward goes the same way in the other direction, and since
every layer adds, the gradient passes straight through the sum and each layer adds its own part to it.

Left out: dropout inside the layers, biases, mixed precision.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ftwidgets.engine import layers
from ftwidgets.engine.batches import Batch
from ftwidgets.engine.params import Layer, Params

Array = np.ndarray


# Shapes, with nano and a batch of two examples of 30 and 20 tokens: tokens = 50, width = 192, heads = 6, head_dim = 32,
# inner = 512, vocabulary = 4,096; the block that attention works on is 2 x 30. If the answers have 10 and 5 tokens, there are
# positions = 17 places to predict from: each answer's tokens and the mark that ends it.


class Block:
    """Where the tokens of a batch stand: moves (tokens, ...) to and from the padded block that attention needs.

    Two examples of 3 and 2 tokens stand side by side as 5 rows, a0 a1 a2 b0 b1. Attention needs them as a block of 2 x 3,
    [[a0 a1 a2], [b0 b1 0]]. All other parts work on the 5 rows and waste nothing on padding.
    """

    def __init__(self, params: Params, batch: Batch) -> None:
        c = params.config
        self.row, self.column, self.shape = batch.row, batch.column, batch.shape
        cos, sin = layers.rotary_table(c.head_dim, batch.shape[1], c.rope_theta, params.flat.dtype.type)
        self.cos, self.sin = cos[batch.column], sin[batch.column]  # (tokens, head_dim / 2): by position in the example
        # Above the diagonal lies the future. Padding stands at the end of a row, so it is "the future" of every real token.
        self.hidden = np.triu(np.ones((batch.shape[1], batch.shape[1]), bool), 1)  # (time, time)
        self.kv_heads, self.groups = c.num_key_value_heads, c.num_attention_heads // c.num_key_value_heads

    def pad(self, x: Array) -> Array:
        """(tokens, heads, head_dim) -> (examples, heads, time, head_dim), zeros where an example has ended."""
        full = len(x) == self.shape[0] * self.shape[1]  # all examples have the same length: nothing to pad
        out = x.reshape(*self.shape, *x.shape[1:]) if full else np.zeros((*self.shape, *x.shape[1:]), x.dtype)
        if not full:
            out[self.row, self.column] = x
        return np.ascontiguousarray(out.swapaxes(1, 2))

    def unpad(self, x: Array) -> Array:
        """(examples, heads, time, head_dim) -> (tokens, heads, head_dim)."""
        out: Array = x.swapaxes(1, 2)[self.row, self.column]
        return out

    def heads(self, x: Array) -> Array:
        """(examples, heads, time, head_dim) -> (examples, kv_heads, groups, time, head_dim)."""
        return x.reshape(x.shape[0], self.kv_heads, self.groups, *x.shape[2:])


def attention_block(x: Array, layer: Layer, block: Block, eps: float) -> tuple[Array, tuple[Any, ...]]:
    """What attention adds to each token: (tokens, width) -> (tokens, width)."""
    n_kv, n_q = block.kv_heads, block.kv_heads * block.groups  # nano: 2 key/value heads, 6 query heads
    normed, norm_cache = layers.rms_norm(x, layer.input_norm, eps)
    # One product makes queries, keys and values of all heads: for nano (tokens, 192) @ (192, (6 + 2 * 2) * 32).
    qkv = (normed @ layer.qkv.T).reshape(len(x), n_q + 2 * n_kv, -1)  # (tokens, all heads, head_dim)
    qk = layers.rotate(qkv[:, : n_q + n_kv], block.cos, block.sin)  # positions go into queries and keys, not into values
    q, k, v = block.pad(qk[:, :n_q]), block.pad(qk[:, n_q:]), block.pad(qkv[:, n_q + n_kv :])
    out, cache = layers.attention(block.heads(q), k, v, block.hidden)
    mixed = block.unpad(out.reshape(q.shape)).reshape(len(x), -1)  # (tokens, heads * head_dim)
    return mixed @ layer.out.T, (normed, norm_cache, cache, mixed)


def attention_block_grad(dy: Array, layer: Layer, grad: Layer, block: Block, cache: tuple[Any, ...]) -> Array:
    """Gradient of `attention_block`: returns dx, writes the layer's weight gradients into `grad`."""
    # The same steps as in `attention_block`, last one first.
    normed, norm_cache, attention_cache, mixed = cache
    n_kv, n_q = block.kv_heads, block.kv_heads * block.groups
    # y = x @ W.T has two gradients: dW = dy.T @ x, summed over all tokens, and dx = dy @ W.
    np.matmul(dy.T, mixed, out=grad.out)
    dmixed = (dy @ layer.out).reshape(len(dy), n_q, -1)  # (tokens, heads, head_dim)
    dq, dk, dv = layers.attention_grad(block.heads(block.pad(dmixed)), attention_cache)
    dqkv = np.empty((len(dy), n_q + 2 * n_kv, dmixed.shape[2]), dy.dtype)
    dqkv[:, :n_q] = block.unpad(dq.reshape(dq.shape[0], n_q, *dq.shape[3:]))
    dqkv[:, n_q : n_q + n_kv] = block.unpad(dk)
    dqkv[:, n_q + n_kv :] = block.unpad(dv)
    dqkv[:, : n_q + n_kv] = layers.rotate_grad(dqkv[:, : n_q + n_kv], block.cos, block.sin)
    dqkv = dqkv.reshape(len(dy), -1)
    np.matmul(dqkv.T, normed, out=grad.qkv)
    return layers.rms_norm_grad(dqkv @ layer.qkv, layer.input_norm, norm_cache, grad.input_norm)


def mlp_block(x: Array, layer: Layer, eps: float) -> tuple[Array, tuple[Any, ...]]:
    """What the small network adds to each token: (tokens, width) -> (tokens, width)."""
    normed, norm_cache = layers.rms_norm(x, layer.mlp_norm, eps)
    inner, cache = layers.swiglu(normed @ layer.gate_up.T)  # (tokens, inner); nano: 192 -> 2 * 512 -> 512
    return inner @ layer.down.T, (normed, norm_cache, cache, inner)


def mlp_block_grad(dy: Array, layer: Layer, grad: Layer, cache: tuple[Any, ...]) -> Array:
    """Gradient of `mlp_block`: returns dx, writes the layer's weight gradients into `grad`."""
    normed, norm_cache, swiglu_cache, inner = cache
    np.matmul(dy.T, inner, out=grad.down)
    dgate_up = layers.swiglu_grad(dy @ layer.down, swiglu_cache)  # (tokens, 2 * inner)
    np.matmul(dgate_up.T, normed, out=grad.gate_up)
    return layers.rms_norm_grad(dgate_up @ layer.gate_up, layer.mlp_norm, norm_cache, grad.mlp_norm)


def forward(
    params: Params, batch: Batch, *, keep: bool = False, dropped: Array | None = None
) -> tuple[Array, Block, list[tuple[Any, ...]]]:
    """Run the layers; tokens where `dropped` (tokens,) is True come in as a vector of zeros.

    Returns
    -------
    x : (tokens, width) before the last norm
    block : where the tokens stand
    caches : per layer, what the way back needs (empty unless `keep`)
    """
    eps = params.config.rms_norm_eps
    block = Block(params, batch)
    caches: list[tuple[Any, ...]] = []
    x = params.embed[batch.ids]  # look up each token's vector: (tokens, width)
    if dropped is not None:
        x[dropped] = 0
    for layer in params.layers:
        added, attention_cache = attention_block(x, layer, block, eps)
        x = x + added  # a new array: the cache still needs the old one
        added, mlp_cache = mlp_block(x, layer, eps)
        x = x + added
        if keep:  # this is where the memory of training goes: every layer's intermediate results, until the way back
            caches.append((attention_cache, mlp_cache))
    return x, block, caches


def loss_of(params: Params, batch: Batch, total: float | None = None) -> tuple[float, int]:
    """Loss over the batch's trained tokens, and how many of them were predicted right.

    The sum of losses is divided by `total`, by default the batch's own weight, which makes it a mean; a batch that is a part of
    something larger is divided by the weight of the whole.
    """
    x, _, _ = forward(params, batch)
    last, _ = layers.rms_norm(x[batch.predicts], params.norm, params.config.rms_norm_eps)
    share = batch.weights / (total or batch.weights.sum())
    loss, n_correct, _ = layers.cross_entropy(last @ params.embed.T, batch.targets, share)
    return loss, n_correct


def logits_of(params: Params, batch: Batch) -> Array:
    """Logits for every token of the batch, (tokens, vocabulary)."""
    x, _, _ = forward(params, batch)
    logits: Array = layers.rms_norm(x, params.norm, params.config.rms_norm_eps)[0] @ params.embed.T
    return logits


def loss_and_gradients(
    params: Params, batch: Batch, grads: Params, total: float | None = None, dropped: Array | None = None
) -> tuple[float, int]:
    """As `loss_of`, and writes the gradient of the loss into `grads` (every entry, nothing is added up across calls)."""
    activations = forward(params, batch, keep=True, dropped=dropped)
    # Logits only where a token is trained on. The output matrix is a quarter of the work, and of a question with 30 tokens
    # and an answer of 10 only the 10 count.
    last, norm_cache = layers.rms_norm(activations[0][batch.predicts], params.norm, params.config.rms_norm_eps)
    share = batch.weights / (total or batch.weights.sum())
    loss, n_correct, dlogits = layers.cross_entropy(last @ params.embed.T, batch.targets, share)
    backward(params, batch, grads, activations, dlogits, last, norm_cache, dropped)
    return loss, n_correct


def log_probs(params: Params, batch: Batch) -> tuple[Array, Array]:
    """Log-probability of every trained token, (positions,) in nats, and which of them were predicted right."""
    x, _, _ = forward(params, batch)
    last, _ = layers.rms_norm(x[batch.predicts], params.norm, params.config.rms_norm_eps)
    return layers.log_probs(last @ params.embed.T, batch.targets)


def log_probs_and_gradients(
    params: Params, batch: Batch, grads: Params, slope: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """As `log_probs`, and writes into `grads` the gradient of a loss that may be any function of these log-probabilities.

    `slope` is its derivative: from the log-probabilities (positions,) to how much the loss changes with each of them
    (positions,).
    """
    activations = forward(params, batch, keep=True)
    last, norm_cache = layers.rms_norm(activations[0][batch.predicts], params.norm, params.config.rms_norm_eps)
    logits = last @ params.embed.T
    found, correct = layers.log_probs(logits, batch.targets)
    dlogits = layers.log_probs_grad(slope(found), logits, batch.targets)
    backward(params, batch, grads, activations, dlogits, last, norm_cache)
    return found, correct


def backward(
    params: Params,
    batch: Batch,
    grads: Params,
    activations: tuple[Array, Block, list[tuple[Any, ...]]],
    dlogits: Array,
    last: Array,
    norm_cache: tuple[Array, Array],
    dropped: Array | None = None,
) -> None:
    """Carry the gradient by the logits, (positions, vocabulary), back to every weight; `activations` come from `forward`."""
    x, block, caches = activations
    # logits = last @ embed.T
    np.matmul(dlogits.T, last, out=grads.embed)
    dx = np.zeros_like(x)  # tokens that predict nothing start with no gradient of their own
    dx[batch.predicts] = layers.rms_norm_grad(dlogits @ params.embed, params.norm, norm_cache, grads.norm)
    for layer, grad, (attention_cache, mlp_cache) in zip(
        reversed(params.layers), reversed(grads.layers), reversed(caches), strict=True
    ):
        # x + added: the gradient goes both ways, unchanged along the stream and through the part that was added.
        dx += mlp_block_grad(dx, layer, grad, mlp_cache)
        dx += attention_block_grad(dx, layer, grad, block, attention_cache)
    if dropped is not None:
        dx[dropped] = 0  # these came in as zeros, whatever their embedding was
    add_rows(grads.embed, batch.ids, dx)  # the embedding is used twice: as output matrix above, as input here


def add_rows(to: Array, ids: Array, rows: Array) -> None:
    """`to[ids] += rows` where an id may come several times, summed in a fixed order."""
    # NumPy's `to[ids] += rows` would keep only one of several rows with the same id. Sorted by id, the rows of one token
    # stand together and `reduceat` adds up each stretch: ids [7, 3, 7] become stretches [3], [7, 7].
    order = np.argsort(ids, kind="stable")
    unique, first = np.unique(ids[order], return_index=True)
    to[unique] += np.add.reduceat(rows[order], first, axis=0)
