"""DatasetPrep: from a table to the two files of a job, looked at before they are written.

Left out: the rules, the counting and the writing (`ftwidgets.data`), and repairing anything.
"""

from __future__ import annotations

import dataclasses
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from ftwidgets.data import Finding, Prepared, Report, prepare
from ftwidgets.data.prepare import Draft, draft
from ftwidgets.data.readers import column_names
from ftwidgets.data.results import sort_by_level
from ftwidgets.data.rows import Example
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens.lengths import Lengths, measure
from ftwidgets.data.tokens.nano import count_tokens
from ftwidgets.errors import DataError
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button, field, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.prep import cost_table, preview
from ftwidgets.widgets.prep.column_fields import ColumnFields, half, pair
from ftwidgets.widgets.prep.histogram import histogram
from ftwidgets.widgets.prep.source_fields import SourceFields

if TYPE_CHECKING:
    from ftwidgets.data.readers import Source

_CONVERSATIONS, _FINDINGS = 3, 8  # on a page
_STALE = " The files written before hold the form as it was then: write them again."


class DatasetPrep(Panel):
    """Checks a table, shows what a model would see of it, and writes the training and the validation file.

    Parameters
    ----------
    source
        The name of a bundled dataset, the path of a file (CSV, XLSX, JSON Lines), or a DataFrame; without one the form is
        empty.
    folder
        Where the files go.
    prompt, completion, system_column
        Names of the columns, where they are not called Prompt, Completion and System.
    system
        The system prompt of rows that have none of their own.
    validation
        What is held out: a fraction below 1, or a number of examples.
    seed
        Another seed holds out other rows.
    n_epochs
        For the estimate of the cost alone.

    `prepare()` does what the button does. The result is in `prepared`, and in `train_file`, `validation_file`, `report`.
    """

    prepared = traitlets.Instance(Prepared, allow_none=True, help="What was written last; None before.")

    def __init__(
        self,
        source: Source | None = None,
        *,
        folder: str | os.PathLike[str] = "my_data",
        prompt: str | None = None,
        completion: str | None = None,
        system_column: str | None = None,
        system: str | None = None,
        validation: float = 0.2,
        seed: int = 0,
        n_epochs: int = 3,
    ) -> None:
        self._draft: Draft | None = None
        self._report: Report | None = None
        self._held: list[bool] = []
        self._lengths = Lengths([], 0)
        self._entries: list[preview.Entry] = []
        self.columns = ColumnFields(prompt, completion, system_column, on_change=self.catch_errors(self.check))
        self.system = ipywidgets.Textarea(value=system or "", description="System prompt", rows=2, continuous_update=False)
        self.validation = ipywidgets.FloatText(value=validation, description="Held out", step=0.05)
        self.seed = ipywidgets.IntText(value=seed, description="Seed")
        self.folder = ipywidgets.Text(value=os.fspath(folder), description="Folder", continuous_update=False)
        self.n_epochs = ipywidgets.BoundedIntText(value=n_epochs, min=1, max=50, description="Epochs")
        self.source = SourceFields(
            source, uploads=lambda: Path(self.folder.value) / "uploads", on_change=self._load, catch_errors=self.catch_errors
        )
        self.conversation_pages = preview.Pager("examples", _CONVERSATIONS, self._draw_conversations)
        self.findings_pages = preview.Pager("findings", _FINDINGS, self._draw_findings)
        self.fixes, self.tokens, self.cost = Live(), Live(), Live()
        self.write = button("Write the training files", primary=True)
        super().__init__("Prepare a dataset", self._parts())
        self.write.on_click(self.catch_errors(self.prepare))
        self.system.observe(self.catch_errors(self.check), names="value")
        for control in (self.validation, self.seed):
            control.observe(self.catch_errors(self._divide), names="value")
        self.folder.observe(lambda _change: self.refresh_code(), names="value")
        self.n_epochs.observe(self.catch_errors(self._show_cost), names="value")
        if source is not None:
            self.catch_errors(self._load)()
        else:
            self._clear("Choose the data.")

    @property
    def train_file(self) -> Path | None:
        """The training file that was written; None before."""
        return self.prepared.train_file if self.prepared is not None else None

    @property
    def validation_file(self) -> Path | None:
        """The validation file that was written; None before, and where nothing was held out."""
        return self.prepared.validation_file if self.prepared is not None else None

    @property
    def report(self) -> Report | None:
        """What was found in the data, by the last check or writing."""
        return self._report

    @property
    def code(self) -> str:
        """The call of `ftwidgets.prepare` that the form stands for."""
        self._given()
        options = "".join(f"    {name}={markup.literal(value)},\n" for name, value in self._options().items())
        call = f"    {self.source.code},\n    {markup.literal(self.folder.value)},\n{options}"
        return f"import ftwidgets\n\nprepared = ftwidgets.prepare(\n{call})\nprint(prepared)"

    def check(self) -> Report:
        """Check the table as the form stands, and show what a model would see of it."""
        source = self._given()
        self._forget()
        self.show_status("Reading and checking.")
        try:
            self._draft = draft(source, **self.columns.named, system=self._system)
            self._show_report(self._draft.report)
            self._lengths = measure(self._draft.report.examples)
            self.tokens.html = histogram(self._lengths)
            self._divide()
        except Exception as error:
            self.show_error(error)
            raise
        return self._draft.report

    def prepare(self) -> Prepared:
        """Write the training and the validation file as the form stands.

        Raises
        ------
        DataError
            If no data is chosen, or it cannot be used at all.
        """
        source = self._given()
        self.show_status("Writing.")
        try:
            made = prepare(source, self.folder.value, **self._options())
        except Exception as error:
            self.show_error(error)  # from code too: "Writing." would stay
            raise
        changed = self._draft is not None and self._draft.report.examples != made.report.examples
        if changed:
            self.check()
        self.prepared = made
        self._show_report(made.report)
        mind = "" if made.report.ok else " Some findings are errors: look at them before you upload."
        news = " The data had changed since it was checked; what is shown is what it holds now." if changed else ""
        self.show_status(_written(made) + news + mind, "wrong" if mind else "ok")
        self.refresh_code()
        return made

    def static_text(self) -> str:
        """Tell the present state in a few lines of text."""
        report = self._report
        if report is None:
            return "No data checked yet."
        shown = sort_by_level(report.findings)[:5]
        lines = [report.summary, *(f"  {found.level}: {found}" for found in shown)]
        if (more := report.n_findings - len(shown)) > 0:
            lines.append(f"  and {more:,} more")
        if self._held:
            lines += [self._split_words(), str(self._lengths), cost_table.sentence(self._trained, self.n_epochs.value)]
        return "\n".join([*lines, *([_written(self.prepared)] if self.prepared is not None else [])])

    def static_html(self) -> str:
        """Tell the present state as HTML that needs no script."""
        report = self._report
        if report is None:
            return f"<p>{escape(self.static_text())}</p>"
        parts = [f"<p>{escape(report.summary)}</p>", preview.findings_table(self._entries[:_FINDINGS])]
        if len(self._entries) > _FINDINGS:
            parts.append(f"<p>and {len(self._entries) - _FINDINGS:,} more lines like these; report.findings has them all</p>")
        if self._held:
            parts += [f"<p>{escape(self._split_words())}</p>", self._draw_conversations(0, min(2, len(self._held)))]
            parts += [self.tokens.html, self.cost.html]
        if self.prepared is not None:
            parts.append(f"<p>{escape(_written(self.prepared))}</p>")
        return "".join(parts)

    @property
    def _system(self) -> str | None:
        return self.system.value if self.system.value.strip() else None

    @property
    def _trained(self) -> int:
        """Tokens of the training file."""
        return self._lengths.total_of([not held for held in self._held])

    def _parts(self) -> list[ipywidgets.Widget]:
        system = field(self.system, "For rows without one. Use the same text when you ask the model.", width="826px")
        share = half(self.validation, "A share below 1, or a number of examples: to measure, never to train on.")
        seed = half(self.seed, "Another seed holds out other rows; the same seed the same ones.")
        epochs = field(self.n_epochs, "How often the training passes over each example; only for the sum below.")
        folder = field(self.folder, "Where train.jsonl and validation.jsonl go.")
        cost = ipywidgets.VBox([self.tokens, epochs, self.cost])
        findings = ipywidgets.VBox([self.findings_pages, self.fixes])
        self.tabs = ipywidgets.Tab([self.conversation_pages, findings, cost])
        self.tabs.titles = ("Conversations", "Findings", "Tokens and cost")
        return [self.source, self.columns, system, pair(share, seed), self.tabs, folder, row(self.write)]

    def _given(self) -> Source:
        source = self.source.source
        if source is None:
            raise DataError("choose the data first: a dataset, a path or an upload.")
        return source

    def _options(self) -> dict[str, Any]:
        share = self.validation.value
        system = {} if self._system is None else {"system": self._system}
        whole = share >= 1 and share.is_integer()
        return {**self.columns.named, **system, "validation": int(share) if whole else share, "seed": self.seed.value}

    def _load(self) -> None:
        """Offer the columns of the table that was chosen, and check it."""
        if self.source.source is None:
            self._clear(f"Choose {self.source.kind.value}.")
            return
        found = column_names(self.source.source)
        self.columns.fill([] if isinstance(found, Finding) else found)
        self.check()

    def _clear(self, text: str) -> None:
        self._forget()
        self.columns.fill([])
        self.show_status(text)

    def _forget(self) -> None:
        """Take away what was shown of the last table: if the next one cannot be checked, nothing of it may stay."""
        self._draft = self._report = None
        self._held, self._entries, self._lengths = [], [], Lengths([], 0)
        self._show_findings()
        self.conversation_pages.fill(0)
        self.tokens.html = self.cost.html = ""
        self.refresh_code()

    def _divide(self) -> None:
        """Split the examples as the form stands, and show the outcome."""
        if self._draft is None:
            return
        options, self._held = self._options(), []
        try:
            self._held = self._draft.preview_split(options["validation"], options["seed"])
        finally:
            self.conversation_pages.fill(len(self._held))
            self._show_cost()
            self.refresh_code()
        report = self._report or self._draft.report
        text = f"{report.summary} {self._split_words()}" if self._held else _why_none(report)
        verdict = "" if report.ok else "Not ready, see the findings. "
        self.show_status(verdict + text + (_STALE if self.prepared is not None else ""), "ok" if report.ok else "wrong")

    def _show_report(self, report: Report) -> None:
        self._report = dataclasses.replace(report, source=self.source.label)
        self._entries = preview.entries(report)
        self._show_findings()

    def _show_findings(self) -> None:
        n = 0 if self._report is None else self._report.n_findings
        self.tabs.titles = ("Conversations", f"Findings ({n:,})", "Tokens and cost")
        self.findings_pages.fill(len(self._entries))
        self.fixes.html = "" if self._report is None else preview.fixes(self._report)

    def _show_cost(self) -> None:
        self.cost.html = cost_table.bill(self._trained, self.n_epochs.value, exact=self._lengths.exact) if self._held else ""

    def _draw_findings(self, start: int, stop: int) -> str:
        return preview.findings_table(self._entries[start:stop])

    def _draw_conversations(self, start: int, stop: int) -> str:
        if self._draft is None or not self._held:
            return "<p>No example to show.</p>"
        examples = self._draft.report.examples
        legend = "<p>The model reads all of it and learns what the assistant says.</p>"
        return legend + "".join(preview.conversation(examples[i], self._title(i, examples[i])) for i in range(start, stop))

    def _title(self, i: int, example: Example) -> str:
        assert self._draft is not None
        side = "held out" if self._held[i] else "for training"
        return f"Example {i + 1:,} ({self._draft.places[i]}), {side}, {pluralize(count_tokens([example])[0], 'token')}"

    def _split_words(self) -> str:
        n_held = sum(self._held)
        return f"With seed {self.seed.value}: {len(self._held) - n_held:,} to train on, {n_held:,} held out."


def _why_none(report: Report) -> str:
    errors = [found for found in report.findings if found.level == "error"]
    return str(errors[0]) if errors else report.summary


def _written(made: Prepared) -> str:
    text = f"Written: {pluralize(made.n_train, 'example')} to train on in {made.train_file.as_posix()}"
    if made.validation_file is None:
        return f"{text}; none held out."
    return f"{text}, {made.n_validation:,} held out in {made.validation_file.as_posix()}."
