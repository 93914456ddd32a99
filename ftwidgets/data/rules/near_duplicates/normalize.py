"""What a prompt says without its dress: words in lower case, contractions spelled out, English function words told apart.

The same steps for one text and, as bytes, for hundreds at once (`sketches`). In other languages every word counts as
content. Chinese, Japanese and Thai characters count as a word each.

Left out: comparing (`alike`).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ftwidgets.data.text import normalize

FIRST = frozenset(b"i me my mine we us our ours myself".split())
SECOND = frozenset(b"you your yours u ur yourself".split())
NEUTRAL = frozenset(
    b"a an the to of for in on at about as regarding and that this these those it its there here "
    b"is are am be been being do does has have can could would may might "
    b"please kindly pls plz just so also really actually simply quickly hi hello hey dear thanks thank cheers "
    b"um uh oh ok okay well teh hte adn".split()
)
"""Words that two wordings of one prompt may differ in. Tense (was, will), doubt (should), questions (who, when), negations,
and words of direction (from, off, before) are not among them: they change what is asked. Neither are the letters after
an apostrophe (`it's`), which `plain` takes out: alone they may be units, as in "1 m"."""

DIRECTED = frozenset(
    b"to into onto from than before after by over under against between versus vs with without until since per minus or "
    b"then while because if".split()
)
"""Words on whose sides the order tells: "from Paris to Rome"."""

_NUMBERS = frozenset(
    b"zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    b"eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion first "
    b"second third fourth fifth sixth seventh eighth ninth tenth half twice double".split()
)
_DIGITS = frozenset(b"0123456789")
_WORD = bytes(code if 48 <= code <= 57 or 97 <= code <= 122 or code >= 128 or code == 0 else 32 for code in range(256))
_SHORTENED = re.compile(rb"(?<=[a-z0-9\x80-\xff])'(?:s|d|ll|ve|re|m)(?![a-z0-9\x80-\xff])")  # it's; else s is a second
_DASHES = re.compile(rb"\xe2(?:\x80[\x80-\xbf]|\x81[\x80-\x9f])|\xe3\x80[\x80-\xbf]|\xc2[\xa1\xab\xb7\xbb\xbf]")
_SINGLE = re.compile(rb"(\xe3[\x81-\xbf][\x80-\xbf]|[\xe4-\xe9][\x80-\xbf]{2}|\xe0[\xb8\xb9][\x80-\xbf])")
_MARKED = re.compile(r"[\d+*=%<>#$^~\\|&@£€¥°\xd7÷±≤≥≠\[\]{}_`]")  # a quick look: without any of these, no mark
_MARKS = re.compile(r"[+*=%<>#$^~\\|&@£€¥°\xd7÷±≤≥≠\[\]{}_`]|-(?=\d)|(?<=\d)\s*[-/:.,]\s*(?=\d)")


def plain(texts: Sequence[bytes]) -> bytes:
    """Return folded texts as one, with nothing but words and blanks in it; a zero byte between blanks parts the texts."""
    raw = b" \0 ".join([text if text.isascii() else _spaced(text) for text in texts])
    if b"n't" in raw:
        raw = raw.replace(b"can't", b"can not").replace(b"won't", b"will not").replace(b"n't", b" not")
    if b"'" in raw:
        raw = _SHORTENED.sub(b" ", raw)
    words = (b" " + raw).replace(b"cannot", b"can not").replace(b"e-mail", b"email").translate(_WORD)
    return words.replace(b" which ", b" what ") if b" which " in words else words


def _spaced(text: bytes) -> bytes:
    text = _DASHES.sub(b" ", text.replace(b"\xe2\x80\x99", b"'").replace(b"\0", b" "))
    return b" ".join(_SINGLE.split(text))


def stem(word: bytes) -> bytes:
    """Return a word without the s of its plural."""
    return word[:-1] if len(word) >= 4 and word[-1] == 115 and word[-2] != 115 else word


HOMOPHONES = {b"too": b"to", b"then": b"than"}
"""Words that are often written for another that sounds alike."""

FUNCTION = frozenset(map(stem, FIRST | SECOND | NEUTRAL))
_FIRST, _SECOND, _DIRECTED = (frozenset(map(stem, words)) for words in (FIRST, SECOND, DIRECTED))


_PERSONS = _FIRST | _SECOND
_UNITS, _COUNTING = frozenset((b"in", b"am")), frozenset((b"many", b"much"))


class Wording(NamedTuple):
    """A prompt's words (plurals cut), those with content, who speaks (1) to whom (2), its numbers and marks."""

    words: tuple[bytes, ...]
    content: tuple[bytes, ...]
    persons: tuple[int, ...]
    directed: bool
    numbers: tuple[bytes, ...]
    marks: tuple[str, ...]
    text: str


def wording(text: str) -> Wording:
    """Return what a text says.

    Marks are signs that are part of what is said, as in `C++`, `5 %`, `2 / 3` and in code.
    """
    words = tuple(map(stem, plain([normalize(text).encode("utf-8", "surrogatepass").replace(b"\0", b" ")]).split()))
    content = tuple(word for word in words if word not in FUNCTION)
    persons = () if _PERSONS.isdisjoint(words) else tuple(1 if word in _FIRST else 2 for word in words if word in _PERSONS)
    marks = tuple("".join(mark.split()) for mark in _MARKS.findall(text)) if _MARKED.search(text) else ()
    plainly = _NUMBERS.isdisjoint(content) and _DIGITS.isdisjoint(b" ".join(content))  # most have no number
    numbers = () if plainly else tuple(filter(is_number, content))
    if numbers and not _UNITS.isdisjoint(words):
        content = tuple(word for i, word in enumerate(words) if word not in FUNCTION or _is_unit(words, i))
    counting = b"in" in words and (bool(numbers) or not _COUNTING.isdisjoint(words))  # how many hours in a day
    return Wording(words, content, persons, counting or not _DIRECTED.isdisjoint(words), numbers, marks, text)


def _is_unit(words: tuple[bytes, ...], place: int) -> bool:
    """Tell whether a function word after a number is a unit: `6 am`, and inches in `3 in to cm` or at the end."""
    word = words[place]
    if word not in _UNITS or not place or not is_number(words[place - 1]):
        return False
    return word == b"am" or words[place + 1 : place + 2] in ((), (b"to",), (b"into",))


def is_number(word: bytes) -> bool:
    """Tell whether a word is a number or has a digit in it."""
    return word in _NUMBERS or (not word.isalpha() and not _DIGITS.isdisjoint(word))


def names(text: str) -> frozenset[bytes]:
    """Return words with a capital that do not begin a sentence; none in a text that is all capitals."""
    if text.isupper():
        return frozenset()
    found = re.findall(r"(?<=[^.?!:\s]\s)[A-Z][a-z]+", text)
    return frozenset(stem(word.lower().encode()) for word in found)
