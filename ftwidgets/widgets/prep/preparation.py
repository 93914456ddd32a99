"""What DatasetPrep knows of the chosen data: checked as it is and with the ticked fixes done, split, its tokens counted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING

from ftwidgets.data import Finding, Fix, Report
from ftwidgets.data.model_specs import tokenizer_name
from ftwidgets.data.prepare import Draft, draft
from ftwidgets.data.repaired import preview_fixes
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens import count_tokens
from ftwidgets.data.tokens.count import chat_counter
from ftwidgets.data.tokens.lengths import Lengths, measure
from ftwidgets.widgets.launch.estimate import ANSWERS, FileCount, epochs_of
from ftwidgets.widgets.prep import findings_html, outcome, preview

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ftwidgets.data.readers import Source


class Preparation:
    """A source, checked; `columns` are the arguments of `prepare` that name them, `system` is the system prompt.

    `choose_fixes`, `count` and `split` take the choices of the form, each when it was changed.
    """

    def __init__(self, source: Source, columns: Mapping[str, str], system: str | None) -> None:
        self._source, self._columns, self._system = source, columns, system
        self.base: Draft = draft(source, **columns, system=system)
        self.fixed = self.base
        self.previews = preview_fixes(self.base.report)
        self.in_validation: list[bool] = []
        self.lengths = Lengths([], 0, 0)

    @property
    def report(self) -> Report:
        """The report on the rows as they are written: with the chosen fixes done."""
        return self.fixed.report

    @property
    def fixes(self) -> list[Fix]:
        """The automatic fixes that are offered for the data as it is: those that do more than writing the files does."""
        totals = self.base.report.totals
        settled = {fix: totals[finding][1] for finding, fix in findings_html.SETTLED.items() if finding in totals}
        return [fix for fix in self.base.report.fixes if fix.n_findings > settled.get(fix.name, 0)]

    def chosen_fixes(self, ticked: Collection[str]) -> list[str]:
        """Return the names of the fixes that are both offered and ticked."""
        return [fix.name for fix in self.fixes if fix.name in ticked]

    def choose_fixes(self, ticked: Collection[str]) -> None:
        """Check the data again with the ticked fixes done."""
        chosen, self.in_validation = self.chosen_fixes(ticked), []  # the split was that of other rows
        self.fixed = draft(self._source, **self._columns, system=self._system, fix=chosen) if chosen else self.base

    def count(self, model: str) -> None:
        """Count the tokens of the examples for a base model."""
        self.lengths = measure(self.report.examples, model)

    def split(self, validation: float, seed: int) -> None:
        """Find out which examples are held out; none, if the share cannot be, which is raised."""
        self.in_validation = []
        self.in_validation = self.fixed.preview_split(validation, seed)

    @property
    def n_trained_tokens(self) -> int:
        """Tokens of the training file."""
        return self.lengths.total_of([not held_out for held_out in self.in_validation]) if self.in_validation else 0

    def epochs(self, chosen: int | None, model: str) -> int:
        """Return how many epochs a job on the training file takes: those that are chosen, or what "auto" stands for."""
        trained = (example for example, held_out in zip(self.report.examples, self.in_validation, strict=True) if not held_out)
        counter = chat_counter(tokenizer_name(model))
        answers = [counter.count_answers(example) for example in islice(trained, ANSWERS)]
        n_train = len(self.in_validation) - sum(self.in_validation)
        count = FileCount(n_train, self.n_trained_tokens, answer_tokens=fmean(answers) if answers else 0.0)
        return epochs_of(count, chosen, small=model.startswith("nano"))

    @property
    def tokens_text(self) -> str:
        """The tokens of the training file with their noun."""
        return f"{'' if self.lengths.exact else 'about '}{pluralize(self.n_trained_tokens, 'token')}"

    @property
    def grouped(self) -> findings_html.Grouped:
        """The findings by what to do about them."""
        return findings_html.group(self.report, set(self.unused))

    @property
    def unused(self) -> list[str]:
        """Where the rows are that are left out."""
        return outcome.unused_places(self.base, self.fixed)

    @property
    def headline(self) -> str:
        """How many rows are used, and which are not."""
        return outcome.headline(self.report, self.unused, self.fixed.n_fixed)

    @property
    def split_text(self) -> str:
        """How many examples are trained on, and how many held out."""
        n_held_out = sum(self.in_validation)
        return f"{len(self.in_validation) - n_held_out:,} to train on, {n_held_out:,} held out"

    def first_findings(self, limit: int) -> list[Finding]:
        """Return the first findings, those to be fixed first."""
        grouped = self.grouped
        fixable = [found for found in self.report.findings if found.repair and found.id not in findings_html.SETTLED]
        kinds: Iterable[list[Finding]] = [*grouped.must_fix, *grouped.left_out, fixable, *grouped.to_look_at]
        return [found for kind in kinds for found in kind][:limit]

    def findings_html(self, ticked: Collection[str]) -> str:
        """Return all findings and fixes as HTML."""
        chosen = self.chosen_fixes(ticked)
        return findings_html.findings_page(self.grouped, self.fixes, self.previews, chosen, set(self.unused))

    def conversations_html(self, start: int, stop: int, model: str) -> str:
        """Return the examples from one position up to another as conversations, with their tokens for a base model."""
        parts = []
        for i in range(start, stop):
            example = self.report.examples[i]
            note = f"{self.fixed.places[i]}, {pluralize(count_tokens([example], model)[0], 'token')}"
            held_out = self.in_validation[i]
            parts.append(preview.conversation(example, title=f"Example {i + 1:,}", note=note, held_out=held_out))
        return "".join(parts)
