"""The rule about completions that are labels: mistyped labels, rare labels, and an imbalance between labels.

Whether a label is a typo of another is decided with precision first: what may be a different label counts as one.
"""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rows import RowBatch, RowLookup
from ftwidgets.data.rules.near_duplicates.compare import is_number
from ftwidgets.data.rules.near_duplicates.typos import edit_distance, is_confusable
from ftwidgets.data.text import normalize, pluralize, quote

REPAIR_LABELS = FixType("mend-labels", "write mistyped labels as the label they are close to", requires_opt_in=True)
LABEL_TYPO = FindingType(
    "label-typo", "warning", title="A label that is probably mistyped",
    why="To the model a mistyped label is a label of its own.",
    fix="Write it like the others.", repair=REPAIR_LABELS,
)  # fmt: skip
RARE_LABEL = FindingType(
    "rare-label", "warning", title="A label with very few rows",
    why="From two or three rows the model cannot learn when the label applies, and no validation can measure it.",
    fix="Add rows with this label, or merge it with another.",
)  # fmt: skip
LABEL_IMBALANCE = FindingType(
    "label-imbalance", "warning", title="One label is far more frequent than another",
    why="A model that always answers with the frequent label is right most of the time, and learns little else.",
    fix="Add rows with the rare label, or leave out some with the frequent one; measure each label by itself.",
)  # fmt: skip

MIN_ROWS, FEW_LABELS, MAX_LABELS, MAX_NUMBERS, MAX_LABEL_LENGTH = 20, 20, 200, 11, 40
MAX_COMPLETIONS = 1_000  # with more different completions than this it is no label task, and they are no longer counted
FEW_ROWS = 5  # a label with fewer rows than this is rare: a fifth of it, the usual share for validation, is less than one row

MAX_SHARE, MAX_RATIO = 0.8, 10.0
"""A set is unbalanced if one label has more than 80 % of the rows (the others together under 20 %, which Google's machine
learning course calls moderate imbalance), or ten times the rows of the least frequent label that is not rare."""

MIN_TIMES_AS_OFTEN = 5  # a label is a typo of another only if that one occurs at least five times as often
MAX_TYPOS = 2  # a spelling with more rows is a label of its own: nobody makes the same typo three times


class Labels:
    """The rules label-typo, rare-label and label-imbalance.

    After `finalize`, `counts` has how often each label occurs (typos counted as the label they are close to), most frequent
    first, or is None if the completions are no labels; `corrections` maps each typo to the label it is close to.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] | None = None
        self.corrections: dict[str, str] = {}
        self._numbers: dict[str, int] = {}  # of each different completion, in the order of their first row
        self._rows = array("h")  # of each row the number of its completion
        self._too_many = False

    def update(self, batch: RowBatch) -> Iterable[tuple[int, Finding]]:
        """Count the completions, as long as they can be labels."""
        if self._too_many:
            return ()
        numbers = self._numbers
        for text in batch.completions:
            if text not in numbers:
                numbers[text] = len(numbers)
        if len(numbers) > MAX_COMPLETIONS:
            self._numbers, self._rows, self._too_many = {}, array("h"), True
        else:
            self._rows.extend([numbers[text] for text in batch.completions])
        return ()

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield the labels that are mistyped, rare, or too frequent."""
        by_number = Counter(self._rows)
        spellings = {text: by_number[number] for text, number in self._numbers.items()}
        if not is_label_task(spellings):
            return
        self.corrections = corrections(spellings)
        labels: Counter[str] = Counter()
        for text, n in spellings.items():
            labels[self.corrections.get(text, text)] += n
        self.counts = dict(labels.most_common())
        yield from self._check_typos(spellings)
        yield from self._check_rare(lookup)
        yield from imbalance(self.counts)

    def _check_typos(self, spellings: dict[str, int]) -> Iterator[tuple[int | None, Finding]]:
        fix = "Write it like the others; a model learns each spelling as an answer of its own."
        findings = {}
        for typo, meant in self.corrections.items():
            shown, label = f"{quote(typo, 40)} ({pluralize(spellings[typo], 'row')})", quote(meant, 40)
            message = f"The label {shown} looks like a typo of {label} ({pluralize(spellings[meant], 'row')})."
            findings[self._numbers[typo]] = LABEL_TYPO(message, fix, "completion", typo[:60])
        for position, number in enumerate(self._rows if findings else ()):
            if number in findings:
                yield position, findings[number]

    def _check_rare(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        assert self.counts is not None
        names = {number: self.corrections.get(text, text) for text, number in self._numbers.items()}
        rare = {label for label, n in self.counts.items() if n < FEW_ROWS}
        positions: dict[str, list[int]] = defaultdict(list)
        for position, number in enumerate(self._rows if rare else ()):
            if names[number] in rare:
                positions[names[number]].append(position)
        fix = f"Add rows until there are {FEW_ROWS} or more, or leave the label out; so few can be neither learnt nor measured."
        for label, found in positions.items():
            places = ", ".join(map(lookup.where, found))
            message = f"The label {quote(label, 40)} occurs in {pluralize(len(found), 'row')} only ({places})."
            yield found[0], RARE_LABEL(message, fix, "completion", label[:60])


def is_label_task(spellings: dict[str, int]) -> bool:
    """Tell whether completions are labels, by how often each occurs.

    There are 20 rows or more. Those completions that occur more than once are no longer than 40 characters, make up nine
    tenths of the rows, and are at most 200 and at most a tenth as many as the rows. More than 20 must be filled evenly, for
    free answers have a long tail: nine tenths of the rows have a label of five rows or more. If 97 % have, there may be up
    to a seventh as many labels as rows. Of numbers, no more than 11 (0 to 10) are labels; with more, they are answers.
    """
    n = sum(spellings.values())
    normalized: Counter[str] = Counter()
    for text, times in spellings.items():
        normalized[normalize(text)] += times
    established = {label: times for label, times in normalized.items() if times > 1}
    if n < MIN_ROWS or not 0 < len(established) <= MAX_LABELS or any(len(label) > MAX_LABEL_LENGTH for label in established):
        return False
    filled = sum(times for times in established.values() if times >= FEW_ROWS) / n
    even = len(established) <= FEW_LABELS or filled >= 0.9
    dense = len(established) <= n / 10 or (len(established) > FEW_LABELS and len(established) <= n / 7 and filled >= 0.97)
    firsts = [words[0].encode() for label in established if (words := re.findall(r"\w+", label))]
    n_numbers = sum(map(is_number, firsts))
    are_amounts = n_numbers > MAX_NUMBERS and 2 * n_numbers >= len(firsts)
    return sum(established.values()) >= 0.9 * n and even and dense and not are_amounts


def corrections(spellings: dict[str, int]) -> dict[str, str]:
    """Return for each mistyped label which label is meant: equal when normalized, or a typo of one that is far more frequent.

    A spelling of three rows or more is no typo, unless it differs only in final punctuation.
    """
    import numpy as np

    ranked = sorted(spellings, key=lambda text: (-spellings[text], text))
    normalized = {text: normalize(text) for text in ranked}
    letters = np.zeros((len(ranked), 64), dtype=np.int16)  # how many of each; letters that share a place do no harm
    for place, text in enumerate(ranked):
        np.add.at(letters[place], [ord(letter) % 64 for letter in normalized[text] if letter.isalnum()], 1)
    meant: dict[str, str] = {}
    for place, text in enumerate(ranked):
        apart = np.abs(letters[:place] - letters[place]).sum(axis=1)
        for other in (ranked[i] for i in np.flatnonzero(apart <= 2)):  # a letter replaced is one less and one more
            if other in meant:
                continue
            typo, label, n = normalized[text], normalized[other], spellings[text]
            may_be_typo = typo != label and spellings[other] >= MIN_TIMES_AS_OFTEN * n
            same_words = may_be_typo and strip_punctuation(typo) == strip_punctuation(label)
            if typo == label or same_words or (may_be_typo and n <= MAX_TYPOS and is_typo(typo, label)):
                meant[text] = other
                break
    return meant


def imbalance(counts: dict[str, int]) -> Iterator[tuple[None, Finding]]:
    """Yield a finding if one label is far more frequent than the others."""
    (label, most), total = next(iter(counts.items())), sum(counts.values())
    frequent = [n for n in counts.values() if n >= FEW_ROWS]
    fix = "Add rows of the other labels, and judge the result label by label; the score over all rows hides the rare ones."
    if len(counts) < 2:
        return
    if most > MAX_SHARE * total:
        share = most / total
        message = (
            f"{quote(label, 40)} is the answer in {most:,} of {pluralize(total, 'row')}: always saying it scores {share:.2f}."
        )
        yield None, LABEL_IMBALANCE(message, fix)
    elif frequent and most > MAX_RATIO * min(frequent):
        least = min((name for name in counts if counts[name] >= FEW_ROWS), key=lambda name: counts[name])
        message = f"{quote(label, 40)} is the answer in {most:,} rows, {quote(least, 40)} in {counts[least]:,}."
        yield None, LABEL_IMBALANCE(message, fix)


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
    if len(pairs) != 1:
        return False
    size = len(pairs[0][0])
    is_cut = len(typo) >= 8 and size > 2 and typo == label[:-1] and label[-1].isalpha()
    return (is_cut and not _ROMAN.fullmatch(label[-size - 1 :])) or _is_word_typo(*pairs[0])


def _is_word_typo(typo: str, word: str) -> bool:
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
