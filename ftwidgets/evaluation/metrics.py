"""Metrics: how close an answer is to its reference, from 0 to 1, and which label was confused with which."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MAX_LABELS = 10  # a larger confusion table is hard to read
MIN_REPEATS = 4  # a label occurs this often on average; else the references are free text
OTHER = "other"

_ARTICLES = frozenset({"a", "an", "the"})
_ASCII_SYMBOLS = frozenset("$+<=>^`|~")  # punctuation in SQuAD's script, symbols in Unicode


def exact_match(answer: str, reference: str) -> float:
    """Return 1 if both are the same text, else 0; whitespace at the ends does not count, case does."""
    return float(answer.strip() == reference.strip())


def token_f1(answer: str, reference: str) -> float:
    """Return the harmonic mean of the precision and the recall of the answer's words.

    As in the evaluation script of SQuAD (Rajpurkar, Zhang, Lopyrev and Liang 2016, arXiv:1606.05250): lower-cased, without
    punctuation and the articles a, an and the, split at whitespace, each word counted as often as it occurs. Two texts
    without any word left are equal (as in SQuAD 2.0). All Unicode punctuation is dropped, not only ASCII.
    """
    ours, theirs = Counter(split_words(answer)), Counter(split_words(reference))
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def split_words(text: str) -> list[str]:
    """Split a text into the words that `token_f1` compares."""
    kept = (char for char in text.lower() if char not in _ASCII_SYMBOLS and not unicodedata.category(char).startswith("P"))
    return [word for word in "".join(kept).split() if word not in _ARTICLES]


def find_labels(references: Sequence[str]) -> list[str]:
    """Return the sorted labels if the references are labels: 2 to 10 different ones, each four times on average; else []."""
    found = sorted({reference.strip() for reference in references})
    return found if 2 <= len(found) <= min(MAX_LABELS, len(references) // MIN_REPEATS) else []


def confusion_table(references: Sequence[str], answers: Sequence[str]) -> pd.DataFrame:
    """Count how often each right label (a row) was answered with each label (a column).

    Answers that are not one of the labels are counted in the last column, `other`. Empty if the references are not labels.
    """
    import pandas as pd

    labels = find_labels(references)
    if not labels:
        return pd.DataFrame()
    other = OTHER if OTHER not in labels else f"{OTHER} (no label)"
    pairs = zip((text.strip() for text in references), (text.strip() for text in answers), strict=True)
    counts = Counter((reference, answer if answer in labels else other) for reference, answer in pairs)
    return pd.DataFrame(
        [[counts[reference, answer] for answer in (*labels, other)] for reference in labels],
        index=pd.Index(labels, name="reference"),
        columns=pd.Index([*labels, other], name="answer"),
    )
