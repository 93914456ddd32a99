"""A chart of losses that grows while a job runs: axes are sent when they change, of the lines only their paths.

Above the plot there is room for buttons, each over its step. Left out: how anything is drawn (`chart.py` does).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from html import escape
from pathlib import Path

import traitlets

from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.monitor import chart
from ftwidgets.widgets.monitor.scale import WIDTH, Scale, fit

_STRIP = 30  # pixels for the buttons


class LiveChart(Live):
    """A chart.

    Parameters
    ----------
    heading
        A sentence above the buttons, where there are any.

    A press on a button calls what `on_press` was given with its step, as text.
    """

    _esm = Path(__file__).with_name("live_chart.js")

    lines = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)

    def __init__(self, heading: str = "") -> None:
        self._heading = heading
        self._frame: object = None
        super().__init__()
        self.show({"training": []})

    def show(
        self, series: chart.Series, *, last: float | None = None, dots: Container[str] = (), steps: Sequence[int] = ()
    ) -> None:
        """Draw.

        Parameters
        ----------
        series
            The name of each line, with its points (step, loss).
        last
            The step at the right edge, where it is known before it is reached.
        dots
            The names of the lines whose points are marked.
        steps
            The steps that get a button, rising.
        """
        scale = fit(series.values(), last)
        lines, label = chart.paths(series, scale, dots), chart.summary(series)
        with self.hold_sync():  # one message
            if self._frame != (scale, list(lines), list(series), list(steps)):
                self._frame = (scale, list(lines), list(series), list(steps))
                empty = dict.fromkeys(lines, "")
                svg = chart.frame(list(series), scale, "", lines=empty, marks=steps)
                self.html = self._buttons(scale, steps) + svg
            self.lines, self.label = lines, label

    def _buttons(self, scale: Scale, steps: Sequence[int]) -> str:
        if not steps:
            return ""
        buttons = "".join(
            f'<button data-press="{step}" aria-label="{escape(_name(step))}" '
            f'style="position:absolute;left:{100 * x / WIDTH:.1f}%;transform:translateX(-50%)">{step or "base"}</button>'
            for step, x in zip(
                steps, places([scale.x(step) for step in steps], [len(str(step)) for step in steps]), strict=True
            )
        )
        strip = f'<div style="position:relative;height:{_STRIP}px;max-width:{WIDTH}px">{buttons}</div>'
        return f'<p class="ftw-help">{escape(self._heading)}</p>{strip}'


def places(wanted: Sequence[float], letters: Sequence[int]) -> list[float]:
    """Move the middles of buttons to the left, as far as needed for them not to overlap or stick out.

    Parameters
    ----------
    wanted
        Where they would be, in pixels, rising.
    letters
        How long their texts are.
    """
    found: list[float] = []
    edge = float(WIDTH)
    for x, n in reversed(list(zip(wanted, letters, strict=True))):
        half = 13 + 4 * n
        found.append(min(x, edge - half))
        edge = found[-1] - half
    return found[::-1]


def _name(step: int) -> str:
    return f"Ask the checkpoint at step {step}" if step else "Ask the base model, before step 1"
