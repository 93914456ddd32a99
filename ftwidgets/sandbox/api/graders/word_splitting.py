"""How a text is cut into words before two texts are compared: the ways of BLEU and of ROUGE.

Left out: stems, synonyms, languages written without spaces.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_SIGNS = re.compile(r"([!-&(-+:-@/\[-`{-~])")  # all of ASCII's but ' , - .
_AFTER_OTHER = re.compile(r"([^0-9])([.,])")
_BEFORE_OTHER = re.compile(r"([.,])([^0-9])")
_DASH = re.compile(r"([0-9])(-)")
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def bleu_words(text: str) -> list[str]:
    """Cut as mteval-v13a does, NIST's script for machine translation, so that BLEU scores can be compared.

    Parameters
    ----------
    text
        The text; case is kept.

    Returns
    -------
    list[str]
        Words and signs; a point or comma within a number stays in it.
    """
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES:
        text = text.replace(entity, sign)
    text = _SIGNS.sub(r" \1 ", f" {text} ")
    text = _AFTER_OTHER.sub(r"\1 \2 ", text)
    text = _BEFORE_OTHER.sub(r" \1 \2", text)
    return _DASH.sub(r"\1 \2 ", text).split()


def rouge_words(text: str) -> list[str]:
    """Cut as the ROUGE-1.5.5 script and Google's `rouge-score` do: small letters and digits of ASCII, no stemming.

    Parameters
    ----------
    text
        The text.

    Returns
    -------
    list[str]
        The words.
    """
    return re.findall(r"[a-z0-9]+", text.lower())


def ngrams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """Count the runs of n words.

    Parameters
    ----------
    words
        The words.
    n
        How many make a run.

    Returns
    -------
    Counter
        How often each run occurs.
    """
    return Counter(zip(*(words[start:] for start in range(n)), strict=False))
