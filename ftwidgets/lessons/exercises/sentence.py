"""A sentence that a lesson shows: a paragraph in a notebook, lines of whole words elsewhere.

JupyterLab breaks what is printed in the middle of a word; a paragraph of HTML it breaks between words.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from html import escape

LINE = 96  # characters

_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, repr=False)
class Sentence:
    """A text to `display`; code in it stands in backticks, and is never broken."""

    text: str

    def __str__(self) -> str:
        whole = _CODE.sub(lambda code: code[0].replace(" ", "\0"), self.text)
        return textwrap.fill(whole, LINE, break_long_words=False, break_on_hyphens=False).replace("\0", " ")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        text = _CODE.sub(r"<code>\1</code>", escape(self.text, quote=False))
        return f"<p>{text}</p>"
