"""A Llama small enough to train on a laptop: tokens in, loss and gradients out.

Each layer adds two things to a running vector per token: what attention gathered from earlier tokens, and what a small
network (SwiGLU) made of it. `forward` keeps what `loss_and_gradients` needs on the way back.
Left out: dropout, biases, mixed precision, several devices.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ftwidgets.engine import layers
from ftwidgets.engine.batches import Batch
from ftwidgets.engine.params import Layer, Params

Array = np.ndarray


class Block:
    """Where the tokens of a batch stand: moves (tokens, ...) to and from the padded block that attention needs."""

    def __init__(self, params: Params, batch: Batch) -> None:
        c = params.config
        self.row, self.column, self.shape = batch.row, batch.column, batch.shape
        cos, sin = layers.rotary_table(c.head_dim, batch.shape[1], c.rope_theta, params.flat.dtype.type)
        self.cos, self.sin = cos[batch.column], sin[batch.column]  # (tokens, head_dim / 2)
        self.hidden = np.triu(np.ones((batch.shape[1], batch.shape[1]), bool), 1)  # (time, time)
        self.kv_heads, self.groups = c.num_key_value_heads, c.num_attention_heads // c.num_key_value_heads

    def pad(self, x: Array) -> Array:
        """(tokens, heads, head_dim) -> (examples, heads, time, head_dim), zeros where an example has ended."""
        full = len(x) == self.shape[0] * self.shape[1]
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
    n_kv, n_q = block.kv_heads, block.kv_heads * block.groups
    normed, norm_kept = layers.rms_norm(x, layer.input_norm, eps)
    qkv = (normed @ layer.qkv.T).reshape(len(x), n_q + 2 * n_kv, -1)  # (tokens, all heads, head_dim)
    qk = layers.rotate(qkv[:, : n_q + n_kv], block.cos, block.sin)
    q, k, v = block.pad(qk[:, :n_q]), block.pad(qk[:, n_q:]), block.pad(qkv[:, n_q + n_kv :])
    out, kept = layers.attention(block.heads(q), k, v, block.hidden)
    mixed = block.unpad(out.reshape(q.shape)).reshape(len(x), -1)  # (tokens, heads * head_dim)
    return mixed @ layer.out.T, (normed, norm_kept, kept, mixed)


def attention_block_grad(dy: Array, layer: Layer, grad: Layer, block: Block, kept: tuple[Any, ...]) -> Array:
    """Gradient of `attention_block`: returns dx, writes the layer's weight gradients into `grad`."""
    normed, norm_kept, attention_kept, mixed = kept
    n_kv, n_q = block.kv_heads, block.kv_heads * block.groups
    np.matmul(dy.T, mixed, out=grad.out)
    dmixed = (dy @ layer.out).reshape(len(dy), n_q, -1)
    dq, dk, dv = layers.attention_grad(block.heads(block.pad(dmixed)), attention_kept)
    dqkv = np.empty((len(dy), n_q + 2 * n_kv, dmixed.shape[2]), dy.dtype)
    dqkv[:, :n_q] = block.unpad(dq.reshape(dq.shape[0], n_q, *dq.shape[3:]))
    dqkv[:, n_q : n_q + n_kv] = block.unpad(dk)
    dqkv[:, n_q + n_kv :] = block.unpad(dv)
    dqkv[:, : n_q + n_kv] = layers.rotate_grad(dqkv[:, : n_q + n_kv], block.cos, block.sin)
    dqkv = dqkv.reshape(len(dy), -1)
    np.matmul(dqkv.T, normed, out=grad.qkv)
    return layers.rms_norm_grad(dqkv @ layer.qkv, layer.input_norm, norm_kept, grad.input_norm)


def mlp_block(x: Array, layer: Layer, eps: float) -> tuple[Array, tuple[Any, ...]]:
    """What the small network adds to each token: (tokens, width) -> (tokens, width)."""
    normed, norm_kept = layers.rms_norm(x, layer.mlp_norm, eps)
    inner, kept = layers.swiglu(normed @ layer.gate_up.T)  # (tokens, inner)
    return inner @ layer.down.T, (normed, norm_kept, kept, inner)


def mlp_block_grad(dy: Array, layer: Layer, grad: Layer, kept: tuple[Any, ...]) -> Array:
    """Gradient of `mlp_block`: returns dx, writes the layer's weight gradients into `grad`."""
    normed, norm_kept, swiglu_kept, inner = kept
    np.matmul(dy.T, inner, out=grad.down)
    dgate_up = layers.swiglu_grad(dy @ layer.down, swiglu_kept)  # (tokens, 2 * inner)
    np.matmul(dgate_up.T, normed, out=grad.gate_up)
    return layers.rms_norm_grad(dgate_up @ layer.gate_up, layer.mlp_norm, norm_kept, grad.mlp_norm)


def forward(
    params: Params, batch: Batch, *, keep: bool = False, hide: Array | None = None
) -> tuple[Array, Block, list[tuple[Any, ...]]]:
    """Run the layers; tokens where `hide` (tokens,) is True come in as a vector of zeros.

    Returns
    -------
    x : (tokens, width) before the last norm
    block : where the tokens stand
    kept : per layer, what the way back needs (empty unless `keep`)
    """
    eps = params.config.rms_norm_eps
    block = Block(params, batch)
    kept: list[tuple[Any, ...]] = []
    x = params.embed[batch.ids]
    if hide is not None:
        x[hide] = 0
    for layer in params.layers:
        added, attention_kept = attention_block(x, layer, block, eps)
        x = x + added
        added, mlp_kept = mlp_block(x, layer, eps)
        x = x + added
        if keep:
            kept.append((attention_kept, mlp_kept))
    return x, block, kept


def loss_of(params: Params, batch: Batch, total: float | None = None) -> tuple[float, int]:
    """Loss over the batch's trained tokens, and how many of them were predicted right.

    Parameters
    ----------
    params, batch
        The model and what it reads.
    total
        What the sum of losses is divided by: the batch's own weight, which makes it a mean, unless the batch is a part of
        something larger.
    """
    x, _, _ = forward(params, batch)
    last, _ = layers.rms_norm(x[batch.predicts], params.norm, params.config.rms_norm_eps)
    share = batch.weights / (total or batch.weights.sum())
    loss, hits, _ = layers.cross_entropy(last @ params.embed.T, batch.targets, share)
    return loss, hits


def logits_of(params: Params, batch: Batch) -> Array:
    """Logits for every token of the batch, (tokens, vocabulary)."""
    x, _, _ = forward(params, batch)
    logits: Array = layers.rms_norm(x, params.norm, params.config.rms_norm_eps)[0] @ params.embed.T
    return logits


def loss_and_gradients(
    params: Params, batch: Batch, grads: Params, total: float | None = None, hide: Array | None = None
) -> tuple[float, int]:
    """As `loss_of`, and writes the gradient of the loss into `grads` (every entry, nothing is added up across calls)."""
    way = forward(params, batch, keep=True, hide=hide)
    # Logits only where a token is trained on: the output matrix is a quarter of the work.
    last, norm_kept = layers.rms_norm(way[0][batch.predicts], params.norm, params.config.rms_norm_eps)
    share = batch.weights / (total or batch.weights.sum())
    loss, hits, dlogits = layers.cross_entropy(last @ params.embed.T, batch.targets, share)
    backward(params, batch, grads, way, dlogits, last, norm_kept, hide)
    return loss, hits


def likelihood_of(params: Params, batch: Batch) -> tuple[Array, Array]:
    """Log-probability of every trained token, (positions,) in nats, and which of them were predicted right."""
    x, _, _ = forward(params, batch)
    last, _ = layers.rms_norm(x[batch.predicts], params.norm, params.config.rms_norm_eps)
    return layers.log_likelihood(last @ params.embed.T, batch.targets)


def likelihood_and_gradients(
    params: Params, batch: Batch, grads: Params, slope: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """As `likelihood_of`, and writes into `grads` the gradient of a loss that may be any function of these log-probabilities.

    `slope` is its derivative: from the log-probabilities (positions,) to what the loss gains by each of them (positions,).
    """
    way = forward(params, batch, keep=True)
    last, norm_kept = layers.rms_norm(way[0][batch.predicts], params.norm, params.config.rms_norm_eps)
    logits = last @ params.embed.T
    found, right = layers.log_likelihood(logits, batch.targets)
    dlogits = layers.log_likelihood_grad(slope(found), logits, batch.targets)
    backward(params, batch, grads, way, dlogits, last, norm_kept)
    return found, right


def backward(
    params: Params,
    batch: Batch,
    grads: Params,
    way: tuple[Array, Block, list[tuple[Any, ...]]],
    dlogits: Array,
    last: Array,
    norm_kept: tuple[Array, Array],
    hide: Array | None = None,
) -> None:
    """Carry the gradient by the logits, (positions, vocabulary), back to every weight; `way` is what `forward` returned."""
    x, block, kept = way
    np.matmul(dlogits.T, last, out=grads.embed)
    dx = np.zeros_like(x)
    dx[batch.predicts] = layers.rms_norm_grad(dlogits @ params.embed, params.norm, norm_kept, grads.norm)
    for layer, grad, (attention_kept, mlp_kept) in zip(
        reversed(params.layers), reversed(grads.layers), reversed(kept), strict=True
    ):
        dx += mlp_block_grad(dx, layer, grad, mlp_kept)
        dx += attention_block_grad(dx, layer, grad, block, attention_kept)
    if hide is not None:
        dx[hide] = 0
    add_rows(grads.embed, batch.ids, dx)  # the embedding is used twice: as output matrix above, as input here


def add_rows(to: Array, ids: Array, rows: Array) -> None:
    """`to[ids] += rows` where an id may come several times, summed in a fixed order."""
    order = np.argsort(ids, kind="stable")
    unique, first = np.unique(ids[order], return_index=True)
    to[unique] += np.add.reduceat(rows[order], first, axis=0)
