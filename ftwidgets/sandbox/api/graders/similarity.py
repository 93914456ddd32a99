"""How similar two texts are, from 0 to 1: fuzzy match, BLEU, GLEU, ROUGE.

Each is its published definition; the service does not say which variant it uses, `DIFFERENCES.md` says which is here. Every
metric takes the graded text and the reference. Left out: METEOR, which needs WordNet, and the cosine of embeddings, which
needs an embedding model; stemming, and languages written without spaces.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from functools import partial

ORDERS = range(1, 5)  # BLEU and GLEU compare n-grams of one to four words

Metric = Callable[[str, str], float]

_PUNCTUATION = re.compile(r"([!-&(-+:-@/\[-`{-~])")  # all of ASCII's but ' , - .
_AFTER_OTHER = re.compile(r"([^0-9])([.,])")
_BEFORE_OTHER = re.compile(r"([.,])([^0-9])")
_DASH = re.compile(r"([0-9])(-)")
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def bleu_words(text: str) -> list[str]:
    """Split a text as NIST's mteval-v13a script does, so that BLEU scores can be compared: case is kept, numbers stay whole."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    text = _PUNCTUATION.sub(r" \1 ", f" {text} ")
    text = _AFTER_OTHER.sub(r"\1 \2 ", text)
    text = _BEFORE_OTHER.sub(r" \1 \2", text)
    return _DASH.sub(r"\1 \2 ", text).split()


def rouge_words(text: str) -> list[str]:
    """Split a text as ROUGE-1.5.5 and Google's `rouge-score` do: lowercase ASCII letters and digits, no stemming."""
    return re.findall(r"[a-z0-9]+", text.lower())


def ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """Count the n-grams of a list of words."""
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))


def common_length(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """Return the length of the longest common subsequence.

    Bit-parallel: one column of the table is one integer. H. Hyyrö, "Bit-parallel LCS-length computation revisited"
    (AWOCA 2004): `V := (V + (V & M)) | (V & ~M)`, and the zeros of V are counted.
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
    """Return `2 LCS / (length + length)` of the characters, which is `rapidfuzz.fuzz.ratio` / 100."""
    both = len(text) + len(reference)
    return 2 * common_length(text, reference) / both if both else 1.0


def bleu(text: str, reference: str) -> float:
    """Return sentence BLEU, which is `sacrebleu.sentence_bleu` / 100.

    K. Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (ACL 2002): the precision of n-grams of
    one to four words, with a penalty for short texts. An order without a match counts as 1/2, 1/4, … of a match (NIST's
    smoothing; B. Chen and C. Cherry, WMT 2014, method 3), and no order is longer than the text.
    """
    words, expected = bleu_words(text), bleu_words(reference)
    matches = {n: (ngrams(words, n) & ngrams(expected, n)).total() for n in ORDERS if n <= len(words)}
    if not any(matches.values()):
        return 0.0
    logs, part = [], 1.0
    for n, matched in matches.items():
        if not matched:
            part /= 2
        logs.append(math.log((matched or part) / (len(words) - n + 1)))
    return math.exp(min(0.0, 1 - len(expected) / len(words)) + sum(logs) / len(logs))


def gleu(text: str, reference: str) -> float:
    """Return Google's sentence GLEU, which is `nltk.translate.gleu_score.sentence_gleu` of words split as for BLEU.

    Y. Wu et al., "Google's Neural Machine Translation System" (2016), section 5.2: precision or recall of n-grams of one to
    four words, whichever is less.
    """
    counts, expected = (
        sum((ngrams(words, n) for n in ORDERS), Counter[tuple[str, ...]]()) for words in map(bleu_words, (text, reference))
    )
    most = max(counts.total(), expected.total())
    return (counts & expected).total() / most if most else 0.0


def rouge_n(text: str, reference: str, *, n: int) -> float:
    """Return the F1 of n-grams, which is the F-measure of Google's `rouge-score` without stemming.

    C.-Y. Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004), section 2.
    """
    counts, expected = (ngrams(rouge_words(given), n) for given in (text, reference))
    return _f1((counts & expected).total(), counts.total(), expected.total())


def rouge_l(text: str, reference: str) -> float:
    """Return the F1 of the longest common subsequence of words, which is `rouge-score`'s F-measure without stemming.

    C.-Y. Lin (2004), section 3, for one sentence, with precision and recall of equal weight.
    """
    words, expected = rouge_words(text), rouge_words(reference)
    return _f1(common_length(words, expected), len(words), len(expected))


def _f1(common: int, n_words: int, n_expected: int) -> float:
    """Return the harmonic mean of `common / n_words` and `common / n_expected`."""
    return 2 * common / (n_words + n_expected) if common else 0.0


METRICS: dict[str, Metric] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    **{f"rouge_{n}": partial(rouge_n, n=n) for n in range(1, 6)},
    "rouge_l": rouge_l,
}
