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

Left out: synonyms. `buy` and `purchase` are different words here, as `red` and `blue` are.
"""

import math
from collections import Counter
from collections.abc import Callable
from enum import IntEnum

from ftwidgets.data.rules.near_duplicates.normalize import (
    HOMOPHONES,
    NormalizedPrompt,
    capitalized_words,
    is_number,
    normalize_prompt,
)
from ftwidgets.data.rules.near_duplicates.typos import edit_distance, is_confusable

LONG = 20
"""From so many words on, one prompt may have words that the other lacks."""

SHARED = 0.8
"""The least weighted Jaccard index of two long prompts."""

_NEGATIONS = frozenset(
    b"not no never none nor neither nobody nothing nowhere without dont cant wont isnt doesnt didnt havent wasnt".split()
)


class Similarity(IntEnum):
    """How similar two prompts are: different, one contained in the other, or the same but for the wording."""

    DIFFERENT = 0
    CONTAINED = 1
    SAME = 2


Frequency = Callable[[bytes], int]
"""A function that returns in how many rows a word occurs, about."""


def is_near_duplicate(one: str, other: str) -> bool:
    """Tell whether two texts differ only in wording."""
    return compare(normalize_prompt(one), normalize_prompt(other)) is Similarity.SAME


def compare(a: NormalizedPrompt, b: NormalizedPrompt, frequency: Frequency = lambda word: 1, rows: int = 2) -> Similarity:
    """Return how similar two prompts are.

    Parameters
    ----------
    a, b
        The two prompts.
    frequency, rows
        In how many of how many rows a word occurs: a word of many rows is no typo, and weighs little.
    """
    if min(len(a.words), len(b.words)) < 3 or a.symbols != b.symbols or not _same_persons(a, b):
        return Similarity.DIFFERENT
    if a.words == b.words:
        return Similarity.SAME
    if min(len(a.content), len(b.content)) < 2 or a.numbers != b.numbers:
        return Similarity.DIFFERENT
    if (
        a.content == b.content
        or _differ_by_typos(a, b, frequency)
        or _differ_by_order(a, b)
        or _differ_by_homophones(a, b)
        or _differ_by_a_space(a, b, frequency)
    ):
        return Similarity.SAME
    if min(len(a.words), len(b.words)) >= LONG and _extends(a, b, frequency, rows):
        return Similarity.CONTAINED
    return Similarity.DIFFERENT


def _same_persons(a: NormalizedPrompt, b: NormalizedPrompt) -> bool:
    """Tell whether neither says "I" where the other says "you"."""
    mine, yours = (a.persons.count(person) - b.persons.count(person) for person in (1, 2))
    return a.persons == b.persons if mine == yours == 0 else mine * yours >= 0


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
    least = 3 if a.directed or b.directed or not all(word.isascii() for word in one) else 1
    return any(one[cut:] + one[:cut] == other for cut in range(least, len(one) - least + 1))


def _differ_by_homophones(a: NormalizedPrompt, b: NormalizedPrompt) -> bool:
    """Tell whether the words differ only in homophones, as in "too small" and "to small"."""
    if len(a.words) != len(b.words):
        return False
    return all(HOMOPHONES.get(x, x) == HOMOPHONES.get(y, y) for x, y in zip(a.words, b.words, strict=True))


def _differ_by_a_space(a: NormalizedPrompt, b: NormalizedPrompt, frequency: Frequency) -> bool:
    """Tell whether one prompt writes as one word what the other writes as two, and nothing else differs."""
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
    return shared >= SHARED * (shared + added)


def inverse_frequency(word: bytes, frequency: Frequency, rows: int) -> float:
    """Return the inverse document frequency of a word, log((rows + 10) / rows with it): near 0 if it is in every row.

    After Sparck Jones 1972; the ten keep the words of a set of a few rows from weighing nothing.
    """
    return math.log((rows + 10) / min(max(frequency(word), 1), rows))
