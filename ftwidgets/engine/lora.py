r"""LoRA (Hu et al. 2021): the model stays as it is, and each of its matrices gets a small trained addition, an adapter.

Fine-tuning changes a matrix W by some difference D. LoRA assumes that D is simple, and writes it as a product of two thin
matrices: D = scale * B @ A, where A has `rank` rows and B has `rank` columns.

                 x  (tokens, inputs)
               /   \
         W frozen    A   (rank, inputs)      trained: from many numbers to a few ...
        (outputs,     \
          inputs)      B   (outputs, rank)   trained: ... and back to many; starts as zeros
               \      /
          y = x @ W.T + scale * (x @ A.T) @ B.T

For the largest matrices of SmolLM2, with 1,536 x 576 = 884,736 weights, and rank 16 these are 16 * (576 + 1,536) = 33,792.
Only those have gradients, an optimizer's sums, and a place in the file of a tuned model: 10 MB instead of 270.

B starts as zeros, so the first step begins with the very model that was given. `scale` is alpha / rank: a larger rank does not
also mean larger steps. Names, start values and scale are those of the package PEFT.
Left out: adapters for the embedding, other scales (rank-stabilised), decomposed weights (DoRA), dropout of its own for each of
the matrices that read the same input.
"""

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ftwidgets.engine.params import Array, Layer, Matrix, Params, Weights

# The idea with numbers. Let W be 2 x 3, rank 1, scale 2, A = [1, 0, -1] and B = [0.1, 0.2]. Then D = 2 * B @ A is
#     [[0.2, 0, -0.2],
#      [0.4, 0, -0.4]]
# Five trained numbers in place of six: no gain at this size. At 1,536 x 576 it is one in twenty-six.
# Nobody ever builds D while training: x goes through A, which leaves `rank` numbers a token, and those go through B.

# Which matrices of Hugging Face's a fused one consists of; every one has an A and a B of its own, as in PEFT.
PARTS = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "out": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}


@dataclass(frozen=True)
class LoraSettings:
    """What a job lets one set about its adapter."""

    rank: int = 16  # the more, the more can be learned, and the more is stored
    alpha: float = 32  # the adapter counts alpha / rank times
    dropout: float = 0.0  # share of the numbers into A that a training step does not see


@dataclass(frozen=True)
class Adapter:
    """A and B of a fused matrix, as windows on the trained weights; or their gradients."""

    a: Array  # (parts * rank, inputs): the A of all parts, one below the other, since they read the same input
    b: tuple[Array, ...]  # of each part, (outputs of the part, rank)


@dataclass(frozen=True)
class Dropout:
    """What an adapter does not see in one training step (Srivastava et al. 2014), so that it relies on no single number."""

    share: float
    seed: tuple[int, ...]

    def mask(self, x: Array) -> Array:
        """What to multiply the adapter's input with: zeros, and elsewhere 1 / (1 - share), which keeps the sums as large."""
        # share 0.25: [4, 8, 2, 6] times [4/3, 0, 4/3, 4/3] is [5.3, 0, 2.7, 8]: 16 in place of 20 here, 20 on average.
        # A function of the seed: the way back asks for the same zeros again, and so does a run that was restored.
        kept = np.random.default_rng(self.seed).random(x.shape, np.float32) >= self.share
        return np.asarray(kept * x.dtype.type(1 / (1 - self.share)))


class AdaptedMatrix:
    """A frozen matrix, (outputs, inputs), with an adapter; in a training step, perhaps with dropout in front of A."""

    def __init__(self, frozen: Matrix, adapter: Adapter, scale: float, dropout: Dropout | None = None) -> None:
        self.frozen = frozen
        self.adapter = adapter
        self.scale = scale
        self.dropout = dropout

    def product(self, x: Array) -> Array:
        """Return x @ (W + scale * B @ A).T: (tokens, inputs) -> (tokens, outputs)."""
        y: Array = x @ self.frozen.T  # nearly all of the work
        # SmolLM2, queries, keys and values: 576 inputs, 3 * 16 numbers in between, 576 + 192 + 192 outputs.
        seen = x if self.dropout is None else x * self.dropout.mask(x)  # W itself always sees all of x
        h = seen @ self.adapter.a.T  # (tokens, parts * rank)
        h *= self.scale
        at = 0
        for i, b in enumerate(self.adapter.b):  # q, k and v stand side by side in y, each with its own B
            rank = b.shape[1]
            y[:, at : at + len(b)] += h[:, i * rank : (i + 1) * rank] @ b.T
            at += len(b)
        return y

    def gradient(self, dy: Array, x: Array, grad: Adapter) -> Array:
        """Gradient of `product`: returns dx, writes the gradients of A and B into `grad`."""
        mask = None if self.dropout is None else self.dropout.mask(x)
        seen = x if mask is None else x * mask
        h = seen @ self.adapter.a.T  # once more, rather than kept: it costs a hundredth of the product with W
        dh = np.empty_like(h)
        at = 0
        for i, (b, db) in enumerate(zip(self.adapter.b, grad.b, strict=True)):
            rank = b.shape[1]
            mine, rows = slice(i * rank, (i + 1) * rank), slice(at, at + len(b))
            # y = scale * h @ B.T, so dB = scale * dy.T @ h and dh = scale * dy @ B
            np.matmul(dy[:, rows].T, h[:, mine], out=db)
            np.matmul(dy[:, rows], b, out=dh[:, mine])
            db *= self.scale
            at += len(b)
        dh *= self.scale
        np.matmul(dh.T, seen, out=grad.a)  # h = seen @ A.T
        # Two ways lead from y back to x: through W, and through B and A.
        dx: Array = dy @ self.frozen  # W passes the gradient on, and has none of its own
        dseen = dh @ self.adapter.a
        dx += dseen if mask is None else dseen * mask
        return dx


class LoraParams(Weights):
    """A model's frozen weights with adapters on all matrices of all layers; `flat` holds the adapters' weights alone.

    Parameters
    ----------
    base
        The weights that stay as they are; they are shared, not copied.
    settings
        Rank and alpha; dropout is left to `with_dropout`.
    flat
        The adapters' weights, (trained weights,); zeros if left out.
    """

    def __init__(self, base: Weights, settings: LoraSettings, flat: Array | None = None) -> None:
        self.base = base
        self.config = base.config
        self.settings = settings
        self.embed, self.head, self.norm = base.embed, base.head, base.norm
        dtype = np.float32 if base.norm is None else base.norm.dtype
        self.flat = np.zeros(n_adapter_weights(base, settings), dtype) if flat is None else flat
        self.n_matrix_weights = len(self.flat)  # no gains among them: weight decay applies to all
        # All adapters lie in one flat array, as the weights of a whole model do (`params`), so the optimizer, clipping and
        # checkpoints are the same code for both. Of each fused matrix: the A of its parts, then their B, layer after layer.
        # SmolLM2's q, k and v at rank 16: one A, (48, 576), a third for each, and three B: (576, 16), (192, 16), (192, 16).
        scale = settings.alpha / settings.rank
        self.adapters: list[dict[str, Adapter]] = []
        self.named: dict[str, Array] = {}  # by PEFT's names
        self.layers: list[Layer] = []
        rank, at = settings.rank, 0
        for i, layer in enumerate(base.layers):
            adapters: dict[str, Adapter] = {}
            for name, (inputs, outputs) in part_sizes(base).items():
                a = self.flat[at : at + len(outputs) * rank * inputs].reshape(-1, inputs)
                at += a.size
                b: list[Array] = []
                for j, (part, n) in enumerate(zip(PARTS[name], outputs, strict=True)):
                    b.append(self.flat[at : at + n * rank].reshape(n, rank))
                    at += n * rank
                    self.named[f"model.layers.{i}.{part}.lora_A.weight"] = a[j * rank : (j + 1) * rank]
                    self.named[f"model.layers.{i}.{part}.lora_B.weight"] = b[j]
                adapters[name] = Adapter(a, tuple(b))
            self.adapters.append(adapters)
            matrices = {name: AdaptedMatrix(getattr(layer, name), adapter, scale) for name, adapter in adapters.items()}
            self.layers.append(replace(layer, **matrices))

    def copy(self) -> "LoraParams":
        """The same base, with adapters of its own."""
        return LoraParams(self.base, self.settings, self.flat.copy())

    def gradients(self) -> "LoraParams":
        """Zeros in the shape of the adapters; in its layers, what is frozen is None."""
        grads = LoraParams(self.base, self.settings)
        nothing = {"input_norm": None, "mlp_norm": None, "qkv_bias": None}
        grads.layers = [
            replace(layer, **nothing, **adapters) for layer, adapters in zip(grads.layers, grads.adapters, strict=True)
        ]
        grads.embed = grads.head = grads.norm = None
        return grads

    def widened(self) -> Params:
        """The same model in one set of weights: each matrix is W + scale * B @ A, and nothing is left of the adapter."""
        # Once trained, the adapter can be added for good: an ordinary model, as fast as before, without its small file.
        params = self.base.widened()
        scale = self.settings.alpha / self.settings.rank
        for name, weight in params.named.items():
            a = self.named.get(name.replace(".weight", ".lora_A.weight"))
            if a is not None:
                weight += scale * (self.named[name.replace(".weight", ".lora_B.weight")] @ a)
        return params

    def digest(self) -> bytes:
        """SHA-256 of all weights, the base's and the adapters'."""
        return hashlib.sha256(self.base.digest() + self.flat.tobytes()).digest()


def part_sizes(base: Weights) -> dict[str, tuple[int, tuple[int, ...]]]:
    """Of each fused matrix the number of inputs, and of outputs of each part."""
    c = base.config
    q, kv, inner = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim, c.intermediate_size
    return {
        "qkv": (c.hidden_size, (q, kv, kv)),
        "out": (q, (c.hidden_size,)),
        "gate_up": (c.hidden_size, (inner, inner)),
        "down": (inner, (c.hidden_size,)),
    }


def n_adapter_weights(base: Weights, settings: LoraSettings) -> int:
    """How many weights the adapters of a model have."""
    per_layer = sum(settings.rank * (inputs * len(outputs) + sum(outputs)) for inputs, outputs in part_sizes(base).values())
    return per_layer * base.config.num_hidden_layers


def new_adapters(base: Weights, settings: LoraSettings, seed: int) -> LoraParams:
    """Adapters that change nothing yet: A uniform within 1 / sqrt(inputs), as in PEFT, and B zeros."""
    # If both were zeros, neither would have a gradient: each one's is a product with the other.
    rng = np.random.default_rng(seed)
    params = LoraParams(base, settings)
    for name, weight in params.named.items():
        if "lora_A" in name:
            weight[:] = rng.uniform(-1, 1, weight.shape) / np.sqrt(weight.shape[1])
    return params


def with_dropout(params: Weights, seed: Sequence[int]) -> Weights:
    """The same weights as one training step sees them: adapters with the dropout of their settings, if they have one."""
    if not isinstance(params, LoraParams) or not params.settings.dropout:
        return params
    seen = copy.copy(params)  # shares all arrays; only how they are multiplied with differs
    seen.layers = []
    for i, layer in enumerate(params.layers):
        matrices = {}
        for j, name in enumerate(PARTS):  # other zeros for every matrix
            matrix: AdaptedMatrix = getattr(layer, name)
            dropout = Dropout(params.settings.dropout, (*seed, i, j))
            matrices[name] = AdaptedMatrix(matrix.frozen, matrix.adapter, matrix.scale, dropout)
        seen.layers.append(replace(layer, **matrices))
    return seen


def linear(x: Array, weight: Matrix) -> Array:
    """Return x @ W.T, (tokens, inputs) -> (tokens, outputs), of a matrix that is trained, frozen, or frozen with an adapter."""
    return weight.product(x) if isinstance(weight, AdaptedMatrix) else np.asarray(x @ weight.T)


def linear_grad(dy: Array, x: Array, weight: Matrix, grad: Matrix) -> Array:
    """Gradient of `linear`: returns dx, writes what is trained of the gradient into `grad` (None: nothing is)."""
    if isinstance(weight, AdaptedMatrix):
        return weight.gradient(dy, x, grad)
    # y = x @ W.T has two gradients: dW = dy.T @ x, summed over all tokens, and dx = dy @ W.
    if grad is not None:
        np.matmul(dy.T, x, out=grad)
    return np.asarray(dy @ weight)
