"""Completions that are labels: how many of each, and which look like slips. Left out: whether a label is right.

A source is a label task if it has at least 20 rows, every frequent completion is at most 40 characters long, and
those that occur more than once are at most 20, at most a tenth of the rows, and make up nine tenths of them.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from ftwidgets.prep.groups.typos import distance
from ftwidgets.prep.items import Batch, Fault, Known
from ftwidgets.prep.words import counted, fold, quoted

FEWEST_ROWS, MOST_LABELS, LONGEST = 20, 20, 40
HELD = 1_000
"""Different completions that are held; with more of them it is no label task."""

RARE = 5
"""A label with fewer rows than this is rare: a fifth of it, the usual share for validation, is less than one row."""

MAJOR, RATIO = 0.8, 10.0
"""A set is unbalanced if one label has more than 80 % of the rows (the others together under 20 %, which Google's machine
learning course calls moderate imbalance), or ten times the rows of the least frequent label that is not rare."""

FREQUENT = 5
"""A label is a slip for another only if that one occurs at least five times as often."""


class Labels:
    """The rules label-typo, rare-label and label-imbalance.

    After `finish`, `counts` tells how often each label occurs (slips counted where they belong), most frequent first, or
    is None if the completions are no labels; `corrections` maps each slip to the label it is close to.
    """

    def __init__(self) -> None:
        self.counts: dict[str, int] | None = None
        self.corrections: dict[str, str] = {}
        self._numbers: dict[str, int] | None = {}
        self._rows = array("h")

    def see(self, batch: Batch) -> Iterable[tuple[int, Fault]]:
        """Count completions, as long as they can be labels."""
        known = self._numbers
        if known is None:
            return ()
        for text in batch.completions:
            if text not in known:
                known[text] = len(known)
        if len(known) > HELD:
            self._numbers, self._rows = None, array("h")
        else:
            self._rows.extend([known[text] for text in batch.completions])
        return ()

    def finish(self, known: Known) -> Iterator[tuple[int | None, Fault]]:
        """Say which labels are slips, rare, or too frequent."""
        spellings = self._spellings()
        if not is_label_task(spellings):
            return
        self.corrections = corrections(spellings)
        labels: Counter[str] = Counter()
        for text, n in spellings.items():
            labels[self.corrections.get(text, text)] += n
        self.counts = dict(labels.most_common())
        yield from self._slips(spellings)
        yield from self._rare(known)
        yield from imbalance(self.counts)

    def _spellings(self) -> dict[str, int]:
        by_number = Counter(self._rows)
        return {text: by_number[number] for text, number in (self._numbers or {}).items()}

    def _slips(self, spellings: dict[str, int]) -> Iterator[tuple[int | None, Fault]]:
        numbers = self._numbers or {}
        faults = {numbers[slip]: _slip(slip, meant, spellings) for slip, meant in self.corrections.items()}
        if faults:
            yield from ((position, faults[number]) for position, number in enumerate(self._rows) if number in faults)

    def _rare(self, known: Known) -> Iterator[tuple[int | None, Fault]]:
        assert self.counts is not None
        names = {number: self.corrections.get(text, text) for text, number in (self._numbers or {}).items()}
        rare = {label for label, n in self.counts.items() if n < RARE}
        places: dict[str, list[int]] = defaultdict(list)
        for position, number in enumerate(self._rows if rare else ()):
            if names[number] in rare:
                places[names[number]].append(position)
        for label, where in places.items():
            yield where[0], _rare(label, [known.where(position) for position in where])


def is_label_task(spellings: dict[str, int]) -> bool:
    """Tell whether completions that occur so often are labels."""
    n = sum(spellings.values())
    folded: Counter[str] = Counter()
    for text, times in spellings.items():
        folded[fold(text)] += times
    established = {label: times for label, times in folded.items() if times > 1}
    return (
        n >= FEWEST_ROWS
        and 0 < len(established) <= min(MOST_LABELS, n / 10)
        and all(len(label) <= LONGEST for label in established)
        and sum(established.values()) >= 0.9 * n
    )


def corrections(spellings: dict[str, int]) -> dict[str, str]:
    """Return which spelling is a slip for which: the same when folded, or a letter or two from one far more frequent.

    A difference in a digit is none of spelling (`class 1`, `class 2`), and neither is one in both the first and the last
    letter.
    """
    ranked = sorted(spellings, key=lambda text: (-spellings[text], text))
    meant: dict[str, str] = {}
    for place, text in enumerate(ranked):
        for other in ranked[:place]:
            if other in meant:
                continue
            often = spellings[other] >= FREQUENT * spellings[text]
            if fold(other) == fold(text) or (often and spellings[text] < RARE and _close(fold(text), fold(other))):
                meant[text] = other
                break
    return meant


def _close(slip: str, label: str) -> bool:
    slip, label = (text.strip(" .!,;:\"'") for text in (slip, label))
    if slip == label:
        return True
    size = min(len(slip), len(label))
    if size < 4 or [c for c in slip if c.isdigit()] != [c for c in label if c.isdigit()]:
        return False
    if slip[0] != label[0] and slip[-1] != label[-1]:
        return False
    if slip.endswith(label) or label.endswith(slip):  # legal and illegal, typical and atypical
        return False
    return distance(slip, label, 2) <= (1 if size < 8 else 2)


def imbalance(counts: dict[str, int]) -> Iterator[tuple[None, Fault]]:
    """Yield a fault if one label is far more frequent than the others."""
    (label, most), total = next(iter(counts.items())), sum(counts.values())
    frequent = [n for n in counts.values() if n >= RARE]
    fix = "Add rows of the other labels, and judge the result label by label; the score over all rows hides the rare ones."
    if len(counts) < 2:
        return
    if most > MAJOR * total:
        share = most / total
        message = (
            f"{quoted(label, 40)} is the answer in {most:,} of {counted(total, 'row')}: always saying it scores {share:.2f}."
        )
        yield None, Fault("label-imbalance", "warning", message, fix)
    elif frequent and most > RATIO * min(frequent):
        least = min((name for name in counts if counts[name] >= RARE), key=lambda name: counts[name])
        message = f"{quoted(label, 40)} is the answer in {most:,} rows, {quoted(least, 40)} in {counts[least]:,}."
        yield None, Fault("label-imbalance", "warning", message, fix)


def _slip(slip: str, meant: str, spellings: dict[str, int]) -> Fault:
    message = (
        f"The label {quoted(slip, 40)} ({counted(spellings[slip], 'row')}) looks like a slip for "
        f"{quoted(meant, 40)} ({counted(spellings[meant], 'row')})."
    )
    fix = "Write it like the others; a model learns each spelling as an answer of its own."
    return Fault("label-typo", "warning", message, fix, field="completion", excerpt=slip[:60], repair="mend-labels")


def _rare(label: str, where: list[str]) -> Fault:
    places = ", ".join(where)
    message = f"The label {quoted(label, 40)} occurs in {counted(len(where), 'row')} only ({places})."
    fix = f"Add rows until there are {RARE} or more, or leave the label out; so few can be neither learnt nor measured."
    return Fault("rare-label", "warning", message, fix, field="completion", excerpt=label[:60])
