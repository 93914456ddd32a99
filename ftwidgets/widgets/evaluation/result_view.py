"""The result on the page: the verdict and the picture, a menu of models to look closer at, and what that shows."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.widgets.base.fields import field
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.evaluation import results_html, verdict_words

if TYPE_CHECKING:
    from ftwidgets.evaluation.result import Evaluation
    from ftwidgets.widgets.evaluation.verdict_words import Verdict


class ResultView(ipywidgets.VBox):
    """Empty until `show`."""

    def __init__(self, catch_errors: Callable[[Callable[[], object]], Callable[..., None]]) -> None:
        self._result: Evaluation | None = None
        self._verdicts: list[Verdict] = []
        self._page, self._rows_in_words = 0, ""
        self.summary, self.closer = Live(), Live()
        self.detail = ipywidgets.Dropdown(description="Look closer at")
        self.detail.observe(catch_errors(lambda: self.turn_to(0)), names="value")
        self.closer.on_press(lambda way: catch_errors(lambda: self.turn_to(self._page + int(way)))())
        self._details = ipywidgets.VBox([field(self.detail), self.closer], layout={"display": "none"})
        super().__init__([self.summary, self._details])

    def show(self, result: Evaluation, rows_in_words: str) -> None:
        """Show another result, of what the examples are rows; `show_summary` draws its verdict."""
        self._result, self._rows_in_words = result, rows_in_words
        self.detail.options = result.models
        self.detail.value = result.models[-1]
        self._details.layout.display = "flex"
        self.turn_to(0)

    def show_summary(self, smallest: float | None, note: str) -> None:
        """Show the verdict and the picture; a `note` says why they are not of what the form holds now."""
        if self._result is not None:
            self._verdicts = results_html.verdicts(self._result, smallest)
            parts = [results_html.verdict_card(self._result, self._verdicts), results_html.picture(self._result)]
            parts += [results_html.other_verdicts(self._verdicts), results_html.other_metrics(self._result)]
            self.summary.html = _marked("".join(parts), note)

    def turn_to(self, page: int) -> None:
        """Show another page of the answers of the model to look closer at, from 0."""
        if self._result is not None and self.detail.value is not None:
            self._page = max(0, min(page, results_html.n_pages(self._result) - 1))
            self.closer.html = results_html.closer_look(
                self._result, self.detail.value, self._page, rows_in_words=self._rows_in_words
            )

    def lines(self) -> list[str]:
        """Return the verdicts and the scores as text."""
        if self._result is None:
            return []
        said = [str(verdict) for verdict in self._verdicts] or [f"{verdict_words.describe_one(self._result)}."]
        metric = self._result.metric
        return [*said, *(f"{dot.name}: {metric} {dot.figures}" for dot in results_html.scores(self._result))]

    def still_page(self, note: str) -> str:
        """Return the same as HTML for a page without a kernel."""
        if self._result is None:
            return ""
        model = str(self.detail.value)
        card = results_html.verdict_card(self._result, self._verdicts)
        parts = [card, results_html.picture(self._result, still=True), results_html.other_verdicts(self._verdicts)]
        parts.append(results_html.other_metrics(self._result))
        parts.append(
            results_html.closer_look(self._result, model, self._page, rows_in_words=self._rows_in_words, buttons=False)
        )
        return _marked("".join(parts), note)


def _marked(html: str, note: str) -> str:
    return f'<div class="ftw-stale"><p class="ftw-stale-note">{escape(note)}</p>{html}</div>' if note else html
