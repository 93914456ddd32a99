"""Decide whether one label is a typo of another. Precision first: what may be a different label counts as one.

Left out: how often each label occurs, which decides as well (`labels`).
"""

import re

from ftwidgets.data.rules.near_duplicates.typos import edit_distance, is_confusable

_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LIGHT = re.compile(r"[\s.,;:!'\"_/-]+")
_DENSE = re.compile(
    "[\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
)  # scripts in which one character is a word or a syllable
_ROMAN = re.compile("[ivxlcdm]+")


def strip_punctuation(label: str) -> str:
    """Return a normalized label without final punctuation and surrounding quotes; unchanged if nothing else is left."""
    for _ in range(2):
        label = label[1:-1] if len(label) > 2 and label[0] == label[-1] and label[0] in "\"'" else label
        label = label.rstrip(" .!,;:") or label
    return label


def is_typo(slip: str, label: str) -> bool:
    """Tell whether two normalized labels differ in one letter inserted, deleted or replaced, or two neighbours swapped.

    From eight letters on there may be two such typos (a letter replaced counts as two). The first letter is the same, or
    swapped with the second. Words that differ have four letters or more; of four letters only neighbours may be swapped, of
    five none be replaced; but a label of nine letters or more may lack its last one. Nothing is a slip that differs in a
    number, a Roman one included, in a sign such as +, in a beginning (`legal`, `illegal`), or that is known to be another
    word (`typos.confused`).
    """
    slip, label = strip_punctuation(slip), strip_punctuation(label)
    if _marks(slip) != _marks(label) or _DENSE.search(slip + label):
        return False
    one, other = _WORD.findall(slip), _WORD.findall(label)
    if one == other:
        return len("".join(one)) >= 4
    if len(one) != len(other):
        differing = set(one) ^ set(other)
        return "".join(one) == "".join(other) and min(map(len, differing), default=0) > 2
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(pairs) == 1 and (_is_cut(slip, label, len(pairs[0][0])) or _is_typo(*pairs[0]))


def _is_cut(slip: str, label: str, size: int) -> bool:
    return (
        len(slip) >= 8 and size > 2 and slip == label[:-1] and label[-1].isalpha() and not _ROMAN.fullmatch(label[-size - 1 :])
    )


def _is_typo(slip: str, word: str) -> bool:
    size = min(len(slip), len(word))
    if size < 4 or not (slip + word).isalpha() or (_ROMAN.fullmatch(slip) and _ROMAN.fullmatch(word)):
        return False
    if slip[0] != word[0] and slip[1::-1] != word[:2]:
        return False
    if slip.endswith(word) or word.endswith(slip) or is_confusable(slip, word):
        return False
    if size < 6 and sorted(slip) != sorted(word) and (size == 4 or len(slip) == len(word)):
        return False
    steps = edit_distance(slip, word, 2, replaced=2)
    return steps <= 2 if size >= 8 else edit_distance(slip, word, 1) == 1


def _marks(label: str) -> tuple[str, str]:
    """Return what distinguishes labels besides words: symbols, and digits with everything between them."""
    rest = _LETTERS.sub(" ", label)
    signs = _LIGHT.sub("", rest)
    edges = "".join(label[i] for i in (0, -1) if label and label[i] in "-/_")
    return signs + edges, " ".join(rest.split()) if any(c.isdigit() for c in rest) else ""
