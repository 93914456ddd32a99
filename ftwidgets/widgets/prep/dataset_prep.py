"""DatasetPrep: check a table, preview what the model will see, and write the training and the validation file."""

from __future__ import annotations

import dataclasses
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from ftwidgets.data import Finding, Prepared, Report, prepare
from ftwidgets.data.model_specs import find_model, sandbox_models
from ftwidgets.data.prepare import Draft, draft
from ftwidgets.data.readers import column_names
from ftwidgets.data.results import sort_by_level
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens import count_tokens
from ftwidgets.data.tokens.lengths import Lengths, measure
from ftwidgets.errors import DataError
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.fields import button, field, row
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.prep import preview
from ftwidgets.widgets.prep.source_fields import ColumnFields, SourceFields, half, pair

if TYPE_CHECKING:
    from ftwidgets.data.readers import Source

_CONVERSATIONS, _FINDINGS = 3, 8  # on a page
_NO_LENGTHS = Lengths([], 0, 0)
_STALE = " The files were written with earlier settings: write them again."


class DatasetPrep(Panel):
    """Check a table, preview what a model will see of it, and write the training and the validation file.

    Parameters
    ----------
    source
        The name of a bundled dataset, the path of a file (CSV, XLSX, JSON Lines), or a DataFrame; without one the form is
        empty.
    folder
        Where the files go.
    prompt, completion, system_column
        The names of the columns, if they are not called Prompt, Completion and System.
    system
        The system prompt of rows that have none of their own.
    validation
        How much is held out: a fraction below 1, or a number of examples.
    seed
        Another seed holds out other rows.
    n_epochs
        For the estimate of the cost only.
    model
        The base model whose tokens are counted: the bundled one, or one that was added (`ftwidgets models add`).

    `prepare()` does what the button does. The result is in `prepared`, and in `train_file`, `validation_file`, `report`.
    """

    prepared = traitlets.Instance(Prepared, allow_none=True, help="The files written last; None before.")

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
        model: str = "nano-2026-11",
    ) -> None:
        self._draft: Draft | None = None
        self._report: Report | None = None
        self._in_validation: list[bool] = []
        self._lengths = _NO_LENGTHS
        self._finding_rows: list[preview.FindingRow] = []
        self.columns = ColumnFields(prompt, completion, system_column, on_change=self.catch_errors(self.check))
        self.system = ipywidgets.Textarea(value=system or "", description="System prompt", rows=2, continuous_update=False)
        self.validation = ipywidgets.FloatText(value=validation, description="Held out", step=0.05)
        self.seed = ipywidgets.IntText(value=seed, description="Seed")
        self.folder = ipywidgets.Text(value=os.fspath(folder), description="Folder", continuous_update=False)
        self.n_epochs = ipywidgets.BoundedIntText(value=n_epochs, min=1, max=50, description="Epochs")
        choices = sandbox_models()
        self.model = ipywidgets.Dropdown(options=choices, value=find_model(model).name, description="Base model")
        self.source = SourceFields(
            source, uploads=lambda: Path(self.folder.value) / "uploads", on_change=self._load, catch_errors=self.catch_errors
        )
        self.conversation_pages = preview.Pager("examples", _CONVERSATIONS, self._conversations_html)
        self.findings_pages = preview.Pager("findings", _FINDINGS, self._findings_html)
        self.fixes, self.tokens, self.cost = Live(), Live(), Live()
        self.write = button("Write the training files", primary=True)
        super().__init__("Prepare a dataset", self._parts())
        self.write.on_click(self.catch_errors(self.prepare))
        self.system.observe(self.catch_errors(self.check), names="value")
        for control in (self.validation, self.seed):
            control.observe(self.catch_errors(self._split), names="value")
        self.folder.observe(lambda _change: self.refresh_code(), names="value")
        self.n_epochs.observe(self.catch_errors(self._show_cost), names="value")
        self.model.observe(self.catch_errors(self._count), names="value")
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
        """The validation file that was written; None before, and if nothing was held out."""
        return self.prepared.validation_file if self.prepared is not None else None

    @property
    def report(self) -> Report | None:
        """The report of the last check or writing; None before."""
        return self._report

    @property
    def code(self) -> str:
        """The call of `ftwidgets.prepare` that the form stands for."""
        self._chosen_source()
        options = "".join(f"    {name}={markup.literal(value)},\n" for name, value in self._options().items())
        call = f"    {self.source.code},\n    {markup.literal(self.folder.value)},\n{options}"
        return f"import ftwidgets\n\nprepared = ftwidgets.prepare(\n{call})\nprint(prepared)"

    def check(self) -> Report:
        """Check the table with the present choices, and preview what a model will see of it."""
        source = self._chosen_source()
        self._reset()
        self.show_status("Reading and checking.")
        try:
            self._draft = draft(source, **self.columns.arguments, system=self._system)
            self._show_report(self._draft.report)
            self._count()
            self._split()
        except Exception as error:
            self.show_error(error)
            raise
        return self._draft.report

    def prepare(self) -> Prepared:
        """Write the training and the validation file with the present choices.

        Raises
        ------
        DataError
            If no data is chosen, or it cannot be used at all.
        """
        source = self._chosen_source()
        self.show_status("Writing.")
        try:
            prepared = prepare(source, self.folder.value, **self._options())
        except Exception as error:
            self.show_error(error)  # called from code too, where "Writing." would stay
            raise
        changed = self._draft is not None and self._draft.report.examples != prepared.report.examples
        if changed:
            self.check()
        self.prepared = prepared
        self._show_report(prepared.report)
        caution = "" if prepared.report.ok else " Some findings are errors: look at them before you upload."
        news = " The data had changed since it was checked; what is shown is what it holds now." if changed else ""
        self.show_status(_written_text(prepared) + news + caution, "wrong" if caution else "ok")
        self.refresh_code()
        return prepared

    def static_text(self) -> str:
        """Return the summary, the first findings, the split and the files, a line each."""
        report = self._report
        if report is None:
            return "No data checked yet."
        shown = sort_by_level(report.findings)[:5]
        lines = [report.summary, *(f"  {found.level}: {found}" for found in shown)]
        if (more := report.n_findings - len(shown)) > 0:
            lines.append(f"  and {more:,} more")
        if self._in_validation:
            lines += [
                self._split_text(),
                str(self._lengths),
                preview.cost_sentence(self._n_trained_tokens, self.n_epochs.value),
            ]
        return "\n".join([*lines, *([_written_text(self.prepared)] if self.prepared is not None else [])])

    def static_html(self) -> str:
        """Return the same with tables, pictures and the first conversations."""
        report = self._report
        if report is None:
            return f"<p>{escape(self.static_text())}</p>"
        parts = [f"<p>{escape(report.summary)}</p>", self._findings_html(0, _FINDINGS)]
        if (more := len(self._finding_rows) - _FINDINGS) > 0:
            parts.append(f"<p>and {more:,} more lines like these; report.findings has them all</p>")
        if self._in_validation:
            parts += [f"<p>{escape(self._split_text())}</p>", self._conversations_html(0, min(2, len(self._in_validation)))]
            parts += [self.tokens.html, self.cost.html]
        if self.prepared is not None:
            parts.append(f"<p>{escape(_written_text(self.prepared))}</p>")
        return "".join(parts)

    @property
    def _system(self) -> str | None:
        return self.system.value if self.system.value.strip() else None

    @property
    def _n_trained_tokens(self) -> int:
        return self._lengths.total_of([not held_out for held_out in self._in_validation])

    def _parts(self) -> list[ipywidgets.Widget]:
        system = field(self.system, "For rows without one. Use the same text when you ask the model.", width="826px")
        share = half(self.validation, "A share below 1, or a number of examples: to measure, never to train on.")
        seed = half(self.seed, "The same seed holds out the same rows; another seed holds out others.")
        epochs = field(self.n_epochs, "How often training passes over each example; used only for the estimate below.")
        folder = field(self.folder, "Where train.jsonl and validation.jsonl go.")
        model = field(self.model, "Tokens are counted with its tokenizer; rows that are too long for it are listed.")
        model.layout.display = "" if len(self.model.options) > 1 else "none"
        cost = ipywidgets.VBox([model, self.tokens, epochs, self.cost])
        findings = ipywidgets.VBox([self.findings_pages, self.fixes])
        self.tabs = ipywidgets.Tab([self.conversation_pages, findings, cost])
        self.tabs.titles = ("Conversations", "Findings", "Tokens and cost")
        return [self.source, self.columns, system, pair(share, seed), self.tabs, folder, row(self.write)]

    def _chosen_source(self) -> Source:
        source = self.source.source
        if source is None:
            raise DataError("choose the data first: a dataset, a path or an upload.")
        return source

    def _options(self) -> dict[str, Any]:
        share = self.validation.value
        system = {} if self._system is None else {"system": self._system}
        whole = share >= 1 and share.is_integer()
        return {**self.columns.arguments, **system, "validation": int(share) if whole else share, "seed": self.seed.value}

    def _load(self) -> None:
        if self.source.source is None:
            self._clear(f"Choose {self.source.kind.value}.")
            return
        found = column_names(self.source.source)
        self.columns.fill([] if isinstance(found, Finding) else found)
        self.check()

    def _clear(self, text: str) -> None:
        self._reset()
        self.columns.fill([])
        self.show_status(text)

    def _reset(self) -> None:
        """Clear everything that is shown of the last table, in case the next one cannot be checked."""
        self._draft = self._report = None
        self._in_validation, self._finding_rows, self._lengths = [], [], _NO_LENGTHS
        self._show_findings()
        self.conversation_pages.fill(0)
        self.tokens.html = self.cost.html = ""
        self.refresh_code()

    def _count(self) -> None:
        """Count the tokens of the examples for the chosen base model, and show the numbers."""
        if self._draft is not None:
            self._lengths = measure(self._draft.report.examples, self.model.value)
            self.tokens.html = preview.histogram(self._lengths)
            self.conversation_pages.redraw()
            self._show_cost()

    def _split(self) -> None:
        if self._draft is None:
            return
        options, self._in_validation = self._options(), []
        try:
            self._in_validation = self._draft.preview_split(options["validation"], options["seed"])
        finally:
            self.conversation_pages.fill(len(self._in_validation))
            self._show_cost()
            self.refresh_code()
        report = self._report or self._draft.report
        if self._in_validation:
            text = f"{report.summary} {self._split_text()}"
        else:
            text = next((str(found) for found in report.findings if found.level == "error"), report.summary)
        verdict = "" if report.ok else "Not ready, see the findings. "
        self.show_status(verdict + text + (_STALE if self.prepared is not None else ""), "ok" if report.ok else "wrong")

    def _show_report(self, report: Report) -> None:
        self._report = dataclasses.replace(report, source=self.source.label)
        self._finding_rows = preview.finding_rows(report)
        self._show_findings()

    def _show_findings(self) -> None:
        n = 0 if self._report is None else self._report.n_findings
        self.tabs.titles = ("Conversations", f"Findings ({n:,})", "Tokens and cost")
        self.findings_pages.fill(len(self._finding_rows))
        self.fixes.html = "" if self._report is None else preview.fixes_html(self._report)

    def _show_cost(self) -> None:
        n_epochs, exact = self.n_epochs.value, self._lengths.exact
        self.cost.html = preview.cost_table(self._n_trained_tokens, n_epochs, exact=exact) if self._in_validation else ""

    def _findings_html(self, start: int, stop: int) -> str:
        return preview.findings_table(self._finding_rows[start:stop])

    def _conversations_html(self, start: int, stop: int) -> str:
        if self._draft is None or not self._in_validation:
            return "<p>No example to show.</p>"
        parts = ["<p>The model reads all of it and learns what the assistant says.</p>"]
        for i in range(start, stop):
            example = self._draft.report.examples[i]
            side = "held out" if self._in_validation[i] else "for training"
            tokens = pluralize(count_tokens([example], self.model.value)[0], "token")
            parts.append(preview.conversation(example, f"Example {i + 1:,} ({self._draft.places[i]}), {side}, {tokens}"))
        return "".join(parts)

    def _split_text(self) -> str:
        n_held_out = sum(self._in_validation)
        n_train = len(self._in_validation) - n_held_out
        return f"With seed {self.seed.value}: {n_train:,} to train on, {n_held_out:,} held out."


def _written_text(prepared: Prepared) -> str:
    text = f"Written: {pluralize(prepared.n_train, 'example')} to train on in {prepared.train_file.as_posix()}"
    if prepared.validation_file is None:
        return f"{text}; none held out."
    return f"{text}, {prepared.n_validation:,} held out in {prepared.validation_file.as_posix()}."
