"""Charts as SVG: what stands on them, and whether it can be read on a narrow page."""

import itertools
import re

import pytest

from ftwidgets.data.render import charts

NARROW = 300  # pixels


@pytest.mark.parametrize("width", [5, 200, 50_000])
@pytest.mark.parametrize("n", [1, 3, 12])
def test_labels_of_columns_have_room_on_a_narrow_page(n: int, width: int) -> None:
    """Text keeps its 12 pixels at any width of the page, so labels are dropped; those that stay do not touch."""
    found = [(i * width, (i + 1) * width - 1, i + 1) for i in range(n)]
    svg = charts.columns(found, title="T", summary="S", axis="tokens", fill="red")
    assert "viewBox" not in svg  # nothing is scaled
    assert 'font-size="12"' in svg
    labels = [(float(x), text) for x, text in re.findall(r'<text x="([\d.]+)%" y="164.0"[^>]*>([\d,]+)<', svg)]
    assert labels[0] == (0, "0")
    assert {text for _, text in labels} <= {f"{i * width:,}" for i in range(n + 1)}
    for (left, text), (right, following) in itertools.pairwise(labels):
        assert (right - left) / 100 * NARROW >= 7 * (len(text) + len(following)) / 2 + 4


def test_a_column_is_as_high_as_its_number() -> None:
    """The highest fills the room, half as many half of it; the columns fill the width."""
    svg = charts.columns([(0, 9, 4), (10, 19, 8)], title="T", summary="S", axis="tokens", fill="red")
    boxes = re.findall(r'<rect x="([\d.]+)%" y="([\d.]+)" width="([\d.]+)%" height="([\d.]+)"', svg)
    assert [(float(x), float(width)) for x, _, width, _ in boxes] == [(1, 48), (51, 48)]
    assert [float(height) for *_, height in boxes] == [70, 140]
