"""Normalize prompts for a comparison: lower case, contractions spelled out, plurals cut, English function words set apart.

The steps are the same for one text (`normalize_prompt`) and for hundreds at once, as bytes (`normalize_batch`). In other
languages every word counts as content. Each Chinese, Japanese or Thai character counts as a word.
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
"""Words in which two prompts with the same meaning may differ. Tense (was, will), doubt (should), questions (who, when),
negations and words of direction (from, off, before) are not among them: they change what is asked. Neither are the letters
after an apostrophe (`it's`), which `normalize_batch` removes: alone they may be units, as in "1 m"."""

DIRECTED = frozenset(
    b"to into onto from than before after by over under against between versus vs with without until since per minus or "
    b"then while because if".split()
)
"""Words that give the order of what stands around them a meaning: "from Paris to Rome"."""

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
_MAYBE_SYMBOL = re.compile(r"[\d+*=%<>#$^~\\|&@£€¥°\xd7÷±≤≥≠\[\]{}_`]")  # a text without any of these has no symbol
_SYMBOL = re.compile(r"[+*=%<>#$^~\\|&@£€¥°\xd7÷±≤≥≠\[\]{}_`]|-(?=\d)|(?<=\d)\s*[-/:.,]\s*(?=\d)")


def normalize_batch(texts: Sequence[bytes]) -> bytes:
    """Return texts (after `text.normalize`) joined into one, with only words, spaces and a zero byte between two texts."""
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
    """Return a word without the s of a plural."""
    return word[:-1] if len(word) >= 4 and word[-1] == 115 and word[-2] != 115 else word


HOMOPHONES = {b"too": b"to", b"then": b"than"}
"""Words that are often written for another that sounds the same."""

FUNCTION = frozenset(map(stem, FIRST | SECOND | NEUTRAL))
_FIRST, _SECOND, _DIRECTED = (frozenset(map(stem, words)) for words in (FIRST, SECOND, DIRECTED))


_PERSONS = _FIRST | _SECOND
_UNITS, _COUNTING = frozenset((b"in", b"am")), frozenset((b"many", b"much"))


class NormalizedPrompt(NamedTuple):
    """A normalized prompt.

    Parameters
    ----------
    words, content
        All words, plurals cut, and those that are no function words.
    persons
        1 for each "I", "my" ..., 2 for each "you", "your" ..., in their order.
    directed
        Whether a word of direction gives the order a meaning.
    numbers
        The numbers among the content words.
    symbols
        Symbols that are part of the meaning, as in `C++`, `5 %`, `2 / 3` and in code.
    text
        The prompt as it is.
    """

    words: tuple[bytes, ...]
    content: tuple[bytes, ...]
    persons: tuple[int, ...]
    directed: bool
    numbers: tuple[bytes, ...]
    symbols: tuple[str, ...]
    text: str


def normalize_prompt(text: str) -> NormalizedPrompt:
    """Return a prompt normalized."""
    words = tuple(map(stem, normalize_batch([normalize(text).encode("utf-8", "surrogatepass").replace(b"\0", b" ")]).split()))
    content = tuple(word for word in words if word not in FUNCTION)
    persons = () if _PERSONS.isdisjoint(words) else tuple(1 if word in _FIRST else 2 for word in words if word in _PERSONS)
    symbols = tuple("".join(mark.split()) for mark in _SYMBOL.findall(text)) if _MAYBE_SYMBOL.search(text) else ()
    plainly = _NUMBERS.isdisjoint(content) and _DIGITS.isdisjoint(b" ".join(content))  # most have no number
    numbers = () if plainly else tuple(filter(is_number, content))
    if numbers and not _UNITS.isdisjoint(words):
        content = tuple(word for i, word in enumerate(words) if word not in FUNCTION or _is_unit(words, i))
    counting = b"in" in words and (bool(numbers) or not _COUNTING.isdisjoint(words))  # how many hours in a day
    return NormalizedPrompt(words, content, persons, counting or not _DIRECTED.isdisjoint(words), numbers, symbols, text)


def _is_unit(words: tuple[bytes, ...], place: int) -> bool:
    """Tell whether a function word after a number is a unit: `6 am`, and inches in `3 in to cm` or at the end."""
    word = words[place]
    if word not in _UNITS or not place or not is_number(words[place - 1]):
        return False
    return word == b"am" or words[place + 1 : place + 2] in ((), (b"to",), (b"into",))


def is_number(word: bytes) -> bool:
    """Tell whether a word is a number or has a digit in it."""
    return word in _NUMBERS or (not word.isalpha() and not _DIGITS.isdisjoint(word))


def capitalized_words(text: str) -> frozenset[bytes]:
    """Return the words with a capital that do not begin a sentence, which are names; none in a text that is all capitals."""
    if text.isupper():
        return frozenset()
    found = re.findall(r"(?<=[^.?!:\s]\s)[A-Z][a-z]+", text)
    return frozenset(stem(word.lower().encode()) for word in found)
