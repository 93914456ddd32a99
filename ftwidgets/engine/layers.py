"""The parts of a Llama, each as a pair: `part` computes, `part_grad` carries the loss's gradient back through it.

Tokens of all examples stand side by side, (tokens, width): most of the network treats each token alone. Only attention needs
to know which tokens belong together; it works on a padded block, (examples, time, ...).
Sources: RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), grouped-query attention (Ainslie et al. 2023),
SwiGLU (Shazeer 2020), put together as in Llama (Touvron et al. 2023).
Left out: dropout, biases, attention windows, several devices.
"""

import numpy as np

Array = np.ndarray


def rms_norm(x: Array, gain: Array, eps: float) -> tuple[Array, tuple[Array, Array]]:
    """Scale each token's vector to length sqrt(width), then by a learned gain.

    Parameters
    ----------
    x : (tokens, width)
    gain : (width,)
    eps : added under the root, so that a zero vector does not divide by zero

    Returns
    -------
    y : (tokens, width), and what `rms_norm_grad` needs
    """
    scale = 1 / np.sqrt(np.einsum("nd,nd->n", x, x) / x.shape[1] + eps)  # (tokens,)
    normed = x * scale[:, None].astype(x.dtype)
    return normed * gain, (normed, scale.astype(x.dtype))


def rms_norm_grad(dy: Array, gain: Array, kept: tuple[Array, Array], dgain: Array) -> Array:
    """Gradient of `rms_norm`: returns dx (tokens, width), writes dgain (width,)."""
    normed, scale = kept
    np.einsum("nd,nd->d", dy, normed, out=dgain)
    dx: Array = dy * gain
    along = np.einsum("nd,nd->n", dx, normed) / dx.shape[1]  # the part that would only change the length
    dx -= normed * along[:, None].astype(dx.dtype)
    dx *= scale[:, None]
    return dx


def rotary_table(head_dim: int, length: int, theta: float, dtype: type = np.float32) -> tuple[Array, Array]:
    """Cosines and sines of every position's rotation, each (length, head_dim / 2)."""
    frequency = theta ** (-np.arange(0, head_dim, 2) / head_dim)
    angle = np.outer(np.arange(length), frequency)
    return np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)


def rotate(x: Array, cos: Array, sin: Array) -> Array:
    """Turn each pair (i, i + head_dim / 2) by its position's angle: that is how attention knows who stands where.

    Parameters
    ----------
    x : (tokens, heads, head_dim)
    cos, sin : (tokens, head_dim / 2)

    Returns
    -------
    (tokens, heads, head_dim)
    """
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    c, s = cos[:, None], sin[:, None]
    out = np.empty_like(x)
    np.subtract(a * c, b * s, out=out[..., :half])
    np.add(b * c, a * s, out=out[..., half:])
    return out


def rotate_grad(dy: Array, cos: Array, sin: Array) -> Array:
    """Gradient of `rotate`: a rotation's transpose is the rotation back."""
    return rotate(dy, cos, -sin)


def attention(q: Array, k: Array, v: Array, hidden: Array) -> tuple[Array, tuple[Array, ...]]:
    """Each token gathers from itself and the tokens before it.

    The query heads that share a key head are stacked along time, so that one product serves them all.

    Parameters
    ----------
    q : (examples, kv_heads, groups, time, head_dim)
    k, v : (examples, kv_heads, time, head_dim)
    hidden : (time, time), True where the second may not be seen by the first (it comes later)

    Returns
    -------
    (examples, kv_heads, groups, time, head_dim), and what `attention_grad` needs
    """
    B, K, G, T, D = q.shape
    scores = q.reshape(B, K, G * T, D) @ k.mT  # (examples, kv_heads, groups * time, time)
    scores *= D**-0.5
    np.copyto(scores.reshape(B, K, G, T, T), -np.inf, where=hidden)
    softmax(scores)
    out = scores @ v  # (examples, kv_heads, groups * time, head_dim)
    return out.reshape(q.shape), (q, k, v, scores, out)


def attention_grad(dout: Array, kept: tuple[Array, ...]) -> tuple[Array, Array, Array]:
    """Gradient of `attention`: dq, dk and dv in the shapes of q, k and v."""
    q, k, v, weights, out = kept
    B, K, G, T, D = q.shape
    dout = dout.reshape(B, K, G * T, D)
    dv = weights.mT @ dout
    dscores = dout @ v.mT  # (examples, kv_heads, groups * time, time)
    # Through the softmax: weights * (d - sum(weights * d)); that sum is also dout . out (Dao et al. 2022, section B.2).
    dscores -= np.einsum("bktd,bktd->bkt", dout, out)[..., None]
    dscores *= weights
    dscores *= D**-0.5
    dq = dscores @ k
    dk = dscores.mT @ q.reshape(B, K, G * T, D)
    return dq.reshape(q.shape), dk, dv


def softmax(x: Array) -> Array:
    """Turn scores into shares of one along the last axis, in place."""
    x -= x.max(axis=-1, keepdims=True)  # the largest becomes 0, so that exp cannot overflow
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x


def swiglu(gate_up: Array) -> tuple[Array, tuple[Array, Array, Array]]:
    """silu(gate) * up, where silu(x) = x * sigmoid(x).

    Parameters
    ----------
    gate_up : (tokens, 2 * inner)

    Returns
    -------
    (tokens, inner), and what `swiglu_grad` needs
    """
    inner = gate_up.shape[1] // 2
    gate, up = gate_up[:, :inner], gate_up[:, inner:]
    sigmoid = np.exp(-np.maximum(gate, -60))  # below -60 a float32 sigmoid is 0 anyway, and exp would overflow
    sigmoid += 1
    np.reciprocal(sigmoid, out=sigmoid)
    silu = gate * sigmoid
    return silu * up, (gate_up, sigmoid, silu)


def swiglu_grad(dy: Array, kept: tuple[Array, Array, Array]) -> Array:
    """Gradient of `swiglu`: (tokens, 2 * inner)."""
    gate_up, sigmoid, silu = kept
    inner = dy.shape[1]
    out = np.empty_like(gate_up)
    dgate, dup = out[:, :inner], out[:, inner:]
    np.multiply(dy, silu, out=dup)
    # silu' = sigmoid + silu * (1 - sigmoid)
    np.subtract(1, sigmoid, out=dgate)
    dgate *= silu
    dgate += sigmoid
    dgate *= gate_up[:, inner:]
    dgate *= dy
    return out


def cross_entropy(logits: Array, target: Array, share: Array) -> tuple[float, int, Array]:
    """Surprise at the right next tokens, and its gradient.

    Parameters
    ----------
    logits : (positions, vocabulary); overwritten with the gradient
    target : (positions,) the token that really came next
    share : (positions,) how much each position counts; shares that add up to 1 make the loss a mean

    Returns
    -------
    loss : the sum of share * -log p(target), in nats
    hits : how many positions had the target as their likeliest token
    dlogits : (positions, vocabulary)
    """
    rows = np.arange(len(target))
    hits = int(np.count_nonzero(logits.argmax(axis=1) == target))
    softmax(logits)
    tiny = np.finfo(logits.dtype).tiny
    loss = -float(share @ np.log(np.maximum(logits[rows, target], tiny)))
    logits[rows, target] -= 1
    logits *= share[:, None].astype(logits.dtype)
    return loss, hits, logits


def log_likelihood(logits: Array, target: Array) -> tuple[Array, Array]:
    """Log-probability of each next token that came, however small.

    Parameters
    ----------
    logits : (positions, vocabulary); overwritten with the probabilities
    target : (positions,) the token that really came next

    Returns
    -------
    found : (positions,) log p(target), in nats
    right : (positions,) whether the target was the likeliest token
    """
    right = logits.argmax(axis=1) == target
    logits -= logits.max(axis=1, keepdims=True)
    found = logits[np.arange(len(target)), target]
    np.exp(logits, out=logits)
    total = logits.sum(axis=1)
    logits /= total[:, None]
    return found - np.log(total), right


def log_likelihood_grad(slope: Array, probabilities: Array, target: Array) -> Array:
    """Gradient of `log_likelihood` by the logits, (positions, vocabulary): slope * (1 at the target - probabilities).

    Parameters
    ----------
    slope : (positions,) of the loss, by each log-probability
    probabilities : (positions, vocabulary) that `log_likelihood` left; overwritten with the gradient
    target : (positions,)
    """
    slope = slope.astype(probabilities.dtype)
    probabilities *= -slope[:, None]
    probabilities[np.arange(len(target)), target] += slope
    return probabilities
