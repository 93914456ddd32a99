"""Write a GGUF file: metadata, and matrices in float16, one in memory at a time.

float16 keeps three more bits of a weight than bfloat16, and every build of llama.cpp computes with it; vectors (gains, biases)
stay float32, as llama.cpp's converter leaves them. Left out: quantised weights (llama.cpp's `llama-quantize` makes them).
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray

ALIGNMENT = 32
_UINT32, _FLOAT32, _BOOL, _TEXT, _LIST, _INT32 = 4, 6, 7, 8, 9, 5
_F32, _F16 = 0, 1  # number formats


def write_gguf(
    path: Path, metadata: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], read: Callable[[str], Array]
) -> None:
    """Write a GGUF file of version 3.

    Parameters
    ----------
    path
        The file to write.
    metadata
        Whole numbers, floats, truth values, texts, and lists of whole numbers or texts, by key.
    shapes
        The tensors' names and shapes, in the order of the file.
    read
        Returns the float32 tensor of a name.
    """
    header = [b"GGUF", struct.pack("<IQQ", 3, len(shapes), len(metadata))]
    for key, value in metadata.items():
        header += [_text(key), *_value(value)]
    at = 0
    for name, shape in shapes.items():
        kind, size = (_F16, 2) if len(shape) > 1 else (_F32, 4)
        header.append(_text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape[::-1], kind, at))
        at += _padded(size * int(np.prod(shape)))
    with path.open("wb") as file:
        file.write(b"".join(header))
        file.write(bytes(-file.tell() % ALIGNMENT))
        for name, shape in shapes.items():
            values = read(name)
            if values.shape != shape:
                raise ValueError(f"{name} is {values.shape} and was announced as {shape}.")
            content = values.astype("<f2" if len(shape) > 1 else "<f4").tobytes()
            file.write(content + bytes(_padded(len(content)) - len(content)))


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT  # rounded up


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: Any) -> Iterable[bytes]:
    if isinstance(value, bool):
        yield struct.pack("<I?", _BOOL, value)
    elif isinstance(value, int):
        yield struct.pack("<II", _UINT32, value)
    elif isinstance(value, float):
        yield struct.pack("<If", _FLOAT32, value)
    elif isinstance(value, str):
        yield struct.pack("<I", _TEXT) + _text(value)
    elif all(isinstance(entry, int) for entry in value):
        yield struct.pack(f"<IIQ{len(value)}i", _LIST, _INT32, len(value), *value)
    else:
        yield struct.pack("<IIQ", _LIST, _TEXT, len(value)) + b"".join(map(_text, value))
