"""How alike two texts are, from 0 to 1: fuzzy match, BLEU, GLEU, ROUGE.

Each is its published definition; the service does not say which variant it uses, `DIFFERENCES.md` says which is here.
Left out: METEOR, which needs WordNet, and the cosine of embeddings, which needs an embedding model.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import partial

from ftwidgets.sandbox.api.graders.word_splitting import bleu_words, ngrams, rouge_words

ORDERS = range(1, 5)  # BLEU and GLEU look at runs of one to four words

Metric = Callable[[str, str], float]


def common_length(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """Give the length of the longest common subsequence.

    Bit-parallel: one column of the table is one integer. H. Hyyrö, "Bit-parallel LCS-length computation revisited"
    (AWOCA 2004): `V := (V + (V & M)) | (V & ~M)`, and the zeros of V are counted.

    Parameters
    ----------
    left, right
        Two sequences.

    Returns
    -------
    int
        How many elements they have in common, in this order.
    """
    masks: dict[Hashable, int] = {}
    for place, element in enumerate(left):
        masks[element] = masks.get(element, 0) | 1 << place
    every = (1 << len(left)) - 1
    column = every
    for element in right:
        matches = column & masks.get(element, 0)
        column = (column + matches | column - matches) & every
    return len(left) - column.bit_count()


def fuzzy_match(text: str, reference: str) -> float:
    """Compare letter by letter: 1 less the insertions and deletions needed, per letter of both texts.

    Parameters
    ----------
    text, reference
        Two texts, in either order.

    Returns
    -------
    float
        `rapidfuzz.fuzz.ratio` / 100, which is `2 LCS / (length + length)`.
    """
    both = len(text) + len(reference)
    return 2 * common_length(text, reference) / both if both else 1.0


def bleu(text: str, reference: str) -> float:
    """Compare runs of one to four words by how many of the text's are in the reference; short texts pay a penalty.

    BLEU of one sentence: K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (ACL 2002),
    with an order that is not matched counted as 1/2, 1/4, … of a match (NIST's smoothing; B. Chen and C. Cherry, WMT
    2014, method 3) and no order longer than the text.

    Parameters
    ----------
    text, reference
        What is graded, and against what.

    Returns
    -------
    float
        `sacrebleu.sentence_bleu` / 100: case kept, words cut as mteval-v13a does.
    """
    words, wanted = bleu_words(text), bleu_words(reference)
    matches = {n: (ngrams(words, n) & ngrams(wanted, n)).total() for n in ORDERS if n <= len(words)}
    if not any(matches.values()):
        return 0.0
    logs, part = [], 1.0
    for n, matched in matches.items():
        if not matched:
            part /= 2
        logs.append(math.log((matched or part) / (len(words) - n + 1)))
    return math.exp(min(0.0, 1 - len(wanted) / len(words)) + sum(logs) / len(logs))


def gleu(text: str, reference: str) -> float:
    """Compare runs of one to four words: the share in common of the text's or of the reference's, whichever is less.

    Google's sentence GLEU: Y. Wu et al., "Google's Neural Machine Translation System" (2016), section 5.2.

    Parameters
    ----------
    text, reference
        What is graded, and against what.

    Returns
    -------
    float
        `nltk.translate.gleu_score.sentence_gleu` of words cut as for BLEU.
    """
    words, wanted = (_all_ngrams(bleu_words(given)) for given in (text, reference))
    most = max(words.total(), wanted.total())
    return (words & wanted).total() / most if most else 0.0


def rouge_n(text: str, reference: str, *, n: int) -> float:
    """Compare runs of n words: F1 of precision and recall.

    C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004), section 2.

    Parameters
    ----------
    text, reference
        What is graded, and against what.
    n
        How many words make a run.

    Returns
    -------
    float
        The F-measure of Google's `rouge-score`, without stemming.
    """
    words, wanted = (ngrams(rouge_words(given), n) for given in (text, reference))
    return _f1((words & wanted).total(), words.total(), wanted.total())


def rouge_l(text: str, reference: str) -> float:
    """Compare by the longest common subsequence of words: F1 of precision and recall.

    C.-Y. Lin (2004), section 3, at the level of the sentence, with precision and recall counting alike.

    Parameters
    ----------
    text, reference
        What is graded, and against what.

    Returns
    -------
    float
        The F-measure of Google's `rouge-score`, without stemming.
    """
    words, wanted = rouge_words(text), rouge_words(reference)
    return _f1(common_length(words, wanted), len(words), len(wanted))


def _all_ngrams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for n in ORDERS:
        found += ngrams(words, n)
    return found


def _f1(common: int, given: int, wanted: int) -> float:
    """Take the harmonic mean of `common / given` and `common / wanted`."""
    return 2 * common / (given + wanted) if common else 0.0


METRICS: dict[str, Metric] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    **{f"rouge_{n}": partial(rouge_n, n=n) for n in range(1, 6)},
    "rouge_l": rouge_l,
}
