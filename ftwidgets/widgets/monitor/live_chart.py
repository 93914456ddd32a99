"""The live loss chart: SVG of which only the lines are sent anew, over a row with a button for each checkpoint."""

from __future__ import annotations

from collections.abc import Container, Mapping
from html import escape
from pathlib import Path

import traitlets

from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.press import BROUGHT
from ftwidgets.widgets.monitor.chart import WIDEST, Series, frame, notes, paths, summary
from ftwidgets.widgets.monitor.scale import WIDTH, Scale, fit_scale

_HERE = Path(__file__).parent


class LiveChart(Live):
    """A loss chart that is redrawn while a job runs, over a button for each checkpoint and a sentence (`heading`).

    A press calls the `on_press` functions with the step, as text. The axes are sent to the browser when they change, otherwise
    only the paths of the lines and the words on them.
    """

    _esm = BROUGHT + (_HERE / "live_chart.js").read_text(encoding="utf-8")
    _css = Live._css + (_HERE / "live_chart.css").read_text(encoding="utf-8")

    lines = traitlets.Dict().tag(sync=True)
    notes = traitlets.Dict(help="words on the chart: x, y, text").tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)

    def __init__(self, heading: str = "") -> None:
        self._heading = heading
        self._frame: object = None
        super().__init__()
        self.show({"training": []})

    def show(
        self,
        series: Series,
        *,
        last: float | None = None,
        dots: Container[str] = (),
        checkpoints: Mapping[int, str] | None = None,
    ) -> None:
        """Draw the losses as `loss_chart` does, and a button for each checkpoint: what it is called by its step, which rise."""
        kept = checkpoints or {}
        scale = fit_scale(series.values(), last)
        lines, label = paths(series, scale, dots), summary(series)
        with self.hold_sync():  # one message
            if self._frame != (scale, list(lines), list(series), list(kept.items())):
                self._frame = (scale, list(lines), list(series), list(kept.items()))
                empty = dict.fromkeys(lines, "")
                svg = frame(list(series), scale, "", lines=empty, words={"lowest": (0, 0, "")}, marks=[*kept], legend=False)
                self.html = svg + self._buttons(scale, kept)
            self.lines, self.label, self.notes = lines, label, notes(series, scale, dots)

    def _buttons(self, scale: Scale, checkpoints: Mapping[int, str]) -> str:
        """Return the row under the axis; its height is kept while there is no checkpoint, so that nothing moves later."""
        buttons = []
        for step, name in checkpoints.items():
            label = f"Ask the checkpoint at {name}" if step else "Ask the base model, before step 1"
            at = f"{scale.x(step) / WIDTH:.4f}"
            hint = f"{name}, after step {step}" if step else "the base model, before step 1"
            buttons.append(
                f'<button data-press="{step}" data-at="{at}" aria-label="{label}" title="{hint}">{escape(name)}</button>'
            )
        heading = self._heading if checkpoints else ""
        strip = f'<div class="ftw-checkpoints" style="max-width:{WIDEST}px">{"".join(buttons)}</div>'
        return f'{strip}<p class="ftw-help ftw-checkpoints-help">{escape(heading)}</p>'
