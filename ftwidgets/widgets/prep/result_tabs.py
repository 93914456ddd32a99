"""The three tabs of DatasetPrep: the rows as conversations, what was found in them, and their tokens and cost."""

from __future__ import annotations

from collections.abc import Callable, Collection
from html import escape

import ipywidgets

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prep import costs, preview
from ftwidgets.widgets.prep.preparation import Preparation
from ftwidgets.widgets.prep.settings_fields import SettingsFields

_CONVERSATIONS = 3  # on a page
_NO_FINDINGS = "What is found in your data will stand here."
_NO_COSTS = "How long the examples are, and what training on them costs, will stand here."
_NO_ROWS = "Your rows will be shown here as conversations, as the model will see them."


class ResultTabs(ipywidgets.Tab):
    """Shows `data`, which is None while there is nothing to show; `on_fix` is called with the name of a fix that is pressed.

    It is hidden until `layout.display` is empty.
    """

    def __init__(self, settings: SettingsFields, *, on_fix: Callable[[str], object]) -> None:
        self.data: Preparation | None = None
        self._settings = settings
        self.conversation_pages = preview.Pager("examples", _CONVERSATIONS, self._conversations_html)
        self.findings, self.costs = Live(), Live()
        self.findings.on_press(on_fix)
        for view in (self.conversation_pages.content, self.findings, self.costs):
            view.add_class("ftw-pane")
        super().__init__([self.conversation_pages, self.findings, self.costs])
        for tab in self.children:
            tab.add_class("ftw-tab")
        self.layout.display = "none"

    def show_conversations(self) -> None:
        """Show the first conversations; none while the data is not split."""
        self.conversation_pages.fill(0 if self.data is None else len(self.data.in_validation))

    def show_findings(self, ticked: Collection[str]) -> None:
        """Show what was found, with the ticked fixes done, and how much in the title of the tab."""
        n = "" if self.data is None else f" ({sum(self.data.grouped.counts):,})"
        self.titles = ("Conversations", f"Findings{n}", "Tokens and cost")
        self.findings.html = markup.empty(_NO_FINDINGS) if self.data is None else self.data.findings_html(ticked)

    def show_costs(self) -> None:
        """Show how long the examples are, and what training on them costs with the epochs of the settings."""
        data = self.data
        if data is None or not data.in_validation:
            self.costs.html = markup.empty(_NO_COSTS)
            return
        field, problem, is_auto = self._settings.n_epochs, self._settings.epochs_problem, self._settings.epochs is None
        (field.add_class if problem else field.remove_class)("ftw-bad")
        wrong = f'<p class="ftw-wrong">Epochs: {escape(problem)} Until then, auto is used.</p>' if problem else ""
        table = costs.cost_table(data.n_trained_tokens, self.n_epochs(data), is_auto=is_auto, exact=data.lengths.exact)
        self.costs.html = wrong + costs.explanation() + costs.histogram(data.lengths) + table

    def n_epochs(self, data: Preparation) -> int:
        """Return the epochs of the estimate: those of the settings, or what a job on the data takes by itself."""
        return data.epochs(self._settings.epochs, self._settings.model.value) if data.in_validation else 0

    def _conversations_html(self, start: int, stop: int) -> str:
        if self.data is None or not self.data.in_validation:
            return markup.empty(_NO_ROWS)
        return self.data.conversations_html(start, stop, self._settings.model.value)
