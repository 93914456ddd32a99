"""LiveChart: a loss chart that is redrawn while a job runs, with buttons for its checkpoints above the plot.

The axes are sent to the browser when they change, otherwise only the paths of the lines.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from html import escape
from pathlib import Path

import traitlets

from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.monitor import chart
from ftwidgets.widgets.monitor.scale import WIDTH, Scale, fit_scale

_STRIP = 30  # pixels for the buttons


class LiveChart(Live):
    """A loss chart with a button for each checkpoint; a press calls the `on_press` functions with the step, as text.

    Parameters
    ----------
    heading
        A sentence above the buttons, where there are any.
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
        """Draw the losses and the buttons.

        Parameters
        ----------
        series
            The name of each line, with its points (step, loss).
        last
            The step at the right edge; by default the last one there is.
        dots
            The names of the lines whose points are marked.
        steps
            The steps that get a button, in rising order.
        """
        scale = fit_scale(series.values(), last)
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
        positions = button_positions([scale.x(step) for step in steps], [len(str(step)) for step in steps])
        buttons = []
        for step, x in zip(steps, positions, strict=True):
            label = f"Ask the checkpoint at step {step}" if step else "Ask the base model, before step 1"
            style = f"position:absolute;left:{100 * x / WIDTH:.1f}%;transform:translateX(-50%)"
            buttons.append(f'<button data-press="{step}" aria-label="{label}" style="{style}">{step or "base"}</button>')
        strip = f'<div style="position:relative;height:{_STRIP}px;max-width:{WIDTH}px">{"".join(buttons)}</div>'
        return f'<p class="ftw-help">{escape(self._heading)}</p>{strip}'


def button_positions(steps: Sequence[float], lengths: Sequence[int]) -> list[float]:
    """Return the centres of buttons, moved to the left as far as needed so that none overlap or leave the chart.

    Parameters
    ----------
    steps
        The pixels of their steps, in rising order.
    lengths
        The number of characters on each button.
    """
    centres: list[float] = []
    edge = float(WIDTH)
    for x, length in reversed(list(zip(steps, lengths, strict=True))):
        half_width = 13 + 4 * length
        centres.append(min(x, edge - half_width))
        edge = centres[-1] - half_width
    return centres[::-1]
