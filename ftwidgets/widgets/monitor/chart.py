"""Draw losses over steps as SVG text, small enough to send several times a second, with a summary for screen readers.

`loss_chart` returns a whole picture; the live one keeps the `frame` and sends only new `paths` and `notes`. Steps are averaged
in buckets of four pixels, so a path is never longer than the chart can show. Losses are never negative.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from html import escape

from ftwidgets.jobs.diagnosis import format_loss
from ftwidgets.widgets.monitor.scale import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Points, Scale, fit_scale

Series = Mapping[str, Points]
Note = tuple[int, int, str]
"""Words on the chart: where their middle is, in pixels, and the text."""

BUCKET = 4  # pixels
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2", "10 4")
_FALLBACKS = ("#1e78d0", "#d35400", "#2e8b3d", "#8660cc", "#d0346d", "#8d6e63")  # a picture in a file knows no variables
COLOURS = tuple(f"var(--ftw-line-{i},{colour})" for i, colour in enumerate(_FALLBACKS, 1))
MAX_LINES = len(COLOURS)
WIDEST = 640  # pixels on the page; the text keeps its size
_CHARACTER = 9  # pixels: room for one, also where the chart is small and its text therefore large
_HALO = "stroke='var(--ftw-paper,#ffffff)' stroke-width='4' paint-order='stroke'"  # around words, before lines


def path(points: Points, scale: Scale, *, dots: bool = False) -> str:
    """Return a line as the `d` of an SVG path, in whole pixels; the steps must rise.

    It has a gap where a loss is not finite; below the scale it goes down to the axis, and on where it comes up again. With
    `dots`, return the points alone: a broad, round stroke draws them as dots.
    """
    drawn: list[str] = []
    pen, last, was_below = (0, 0), None, False  # `last` is the point before, if the line goes on from it
    for x, y, below in _buckets(points, scale):
        if y is None:
            last = None
            continue
        if dots and not below:
            drawn.append(f"m{x - pen[0]}{y - pen[1]:+d}h0")
            pen = (x, y)
        elif not dots and last is not None and not (below and was_below):
            if pen != last or not drawn:
                drawn.append(f"m{last[0] - pen[0]}{last[1] - pen[1]:+d}")
            drawn.append(f"l{x - last[0]}{y - last[1]:+d}")
            pen = (x, y)
        last, was_below = (x, y), below
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


def notes(series: Series, scale: Scale, dots: Container[str] = ()) -> dict[str, Note]:
    """Return what is written on the chart: a word at the lowest loss, if just one line is in `dots`."""
    marked = [lowest(points) for name, points in series.items() if name in dots]
    if len(marked) != 1 or marked[0] is None:
        return {}
    step, loss = marked[0]
    text, y = "lowest", round(scale.y(loss))
    return {"lowest": (_inside(scale.x(step), text), y - 15 if y > TOP + 30 else y + 26, text)}


def hidden_text(points: Points, scale: Scale) -> str:
    """Return which losses of a line are too small for the scale; empty if there are none."""
    return f"below {scale.low:g} it is not drawn" if any(scale.is_below(loss) for _, loss in points) else ""


def lowest(points: Points) -> tuple[float, float] | None:
    """Return the step and the value of the lowest finite loss, the first of several; None if there is none."""
    measured = [(loss, step) for step, loss in points if math.isfinite(loss)]
    if not measured:
        return None
    loss, step = min(measured)
    return step, loss


def frame(
    names: Sequence[str],
    scale: Scale,
    label: str,
    *,
    lines: Mapping[str, str] | None = None,
    words: Mapping[str, Note] | None = None,
    marks: Sequence[float] = (),
    legend: bool = True,
) -> str:
    """Return the SVG of the axes and, if they are given, the lines and words on it; a screen reader reads the label.

    `lines` are as `paths` returns them; each becomes a `<path>` with its number as `data-line`. `words` are as `notes` returns
    them. `marks` are steps to mark on the axis. `legend` names the lines under the chart.
    """
    drawn = lines or {str(i): "" for i in range(len(names))}
    strokes = {key: _stroke(int(key.rstrip(".o")), key[-1]) for key in drawn}
    shapes = "".join(f"<path data-line='{key}' {strokes[key]} d='{d}'/>" for key, d in drawn.items())
    placed = "".join(f"<text data-note='{key}' {_HALO}{_place(note)}</text>" for key, note in (words or {}).items())
    below, height = _legend(names) if legend else ("", HEIGHT)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' role='img' aria-label='{escape(label)}' viewBox='0 0 {WIDTH} {height}' "
        f"style='display:block;width:100%;max-width:{WIDEST}px' font-family='sans-serif' font-size='12' fill='currentColor'>"
        f"{_axes(scale, marks)}{below}"
        f"<g fill='none' stroke-width='2' stroke-linejoin='round' stroke-linecap='round'>{shapes}</g>"
        f"<g text-anchor='middle'>{placed}</g></svg>"
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
        Steps to mark on the axis.

    Returns
    -------
    str
        An `<svg>` with `role="img"` and the label.
    """
    scale = fit_scale(series.values(), last)
    drawn = {"lines": paths(series, scale, dots), "words": notes(series, scale, dots)}
    return frame(list(series), scale, label or summary(series), marks=marks, **drawn)  # type: ignore[arg-type]


def summary(series: Series) -> str:
    """Return a sentence with the first, last and lowest loss of each line."""
    parts = []
    for name, points in series.items():
        measured = [(step, loss) for step, loss in points if math.isfinite(loss)]
        if not measured:
            parts.append(f"{name}: nothing measured yet")
            continue
        (first, began), (last, ended) = measured[0], measured[-1]
        lowest_at, smallest = min(measured, key=lambda point: point[1])
        low = f", lowest {format_loss(smallest)} at step {lowest_at:g}" if lowest_at not in (first, last) else ""
        parts.append(f"{name} {format_loss(began)} at step {first:g}, {format_loss(ended)} at step {last:g}{low}")
    return "; ".join(parts) + "."


def swatch(i: int) -> str:
    """Return a short piece of a line, as it is drawn, for a legend in HTML."""
    return (
        f"<svg width='28' height='10' aria-hidden='true'><path d='M1 5h26' fill='none' stroke-width='2.5' {_stroke(i)}/></svg>"
    )


def _buckets(points: Points, scale: Scale) -> Iterable[tuple[int, int | None, bool]]:
    """Yield the mean of the points in each few pixels, as pixels, and whether it is below the scale.

    Few enough points keep their own place; a mean that is not finite is None.
    """
    plot = WIDTH - LEFT - RIGHT
    pixels = BUCKET if len(points) * BUCKET > plot else 1
    per_step, middle = plot / scale.last / pixels, LEFT + pixels // 2
    nearest = 0.5 if pixels == 1 else 1e-6  # a bucket holds what lies in it
    buckets: dict[int, list[float]] = {}
    for step, loss in points:  # a plain loop: 500 points in a fraction of a millisecond
        buckets.setdefault(int(step * per_step + nearest), []).append(loss)
    for place, losses in buckets.items():
        mean = sum(losses) / len(losses)
        yield middle + place * pixels, round(scale.y(mean)) if math.isfinite(mean) else None, scale.is_below(mean)


def _axes(scale: Scale, marks: Sequence[float]) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    rows = [(round(scale.y(loss)), f"{loss:.3g}") for loss in scale.losses()]
    grid = "".join(f"M{LEFT} {y}H{right}" for y, _ in rows)
    kept = "".join(f"M{round(scale.x(step))} {bottom}l5 5l-5 5l-5 -5z" for step in marks)
    at_left = "".join(_text(LEFT - 8, y + 4, text) for y, text in rows) + _text(right, 16, "step", "end")
    below = "".join(_text(round(scale.x(step)), HEIGHT - 5, f"{step:g}") for step in scale.steps())
    title = _text(4, 16, "loss, logarithmic scale" if scale.log else "loss")
    texts = f"<g text-anchor='end'>{at_left}</g><g text-anchor='middle'>{below}</g>{title}"
    return f"<path d='{grid}' stroke='currentColor' stroke-opacity='.2' fill='none'/><path d='{kept}'/>{texts}"


def _text(x: float, y: float, text: str, anchor: str = "") -> str:
    return f"<text x='{x}' y='{y}'{f' text-anchor={anchor!r}' if anchor else ''}>{escape(text)}</text>"


def _place(note: Note) -> str:
    return f" x='{note[0]}' y='{note[1]}'>{escape(note[2])}"


def _inside(x: float, text: str) -> int:
    """Return the middle of a text that belongs at `x`, moved as far as needed to stay inside the plot."""
    half = _CHARACTER * len(text) // 2
    return round(max(LEFT + half, min(x, WIDTH - RIGHT - half)))


def _legend(names: Sequence[str]) -> tuple[str, int]:
    """Return the names of the lines under the chart, in as many rows as they need, and the height of all."""
    parts, x, y = [], LEFT, HEIGHT + 14
    for i, name in enumerate(names):
        wide = 48 + 7 * len(name)
        if x > LEFT and x + wide > WIDTH:
            x, y = LEFT, y + 18
        parts.append(f"<path d='M{x} {y}h24' {_stroke(i)}/>{_text(x + 30, y + 4, name)}")
        x += wide
    return f"<g stroke-width='2'>{''.join(parts)}</g>", y + 10


def _ring(points: Points, scale: Scale) -> str:
    """Return a circle around the lowest point, as the `d` of an SVG path."""
    low = lowest(points)
    if low is None:
        return ""
    r = 8
    return f"M{round(scale.x(low[0])) - r} {round(scale.y(low[1]))}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0"


def _stroke(i: int, kind: str = "") -> str:
    """Return the attributes of a line; `kind` is `.` for its points and `o` for the ring."""
    dash = DASHES[i % MAX_LINES]
    style = " stroke-width='6'" if kind == "." else f" stroke-dasharray='{dash}'" if dash and kind != "o" else ""
    return f"stroke='{COLOURS[i % MAX_LINES]}'{style}"
