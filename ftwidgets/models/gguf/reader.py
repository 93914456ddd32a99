"""Read a GGUF file: metadata by key, and one tensor at a time from a memory map.

    magic "GGUF", version | counts | metadata: key, type, value ... | tensors: name, shape, format, offset ... | weights

All numbers are little-endian. Left out: version 1, big-endian files, files split into several parts.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ftwidgets.models.gguf.quants import OTHER_FORMATS, QUANTS, Quant, dequantize

Array = np.ndarray

# The types of metadata values, by their number in the file; 8 is a text and 9 a list.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _LIST = 8, 9


@dataclass(frozen=True)
class TensorInfo:
    """Where a tensor stands in the file, and in which number format."""

    name: str
    shape: tuple[int, ...]
    quant: Quant
    start: int
    end: int


class GgufFile:
    """A GGUF file, open for reading.

    Attributes
    ----------
    metadata
        Everything the header says: `general.architecture`, `llama.block_count`, `tokenizer.ggml.tokens` ...
    tensors
        What the file has, by name; `read` gives the numbers.

    Raises
    ------
    ValueError
        If it is no GGUF file, one of a version or number format that is not read here, or cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.stat().st_size < 24:
            raise ValueError(f"{path} is no GGUF file: it has only {path.stat().st_size} bytes.")
        self._map = np.memmap(path, np.uint8, "r")
        header = _Header(path, self._map)
        if header.take("4s") != b"GGUF":
            raise ValueError(f'{path} is no GGUF file: it does not begin with "GGUF".')
        version = header.take("I")
        if version not in (2, 3):
            other = "a big-endian file" if version >= 1 << 24 else f"version {version}"
            raise ValueError(f"{path}: GGUF versions 2 and 3 are read here, and this is {other}. Convert the model again.")
        n_tensors, n_entries = header.take("Q"), header.take("Q")
        self.metadata: dict[str, Any] = {}
        for _ in range(n_entries):
            key = header.text()
            self.metadata[key] = header.value(header.take("I"))
        if self.metadata.get("split.count", 1) > 1:
            raise ValueError(
                f"{path} is one of {self.metadata['split.count']} parts; merge them first with llama.cpp's gguf-split --merge."
            )
        entries = [header.tensor() for _ in range(n_tensors)]
        alignment = int(self.metadata.get("general.alignment", 32))
        if alignment < 1:
            raise ValueError(f"{path}: general.alignment is {alignment}; the file is damaged.")
        data = -(-header.at // alignment) * alignment  # rounded up
        self.tensors = {name: self._locate(name, shape, kind, data + offset) for name, shape, kind, offset in entries}

    def _locate(self, name: str, shape: tuple[int, ...], kind: int, start: int) -> TensorInfo:
        quant = QUANTS.get(kind)
        if quant is None:
            raise ValueError(
                f"{self.path}: {name} is in the number format {OTHER_FORMATS.get(kind, f'number {kind}')}; read here are "
                f"{', '.join(sorted(quant.name for quant in QUANTS.values()))}. Take a file in one of these."
            )
        n = 1
        for size in shape:
            n *= size
        if not shape or n < 1 or shape[-1] % quant.weights:
            raise ValueError(f"{self.path}: {name} has the shape {shape}, which {quant.name} cannot have; the file is damaged.")
        end = start + n // quant.weights * quant.size
        if end > len(self._map):
            raise ValueError(
                f"{self.path} is cut off: {name} ends at byte {end:,} and the file has {len(self._map):,}. Get the file again."
            )
        return TensorInfo(name, shape, quant, start, end)

    def read(self, name: str) -> Array:
        """Return a tensor as a new float32 array."""
        info = self.tensors[name]
        raw = np.array(self._map[info.start : info.end])
        return dequantize(raw, info.quant).reshape(info.shape)


class _Header:
    """Takes one value after another; nothing behind the end of the file."""

    def __init__(self, path: Path, data: Array) -> None:
        self.path = path
        self.at = 0
        self._data = data.data

    def take(self, form: str) -> Any:
        return struct.unpack("<" + form, self._bytes(struct.calcsize("<" + form)))[0]

    def _bytes(self, n: int) -> memoryview:
        end = self.at + n
        if end > len(self._data):
            raise ValueError(f"{self.path} is cut off in its header, at byte {len(self._data):,}. Get the file again.")
        out = self._data[self.at : end]
        self.at = end
        return out

    def text(self) -> str:
        raw = bytes(self._bytes(self.take("Q")))
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{self.path}: a text in the header is not UTF-8 ({raw[:20]!r}); the file is damaged.") from error

    def value(self, kind: int) -> Any:
        if kind in _SCALARS:
            return self.take(_SCALARS[kind])
        if kind == _TEXT:
            return self.text()
        if kind != _LIST:
            raise ValueError(f"{self.path}: a value in the header has the unknown type {kind}; the file is damaged.")
        kind, n = self.take("I"), self.take("Q")
        if kind in _SCALARS:  # the whole list at once
            form = f"<{n}{_SCALARS[kind]}"
            return list(struct.unpack(form, self._bytes(n * struct.calcsize(_SCALARS[kind]))))
        if kind != _TEXT:
            raise ValueError(f"{self.path}: a list in the header is of the unknown type {kind}; the file is damaged.")
        return [self.text() for _ in range(n)]

    def tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name, n_dimensions = self.text(), self.take("I")
        if n_dimensions > 4:
            raise ValueError(f"{self.path}: {name} has {n_dimensions} dimensions; the file is damaged.")
        shape = tuple(self.take("Q") for _ in range(n_dimensions))[::-1]  # the file counts the innermost first
        return name, shape, self.take("I"), self.take("Q")
