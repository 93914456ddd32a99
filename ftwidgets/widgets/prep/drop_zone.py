"""A card that takes a file, dropped on it or chosen after a press, and hands its bytes to the kernel.

Unlike `ipywidgets.FileUpload` it keeps nothing of the file in the notebook's state, and sends a large one in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import traitlets

_HERE = Path(__file__).parent
_LIMIT = 200_000_000  # bytes; a larger file belongs beside the notebook


class DropZone(anywidget.AnyWidget):
    """A dashed card with a button; `on_file` says what to do with the file that it is given.

    `accept` are the endings that the browser's dialog offers, such as `.csv,.jsonl`.
    """

    _esm = _HERE / "drop_zone.js"
    _css = _HERE / "prep.css"

    accept = traitlets.Unicode("").tag(sync=True)
    note = traitlets.Unicode("", help="a line in the card").tag(sync=True)
    limit = traitlets.Int(_LIMIT).tag(sync=True)

    def __init__(self, accept: str, note: str) -> None:
        self._acts: list[Callable[[str, bytes], object]] = []
        self._id, self._parts = "", list[bytes]()
        super().__init__(accept=accept, note=note)
        self.on_msg(self._received)

    def on_file(self, act: Callable[[str, bytes], object]) -> None:
        """Register a function to call with the name and the content of each file."""
        self._acts.append(act)

    def take(self, name: str, content: bytes) -> None:
        """Do what dropping a file does."""
        for act in self._acts:
            act(name, content)

    def _received(self, _widget: object, content: Any, buffers: Sequence[memoryview]) -> None:
        match content:
            case {"type": "part", "id": str(upload), "name": str(name), "size": int(size)}:
                if upload != self._id:  # another file, also where the last one never came to its end
                    self._id, self._parts = upload, []
                self._parts += [bytes(part) for part in buffers]
                if sum(map(len, self._parts)) >= size:
                    whole, self._parts = b"".join(self._parts), []
                    self.take(name, whole)

    def __repr__(self) -> str:
        return f"DropZone({self.accept!r})"
