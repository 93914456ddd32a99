"""Compare two prompts: are they nearly the same? Precision first: what might ask for something else counts as different.

Prompts of three words or more are nearly the same if they differ only in

- punctuation, case, whitespace, the s of a plural, contractions (`don't`, `do not`);
- English function words (the, please, can, my), unless one speaks of me and the other of you; which and what;
- a typo in a long word: one letter inserted, deleted or replaced, or two neighbours swapped; the first letter is the same;
  not in words with a capital (names), not in numbers, not if both words occur in other rows too, not where both are
  known words that look alike (charge, change; hypertension, hypotension);
- to for too, than for then, the other words being the same;
- a space within a word (`blood test`, `bloodtest`), unless both ways of writing it occur in other rows too;
- the place of one run of words, unless words of direction (from, to, than) give the order a meaning.

They are never nearly the same if numbers, negations, any other words, or symbols such as + and % differ. With one content
word or none, all words must be equal. Prompts of 20 words or more are also nearly the same if one only adds words to
the other and their weighted Jaccard index is at least 0.8. It is that of their content words, each weighted by its inverse
document frequency, so that the words of a template which many rows share weigh nothing.

Before, prompts are normalized: lower case, contractions spelled out, plurals cut, English function words set apart. The steps
are the same for one text (`normalize_prompt`) and for hundreds at once, as bytes (`normalize_batch`). In other languages every
word counts as content, and each Chinese, Japanese or Thai character as a word.

Left out: synonyms. `buy` and `purchase` are different words here, as `red` and `blue` are.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import NamedTuple

from ftwidgets.data.rules.near_duplicates.typos import edit_distance, is_confusable
from ftwidgets.data.text import normalize

FIRST_PERSON = frozenset(b"i me my mine we us our ours myself".split())
SECOND_PERSON = frozenset(b"you your yours u ur yourself".split())
NEUTRAL_WORDS = frozenset(
    b"a an the to of for in on at about as regarding and that this these those it its there here "
    b"is are am be been being do does has have can could would may might "
    b"please kindly pls plz just so also really actually simply quickly hi hello hey dear thanks thank cheers "
    b"um uh oh ok okay well teh hte adn".split()
)
"""Words in which two prompts with the same meaning may differ. Tense (was, will), doubt (should), questions (who, when),
negations and words of direction (from, off, before) are not among them: they change what is asked. Neither are the letters
after an apostrophe (`it's`), which `normalize_batch` removes: alone they may be units, as in "1 m"."""

DIRECTION_WORDS = frozenset(
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
    raw = b" \0 ".join([text if text.isascii() else _space_out(text) for text in texts])
    if b"n't" in raw:
        raw = raw.replace(b"can't", b"can not").replace(b"won't", b"will not").replace(b"n't", b" not")
    if b"'" in raw:
        raw = _SHORTENED.sub(b" ", raw)
    words = (b" " + raw).replace(b"cannot", b"can not").replace(b"e-mail", b"email").translate(_WORD)
    return words.replace(b" which ", b" what ") if b" which " in words else words


def _space_out(text: bytes) -> bytes:
    text = _DASHES.sub(b" ", text.replace(b"\xe2\x80\x99", b"'").replace(b"\0", b" "))
    return b" ".join(_SINGLE.split(text))


def stem(word: bytes) -> bytes:
    """Return a word without the s of a plural."""
    return word[:-1] if len(word) >= 4 and word[-1] == 115 and word[-2] != 115 else word


HOMOPHONES = {b"too": b"to", b"then": b"than"}  # words that are often written for another that sounds the same

FUNCTION_WORDS = frozenset(map(stem, FIRST_PERSON | SECOND_PERSON | NEUTRAL_WORDS))
_FIRST_PERSON = frozenset(map(stem, FIRST_PERSON))
_PERSONS = _FIRST_PERSON | frozenset(map(stem, SECOND_PERSON))
_DIRECTION_WORDS = frozenset(map(stem, DIRECTION_WORDS))
_UNITS, _COUNTING = frozenset((b"in", b"am")), frozenset((b"many", b"much"))


class NormalizedPrompt(NamedTuple):
    """A normalized prompt."""

    words: tuple[bytes, ...]  # all words, plurals cut
    content: tuple[bytes, ...]  # those that are no function words
    persons: tuple[int, ...]  # 1 for each "I", "my" ..., 2 for each "you", "your" ..., in their order
    has_direction: bool  # whether a word of direction gives the order a meaning
    numbers: tuple[bytes, ...]  # the numbers among the content words
    symbols: tuple[str, ...]  # symbols that are part of the meaning, as in `C++`, `5 %`, `2 / 3` and in code
    text: str  # the prompt as it is


def normalize_prompt(text: str) -> NormalizedPrompt:
    """Return a prompt normalized."""
    words = tuple(map(stem, normalize_batch([normalize(text).encode("utf-8", "surrogatepass").replace(b"\0", b" ")]).split()))
    content = tuple(word for word in words if word not in FUNCTION_WORDS)
    persons = tuple(1 if word in _FIRST_PERSON else 2 for word in words if word in _PERSONS)
    symbols = tuple("".join(mark.split()) for mark in _SYMBOL.findall(text)) if _MAYBE_SYMBOL.search(text) else ()
    plainly = _NUMBERS.isdisjoint(content) and _DIGITS.isdisjoint(b" ".join(content))  # most have no number
    numbers = () if plainly else tuple(filter(is_number, content))
    if numbers and not _UNITS.isdisjoint(words):
        content = tuple(word for i, word in enumerate(words) if word not in FUNCTION_WORDS or _is_unit(words, i))
    counting = b"in" in words and (bool(numbers) or not _COUNTING.isdisjoint(words))  # how many hours in a day
    return NormalizedPrompt(words, content, persons, counting or not _DIRECTION_WORDS.isdisjoint(words), numbers, symbols, text)


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


LONG_PROMPT = 20  # from so many words on, one prompt may have words that the other lacks
MIN_SHARED = 0.8  # the least weighted Jaccard index of two long prompts

_NEGATIONS = frozenset(
    b"not no never none nor neither nobody nothing nowhere without dont cant wont isnt doesnt didnt havent wasnt".split()
)


class Similarity(IntEnum):
    """How similar two prompts are: different, one contained in the other, or the same but for the wording."""

    DIFFERENT = 0
    CONTAINED = 1
    SAME = 2


Frequency = Callable[[bytes], int]  # a function that returns in how many rows a word occurs, about


def is_near_duplicate(one: str, other: str) -> bool:
    """Tell whether two texts differ only in wording."""
    return compare(normalize_prompt(one), normalize_prompt(other)) is Similarity.SAME


def compare(a: NormalizedPrompt, b: NormalizedPrompt, frequency: Frequency = lambda word: 1, rows: int = 2) -> Similarity:
    """Return how similar two prompts are.

    `frequency` tells in how many of the rows a word occurs: a word of many rows is no typo, and weighs little.
    """
    if min(len(a.words), len(b.words)) < 3 or a.symbols != b.symbols:
        return Similarity.DIFFERENT
    mine, yours = (a.persons.count(person) - b.persons.count(person) for person in (1, 2))
    same_persons = a.persons == b.persons if mine == yours == 0 else mine * yours >= 0  # else "I" here and "you" there
    if not same_persons:
        return Similarity.DIFFERENT
    if a.words == b.words:
        return Similarity.SAME
    if min(len(a.content), len(b.content)) < 2 or a.numbers != b.numbers:
        return Similarity.DIFFERENT
    if (
        a.content == b.content
        or _differ_by_typos(a, b, frequency)
        or _differ_by_order(a, b)
        or [HOMOPHONES.get(word, word) for word in a.words] == [HOMOPHONES.get(word, word) for word in b.words]
        or _differ_by_a_space(a, b, frequency)
    ):
        return Similarity.SAME
    if min(len(a.words), len(b.words)) >= LONG_PROMPT and _extends(a, b, frequency, rows):
        return Similarity.CONTAINED
    return Similarity.DIFFERENT


def _differ_by_typos(a: NormalizedPrompt, b: NormalizedPrompt, frequency: Frequency) -> bool:
    if len(a.content) != len(b.content):
        return False
    pairs = [(x, y) for x, y in zip(a.content, b.content, strict=True) if x != y]
    return len(pairs) <= max(1, len(a.content) // 8) and all(_is_typo(x, y, a, b, frequency) for x, y in pairs)


def _is_typo(x: bytes, y: bytes, a: NormalizedPrompt, b: NormalizedPrompt, frequency: Frequency) -> bool:
    one, other = x.decode("utf-8", "replace"), y.decode("utf-8", "replace")  # letters count, not bytes
    if min(len(one), len(other)) < 5 or one[0] != other[0] or abs(len(one) - len(other)) > 1:
        return False
    if is_number(x) or is_number(y) or x in _NEGATIONS or y in _NEGATIONS:
        return False
    if min(frequency(x), frequency(y)) > 2 or (x in capitalized_words(a.text) and y in capitalized_words(b.text)):
        return False
    if min(len(one), len(other)) == 5 and len(one) == len(other) and sorted(one) != sorted(other):
        return False  # a letter replaced in a short word makes too many other words: plant, plane
    return edit_distance(one, other, 1) == 1 and not is_confusable(one, other)


def _differ_by_order(a: NormalizedPrompt, b: NormalizedPrompt) -> bool:
    """Tell whether the content words are the same but for one run of them that stands elsewhere."""
    if len(a.content) != len(b.content) or sorted(a.content) != sorted(b.content):
        return False
    start, stop = 0, len(a.content)
    while a.content[start] == b.content[start]:
        start += 1
    while a.content[stop - 1] == b.content[stop - 1]:
        stop -= 1
    one, other = a.content[start:stop], b.content[start:stop]
    least = 3 if a.has_direction or b.has_direction or not all(word.isascii() for word in one) else 1
    return any(one[cut:] + one[:cut] == other for cut in range(least, len(one) - least + 1))


def _differ_by_a_space(a: NormalizedPrompt, b: NormalizedPrompt, frequency: Frequency) -> bool:
    less, more = sorted((a.content, b.content), key=len)
    if len(more) != len(less) + 1 or b"".join(less) != b"".join(more) or _negations(less) != _negations(more):
        return False
    place = next(i for i, word in enumerate(more) if i == len(less) or word != less[i])
    whole, parts = less[place], more[place : place + 2]
    return len(whole) > 4 and min(frequency(whole), *map(frequency, parts)) <= 2


def _negations(words: tuple[bytes, ...]) -> list[bytes]:
    return [word for word in words if word in _NEGATIONS]


def _extends(a: NormalizedPrompt, b: NormalizedPrompt, frequency: Frequency, rows: int) -> bool:
    """Tell whether one prompt has all content words of the other, in that order, and not too many more."""
    less, more = sorted((a.content, b.content), key=len)
    if not set(less) <= set(more):
        return False
    extra = Counter(more) - Counter(less)
    if not _NEGATIONS.isdisjoint(extra) or Counter(less) - Counter(more):
        return False
    walk = iter(more)
    if not all(word in walk for word in less):
        return False
    shared, added = (
        sum(inverse_frequency(word, frequency, rows) for word in words) for words in (set(less), set(more) - set(less))
    )
    return shared >= MIN_SHARED * (shared + added)


def inverse_frequency(word: bytes, frequency: Frequency, rows: int) -> float:
    """Return the inverse document frequency of a word, log((rows + 10) / rows with it): near 0 if it is in every row.

    After Sparck Jones 1972; the ten keep the words of a set of a few rows from weighing nothing.
    """
    return math.log((rows + 10) / min(max(frequency(word), 1), rows))
