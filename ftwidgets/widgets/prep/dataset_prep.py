"""DatasetPrep: check a table, preview what the model will see, and write the training and the validation file."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from ftwidgets.data import Finding, Fix, Prepared, Report, prepare
from ftwidgets.data.fixes import fix_names
from ftwidgets.data.readers import column_names
from ftwidgets.errors import DataError
from ftwidgets.paths import require_path
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_text_or_none
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.fields import button, row
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.prep import static_view
from ftwidgets.widgets.prep.check_result import CheckResult
from ftwidgets.widgets.prep.column_fields import ColumnFields
from ftwidgets.widgets.prep.form_words import in_form_words
from ftwidgets.widgets.prep.settings_fields import SettingsFields
from ftwidgets.widgets.prep.source_fields import UPLOAD, SourceFields
from ftwidgets.widgets.prep.target_folder import UPLOADS
from ftwidgets.widgets.prep.written_files import WrittenFiles, next_form

if TYPE_CHECKING:
    from ftwidgets.data.readers import Source


class DatasetPrep(Panel):
    """Check a table, preview what a model will see of it, and write the training and the validation file.

    Parameters
    ----------
    source
        The name of a bundled dataset, the path of a file (CSV, XLSX, JSON Lines), or a DataFrame; without one the form is
        empty and takes a file that is dropped on it.
    folder
        Where the files go.
    prompt, completion, system_column
        The names of the columns. Without them, those called Prompt, Completion and System are read, or else those that are
        probably meant, such as Question and Answer; the form says which.
    system
        The system prompt of rows that have none of their own.
    validation
        How much is held out: a fraction below 1, or a number of examples.
    seed
        Another seed holds out other rows.
    n_epochs
        For the estimate of the cost only: a number, or `"auto"` for what a job takes by itself.
    model
        The base model whose tokens are counted: the bundled one, or one that was added (`ftwidgets models add`).
    fix
        Names of automatic fixes to do in the files that are written, as their tick-boxes do.

    `prepare()` does what the button does, but replaces files without asking. The result is in `prepared`, and in `train_file`,
    `validation_file`, `report`.
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
        n_epochs: int | str = "auto",
        model: str = "nano-2026-11",
        fix: Sequence[Fix | str] | Fix | str = (),
    ) -> None:
        texts = {"prompt": prompt, "completion": completion, "system_column": system_column, "system": system}
        for name, text in texts.items():
            require_text_or_none(name, text)
        require_path(folder, '"folder"')
        fixes = fix_names([fix] if isinstance(fix, Fix | str) else fix)
        self._notice = ""  # HTML above what was written last
        self._written = WrittenFiles()
        self.columns = ColumnFields(prompt, completion, system_column, on_change=self._on_field(self.check))
        self.settings = SettingsFields(
            self.columns.system_field,
            system=system,
            validation=validation,
            seed=seed,
            folder=os.fspath(folder),
            n_epochs=n_epochs,
            model=model,
        )
        self.source = SourceFields(
            source, uploads=lambda: self._folder_path() / UPLOADS, on_change=self._load, catch_errors=self._on_field
        )
        self._result = CheckResult(self.settings, fixes, on_fix=self._toggle_fix)
        self.verdict, self.tabs = self._result.verdict, self._result.tabs
        self.conversation_pages, self.findings, self.costs = self.tabs.conversation_pages, self.tabs.findings, self.tabs.costs
        self.write = button("Write the training files", primary=True)
        self.write_anyway = button("Write anyway", tooltip="Write, and replace what is named below")
        self.write_anyway.layout.visibility = "hidden"  # its place is kept
        buttons = row(self.write, self.write_anyway)
        parts = [self.source, self.columns.box, self.verdict, self.tabs, self.settings.fold, buttons]
        super().__init__("Prepare a dataset", parts)
        self.add_class("ftw-prep")
        self.write.on_click(self.catch_errors(self._write_unless_occupied))
        self.write_anyway.on_click(self.catch_errors(self.prepare))
        result = self._result
        acts = {"check": self.check, "split": result.split, "count": result.count, "cost": self.tabs.show_costs}
        self.settings.observe(self._on_field, **acts, other=self.refresh_code)
        if source is not None:
            self._on_field(self._load)()
        else:
            self._clear()

    @property
    def folder(self) -> ipywidgets.Text:
        """The field for where the files go."""
        return self.settings.folder

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
        return self._result.report

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
        self._result.clear()
        try:
            self._result.check(source, self.columns.arguments, self.source.label)
            assert self._result.report is not None
            self.show_status("")
            self.source.describe(self.columns.header, self._result.report.n_rows)
            return self._result.report
        except Exception as error:
            self._result.show_failure(error)
            raise
        finally:
            self.refresh_code()

    def choose_fix(self, name: str, chosen: bool = True) -> None:
        """Tick an automatic fix, which is then done in the files that are written, or untick it."""
        (self._result.ticked.add if chosen else self._result.ticked.discard)(name)
        if self._result.data is not None:
            try:
                self._result.use_fixes()
            finally:
                self.refresh_code()
            self.show_status("")

    def prepare(self) -> Prepared:
        """Write the training and the validation file with the present choices; files that are there are replaced.

        Raises
        ------
        DataError
            If no data is chosen, or it cannot be used at all.
        """
        source = self._chosen_source()
        self.show_status("Writing.")
        try:
            prepared = prepare(source, self._folder_path(), **self._options())
        except Exception as error:
            self.show_error(error)  # called from code too, where "Writing." would stay
            raise
        data = self._result.data
        changed = data is not None and data.report.examples != prepared.report.examples
        if data is None or changed:
            self.check()
        data = self._result.data
        self.prepared = prepared
        self._result.report = dataclasses.replace(prepared.report, source=self.source.label)
        tokens = data.tokens_text if data is not None else ""
        self._written.record(prepared, self._choices(), tokens=tokens, changed=changed)
        self.write_anyway.layout.visibility = "hidden"
        self.show_status("")
        self.next_step.offer(*next_form(prepared))
        self.refresh_code()
        return prepared

    def show_status(self, text: str, kind: str = "busy") -> None:
        """Show a sentence under the buttons, above what was written last."""
        self._notice = f'<p class="ftw-{kind}">{escape(text)}</p>' if text else ""
        self.status.html = self._notice + self._written.html(self._choices())

    def show_error(self, error: BaseException) -> None:
        """Show under the buttons what went wrong, in the words on the form."""
        self.show_status(in_form_words(failure_text(error)), "wrong")

    def static_text(self) -> str:
        """Return how many rows are used, the first findings, the split and the files, a line each."""
        if (data := self._result.data) is None:
            return "No data checked yet."
        return static_view.text(data, self.source.label, self.tabs.n_epochs(data), self._written.sentence)

    def static_html(self) -> str:
        """Return the same with tables, pictures and the first conversations."""
        if (data := self._result.data) is None:
            return f"<p>{escape(self.static_text())}</p>"
        return static_view.html(data, self.source.label, self.settings.model.value, self.costs.html, self._written.sentence)

    def _on_field(self, act: Callable[[], object]) -> Callable[..., None]:
        """Return a callback for a field that was changed: what goes wrong is shown in place of the verdict."""

        def step() -> None:
            self.write_anyway.layout.visibility = "hidden"
            try:
                act()
            except Exception as error:
                self._result.show_failure(error)
            self.refresh_code()
            self.show_status("")

        return self.catch_errors(step)

    def _toggle_fix(self, name: str) -> None:
        self._on_field(lambda: self.choose_fix(name, name not in self._result.ticked))()

    def _folder_path(self) -> Path:
        return require_path(self.folder.value, '"Folder"')

    def _chosen_source(self) -> Source:
        source = self.source.source
        if source is None:
            raise DataError("choose the data first: a file, a path or a dataset.")
        return source

    def _options(self) -> dict[str, Any]:
        """Return the arguments of `ftwidgets.prepare`."""
        fixes = self._result.fixes
        return {**self.columns.arguments, **self.settings.arguments, **({"fix": fixes} if fixes else {})}

    def _choices(self) -> dict[str, Any]:
        return {"source": self.source.code, "folder": self.folder.value, **self._options()}

    def _load(self) -> None:
        if self.source.source is None:
            self._clear()
            return
        found = column_names(self.source.source)
        header = [] if isinstance(found, Finding) else found
        self.source.describe(header)
        self.columns.fill(header, read=not isinstance(found, Finding))
        self.check()

    def _clear(self) -> None:
        self.columns.fill(None)
        self.source.describe()
        what = "drop a file above" if self.source.kind.value == UPLOAD else f"choose {self.source.kind.value}"
        text = f"No data yet: {what}. Then it says here how many of its rows can be used."
        self._result.show_nothing(text)
        self.refresh_code()

    def _write_unless_occupied(self) -> None:
        """Write the files, or ask first where that would replace others."""
        self._chosen_source()
        if problem := self._written.in_the_way(self._folder_path(), self.source.file, self._result.data):
            self.write_anyway.layout.visibility = "visible"
            self.show_status(f'{problem} Press "Write anyway", or name another folder under Settings.', "warning")
            return
        self.prepare()
