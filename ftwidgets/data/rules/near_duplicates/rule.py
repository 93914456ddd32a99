"""The rule about prompts that occur more than once, exactly or nearly, and prompts with more than one answer.

Left out: rows that are wholly the same (`duplicates`), and prompts that two sources share (`leakage`).
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowBatch, RowLookup, TrainingRow
from ftwidgets.data.rules.duplicates import as_array, combine_hashes, first_occurrences, system_hash
from ftwidgets.data.text import pluralize, quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ftwidgets.data.rules.near_duplicates.fingerprints import Fingerprints

NEAR_DUPLICATES_CAPPED = FindingType(
    "near-duplicates-capped", "note", title="So many similar prompts that not all were compared",
    why="Very many prompts follow one pattern. Each was compared with its nearest ones only, so some near-duplicates "
        "may be missing.",
    fix="Nothing. If it matters, check a part of the file by itself.",
)  # fmt: skip
NEAR_DUPLICATE = FindingType(
    "near-duplicate", "warning", title="Prompts that are nearly the same",
    why="They differ in wording and not in what is asked. Copies teach little, count several times, and leak if a "
        "split puts one on each side. If the answers differ as well, different-answers-near is reported instead.",
    fix="Keep one, if the others add nothing. `ftwidgets.prepare` keeps them on one side of the split.",
)  # fmt: skip
DIFFERENT_ANSWERS_NEAR = FindingType(
    "different-answers-near", "warning", title="Nearly the same prompt, two answers",
    why="The prompts differ in wording and not in what is asked, and the answers differ.",
    fix="Keep the better answer, or make the difference between the prompts clear.",
)  # fmt: skip
DIFFERENT_ANSWERS = FindingType(
    "different-answers", "warning", title="One prompt, two answers",
    why="Each of them contradicts the other in training, and the model learns to waver. A prompt with more than five "
        "different answers is reported once.",
    fix="Keep the better answer.",
)  # fmt: skip

# Findings of each kind that quote the two rows, which are read again for that; further ones name only their places.
MAX_QUOTED = 1000

MAX_ANSWERS = 5  # a prompt with more different answers has them by design, such as an instruction for many posts: reported once
MAX_NAMED = 8  # rows of a group that a finding names

_CAPPED = NEAR_DUPLICATES_CAPPED(
    "Very many prompts follow one pattern; each was held against its nearest ones only.",
    "Some near-duplicates among them may be missing here.",
)


class NearDuplicates:
    """The rules different-answers, near-duplicate and different-answers-near.

    After `finalize`, `keys` has a number for each usable row: the position of the first row that must be on the same side of
    a split, because its normalized prompt is the same or nearly the same, directly or over others between them.

    With `near`, 66 bytes of each row are kept. Without it, only equal prompts are compared, and 24 bytes are kept.
    """

    def __init__(self, *, near: bool = True) -> None:
        self.near = near
        self.keys: Sequence[int] = array("q")
        # Hashes of each row: of its prompt, of prompt and system prompt, of its completion.
        self._prompts, self._requests, self._answers = array("q"), array("q"), array("q")
        self._columns = tuple(array(code) for code in "QQQHI")  # the parts of the fingerprints
        self._frequencies: NDArray[np.int32] | None = None

    @property
    def prompt_hashes(self) -> "NDArray[np.int64]":
        """A hash of each row's normalized prompt."""
        return as_array(self._prompts)

    @cached_property
    def first(self) -> "NDArray[np.int64]":
        """For each row the first row with its prompt, when all rows have been seen."""
        return first_occurrences(self.prompt_hashes)

    @property
    def fingerprints(self) -> "Fingerprints":
        """The fingerprints of all prompts."""
        import numpy as np

        from ftwidgets.data.rules.near_duplicates.fingerprints import BANDS, Fingerprints

        if self._frequencies is None:
            return Fingerprints()
        prefix_sums, suffix_sums, letter_sums, n_words, bands = map(np.array, self._columns)
        return Fingerprints(prefix_sums, suffix_sums, letter_sums, n_words, bands.reshape(-1, BANDS), self._frequencies)

    def update(self, batch: RowBatch) -> Iterable[tuple[int, Finding]]:
        """Keep three hashes of each row and the fingerprint of its prompt."""
        import numpy as np

        systems = np.fromiter(map(system_hash, batch.systems), dtype=np.int64, count=len(batch.systems))
        self._prompts.frombytes(batch.prompt_hashes.tobytes())
        self._requests.frombytes(combine_hashes(batch.prompt_hashes, systems).tobytes())
        self._answers.frombytes(batch.completion_hashes.tobytes())
        if not self.near or not batch.rows:
            return ()
        from ftwidgets.data.rules.near_duplicates.fingerprints import SLOTS, make_fingerprints

        made, words = make_fingerprints(batch.normalized_prompts)
        parts = (made.prefix_sums, made.suffix_sums, made.letter_sums, made.n_words, made.bands)
        for column, raw in zip(self._columns, [part.tobytes() for part in parts], strict=True):
            column.frombytes(raw)
        if self._frequencies is None:
            self._frequencies = np.zeros(SLOTS, dtype=np.int32)
        np.add.at(self._frequencies, (words & np.uint64(SLOTS - 1)).astype(np.int64), np.int32(1))
        return ()

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield the prompts that occur more than once in other words, and those with several answers."""
        from ftwidgets.data.rules.near_duplicates.groups import find_groups

        yield from self._check_equal_prompts(lookup)
        self.keys = array("q", self.first.tobytes())
        if not self.near or not len(self._prompts):
            return
        groups = find_groups(self.first, self.fingerprints, lookup)
        self.keys = array("q", groups.roots.tobytes())
        yield from _describe_contradictions(DIFFERENT_ANSWERS_NEAR, "Nearly the same prompt as", groups.contradictions, lookup)
        yield from self._describe_groups(lookup, {here for here, _ in groups.contradictions})
        if groups.capped:
            yield None, _CAPPED

    def _check_equal_prompts(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield the rows whose prompt (and system prompt) equals an earlier one and has another answer."""
        import numpy as np

        requests, answers = as_array(self._requests), as_array(self._answers)
        first, here = first_occurrences(requests), np.arange(len(requests))
        again = np.flatnonzero(first != here)
        some = np.union1d(again, first[again])  # all rows whose prompt occurs more than once
        new = some[first_occurrences(combine_hashes(requests[some], answers[some])) == np.arange(len(some))]
        leads, counts = np.unique(first[new], return_counts=True)
        n_answers = counts[np.searchsorted(leads, first[new])]  # of the prompt of each row with a new answer
        differing = new != first[new]  # the first row of a prompt contradicts nothing
        few = new[differing & (n_answers <= MAX_ANSWERS)]
        pairs = list(zip(few.tolist(), first[few].tolist(), strict=True))
        yield from _describe_contradictions(DIFFERENT_ANSWERS, "The same prompt as", pairs, lookup)
        many, n_many = new[differing & (n_answers > MAX_ANSWERS)], n_answers[differing & (n_answers > MAX_ANSWERS)]
        second = np.unique(first[many], return_index=True)[1]  # of each prompt the first row with another answer
        prompts = sorted(zip(many[second].tolist(), first[many[second]].tolist(), n_many[second].tolist(), strict=True))
        rows = _read({position for prompt in prompts[:MAX_QUOTED] for position in prompt[:2]}, lookup)
        advice = "Leave them if the answers are meant to vary, as posts do; else keep the best"
        for position, earlier, n in prompts:
            message = f"The same prompt as {lookup.where(earlier)} has {n:,} different answers"
            if position in rows and earlier in rows:
                one, other = (quote(rows[place].completion, 40) for place in (position, earlier))
                message += f", {one} here and {other} there among them"
            yield position, DIFFERENT_ANSWERS(f"{message}.", f"{advice}: many answers teach the model to waver.", "completion")

    def _describe_groups(self, lookup: RowLookup, reported: set[int]) -> Iterator[tuple[int | None, Finding]]:
        """Yield a finding for each group of different prompts, on its second row.

        Rows in `reported` have a finding already, because their answers differ: the next row of the group gets the finding, or
        none if they all have one.
        """
        import numpy as np

        roots, first = np.array(self.keys, dtype=np.int64), self.first
        different = np.flatnonzero(first == np.arange(len(first)))  # of equal prompts the first
        order = different[np.argsort(roots[different], kind="stable")]
        bounds = np.append(np.append(0, np.flatnonzero(np.diff(roots[order])) + 1), len(order))
        groups = []
        for i in np.flatnonzero(np.diff(bounds) > 1):
            top, *rest = order[bounds[i] : bounds[i + 1]].tolist()
            if spokesman := next((row for row in rest if row not in reported), None):
                groups.append([top, spokesman, *(row for row in rest if row != spokesman)])
        rows = _read({position for group in groups[:MAX_QUOTED] for position in group[:2]}, lookup)
        fix = "Keep all of them on one side of a split; if they say no more than one would, keep one."
        for group in groups:
            others = [lookup.where(position) for position in (group[0], *group[2 : MAX_NAMED + 1])]
            more = f" and {len(group) - 1 - len(others):,} more" if len(group) - 1 > len(others) else ""
            if len(group) == 2:
                message = f"Nearly the same prompt as {others[0]}"
            else:
                message = f"{pluralize(len(group), 'prompt')} are nearly the same: this one and {', '.join(others)}{more}"
            if group[0] in rows:
                message += f"; {quote(rows[group[1]].prompt, 40)} here, {quote(rows[group[0]].prompt, 40)} there"
            yield group[1], NEAR_DUPLICATE(f"{message}.", fix, "prompt")


def _read(positions: set[int], lookup: RowLookup) -> dict[int, TrainingRow]:
    rising = sorted(positions)
    return dict(zip(rising, lookup.read(rising), strict=True)) if rising else {}


def _describe_contradictions(
    kind: FindingType, how: str, pairs: Sequence[tuple[int, int]], lookup: RowLookup
) -> Iterator[tuple[int, Finding]]:
    """Yield a finding for each (row, earlier row) with another answer to the prompt."""
    fix = "Keep the better answer; two answers to one prompt teach the model to waver."
    rows = _read({position for pair in pairs[:MAX_QUOTED] for position in pair}, lookup)
    for i, (here, there) in enumerate(pairs):
        message = f"{how} {lookup.where(there)} with another answer"
        if i < MAX_QUOTED:
            message += f": {quote(rows[here].completion, 40)} here, {quote(rows[there].completion, 40)} there"
        yield here, kind(f"{message}.", fix, "completion")
