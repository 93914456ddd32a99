"""Prompts that are there more than once in other words, and prompts that are answered in more than one way.

What counts as nearly the same is written in `alike`; how candidates are found, in `sketches` and `pairs`.

Left out: rows that are wholly the same (`repeats`), and rows of two sources (`leaks`).
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import Batch, RowLookup, TrainingRow
from ftwidgets.data.rules.number_columns import firsts, mixed, numbers, system_key
from ftwidgets.data.text import pluralize, quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ftwidgets.data.rules.near_duplicates.fingerprints import Sketches

NEAR_DUPLICATES_CAPPED = FindingType(
    "near-duplicates-capped",
    "note",
    title="So many alike prompts that not all were compared",
    why=(
        "Very many prompts follow one pattern. Each was held against its nearest ones only, so some "
        "near-duplicates may be missing."
    ),
    todo="Nothing. If it matters, check a part of the file by itself.",
)
NEAR_DUPLICATE = FindingType(
    "near-duplicate",
    "warning",
    title="Prompts that are nearly the same",
    why=(
        "They differ in wording and not in what is asked. Copies teach little and weigh much, and leak if a split "
        "puts one on each side. Where the answers differ as well, different-answers-near is said in its place."
    ),
    todo="Keep one, if the others say no more. `ftwidgets.prepare` keeps them on one side of the split.",
)
DIFFERENT_ANSWERS_NEAR = FindingType(
    "different-answers-near",
    "warning",
    title="Nearly one prompt, two answers",
    why="The prompts differ in wording and not in what is asked, and the answers differ.",
    todo="Keep the better answer, or make the difference in the prompts plain.",
)
DIFFERENT_ANSWERS = FindingType(
    "different-answers",
    "warning",
    title="One prompt, two answers",
    why=(
        "The model is punished for each of them in turn, and learns to waver. A prompt with more than five "
        "different answers is said once."
    ),
    todo="Keep the better answer.",
)

QUOTED = 1000
"""Faults of each kind that quote the two rows, which are read again for it; what comes after names the places only."""

MANY = 5
"""A prompt with more different answers than this has them by design, as one instruction for many posts: it is said once."""

NAMED = 8
"""Rows of a group that are named."""


class Near:
    """The rules different-answers, near-duplicate and different-answers-near.

    After `finalize`, `keys` has a number for each usable row: the position of the first row that must be on the same side of
    a split, because its prompt is the same (folded) or nearly the same, directly or over others between them.

    Parameters
    ----------
    near
        Whether to look for prompts that are nearly the same. Else only equal prompts are compared, and of each row 24
        bytes are kept; with it, 66.
    """

    def __init__(self, *, near: bool = True) -> None:
        self.near = near
        self.keys: Sequence[int] = array("q")
        self._prompts, self._asked, self._answers = array("q"), array("q"), array("q")
        self._columns = tuple(array(code) for code in "QQQHI")
        self._frequencies: NDArray[np.int32] | None = None

    @property
    def prompt_hashes(self) -> "NDArray[np.int64]":
        """A number for each row, equal where the folded prompts are."""
        return numbers(self._prompts)

    @cached_property
    def first(self) -> "NDArray[np.int64]":
        """For each row the first row with its prompt, when all rows have been seen."""
        return firsts(self.prompt_hashes)

    @property
    def sketches(self) -> "Sketches":
        """What the prompts have in common with nearly the same ones."""
        import numpy as np

        from ftwidgets.data.rules.near_duplicates.fingerprints import BANDS, Sketches

        if self._frequencies is None:
            return Sketches()
        heads, tails, letters, sizes, bands = map(np.array, self._columns)
        return Sketches(heads, tails, letters, sizes, bands.reshape(-1, BANDS), self._frequencies)

    def update(self, batch: Batch) -> Iterable[tuple[int, Finding]]:
        """Keep three keys of each row, and a sketch of its prompt."""
        import numpy as np

        systems = np.fromiter(map(system_key, batch.systems), dtype=np.int64, count=len(batch.systems))
        self._prompts.frombytes(batch.prompt_hashes.tobytes())
        self._asked.frombytes(mixed(batch.prompt_hashes, systems).tobytes())
        self._answers.frombytes(batch.completion_hashes.tobytes())
        if self.near and batch.rows:
            self._sketch(batch.normalized_prompts)
        return ()

    def _sketch(self, prompts: list[bytes]) -> None:
        import numpy as np

        from ftwidgets.data.rules.near_duplicates.fingerprints import SLOTS, sketches

        made, hashes = sketches(prompts)
        parts = (made.heads, made.tails, made.letters, made.sizes, made.bands)
        for column, raw in zip(self._columns, [part.tobytes() for part in parts], strict=True):
            column.frombytes(raw)
        if self._frequencies is None:
            self._frequencies = np.zeros(SLOTS, dtype=np.int32)
        np.add.at(self._frequencies, (hashes & np.uint64(SLOTS - 1)).astype(np.int64), np.int32(1))

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Say which prompts are there more than once, and which have several answers."""
        from ftwidgets.data.rules.near_duplicates.groups import grouped

        yield from self._contradictions(lookup)
        self.keys = array("q", self.first.tobytes())
        if not self.near or not len(self._prompts):
            return
        groups = grouped(self.first, self.sketches, lookup)
        self.keys = array("q", groups.tops.tobytes())
        yield from _told(groups.contradictions, lookup, "Nearly the same prompt as", DIFFERENT_ANSWERS_NEAR)
        yield from self._groups(lookup, {here for here, _ in groups.contradictions})
        if groups.capped:
            yield None, _CAPPED

    def _contradictions(self, known: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        import numpy as np

        asked, answers = numbers(self._asked), numbers(self._answers)
        first, here = firsts(asked), np.arange(len(asked))
        again = np.flatnonzero(first != here)
        some = np.union1d(again, first[again])  # all rows with a prompt that is there more than once
        new = some[firsts(mixed(asked[some], answers[some])) == np.arange(len(some))]
        leads, counts = np.unique(first[new], return_counts=True)
        differing = counts[np.searchsorted(leads, first[new])]  # answers of that prompt, for each row with a new one
        new_ones = new != first[new]  # a row that repeats an earlier one contradicts nothing anew
        few = new[new_ones & (differing <= MANY)]
        yield from _told(zip(few.tolist(), first[few].tolist(), strict=True), known, "The same prompt as", DIFFERENT_ANSWERS)
        many, kinds = new[new_ones & (differing > MANY)], differing[new_ones & (differing > MANY)]
        second = np.unique(first[many], return_index=True)[1]  # of each prompt the first row with another answer
        rows = zip(many[second].tolist(), first[many[second]].tolist(), kinds[second].tolist(), strict=True)
        yield from _answered(sorted(rows), known)

    def _groups(self, known: RowLookup, told: set[int]) -> Iterator[tuple[int | None, Finding]]:
        """Say of each group of different prompts which rows are in it, on its second row.

        Of rows `told`, it has been said which other prompt theirs is nearly, and that the answers differ: the next row
        speaks for its group, and none does if they are all told.
        """
        import numpy as np

        tops, first = np.array(self.keys, dtype=np.int64), self.first
        speaks = np.flatnonzero(first == np.arange(len(first)))  # of equal prompts, the first
        order = speaks[np.argsort(tops[speaks], kind="stable")]
        bounds = np.append(np.append(0, np.flatnonzero(np.diff(tops[order])) + 1), len(order))
        big = np.flatnonzero(np.diff(bounds) > 1)
        groups = [group for i in big if (group := _spoken(order[bounds[i] : bounds[i + 1]].tolist(), told))]
        wanted = sorted({position for group in groups[:QUOTED] for position in group[:2]})
        items = dict(zip(wanted, known.read(wanted), strict=True)) if wanted else {}
        for group in groups:
            yield group[1], _near_duplicate(group, items, known)


def _spoken(group: list[int], told: set[int]) -> list[int]:
    """Return a group with the row that speaks for it in second place; nothing if all but the first are told."""
    untold = [row for row in group[1:] if row not in told][:1]
    return [group[0], *untold, *(row for row in group[1:] if row not in untold)] if untold else []


def _told(pairs: Iterable[tuple[int, int]], known: RowLookup, how: str, kind: FindingType) -> Iterator[tuple[int, Finding]]:
    """Yield a fault for each (row, earlier row) with another answer to the prompt."""
    fix = "Keep the better answer; two answers to one prompt teach the model to waver."
    walk = iter(pairs)
    some = list(islice(walk, QUOTED))
    wanted = sorted({position for pair in some for position in pair})
    items = dict(zip(wanted, known.read(wanted), strict=True)) if wanted else {}
    for here, there in some:
        answers = f"{quote(items[here].completion, 40)} here, {quote(items[there].completion, 40)} there"
        message = f"{how} {known.where(there)} with another answer: {answers}."
        yield here, kind(message, fix, "completion")
    for here, there in walk:
        yield here, kind(f"{how} {known.where(there)} with another answer.", fix, "completion")


def _answered(rows: Sequence[tuple[int, int, int]], known: RowLookup) -> Iterator[tuple[int, Finding]]:
    """Yield a fault for each (row, earlier row, number of answers) of a prompt with many answers."""
    fix = "Leave them if the answers are meant to vary, as posts do; else keep the best: many answers teach the model to waver."
    wanted = sorted({position for row in rows[:QUOTED] for position in row[:2]})
    items = dict(zip(wanted, known.read(wanted), strict=True)) if wanted else {}
    for here, there, n in rows:
        message = f"The same prompt as {known.where(there)} has {n:,} different answers"
        if here in items and there in items:
            message += f", {quote(items[here].completion, 40)} here and {quote(items[there].completion, 40)} there among them"
        yield here, DIFFERENT_ANSWERS(f"{message}.", fix, field="completion")


def _near_duplicate(group: list[int], items: dict[int, TrainingRow], known: RowLookup) -> Finding:
    others = [known.where(position) for position in (group[0], *group[2 : NAMED + 1])]
    more = f" and {len(group) - 1 - len(others):,} more" if len(group) - 1 > len(others) else ""
    if len(group) == 2:
        message = f"Nearly the same prompt as {others[0]}"
    else:
        message = f"{pluralize(len(group), 'prompt')} are nearly the same: this one and {', '.join(others)}{more}"
    if group[0] in items:
        message += f"; {quote(items[group[1]].prompt, 40)} here, {quote(items[group[0]].prompt, 40)} there"
    fix = "Keep all of them on one side of a split; if they say no more than one would, keep one."
    return NEAR_DUPLICATE(f"{message}.", fix, field="prompt")


_CAPPED = NEAR_DUPLICATES_CAPPED(
    "Very many prompts follow one pattern; each was held against its nearest ones only.",
    "Some near-duplicates among them may be missing here.",
)
