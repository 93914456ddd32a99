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


def is_typo(typo: str, label: str) -> bool:
    """Tell whether two normalized labels differ in one letter inserted, deleted or replaced, or two neighbours swapped.

    From eight letters on there may be two such typos (a letter replaced counts as two). The first letter is the same, or
    swapped with the second. Words that differ have four letters or more; of four letters only neighbours may be swapped, of
    five none be replaced; but a label of nine letters or more may lack its last one. Labels that differ in a number (also a
    Roman one), in a symbol such as +, in a prefix (`legal`, `illegal`), or that are known words (`typos.is_confusable`) are no
    typos of each other.
    """
    typo, label = strip_punctuation(typo), strip_punctuation(label)
    if _symbols_and_digits(typo) != _symbols_and_digits(label) or _DENSE.search(typo + label):
        return False
    one, other = _WORD.findall(typo), _WORD.findall(label)
    if one == other:
        return len("".join(one)) >= 4
    if len(one) != len(other):
        differing = set(one) ^ set(other)
        return "".join(one) == "".join(other) and min(map(len, differing), default=0) > 2
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return len(pairs) == 1 and (_is_cut(typo, label, len(pairs[0][0])) or _is_typo(*pairs[0]))


def _is_cut(typo: str, label: str, size: int) -> bool:
    return (
        len(typo) >= 8 and size > 2 and typo == label[:-1] and label[-1].isalpha() and not _ROMAN.fullmatch(label[-size - 1 :])
    )


def _is_typo(typo: str, word: str) -> bool:
    size = min(len(typo), len(word))
    if size < 4 or not (typo + word).isalpha() or (_ROMAN.fullmatch(typo) and _ROMAN.fullmatch(word)):
        return False
    if typo[0] != word[0] and typo[1::-1] != word[:2]:
        return False
    if typo.endswith(word) or word.endswith(typo) or is_confusable(typo, word):
        return False
    if size < 6 and sorted(typo) != sorted(word) and (size == 4 or len(typo) == len(word)):
        return False
    steps = edit_distance(typo, word, 2, replaced=2)
    return steps <= 2 if size >= 8 else edit_distance(typo, word, 1) == 1


def _symbols_and_digits(label: str) -> tuple[str, str]:
    """Return what distinguishes labels besides words: symbols, and digits with everything between them."""
    rest = _LETTERS.sub(" ", label)
    symbols = _LIGHT.sub("", rest)
    edges = "".join(label[i] for i in (0, -1) if label and label[i] in "-/_")
    return symbols + edges, " ".join(rest.split()) if any(c.isdigit() for c in rest) else ""
