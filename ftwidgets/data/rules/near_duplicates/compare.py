"""Whether two prompts are nearly the same. Precision first: what might ask for something else counts as different.

Nearly the same are prompts of three words or more that differ only in

- punctuation, case, blanks, the s of a plural, contractions (`don't`, `do not`);
- English function words (the, please, can, my), unless one speaks of me and the other of you; which and what;
- a slip of the hand in a long word: one letter put in, left out, replaced, or two swapped; the first letter is the same;
  not in words with a capital (names), not in numbers, not if both words are used in other rows too, not where both are
  words that are known to be confused (charge, change; hypertension, hypotension);
- to for too, than for then, the other words being the same;
- a blank within a word (`blood test`, `bloodtest`), unless both ways of writing it are used in other rows too;
- the place of one stretch of words, unless words of direction (from, to, than) make the order tell.

They are never nearly the same if numbers, negations, any other words, or signs such as + and % differ. With one content
word or none, all words must be equal. Prompts of 20 words or more are also nearly the same if one only adds words to
the other and at least 0.8 of what both say is in both: the Jaccard index of their content words, each weighted by the
logarithm of how rare it is among the rows, so that the words of a template which many rows share weigh nothing.

Left out: synonyms. `buy` and `purchase` are different words here, as `red` and `blue` are.
"""

import math
from collections import Counter
from collections.abc import Callable
from enum import IntEnum

from ftwidgets.data.rules.near_duplicates.normalize import HOMOPHONES, Wording, is_number, names, wording
from ftwidgets.data.rules.near_duplicates.typos import confused, distance

LONG = 20
"""Words from which a prompt may have some that the other has not."""

SHARED = 0.8
"""Of what two long prompts say, at least so much is in both."""

_NEGATIONS = frozenset(
    b"not no never none nor neither nobody nothing nowhere without dont cant wont isnt doesnt didnt havent wasnt".split()
)


class Likeness(IntEnum):
    """How alike two prompts are: not, one with more words than the other, or the same but for its wording."""

    NOT = 0
    MORE = 1
    SAME = 2


Frequency = Callable[[bytes], int]
"""In how many rows a word occurs, about."""


def alike(one: str, other: str) -> bool:
    """Tell whether two texts are the same but for their wording."""
    return compare(wording(one), wording(other)) is Likeness.SAME


def compare(a: Wording, b: Wording, frequency: Frequency = lambda word: 1, rows: int = 2) -> Likeness:
    """Tell how alike two prompts are.

    Parameters
    ----------
    a, b
        What they say.
    frequency, rows
        In how many of how many rows a word occurs.
    """
    if min(len(a.words), len(b.words)) < 3 or a.marks != b.marks or not _same_persons(a, b):
        return Likeness.NOT
    if a.words == b.words:
        return Likeness.SAME
    if min(len(a.content), len(b.content)) < 2 or a.numbers != b.numbers:
        return Likeness.NOT
    if a.content == b.content or _slipped(a, b, frequency) or _moved(a, b) or _sounds(a, b) or _parted(a, b, frequency):
        return Likeness.SAME
    if min(len(a.words), len(b.words)) >= LONG and _adds(a, b, frequency, rows):
        return Likeness.MORE
    return Likeness.NOT


def _same_persons(a: Wording, b: Wording) -> bool:
    """Tell whether neither speaks of me where the other speaks of you."""
    mine, yours = (a.persons.count(person) - b.persons.count(person) for person in (1, 2))
    return a.persons == b.persons if mine == yours == 0 else mine * yours >= 0


def _slipped(a: Wording, b: Wording, frequency: Frequency) -> bool:
    if len(a.content) != len(b.content):
        return False
    pairs = [(x, y) for x, y in zip(a.content, b.content, strict=True) if x != y]
    return len(pairs) <= max(1, len(a.content) // 8) and all(_is_slip(x, y, a, b, frequency) for x, y in pairs)


def _is_slip(x: bytes, y: bytes, a: Wording, b: Wording, frequency: Frequency) -> bool:
    one, other = x.decode("utf-8", "replace"), y.decode("utf-8", "replace")  # letters count, not bytes
    if min(len(one), len(other)) < 5 or one[0] != other[0] or abs(len(one) - len(other)) > 1:
        return False
    if is_number(x) or is_number(y) or x in _NEGATIONS or y in _NEGATIONS:
        return False
    if min(frequency(x), frequency(y)) > 2 or (x in names(a.text) and y in names(b.text)):
        return False
    if min(len(one), len(other)) == 5 and len(one) == len(other) and sorted(one) != sorted(other):
        return False  # a letter replaced in a short word makes too many other words: plant, plane
    return distance(one, other, 1) == 1 and not confused(one, other)


def _moved(a: Wording, b: Wording) -> bool:
    """Tell whether one stretch of the content words stands elsewhere, and nothing else differs."""
    if len(a.content) != len(b.content) or sorted(a.content) != sorted(b.content):
        return False
    start, stop = 0, len(a.content)
    while a.content[start] == b.content[start]:
        start += 1
    while a.content[stop - 1] == b.content[stop - 1]:
        stop -= 1
    one, other = a.content[start:stop], b.content[start:stop]
    least = 3 if a.directed or b.directed or not all(word.isascii() for word in one) else 1
    return any(one[cut:] + one[:cut] == other for cut in range(least, len(one) - least + 1))


def _sounds(a: Wording, b: Wording) -> bool:
    """Tell whether words differ only where one sounds like the other, as in "too small" and "to small"."""
    if len(a.words) != len(b.words):
        return False
    return all(HOMOPHONES.get(x, x) == HOMOPHONES.get(y, y) for x, y in zip(a.words, b.words, strict=True))


def _parted(a: Wording, b: Wording, frequency: Frequency) -> bool:
    """Tell whether one writes in one word what the other writes in two, and nothing else differs."""
    less, more = sorted((a.content, b.content), key=len)
    if len(more) != len(less) + 1 or b"".join(less) != b"".join(more) or _negations(less) != _negations(more):
        return False
    place = next(i for i, word in enumerate(more) if i == len(less) or word != less[i])
    whole, parts = less[place], more[place : place + 2]
    return len(whole) > 4 and min(frequency(whole), *map(frequency, parts)) <= 2


def _negations(words: tuple[bytes, ...]) -> list[bytes]:
    return [word for word in words if word in _NEGATIONS]


def _adds(a: Wording, b: Wording, frequency: Frequency, rows: int) -> bool:
    """Tell whether one has all content words of the other, in that order, and not too much more."""
    less, more = sorted((a.content, b.content), key=len)
    if not set(less) <= set(more):
        return False
    extra = Counter(more) - Counter(less)
    if not _NEGATIONS.isdisjoint(extra) or Counter(less) - Counter(more):
        return False
    walk = iter(more)
    if not all(word in walk for word in less):
        return False
    shared, added = (sum(weight(word, frequency, rows) for word in words) for words in (set(less), set(more) - set(less)))
    return shared >= SHARED * (shared + added)


def weight(word: bytes, frequency: Frequency, rows: int) -> float:
    """Return how much a word tells: log((rows + 10) / rows with it), which is near 0 for a word that is in every row.

    It is the inverse document frequency (Sparck Jones 1972); the ten keep sets of a few rows from weighing nothing.
    """
    return math.log((rows + 10) / min(max(frequency(word), 1), rows))
