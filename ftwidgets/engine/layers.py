"""The parts of a Llama, each as a pair: `part` computes, `part_grad` carries the gradient of the loss back through it.

Forward: numbers flow from the tokens to the loss. Backward: for every number we ask "if this were a little larger, by how much
would the loss change?" That is its gradient. `part_grad` gets the gradient of what the part returned (named `dy`, `dout`) and
returns the gradient of what the part was given (`dx`), by the chain rule.

Tokens of all examples stand side by side, (tokens, width): most of the network treats each token alone. Only attention needs
to know which tokens belong together; it works on a padded block, (examples, time, ...).

Sources: RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), grouped-query attention (Ainslie et al. 2023),
SwiGLU (Shazeer 2020), put together as in Llama (Touvron et al. 2023). Left out: dropout, biases, attention windows.
"""

import numpy as np

Array = np.ndarray

# ---------------------------------------------------------------------------
# RMSNorm. Example with width 2 and gain 1: [3, 4] has a mean square of (9 + 16) / 2 = 12.5, so it is divided by 3.54 and
# becomes [0.85, 1.13]. Every vector leaves with a mean square of 1, whatever its length was: [30, 40] gives the same.


def rms_norm(x: Array, gain: Array, eps: float) -> tuple[Array, tuple[Array, Array]]:
    """Scale each token's vector, (tokens, width), to a mean square of 1, then by a learned gain, (width,).

    `eps` under the root keeps a zero vector from dividing by zero. Also returns the cache for `rms_norm_grad`.
    """
    # einsum "nd,nd->n" is the dot product of each row with itself: the sum of its squares, without a temporary x * x.
    scale = 1 / np.sqrt(np.einsum("nd,nd->n", x, x) / x.shape[1] + eps)  # (tokens,)
    normed = x * scale[:, None].astype(x.dtype)  # (tokens, width)
    return normed * gain, (normed, scale.astype(x.dtype))


def rms_norm_grad(dy: Array, gain: Array, cache: tuple[Array, Array], dgain: Array | None) -> Array:
    """Gradient of `rms_norm`: returns dx (tokens, width), writes dgain (width,) unless it is None: the gain is frozen."""
    normed, scale = cache
    # y = normed * gain, so each gain collects dy * normed over all tokens.
    if dgain is not None:
        np.einsum("nd,nd->d", dy, normed, out=dgain)
    dx: Array = dy * gain  # now the gradient of `normed`
    # Making x longer does not change `normed`. So the part of dx that points along x has no effect: take it out.
    along = np.einsum("nd,nd->n", dx, normed) / dx.shape[1]  # (tokens,)
    dx -= normed * along[:, None].astype(dx.dtype)
    # What is left was scaled on the way forward, and is scaled by the same number on the way back.
    dx *= scale[:, None]
    return dx


# ---------------------------------------------------------------------------
# Rotary positions. Each head's vector is read as pairs of numbers, and each pair is turned like the hand of a clock: pair 0
# by 1 radian a position, later pairs ever slower. At position 3 pair 0 is turned by 3 radians, at position 5 by 5. In a dot
# product only the difference of two angles remains (2 radians), so attention sees how far apart two tokens are.


def rotary_table(head_dim: int, length: int, theta: float, dtype: type = np.float32) -> tuple[Array, Array]:
    """Cosines and sines of every position's rotation, each (length, head_dim / 2)."""
    # head_dim 4, theta 10000: frequencies [1, 0.01], so pair 0 turns once in 6 positions, pair 1 once in 628.
    frequency = theta ** (-np.arange(0, head_dim, 2) / head_dim)  # (head_dim / 2,)
    angle = np.outer(np.arange(length), frequency)  # (length, head_dim / 2)
    return np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)


def rotate(x: Array, cos: Array, sin: Array) -> Array:
    """Turn each pair of numbers (i, i + head_dim / 2) of x, (tokens, heads, head_dim), by the angle of its token's position.

    `cos` and `sin` of the angles are (tokens, head_dim / 2).
    """
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]  # the two numbers of every pair; Hugging Face's order, not (0, 1), (2, 3), ...
    c, s = cos[:, None], sin[:, None]  # the same angle for all heads: (tokens, 1, head_dim / 2)
    out = np.empty_like(x)
    np.subtract(a * c, b * s, out=out[..., :half])  # a' = a cos - b sin
    np.add(b * c, a * s, out=out[..., half:])  # b' = a sin + b cos
    return out


def rotate_grad(dy: Array, cos: Array, sin: Array) -> Array:
    """Gradient of `rotate`: the transpose of a rotation is the rotation back."""
    return rotate(dy, cos, -sin)


# ---------------------------------------------------------------------------
# Attention. Each token asks with a query, every token before it answers with a key; the better they match, the more of that
# token's value is added up. With scores [2, 1, 0] the shares are softmax = [0.67, 0.24, 0.09].


def attention(q: Array, k: Array, v: Array, hidden: Array) -> tuple[Array, tuple[Array, ...]]:
    """Each token gathers the values of itself and the tokens before it, weighted by how well its query matches their keys.

    Parameters
    ----------
    q : (examples, kv_heads, groups, time, head_dim)
    k, v : (examples, kv_heads, time, head_dim)
    hidden : (time, time), True where the second may not be seen by the first (it comes later)

    Returns
    -------
    (examples, kv_heads, groups, time, head_dim), and the cache for `attention_grad`
    """
    B, K, G, T, D = q.shape
    # Several query heads (G) share one key head. Stacked along time, they need one matrix product instead of G.
    scores = q.reshape(B, K, G * T, D) @ k.mT  # (examples, kv_heads, groups * time, time)
    scores *= D**-0.5  # a dot product of D terms grows like sqrt(D); this keeps the softmax from becoming all or nothing
    # A token must not see what comes after it: -inf becomes a share of exactly 0.
    np.copyto(scores.reshape(B, K, G, T, T), -np.inf, where=hidden)
    softmax(scores)  # each row now adds up to 1
    out = scores @ v  # (examples, kv_heads, groups * time, head_dim)
    return out.reshape(q.shape), (q, k, v, scores, out)


def attention_grad(dout: Array, cache: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    """Gradient of `attention`: dq, dk and dv in the shapes of q, k and v."""
    q, k, v, weights, out = cache
    B, K, G, T, D = q.shape
    dout = dout.reshape(B, K, G * T, D)
    # out = weights @ v: a product passes the gradient to each factor through the other one, transposed.
    dv = weights.mT @ dout  # (examples, kv_heads, time, head_dim)
    dscores = dout @ v.mT  # the gradient of the weights: (examples, kv_heads, groups * time, time)
    # Through the softmax: weights * (d - sum(weights * d)); that sum is also dout . out (Dao et al. 2022, section B.2).
    dscores -= np.einsum("bktd,bktd->bkt", dout, out)[..., None]
    dscores *= weights  # hidden places have weight 0, so no gradient leaks back from the future
    dscores *= D**-0.5
    # scores = q @ k.mT
    dq = dscores @ k  # (examples, kv_heads, groups * time, head_dim)
    dk = dscores.mT @ q.reshape(B, K, G * T, D)  # sums over the groups that share this key head
    return dq.reshape(q.shape), dk, dv


def softmax(x: Array) -> Array:
    """Turn scores into shares that add up to 1 along the last axis, in place."""
    x -= x.max(axis=-1, keepdims=True)  # the largest becomes 0, so that exp cannot overflow; the shares stay the same
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


# ---------------------------------------------------------------------------
# SwiGLU, the small network of each layer: one half of its inputs (gate) decides how much of the other half (up) passes.
# silu(2) = 1.76 lets nearly all through, silu(0) = 0 nothing, silu(-2) = -0.24 a little of the opposite.


def swiglu(gate_up: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """silu(gate) * up, silu(x) = x * sigmoid(x): (tokens, 2 * inner) -> (tokens, inner), and the cache for `swiglu_grad`."""
    inner = gate_up.shape[1] // 2
    gate, up = gate_up[:, :inner], gate_up[:, inner:]
    # sigmoid = 1 / (1 + exp(-gate)), step by step in one array
    sigmoid = np.exp(-np.maximum(gate, -60))  # below -60 a float32 sigmoid is 0 anyway, and exp would overflow
    sigmoid += 1
    np.reciprocal(sigmoid, out=sigmoid)
    silu = gate * sigmoid
    return silu * up, (gate_up, sigmoid, silu)


def swiglu_grad(dy: Array, cache: tuple[Array, Array, Array]) -> Array:
    """Gradient of `swiglu`: (tokens, 2 * inner)."""
    gate_up, sigmoid, silu = cache
    inner = dy.shape[1]
    out = np.empty_like(gate_up)
    dgate, dup = out[:, :inner], out[:, inner:]
    np.multiply(dy, silu, out=dup)  # y = silu * up, by up
    # y by gate is silu' * up, and silu' = sigmoid + silu * (1 - sigmoid)
    np.subtract(1, sigmoid, out=dgate)
    dgate *= silu
    dgate += sigmoid
    dgate *= gate_up[:, inner:]
    dgate *= dy
    return out


# ---------------------------------------------------------------------------
# The loss. If the model gives the right next token a probability of 0.5, the loss is -log 0.5 = 0.69 nats; with 0.9 it is
# 0.11, with 0.01 it is 4.6. A model that guesses among 4,096 tokens has log 4096 = 8.3.


def cross_entropy(logits: Array, target: Array, share: Array) -> tuple[float, int, Array]:
    """Negative log-probability of the right next tokens, and its gradient.

    Parameters
    ----------
    logits : (positions, vocabulary); overwritten with the gradient
    target : (positions,) the token that really came next
    share : (positions,) how much each position counts; shares that add up to 1 make the loss a mean

    Returns
    -------
    loss : the sum of share * -log p(target), in nats
    n_correct : how many positions had the target as their likeliest token
    dlogits : (positions, vocabulary)
    """
    rows = np.arange(len(target))
    n_correct = int(np.count_nonzero(logits.argmax(axis=1) == target))
    softmax(logits)  # from here on `logits` holds probabilities
    tiny = np.finfo(logits.dtype).tiny  # a probability that underflowed to 0 would make the loss infinite
    loss = -float(share @ np.log(np.maximum(logits[rows, target], tiny)))
    # The gradient is strikingly simple: probabilities minus 1 at the right token. With probabilities [0.7, 0.2, 0.1] and
    # token 1 right it is [0.7, -0.8, 0.1]: push token 1 up, the others down, each by how wrong it is.
    logits[rows, target] -= 1
    logits *= share[:, None].astype(logits.dtype)
    return loss, n_correct, logits


def log_probs(logits: Array, target: Array) -> tuple[Array, Array]:
    """Log-probability of each next token that came, however small. Preference tuning needs it token by token.

    Parameters
    ----------
    logits : (positions, vocabulary); overwritten with the probabilities
    target : (positions,) the token that really came next

    Returns
    -------
    found : (positions,) log p(target), in nats
    correct : (positions,) whether the target was the likeliest token
    """
    correct = logits.argmax(axis=1) == target
    logits -= logits.max(axis=1, keepdims=True)
    found = logits[np.arange(len(target)), target]  # a copy, taken before exp: log p = logit - log(sum of exp)
    np.exp(logits, out=logits)
    total = logits.sum(axis=1)
    logits /= total[:, None]
    return found - np.log(total), correct


def log_probs_grad(slope: Array, probabilities: Array, target: Array) -> Array:
    """Gradient of `log_probs` by the logits, (positions, vocabulary): slope * (1 at the target - probabilities).

    `slope`, (positions,), is how the loss changes with each log-probability; `probabilities` are those that `log_probs` left,
    and are overwritten with the gradient; `target` is (positions,).
    """
    slope = slope.astype(probabilities.dtype)
    probabilities *= -slope[:, None]
    probabilities[np.arange(len(target)), target] += slope
    return probabilities
