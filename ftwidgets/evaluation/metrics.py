"""How close an answer is to its reference: two measures, both from 0 to 1.

Left out: judging by meaning (a person or a larger model does that better than any formula).
"""

from __future__ import annotations

import unicodedata
from collections import Counter

_ARTICLES = frozenset({"a", "an", "the"})
_ASCII_SYMBOLS = frozenset("$+<=>^`|~")  # punctuation to SQuAD, symbols to Unicode


def exact_match(answer: str, reference: str) -> float:
    """Give 1 if both are the same text, else 0; blanks at the beginning and the end do not count, case does."""
    return float(answer.strip() == reference.strip())


def token_f1(answer: str, reference: str) -> float:
    """Give the harmonic mean of the precision and the recall of the answer's words.

    As in the evaluation of SQuAD (Rajpurkar, Zhang, Lopyrev and Liang 2016, arXiv:1606.05250): lower-cased, without
    punctuation and the articles a, an and the, split at blanks, each word counted as often as it occurs. Two texts
    without any word left are the same (as in SQuAD 2.0). All Unicode punctuation is dropped, not only the ASCII signs.
    """
    ours, theirs = Counter(words(answer)), Counter(words(reference))
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def words(text: str) -> list[str]:
    """Split a text into the words that `token_f1` compares."""
    kept = "".join(sign for sign in text.lower() if not _is_punctuation(sign))
    return [word for word in kept.split() if word not in _ARTICLES]


def _is_punctuation(sign: str) -> bool:
    return sign in _ASCII_SYMBOLS or unicodedata.category(sign).startswith("P")
