"""What DatasetPrep shows of the checked data, the verdict and the tabs: each change draws what depends on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prep import findings_html
from ftwidgets.widgets.prep.form_words import in_form_words
from ftwidgets.widgets.prep.preparation import Preparation
from ftwidgets.widgets.prep.result_tabs import ResultTabs
from ftwidgets.widgets.prep.settings_fields import SettingsFields

if TYPE_CHECKING:
    from ftwidgets.data import Report
    from ftwidgets.data.readers import Source


class CheckResult:
    """The `data` with its `report`, both None until something was checked; `verdict` and `tabs` show them.

    Parameters
    ----------
    settings
        The fields with the system prompt, the split, the base model and the epochs.
    fixes
        The names of the fixes that are ticked at the beginning.
    on_fix
        Called with the name of a fix whose box is pressed.
    """

    def __init__(self, settings: SettingsFields, fixes: Iterable[str], *, on_fix: Callable[[str], object]) -> None:
        self.data: Preparation | None = None
        self.report: Report | None = None
        self.ticked = set(fixes)
        self._settings, self._label = settings, ""
        self.tabs = ResultTabs(settings, on_fix=on_fix)
        self.verdict = Live(role="status")
        for name in ("ftw-outcome", "ftw-card"):
            self.verdict.add_class(name)

    @property
    def fixes(self) -> list[str]:
        """The names of the fixes that are ticked and fit the data."""
        return [] if self.data is None else self.data.chosen_fixes(self.ticked)

    def clear(self) -> None:
        """Show nothing of the last table, in case the next one cannot be checked."""
        self.data = self.report = self.tabs.data = None
        self.tabs.show_findings(self.ticked)
        self.tabs.show_conversations()
        self.tabs.show_costs()

    def check(self, source: Source, columns: Mapping[str, str], label: str) -> None:
        """Check a table, called `label`, and show all of it."""
        self._label = label
        self.verdict.html = markup.loading("Reading and checking")
        self.data = Preparation(source, columns, self._settings.system_prompt)
        self.use_fixes()

    def use_fixes(self) -> None:
        """Check the data again with the ticked fixes done, and show all of it."""
        assert self.data is not None
        self.data.choose_fixes(self.ticked)
        self.report = dataclasses.replace(self.data.report, source=self._label)
        self.tabs.data = self.data
        self.tabs.layout.display = ""
        self.tabs.show_findings(self.ticked)
        self.count()
        self.split()

    def count(self) -> None:
        """Count the tokens of the examples for the chosen base model, and show the numbers."""
        if self.data is not None:
            self.data.count(self._settings.model.value)
            self.tabs.conversation_pages.redraw()
            self.tabs.show_costs()

    def split(self) -> None:
        """Split the examples as the settings say, and show which are held out; what cannot be is raised."""
        if self.data is None:
            return
        try:
            self.data.split(self._settings.arguments["validation"], self._settings.seed.value)
        finally:
            self.tabs.show_conversations()
            self.tabs.show_costs()
        self._show_verdict(self.data)

    def show_nothing(self, text: str) -> None:
        """Show that there is no data, in a sentence that says how to get some."""
        self.clear()
        self.tabs.layout.display = "none"  # no empty frame before there is data
        self.verdict.html = f'<p class="ftw-soft">{escape(text)}</p>'

    def show_failure(self, error: Exception) -> None:
        """Show in place of the verdict what went wrong."""
        self.verdict.html = f'<p class="ftw-wrong">{escape(in_form_words(failure_text(error)))}</p>'

    def _show_verdict(self, data: Preparation) -> None:
        fatal = next((in_form_words(str(found)) for found in data.report.findings if found.level == "error"), "")
        head = f'<p class="ftw-verdict">{escape(data.headline)}</p>'
        if data.report.n_examples:
            split = f"{data.split_text} (seed {self._settings.seed.value})."
            self.verdict.html = f"{head}<p>{escape(split)}</p><p>{findings_html.chips(data.grouped)}</p>"
        else:
            self.verdict.html = head + (f'<p class="ftw-wrong">{escape(fatal)}</p>' if fatal else "")
