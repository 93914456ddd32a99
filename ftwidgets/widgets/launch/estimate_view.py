"""The estimate on the form for a job: time, memory and cost as figures, where each comes from, and what would be trained on."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.launch import messages
from ftwidgets.widgets.launch.base_facts import bundled_text
from ftwidgets.widgets.launch.service_options import base_of

if TYPE_CHECKING:
    from ftwidgets.widgets.launch.estimate import Estimate
    from ftwidgets.widgets.launch.service_options import ServiceOptions

_HOW_TO_ADD = "type ftwidgets models add {}, where the sandbox runs, then press Refresh."
_NO_FILE = "Choose a training file to see what the job takes. A dataset becomes one with DatasetPrep or ftwidgets.prepare."
_UNKNOWN = "The file could not be counted from here, so time and cost are not known."


class EstimateView:
    """The `figures` above the button and the folded `basis` below it; without an estimate there are dashes."""

    def __init__(self, options: ServiceOptions) -> None:
        self._options = options
        self.figures, self.basis = Live(role="status"), Live()
        self.figures.layout.min_height = "58px"

    def show(self, estimated: Estimate | None, model: str) -> None:
        """Show the estimate of a job on a base model."""
        self.figures.html = messages.figures_html(estimated)
        facts = [] if estimated is None else self.facts(estimated, model)
        facts += [("More models", _HOW_TO_ADD.format(name)) for name in self._options.missing_models()]
        self.basis.html = messages.basis_html(facts)

    def facts(self, estimated: Estimate, model: str) -> list[tuple[str, str]]:
        """Return the estimate in sentences, each with a name: the base model, time, memory, cost."""
        base = self._options.facts(model) or (bundled_text() if self._options.is_bundled(model) else None)
        facts = [] if base is None else [(base_of(model), str(base))]
        facts.append(("Time", estimated.time))
        if estimated.memory:
            facts.append(("Memory", estimated.memory))
        return [*facts, ("Cost", estimated.money)]


def hint(estimated: Estimate | None, *, has_file: bool) -> str:
    """Return what stands below the buttons while there is nothing to report: what would be trained on."""
    text = f"It will train on {estimated.basis}." if estimated is not None else _UNKNOWN if has_file else _NO_FILE
    return f'<p class="ftw-soft">{escape(text)}</p>'
