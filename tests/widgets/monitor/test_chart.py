import math
import re
import xml.etree.ElementTree as ElementTree

import pytest

from ftwidgets.widgets.monitor import chart
from ftwidgets.widgets.monitor.live_chart import LiveChart
from ftwidgets.widgets.monitor.scale import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale, fit_scale
from tools import bench_chart

TRAIN = [(float(step), 5 * math.exp(-step / 30)) for step in range(1, 101)]
VALID = [(25.0, 2.5), (50.0, 1.2), (75.0, 1.0), (100.0, 1.5)]


def walked(d: str) -> list[tuple[int, int]]:
    """The points that a path goes through."""
    x = y = 0
    points = []
    for dx, dy in re.findall(r"[ml](-?\d+)([+-]\d+)", d):
        x, y = x + int(dx), y + int(dy)
        points.append((x, y))
    return points


def test_a_chart_is_a_picture_with_a_name() -> None:
    """It is well-formed, has the role of an image, and its label sums the lines up."""
    svg = ElementTree.fromstring(chart.loss_chart({"training": TRAIN, "a<b & 'c'": VALID}, dots=["a<b & 'c'"]))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == (
        "training 4.84 at step 1, 0.178 at step 100; a<b & 'c' 2.5 at step 25, 1.5 at step 100, lowest 1 at step 75."
    )
    texts = [element.text for element in svg.iter() if element.tag.endswith("text")]
    assert {"training", "a<b & 'c'", "step", "loss, logarithmic scale", "100"} <= set(texts)


def test_a_line_goes_where_its_points_are() -> None:
    """Corners of the plot: the first step at the left, the last at the right; the lowest loss at the bottom."""
    scale = Scale(100, 0.1, 10, log=True)
    points = walked(chart.path([(0, 10), (50, 1), (100, 0.1)], scale))
    assert points == [
        (LEFT, TOP),
        ((LEFT + WIDTH - RIGHT) // 2, (TOP + HEIGHT - BOTTOM) // 2),
        (WIDTH - RIGHT, HEIGHT - BOTTOM),
    ]


def test_a_long_line_is_gathered_in_buckets_of_means() -> None:
    """5,000 points become no more than the plot is wide, and a bucket lies at its mean."""
    many = [(step, 1.0 + (step % 2)) for step in range(1, 5001)]
    points = walked(chart.path(many, fit_scale([many], 5000)))
    assert len(points) <= (WIDTH - LEFT - RIGHT) / chart.BUCKET + 1
    middle = fit_scale([many], 5000).y(1.5)
    assert all(abs(y - middle) <= 1 for _, y in points[1:-1])


def test_what_is_no_number_makes_a_gap() -> None:
    """A loss that is infinite or no number is not drawn, and the line goes on behind it."""
    d = chart.path([(1, 2.0), (2, math.inf), (3, math.nan), (4, 2.0)], Scale(4, 0, 3, log=False))
    assert chart.path([(1, 2.0), (2, math.inf), (3, 2.0), (4, 2.0)], Scale(4, 0, 3, log=False)).count("l") == 1
    assert "l" not in d
    assert "nan" not in chart.loss_chart({"training": [(1, math.nan), (2, math.inf)]})


@pytest.mark.parametrize(
    ("losses", "log", "low", "high"),
    [
        ([5, 4, 3], False, 0, 5),
        ([5, 0.3], True, 0.1, 10),
        ([5, 1e-9], True, 1e-4, 10),
        ([5, 0.3, 0.0], True, 0.1, 10),
        ([5, 0.0], False, 0, 5),
        ([0.0], False, 0, 1),
        ([14.9], False, 0, 20),
        ([], False, 0, 1),
    ],
)
def test_a_scale_fits_and_is_logarithmic_where_that_helps(losses: list[float], log: bool, low: float, high: float) -> None:
    """Losses over more than a decade get a logarithmic scale, in whole decades and at most five; 0 can only be on the other."""
    scale = fit_scale([[(i, loss) for i, loss in enumerate(losses, 1)]])
    assert (scale.log, scale.low, scale.high) == (log, pytest.approx(low), pytest.approx(high))
    assert scale.losses()[0] == pytest.approx(low)
    assert scale.losses()[-1] == pytest.approx(high)


def test_axes_are_sent_only_when_they_change() -> None:
    """While a line grows on the same axes its path is all that changes."""
    live = LiveChart()
    live.show({"training": TRAIN[:50]}, last=100)
    before = live.html
    live.show({"training": TRAIN[:60]}, last=100)
    assert live.html == before
    assert walked(live.lines["0"])[-1][0] == round(LEFT + 0.6 * (WIDTH - LEFT - RIGHT))
    assert live.label.endswith("at step 60.")


def test_each_checkpoint_has_a_button_at_its_step() -> None:
    """With a name, and with the place that the page puts it at, as a share of the width."""
    live = LiveChart("Press one.")
    pressed: list[str] = []
    live.on_press(pressed.append)
    live.show({"training": TRAIN}, last=100, checkpoints={0: "base", 50: "epoch 1", 100: "epoch 2"})
    found = re.findall(r'data-press="(\d+)" data-at="([\d.]+)" aria-label="([^"]+)"', live.html)
    assert [(step, name) for step, _, name in found] == [
        ("0", "Ask the base model, before step 1"),
        ("50", "Ask the checkpoint at epoch 1"),
        ("100", "Ask the checkpoint at epoch 2"),
    ]
    places = [LEFT / WIDTH, (LEFT + WIDTH - RIGHT) / 2 / WIDTH, (WIDTH - RIGHT) / WIDTH]
    assert [float(at) for _, at, _ in found] == pytest.approx(places, abs=1e-3)
    live.press("50")
    assert pressed == ["50"]


def test_an_update_is_small() -> None:
    """A curve of 500 steps: under 2,000 bytes an update, but for the few that bring new axes."""
    _, sent = bench_chart.measure()
    size = [sum(messages) for messages in sent]
    assert len(size) == bench_chart.STEPS
    assert all(len(messages) == 1 for messages in sent[1:])
    assert sum(each > bench_chart.MOST_BYTES for each in size) <= 5
    assert max(size) < 1.5 * bench_chart.MOST_BYTES


def test_what_is_below_the_scale_is_left_out_and_said() -> None:
    """No flat line at a value that was not measured: the line dives and comes up again, and the legend names the limit."""
    losses = [5.0, 1e-9, 1e-9, 1e-9, 1e-9, 0.5, 0.0]
    series = {"training": list(enumerate(losses, 1))}
    scale = fit_scale(series.values(), 7)
    floor = HEIGHT - BOTTOM
    points = walked(chart.path(series["training"], scale))
    assert [round(x) for x, y in points if y == floor] == [round(scale.x(step)) for step in (2, 5, 7)]
    assert len(points) == 5  # down, up from the last hidden one, down
    assert chart.hidden_text(series["training"], scale) == "below 0.0001 it is not drawn"
    assert chart.hidden_text(TRAIN, fit_scale([TRAIN], 100)) == ""


def test_the_lowest_loss_is_marked_in_a_word() -> None:
    """Beside the ring and inside the plot; with several rings the legend has to do it."""
    scale = fit_scale([VALID], 100)
    x, y, word = chart.notes({"validation": VALID}, scale, dots=["validation"])["lowest"]
    assert word == "lowest"
    assert (abs(x - scale.x(75)), abs(y - scale.y(1.0))) < (1, 40)
    assert chart.notes({"validation": [(0, 1.0), (9, 2.0)]}, scale, dots=["validation"])["lowest"][0] > LEFT
    assert "lowest" not in chart.notes({"a": VALID, "b": VALID}, scale, dots=["a", "b"])


@pytest.mark.parametrize(("high", "labels"), [(1, 6), (2, 5), (3, 4), (5, 6), (8, 5), (0.5, 6)])
def test_the_labels_of_an_axis_are_round(high: float, labels: int) -> None:
    """Such as 0, 1, 2, 3, and not 0, 0.75, 1.5."""
    found = Scale(10, 0, high, log=False).losses()
    assert (len(found), found[0], found[-1]) == (labels, 0, high)
    assert all(len(f"{value:g}".replace(".", "").lstrip("0")) <= (2 if high == 2 else 1) for value in found[:-1])


def test_a_ring_marks_the_lowest_point() -> None:
    """Around the lowest measured loss of a line with dots; a line without dots, or without a loss, has none."""
    points = [(10, 3.0), (20, 1.0), (30, float("nan")), (40, 2.0)]
    scale = chart.fit_scale([points], 40)
    lines = chart.paths({"training": points, "validation": points, "empty": []}, scale, dots=["validation", "empty"])
    assert lines["1o"].startswith(f"M{round(scale.x(20)) - 8} {round(scale.y(1.0))}a")
    assert lines["2o"] == ""
    assert "0o" not in lines
