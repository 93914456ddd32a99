"""Turn the blocks of GGUF's number formats into float32.

A quantised weight is a small whole number; 32 or 256 of them share a scale, and some formats share an offset too:

    Q8_0   weight = scale * q                      q in -128..127   34 bytes for 32 weights
    Q4_0   weight = scale * (q - 8)                q in 0..15       18 bytes for 32 weights
    Q4_1   weight = scale * q + offset             q in 0..15       20 bytes for 32 weights
    Q4_K   weight = scale[i] * q - offset[i]       i: eighth of the block, 144 bytes for 256 weights
    Q6_K   weight = scale[i] * (q - 32)            i: sixteenth of the block, 210 bytes for 256 weights

Left out: the other formats of llama.cpp (Q2_K, Q3_K, Q5_0, IQ...), and quantising.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ftwidgets.engine.safetensors_file import widen

Array = np.ndarray


def _float16(raw: Array) -> Array:
    return raw.view("<f2").astype(np.float32)


def _nibbles(packed: Array) -> Array:
    """Split bytes (blocks, n) into two numbers each (blocks, 2, n): the lower four bits, then the upper four."""
    return np.stack([packed & 15, packed >> 4], axis=1)


def q8_0(raw: Array) -> Array:
    """Decode blocks of Q8_0: two bytes of scale, 32 signed bytes."""
    out: Array = _float16(raw[:, :2]) * raw[:, 2:].view(np.int8)  # (blocks, 1) * (blocks, 32)
    return out


def q4_0(raw: Array) -> Array:
    """Decode blocks of Q4_0: two bytes of scale, 16 bytes with two weights each."""
    # Byte i of a block has weight i in its lower half and weight i + 16 in its upper half.
    q = _nibbles(raw[:, 2:]).reshape(-1, 32)
    out: Array = _float16(raw[:, :2]) * (q.astype(np.int8) - np.int8(8))
    return out


def q4_1(raw: Array) -> Array:
    """Decode blocks of Q4_1: two bytes of scale, two of offset, 16 with two weights each."""
    q = _nibbles(raw[:, 4:]).reshape(-1, 32)
    out: Array = _float16(raw[:, :2]) * q.astype(np.float32) + _float16(raw[:, 2:4])
    return out


def q4_k(raw: Array) -> Array:
    """Decode blocks of Q4_K: eighths with a scale and an offset each."""
    # 16 bytes of scales, then four times 32 bytes of weights: their lower halves are eighth 0 (2, 4, 6) of the block and
    # their upper halves eighth 1 (3, 5, 7).
    scale, offset = _float16(raw[:, :2]), _float16(raw[:, 2:4])  # (blocks, 1)
    # Eight scales and eight offsets of six bits in twelve bytes: bytes 0-3 hold scales 0-3 and bytes 4-7 offsets 0-3; their two
    # upper bits belong to scales and offsets 4-7, whose four lower bits are the two halves of bytes 8-11.
    low, middle, high = raw[:, 4:8], raw[:, 8:12], raw[:, 12:16]
    scales = np.concatenate([low & 63, (high & 15) | ((low >> 2) & 48)], axis=1)  # (blocks, 8)
    offsets = np.concatenate([middle & 63, (high >> 4) | ((middle >> 2) & 48)], axis=1)
    q = _nibbles(raw[:, 16:].reshape(-1, 32)).reshape(len(raw), 8, 32).astype(np.float32)
    out: Array = (scale * scales)[:, :, None] * q - (offset * offsets)[:, :, None]
    return out.reshape(len(raw), 256)


def q6_k(raw: Array) -> Array:
    """Decode blocks of Q6_K: sixteenths with a scale each."""
    # A weight has six bits: four in `low`, two in `high`. Each half of the block has 64 bytes of `low` and 32 of `high`.
    low = raw[:, :128].reshape(-1, 64)  # (half blocks, 64)
    high = raw[:, 128:192].reshape(-1, 1, 32) >> np.array([0, 2, 4, 6], np.uint8)[:, None]  # (half blocks, 4, 32)
    q = (_nibbles(low).reshape(-1, 4, 32) | ((high & 3) << 4)).astype(np.int8) - np.int8(32)
    scales = _float16(raw[:, 208:210]) * raw[:, 192:208].view(np.int8)  # (blocks, 16)
    out: Array = scales[:, :, None] * q.reshape(len(raw), 16, 16)
    return out.reshape(len(raw), 256)


@dataclass(frozen=True)
class Quant:
    """A number format: how many weights share a block, how many bytes a block has, and how it becomes float32."""

    name: str
    weights: int
    size: int
    decode: Callable[[Array], Array]


QUANTS = {  # by the number that stands for the format in a file
    0: Quant("F32", 1, 4, lambda raw: raw.view("<f4")),
    1: Quant("F16", 1, 2, _float16),
    2: Quant("Q4_0", 32, 18, q4_0),
    3: Quant("Q4_1", 32, 20, q4_1),
    8: Quant("Q8_0", 32, 34, q8_0),
    12: Quant("Q4_K", 256, 144, q4_k),
    14: Quant("Q6_K", 256, 210, q6_k),
    30: Quant("BF16", 1, 2, lambda raw: widen(raw.view("<u2"))),
}

# So that a refusal can name what a file has.
OTHER_FORMATS = {
    6: "Q5_0", 7: "Q5_1", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 13: "Q5_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS",
    19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64",
    29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip


def dequantize(raw: Array, quant: Quant) -> Array:
    """Turn the bytes of whole blocks, a flat array of uint8, into a flat array of float32."""
    return quant.decode(raw.reshape(-1, quant.size)).reshape(-1)
