"""Weights that are not trained: kept as bfloat16, mapped from the file, and widened to float32 where they are multiplied with.

A model of 135 million weights takes 540 MB as float32 and 270 MB as bfloat16. As a memory map, these are pages of the file: all
processes on a machine share them, and none is read before it is used. Widening costs a few percent of a training step.
Left out: gradients for these weights, which nobody needs (`lora`).
"""

import hashlib
import threading
from collections.abc import Iterator

import numpy as np

from ftwidgets.engine.config import Config
from ftwidgets.engine.params import Layer, Params, Weights, n_weights, shapes
from ftwidgets.engine.safetensors_file import StoredTensor, widen

Array = np.ndarray

# A bfloat16 has the sign, the 8 bits of exponent and the first 7 bits of a float32: about three digits. Pi becomes 3.140625.
# That is enough for weights that stay as they are. What is trained needs more: a step of 0.001 on a weight of 1 would be lost,
# because the next bfloat16 after 1 is 1.0078.
SLICE = 1 << 20  # weights widened at once: 4 MB as float32

_buffers = threading.local()  # each thread widens into a buffer of its own


class FrozenMatrix:
    """A matrix of bfloat16, (outputs, inputs), that multiplies like an array: `x @ w.T`, `dy @ w`, `w[ids]`.

    It is cut into slices of some thousand rows. Each is widened into the same small buffer and multiplied with, while it is
    still in the processor's cache.
    """

    # Python asks the left side of `x @ w` first, and NumPy would try to make an array of w. With this line it does not, and
    # Python asks the right side: `__rmatmul__`.
    __array_ufunc__ = None

    def __init__(self, bits: Array) -> None:
        self.bits = bits  # (outputs, inputs) uint16
        self.T = _Transposed(self)

    def __getitem__(self, ids: Array) -> Array:
        return widen(self.bits[ids])

    def __rmatmul__(self, dy: Array) -> Array:
        # dy @ w is a sum over the rows of w, so it is put together slice by slice: [a b] @ [[U], [V]] = a @ U + b @ V.
        out = np.zeros((len(dy), self.bits.shape[1]), dy.dtype)
        for rows, part in self.slices():
            out += dy[:, rows] @ part
        return out

    def slices(self) -> Iterator[tuple[slice, Array]]:
        """Give the rows slice by slice, each with its float32 weights, (rows, inputs), good until the next slice."""
        n, width = self.bits.shape
        step = max(1, SLICE // width)  # 576 inputs: 1,820 rows at once; SmolLM2's gate and up, 3,072 rows, take two slices
        buffer: Array | None = getattr(_buffers, "bits", None)
        if buffer is None or buffer.size < step * width:
            buffer = _buffers.bits = np.empty(max(step * width, SLICE), np.uint32)
        for start in range(0, n, step):
            bits = self.bits[start : start + step]  # here the operating system reads the file, if nobody has before
            yield slice(start, start + len(bits)), widen(bits, buffer[: bits.size].reshape(bits.shape))


class _Transposed:
    """`w.T` of a `FrozenMatrix`, for `x @ w.T`."""

    __array_ufunc__ = None

    def __init__(self, matrix: FrozenMatrix) -> None:
        self._matrix = matrix

    def __rmatmul__(self, x: Array) -> Array:
        # Each row of w gives one column of the result, so a slice fills a stretch of columns.
        out = np.empty((len(x), len(self._matrix.bits)), x.dtype)
        for rows, part in self._matrix.slices():
            np.matmul(x, part.T, out=out[:, rows])
        return out


class FrozenParams(Weights):
    """The weights of a model of which nothing is trained, as windows on its file.

    Parameters
    ----------
    config
        The model's shape.
    tensors
        Its weights by name, bfloat16, from one file that `safetensors_file.write_bfloat16` wrote.
    """

    n_matrix_weights = 0

    def __init__(self, config: Config, tensors: dict[str, StoredTensor]) -> None:
        self.config = config
        # Only matrices stay bfloat16. Gains and biases, a thousandth of the weights, are widened once.
        self.flat = np.zeros(0, np.float32)  # nothing to train
        first = tensors[next(iter(shapes(config)))]
        self._bits = first.file[first.at : first.at + 2 * n_weights(config)].view(np.uint16)  # all weights in one piece
        self._sha256: bytes | None = None
        bits = Params(config, self._bits)  # the same windows, on bfloat16
        self.embed = FrozenMatrix(bits.embed)
        self.head = FrozenMatrix(bits.head)
        self.norm = widen(bits.norm)
        self.layers = [
            Layer(
                input_norm=widen(layer.input_norm),
                qkv=FrozenMatrix(layer.qkv),
                qkv_bias=None if layer.qkv_bias is None else widen(layer.qkv_bias),
                out=FrozenMatrix(layer.out),
                mlp_norm=widen(layer.mlp_norm),
                gate_up=FrozenMatrix(layer.gate_up),
                down=FrozenMatrix(layer.down),
            )
            for layer in bits.layers
        ]

    def widened(self) -> Params:
        """All weights as float32, to be trained: four bytes each, and twelve more while they are."""
        return Params(self.config, widen(self._bits))

    def copy(self) -> "FrozenParams":
        """Itself: nothing in it ever changes."""
        return self

    def gradients(self) -> "FrozenParams":
        """There are none; a run asks for them only where something is trained."""
        raise TypeError("Frozen weights have no gradients; train an adapter (LoRA) or widen them.")

    def digest(self) -> bytes:
        """SHA-256 of the weights."""
        if self._sha256 is None:  # once: it reads the whole file
            self._sha256 = hashlib.sha256(self._bits.data).digest()
        return self._sha256


def can_map(config: Config, tensors: dict[str, StoredTensor]) -> bool:
    """Tell whether these tensors stand in one file as `FrozenParams` needs them: bfloat16, in the order of `shapes`."""
    first = tensors[next(iter(shapes(config)))]
    at = first.at
    for name in shapes(config):
        found = tensors[name]
        if found.dtype != "BF16" or found.file is not first.file or found.at != at:
            return False
        at += found.data.nbytes
    return True
