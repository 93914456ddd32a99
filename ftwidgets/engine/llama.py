"""A Llama small enough to train on a laptop: tokens in, loss and gradients out.

    ids ---> embed ---> x ---> [ x + attention(norm(x)) ---> x + mlp(norm(x)) ] per layer ---> norm ---> logits ---> loss

`x` is the running vector of each token, the residual stream. A layer only ever adds to it: first what attention gathered from
earlier tokens, then what a small network (SwiGLU) made of it. Backward goes the same way in the other direction, and since
every layer adds, the gradient passes straight through the sum and each layer adds its own part to it.

What the weights are is not known here: trained ones, frozen ones, frozen ones with trained adapters (`linear` in `lora`).
Left out: dropout inside the layers, mixed precision.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ftwidgets.engine import layers
from ftwidgets.engine.batches import Batch
from ftwidgets.engine.lora import linear, linear_grad
from ftwidgets.engine.params import Layer, Weights

Array = np.ndarray


# Shapes, with nano and a batch of two examples of 30 and 20 tokens: tokens = 50, width = 192, heads = 6, head_dim = 32,
# inner = 512, vocabulary = 4,096; the block that attention works on is 2 x 30. If the answers have 10 and 5 tokens, there are
# positions = 17 places to predict from: each answer's tokens and the mark that ends it.


class Block:
    """Where the tokens of a batch stand: moves (tokens, ...) to and from the padded block that attention needs.

    Two examples of 3 and 2 tokens stand side by side as 5 rows, a0 a1 a2 b0 b1. Attention needs them as a block of 2 x 3,
    [[a0 a1 a2], [b0 b1 0]]. All other parts work on the 5 rows and waste nothing on padding.
    """

    def __init__(self, params: Weights, batch: Batch) -> None:
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
    qkv = linear(normed, layer.qkv)
    if layer.qkv_bias is not None:
        qkv += layer.qkv_bias
    qkv = qkv.reshape(len(x), n_q + 2 * n_kv, -1)  # (tokens, all heads, head_dim)
    qk = layers.rotate(qkv[:, : n_q + n_kv], block.cos, block.sin)  # positions go into queries and keys, not into values
    q, k, v = block.pad(qk[:, :n_q]), block.pad(qk[:, n_q:]), block.pad(qkv[:, n_q + n_kv :])
    out, cache = layers.attention(block.heads(q), k, v, block.hidden)
    mixed = block.unpad(out.reshape(q.shape)).reshape(len(x), -1)  # (tokens, heads * head_dim)
    return linear(mixed, layer.out), (normed, norm_cache, cache, mixed)


def attention_block_grad(dy: Array, layer: Layer, grad: Layer, block: Block, cache: tuple[Any, ...]) -> Array:
    """Gradient of `attention_block`: returns dx, writes the layer's weight gradients into `grad`."""
    # The same steps as in `attention_block`, last one first.
    normed, norm_cache, attention_cache, mixed = cache
    n_kv, n_q = block.kv_heads, block.kv_heads * block.groups
    dmixed = linear_grad(dy, mixed, layer.out, grad.out).reshape(len(dy), n_q, -1)  # (tokens, heads, head_dim)
    dq, dk, dv = layers.attention_grad(block.heads(block.pad(dmixed)), attention_cache)
    dqkv = np.empty((len(dy), n_q + 2 * n_kv, dmixed.shape[2]), dy.dtype)
    dqkv[:, :n_q] = block.unpad(dq.reshape(dq.shape[0], n_q, *dq.shape[3:]))
    dqkv[:, n_q : n_q + n_kv] = block.unpad(dk)
    dqkv[:, n_q + n_kv :] = block.unpad(dv)
    dqkv[:, : n_q + n_kv] = layers.rotate_grad(dqkv[:, : n_q + n_kv], block.cos, block.sin)
    dqkv = dqkv.reshape(len(dy), -1)
    if grad.qkv_bias is not None:
        np.sum(dqkv, axis=0, out=grad.qkv_bias)
    return layers.rms_norm_grad(linear_grad(dqkv, normed, layer.qkv, grad.qkv), layer.input_norm, norm_cache, grad.input_norm)


def mlp_block(x: Array, layer: Layer, eps: float) -> tuple[Array, tuple[Any, ...]]:
    """What the small network adds to each token: (tokens, width) -> (tokens, width)."""
    normed, norm_cache = layers.rms_norm(x, layer.mlp_norm, eps)
    inner, cache = layers.swiglu(linear(normed, layer.gate_up))  # (tokens, inner); nano: 192 -> 2 * 512 -> 512
    return linear(inner, layer.down), (normed, norm_cache, cache, inner)


def mlp_block_grad(dy: Array, layer: Layer, grad: Layer, cache: tuple[Any, ...]) -> Array:
    """Gradient of `mlp_block`: returns dx, writes the layer's weight gradients into `grad`."""
    normed, norm_cache, swiglu_cache, inner = cache
    dgate_up = layers.swiglu_grad(linear_grad(dy, inner, layer.down, grad.down), swiglu_cache)  # (tokens, 2 * inner)
    dnormed = linear_grad(dgate_up, normed, layer.gate_up, grad.gate_up)
    return layers.rms_norm_grad(dnormed, layer.mlp_norm, norm_cache, grad.mlp_norm)


def run_layer(x: Array, layer: Layer, block: Block, eps: float) -> tuple[Array, tuple[Any, ...]]:
    """One layer: (tokens, width) -> (tokens, width), and the cache for `run_layer_grad`."""
    added, attention_cache = attention_block(x, layer, block, eps)
    x = x + added  # a new array: the cache still needs the old one
    added, mlp_cache = mlp_block(x, layer, eps)
    return x + added, (attention_cache, mlp_cache)


def run_layer_grad(dx: Array, layer: Layer, grad: Layer, block: Block, cache: tuple[Any, ...]) -> Array:
    """Gradient of `run_layer`: changes dx in place and returns it."""
    attention_cache, mlp_cache = cache
    # x + added: the gradient goes both ways, unchanged along the stream and through the part that was added.
    dx += mlp_block_grad(dx, layer, grad, mlp_cache)
    dx += attention_block_grad(dx, layer, grad, block, attention_cache)
    return dx


def forward(
    params: Weights, batch: Batch, *, keep: str = "nothing", dropped: Array | None = None
) -> tuple[Array, Block, list[Any]]:
    """Run the layers; tokens where `dropped` (tokens,) is True come in as a vector of zeros.

    `keep` says what to keep of each layer for the way back: "nothing"; "all" that its gradient needs, which is where the memory
    of training goes; or its "inputs" alone, from which the rest is computed a second time then (Chen et al. 2016).

    Returns
    -------
    x : (tokens, width) before the last norm
    block : where the tokens stand
    kept : one entry a layer (empty if nothing is kept)
    """
    # SmolLM2 with 8 examples of 40 tokens: "all" keeps some 400 MB for a step that takes 1.3 s, "inputs" 22 MB for 1.7 s.
    eps = params.config.rms_norm_eps
    block = Block(params, batch)
    kept: list[Any] = []
    x = params.embed[batch.ids]  # look up each token's vector: (tokens, width)
    if dropped is not None:
        x[dropped] = 0
    for layer in params.layers:
        before = x
        x, cache = run_layer(x, layer, block, eps)
        if keep != "nothing":
            kept.append(cache if keep == "all" else before)
    return x, block, kept


def loss_of(params: Weights, batch: Batch, total: float | None = None) -> tuple[float, int]:
    """Loss over the batch's trained tokens, and how many of them were predicted right.

    The sum of losses is divided by `total`, by default the batch's own weight, which makes it a mean; a batch that is a part of
    something larger is divided by the weight of the whole.
    """
    x, _, _ = forward(params, batch)
    last, _ = layers.rms_norm(x[batch.predicts], params.norm, params.config.rms_norm_eps)
    share = batch.weights / (total or batch.weights.sum())
    loss, n_correct, _ = layers.cross_entropy(linear(last, params.head), batch.targets, share)
    return loss, n_correct


def logits_of(params: Weights, batch: Batch) -> Array:
    """Logits for every token of the batch, (tokens, vocabulary)."""
    x, _, _ = forward(params, batch)
    return linear(layers.rms_norm(x, params.norm, params.config.rms_norm_eps)[0], params.head)


def loss_and_gradients(
    params: Weights,
    batch: Batch,
    grads: Weights,
    total: float | None = None,
    *,
    keep: str = "all",
    dropped: Array | None = None,
) -> tuple[float, int]:
    """As `loss_of`, and writes the gradient of the loss into `grads` (every entry, nothing is added up across calls).

    `keep` is "all" or "inputs", as in `forward`; the result is the same to the last bit.
    """
    activations = forward(params, batch, keep=keep, dropped=dropped)
    # Logits only where a token is trained on. The output matrix is a quarter of the work, and of a question with 30 tokens
    # and an answer of 10 only the 10 count.
    last, norm_cache = layers.rms_norm(activations[0][batch.predicts], params.norm, params.config.rms_norm_eps)
    share = batch.weights / (total or batch.weights.sum())
    loss, n_correct, dlogits = layers.cross_entropy(linear(last, params.head), batch.targets, share)
    backward(params, batch, grads, activations, dlogits, last, norm_cache, keep=keep, dropped=dropped)
    return loss, n_correct


def log_probs(params: Weights, batch: Batch) -> tuple[Array, Array]:
    """Log-probability of every trained token, (positions,) in nats, and which of them were predicted right."""
    x, _, _ = forward(params, batch)
    last, _ = layers.rms_norm(x[batch.predicts], params.norm, params.config.rms_norm_eps)
    return layers.log_probs(linear(last, params.head), batch.targets)


def log_probs_and_gradients(
    params: Weights, batch: Batch, grads: Weights, slope: Callable[[Array], Array], *, keep: str = "all"
) -> tuple[Array, Array]:
    """As `log_probs`, and writes into `grads` the gradient of a loss that may be any function of these log-probabilities.

    `slope` is its derivative: from the log-probabilities (positions,) to how much the loss changes with each of them
    (positions,). `keep` is as in `loss_and_gradients`.
    """
    activations = forward(params, batch, keep=keep)
    last, norm_cache = layers.rms_norm(activations[0][batch.predicts], params.norm, params.config.rms_norm_eps)
    logits = linear(last, params.head)
    found, correct = layers.log_probs(logits, batch.targets)
    dlogits = layers.log_probs_grad(slope(found), logits, batch.targets)
    backward(params, batch, grads, activations, dlogits, last, norm_cache, keep=keep)
    return found, correct


def backward(
    params: Weights,
    batch: Batch,
    grads: Weights,
    activations: tuple[Array, Block, list[Any]],
    dlogits: Array,
    last: Array,
    norm_cache: tuple[Array, Array],
    *,
    keep: str = "all",
    dropped: Array | None = None,
) -> None:
    """Carry the gradient by the logits, (positions, vocabulary), back to every weight; `activations` come from `forward`."""
    x, block, kept = activations
    # logits = last @ head.T
    dlast = linear_grad(dlogits, last, params.head, grads.head)
    dx = np.zeros_like(x)  # tokens that predict nothing start with no gradient of their own
    dx[batch.predicts] = layers.rms_norm_grad(dlast, params.norm, norm_cache, grads.norm)
    # From the last layer to the first: what a layer did to x on the way forward, its gradient undoes on the way back.
    for layer, grad in zip(reversed(params.layers), reversed(grads.layers), strict=True):
        cache = kept.pop()  # it is needed once: its memory is free for the layers before
        if keep == "inputs":
            _, cache = run_layer(cache, layer, block, params.config.rms_norm_eps)
        dx = run_layer_grad(dx, layer, grad, block, cache)
    if grads.embed is None:
        return
    if dropped is not None:
        dx[dropped] = 0  # these came in as zeros, whatever their embedding was
    if grads.embed is not grads.head:
        grads.embed[:] = 0
    add_rows(grads.embed, batch.ids, dx)  # tied, the embedding is used twice: as output matrix above, as input here


def add_rows(to: Array, ids: Array, rows: Array) -> None:
    """`to[ids] += rows` where an id may come several times, summed in a fixed order."""
    # NumPy's `to[ids] += rows` would keep only one of several rows with the same id. Sorted by id, the rows of one token
    # stand together and `reduceat` adds up each stretch: ids [7, 3, 7] become stretches [3], [7, 7].
    order = np.argsort(ids, kind="stable")
    unique, first = np.unique(ids[order], return_index=True)
    to[unique] += np.add.reduceat(rows[order], first, axis=0)
