"""Mark the words in which one answer differs from another. Left out: letters inside a word, and moved sentences."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from html import escape


def mark_differences(text: str, other: str) -> str:
    """Return a text as HTML, with `<mark>` around the words that the other text does not have at that place."""
    words = list(re.finditer(r"\S+", text))
    matcher = SequenceMatcher(None, [word[0] for word in words], other.split(), autojunk=False)
    html, done = list[str](), 0
    for kind, first, last, _, _ in matcher.get_opcodes():
        if kind in ("replace", "delete"):
            start, end = words[first].start(), words[last - 1].end()
            html.append(f"{escape(text[done:start])}<mark>{escape(text[start:end])}</mark>")
            done = end
    return "".join([*html, escape(text[done:])])
