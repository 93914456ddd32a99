"""Draw losses over steps as SVG text, small enough to send several times a second, with a summary for screen readers.

`loss_chart` returns a whole picture. `LiveChart` keeps the `frame` and sends only new `paths`. Steps are averaged in
buckets of four pixels, so a path is never longer than a 480-pixel chart can show. Losses are never negative.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

import traitlets

from ftwidgets.jobs.diagnosis import format_loss
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.monitor.scale import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, Points, Scale, fit_scale

Series = Mapping[str, Points]

BUCKET = 4  # pixels

COLOURS = ("#1e88e5", "#e65100", "#43a047", "#8e6bd1", "#d63a73", "#8d6e63")
"""Each has a contrast of 3:1 or more on a white and on a dark page."""
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4")


def path(points: Points, scale: Scale, *, dots: bool = False) -> str:
    """Return a line as the `d` of an SVG path, in whole pixels, with a gap where a loss is not finite; the steps must rise.

    With `dots`, return the points alone: a broad, round stroke draws them as dots.
    """
    drawn, here, pen_up = [], (0, 0), True
    for x, y in _buckets(points, scale):
        if y is None:
            pen_up = True
            continue
        drawn.append(f"{'m' if pen_up or dots else 'l'}{x - here[0]}{y - here[1]:+d}" + ("h0" if dots else ""))
        here, pen_up = (x, y), False
    return "".join(drawn)


def paths(series: Series, scale: Scale, dots: Container[str] = ()) -> dict[str, str]:
    """Return the path of each line by its number.

    A line in `dots` also has its points, by the number with a dot (`0.`), and a ring around its lowest one (`0o`).
    """
    lines = {str(i): path(points, scale) for i, points in enumerate(series.values())}
    for i, name in enumerate(series):
        if name in dots:
            lines |= {f"{i}.": path(series[name], scale, dots=True), f"{i}o": _ring(series[name], scale)}
    return lines


def frame(
    names: Sequence[str],
    scale: Scale,
    label: str,
    *,
    lines: Mapping[str, str] | None = None,
    marks: Sequence[float] = (),
) -> str:
    """Return the SVG of the axes, the legend, and the lines if they are given; a screen reader reads the label.

    `lines` are as `paths` returns them; each becomes a `<path>` with its number as `data-line`. `marks` are steps to mark by a
    vertical line.
    """
    size = f"style='display:block;width:100%;max-width:{WIDTH}px'"
    drawn = lines or {str(i): "" for i in range(len(names))}
    strokes = {key: _stroke(int(key.rstrip(".o")), key[-1]) for key in drawn}
    shapes = "".join(f"<path data-line='{key}' {strokes[key]} d='{d}'/>" for key, d in drawn.items())
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' role='img' aria-label='{escape(label)}' viewBox='0 0 {WIDTH} {HEIGHT}' "
        f"{size} font-family='sans-serif' font-size='11' fill='currentColor'>"
        f"{_axes(scale, marks)}{_legend(names)}"
        f"<g fill='none' stroke-width='2' stroke-linejoin='round' stroke-linecap='round'>{shapes}</g></svg>"
    )


def loss_chart(
    series: Series,
    *,
    label: str = "",
    dots: Container[str] = (),
    last: float | None = None,
    marks: Sequence[float] = (),
) -> str:
    """Return the SVG of losses over steps.

    Parameters
    ----------
    series
        The name of each line, with its points (step, loss).
    label
        What the chart shows, for a screen reader; by default the first, last and lowest value of each line.
    dots
        The names of the lines whose points are marked, with a ring around the lowest.
    last
        The step at the right edge; by default the last one there is.
    marks
        Steps to mark by a vertical line.

    Returns
    -------
    str
        An `<svg>` with `role="img"` and the label.
    """
    scale = fit_scale(series.values(), last)
    lines, label = paths(series, scale, dots), label or summary(series)
    return frame(list(series), scale, label, lines=lines, marks=marks)


def summary(series: Series) -> str:
    """Return a sentence with the first, last and lowest loss of each line."""
    parts = []
    for name, points in series.items():
        measured = [(step, loss) for step, loss in points if math.isfinite(loss)]
        if not measured:
            parts.append(f"{name}: nothing measured yet")
            continue
        (first, began), (last, ended) = measured[0], measured[-1]
        lowest_at, lowest = min(measured, key=lambda point: point[1])
        low = f", lowest {format_loss(lowest)} at step {lowest_at:g}" if lowest_at not in (first, last) else ""
        parts.append(f"{name} {format_loss(began)} at step {first:g}, {format_loss(ended)} at step {last:g}{low}")
    return "; ".join(parts) + "."


def _buckets(points: Points, scale: Scale) -> Iterable[tuple[int, int | None]]:
    """Yield the mean of the points in each few pixels, as pixels; few enough points keep their own place."""
    plot = WIDTH - LEFT - RIGHT
    pixels = BUCKET if len(points) * BUCKET > plot else 1
    per_step, middle = plot / scale.last / pixels, LEFT + pixels // 2
    buckets: dict[int, list[float]] = {}
    for step, loss in points:  # a plain loop: 500 points in a fraction of a millisecond
        buckets.setdefault(int(step * per_step), []).append(loss)
    for place, losses in buckets.items():
        mean = sum(losses) / len(losses)
        yield middle + place * pixels, round(scale.y(mean)) if math.isfinite(mean) else None


def _axes(scale: Scale, marks: Sequence[float]) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    rows = [(round(scale.y(loss)), f"{loss:.3g}") for loss in scale.losses()]
    grid = "".join(f"M{LEFT} {y}H{right}" for y, _ in rows)
    grid += "".join(f"M{round(scale.x(step))} 0V{bottom}" for step in marks)
    at_left = "".join(_text(LEFT - 6, y + 4, text) for y, text in rows) + _text(right, HEIGHT - 6, "step")
    below = "".join(_text(round(scale.x(step)), bottom + 15, f"{step:g}") for step in scale.steps())
    title = _text(2, 10, "loss, logarithmic scale" if scale.log else "loss")
    texts = f"<g text-anchor='end'>{at_left}</g><g text-anchor='middle'>{below}</g>{title}"
    return f"<path d='{grid}' stroke='currentColor' stroke-opacity='.25' fill='none'/>{texts}"


def _text(x: float, y: float, text: str) -> str:
    return f"<text x='{x}' y='{y}'>{escape(text)}</text>"


def _legend(names: Sequence[str]) -> str:
    parts, x, y = [], LEFT, HEIGHT - 10
    for i, name in enumerate(names):
        parts.append(f"<path d='M{x} {y}h20' {_stroke(i)}/>{_text(x + 25, y + 4, name)}")
        x += 38 + round(6.2 * len(name))
    return f"<g stroke-width='2'>{''.join(parts)}</g>"


def _ring(points: Points, scale: Scale) -> str:
    """Return a circle around the lowest point, as the `d` of an SVG path."""
    measured = [(loss, step) for step, loss in points if math.isfinite(loss)]
    if not measured:
        return ""
    loss, step = min(measured)
    r = 8
    return f"M{round(scale.x(step)) - r} {round(scale.y(loss))}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0"


def _stroke(i: int, kind: str = "") -> str:
    """Return the attributes of a line; `kind` is `.` for its points and `o` for the ring."""
    dash = DASHES[i % len(DASHES)]
    style = " stroke-width='6'" if kind == "." else f" stroke-dasharray='{dash}'" if dash and kind != "o" else ""
    return f"stroke='{COLOURS[i % len(COLOURS)]}'{style}"


class LiveChart(Live):
    """A loss chart that is redrawn while a job runs, with a button for each checkpoint, under a sentence (`heading`).

    A press calls the `on_press` functions with the step, as text. The axes are sent to the browser when they change, otherwise
    only the paths of the lines.
    """

    _esm = Path(__file__).with_name("live_chart.js")

    lines = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)

    def __init__(self, heading: str = "") -> None:
        self._heading = heading
        self._frame: object = None
        super().__init__()
        self.show({"training": []})

    def show(self, series: Series, *, last: float | None = None, dots: Container[str] = (), steps: Sequence[int] = ()) -> None:
        """Draw the losses as `loss_chart` does, and a button for each of `steps`, which rise."""
        scale = fit_scale(series.values(), last)
        lines, label = paths(series, scale, dots), summary(series)
        with self.hold_sync():  # one message
            if self._frame != (scale, list(lines), list(series), list(steps)):
                self._frame = (scale, list(lines), list(series), list(steps))
                empty = dict.fromkeys(lines, "")
                svg = frame(list(series), scale, "", lines=empty, marks=steps)
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
        strip = f'<div style="position:relative;height:30px;max-width:{WIDTH}px">{"".join(buttons)}</div>'
        return f'<p class="ftw-help">{escape(self._heading)}</p>{strip}'


def button_positions(steps: Sequence[float], lengths: Sequence[int]) -> list[float]:
    """Return the centres of buttons, moved to the left as far as needed so that none overlap or leave the chart.

    `steps` are the pixels of their steps, in rising order; `lengths` the numbers of characters on them.
    """
    centres: list[float] = []
    edge = float(WIDTH)
    for x, length in reversed(list(zip(steps, lengths, strict=True))):
        half_width = 13 + 4 * length
        centres.append(min(x, edge - half_width))
        edge = centres[-1] - half_width
    return centres[::-1]
