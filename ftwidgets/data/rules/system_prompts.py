"""The rule about inconsistent system prompts: several where one was meant, and rows without one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowBatch, RowLookup
from ftwidgets.data.rules.near_duplicates.compare import is_near_duplicate
from ftwidgets.data.text import normalize, pluralize, quote

MIXED_SYSTEM_PROMPTS = FindingType(
    "mixed-system-prompts", "warning", title="Several system prompts with the same meaning",
    why="If the system prompt changes from row to row for no reason, the model does not learn to follow the one that "
        "you will use.",
    fix="Use one text in all rows, and the same one later with the model.", other_level="note",
)  # fmt: skip
SYSTEM_FILLED = FindingType(
    "system-filled", "note", title="Rows without a system prompt get the constant one",
    why="Some rows have a system prompt of their own and some have none.",
    fix="Nothing, if the constant text is right for those rows.",
)  # fmt: skip
SYSTEM_MISSING = FindingType(
    "system-missing", "warning", title="Some rows have a system prompt and some have none",
    why="The model learns to behave differently with a system prompt and without one, but in use you will always "
        "have one or never.",
    fix="Fill in the gaps, or give `system=` a text for them.",
)  # fmt: skip

MAX_SYSTEM_PROMPTS = 200  # with more different ones, each row has its own by design, and they are no longer counted
DOMINANT_SHARE = 0.8  # the share of the rows with which one system prompt, or having none, is what was meant
MAX_NAMED = 5  # variants that have a finding of their own; more are counted in one finding


@dataclass
class _Variant:
    text: str
    first: int
    n: int = 0


class SystemPrompts:
    """The rules mixed-system-prompts, system-missing and system-filled.

    Mixed: a system prompt that differs from a more frequent one only in whitespace, case, punctuation or a typo; or one
    beside another that has at least 80 % of the rows. Several that share the rows more evenly are tasks of their own, and
    more than ten without a dominant one are a system prompt for each row: that is one note.
    """

    def __init__(self, column: str | None = None) -> None:
        self._column = column
        self._variants: dict[str, _Variant] = {}
        self._many = False
        self._n = self._n_gaps = 0
        self._first_gap: int | None = None
        self._first_own: int | None = None
        self._filled = False

    def update(self, batch: RowBatch) -> Iterable[tuple[int, Finding]]:
        """Count the system prompts and the rows without one."""
        for index, item in enumerate(batch.rows):
            if not item.own_system:
                self._n_gaps += 1
                if self._first_gap is None:
                    self._first_gap = batch.start + index
                    self._filled = item.system is not None
            elif self._first_own is None:
                self._first_own = batch.start + index
            if not item.own_system or self._many:
                continue
            text = item.system or ""
            if text not in self._variants:
                if len(self._variants) == MAX_SYSTEM_PROMPTS:
                    self._many = True
                    continue
                self._variants[text] = _Variant(text, batch.start + index)
            self._variants[text].n += 1
        self._n += len(batch.rows)
        return ()

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield the system prompts that do not fit the others, and how many rows have none."""
        yield from self._mixed(lookup)
        yield from self._gaps(lookup)

    def _mixed(self, known: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        ranked = sorted(self._variants.values(), key=lambda variant: (-variant.n, variant.first))
        own = self._n - self._n_gaps
        dominated = not self._many and len(ranked) > 1 and ranked[0].n >= DOMINANT_SHARE * own
        minor: list[tuple[_Variant, _Variant, bool]] = []
        for place, variant in enumerate(ranked if not self._many else ()):
            text = variant.text
            alike = (o for o in ranked[:place] if normalize(o.text) == normalize(text) or is_near_duplicate(o.text, text))
            same = next(alike, None)
            if same is not None or (dominated and place):
                minor.append((variant, same or ranked[0], same is not None))
        minor.sort(key=lambda entry: entry[0].first)
        for variant, usual, nearly in minor[:MAX_NAMED]:
            rows, text = pluralize(variant.n, "row"), quote(variant.text, 40)
            if nearly:
                others = f"{pluralize(usual.n, 'row')}, first on {known.where(usual.first)}"
                message = f"The system prompt {text} ({rows}) is nearly that of {others}: {quote(usual.text, 40)}."
            else:
                message = f"The system prompt is {text} in {rows}; {usual.n:,} of {own:,} have {quote(usual.text, 40)}."
            fix = "Use one wording in all rows, the one that you will use with the model."
            yield variant.first, MIXED_SYSTEM_PROMPTS(message, fix, "system", variant.text[:60])
        if len(minor) > MAX_NAMED:
            differ = f"{pluralize(len(minor) - MAX_NAMED, 'more system prompt')} differ from the usual one"
            message = f"{differ}, the next on {known.where(minor[MAX_NAMED][0].first)}."
            yield None, MIXED_SYSTEM_PROMPTS(message, "Use one wording in all rows.", "system")
        if self._many or (len(ranked) - len(minor) > 10 and not dominated):
            n = f"{'More than ' if self._many else ''}{len(ranked):,}"
            message = f"{n} different system prompts, and none of them dominates."
            fix = "That is fine if each row has its own by design; else use one wording in all rows."
            yield None, MIXED_SYSTEM_PROMPTS(message, fix, "system", level="note")

    def _gaps(self, known: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        if self._first_gap is None or (self._n_gaps == self._n and (self._column is None or not self._filled)):
            return
        name = "The system prompt" if self._column is None else quote(self._column)
        field = self._column or "system"
        message = f"{name} is empty in {self._n_gaps:,} of {pluralize(self._n, 'row')}, first on {known.where(self._first_gap)}"
        if self._filled:
            message = f"{message}; the constant system prompt is used."
            yield None, SYSTEM_FILLED(message, field=field)
        elif self._first_own is not None and self._n_gaps >= DOMINANT_SHARE * self._n:
            n_own = self._n - self._n_gaps
            place = f"{'on' if n_own == 1 else 'first on'} {known.where(self._first_own)}"
            message = (
                f"Only {n_own:,} of {pluralize(self._n, 'row')} {'has' if n_own == 1 else 'have'} a system prompt, {place}."
            )
            fix = "Give it to all rows or to none; the prompt at use should match the one in training."
            yield None, SYSTEM_MISSING(message, fix, field=field)
        else:
            fix = "Fill them in, or give system= a text for them; the prompt at use should match the one in training."
            yield None, SYSTEM_MISSING(f"{message}; these get none.", fix, field=field)
