"""The design: readable colours in every theme, one set of names, parts that exist."""

import re
from pathlib import Path

import pytest

from ftwidgets import design

ROOT = Path(__file__).parents[2]
SHEETS = [path for path in (ROOT / "ftwidgets").rglob("*.css") if path.name not in ("tokens.css", "dark.css")]
LAB_DARK = {"paper": "#111111", "shade": "#212121", "ink": "#ffffff"}
"""What JupyterLab's dark theme sets where our dark block leaves it to the theme."""

TEXT = [
    *[(name, "paper") for name in ("ink", "soft", "link", "ok", "wrong", "warning", "busy")],
    *[(name, "shade") for name in ("ink", "soft", "link")],
    *[(name, f"{name}-tint") for name in ("ok", "wrong", "warning", "busy")],
    *[(name, tint) for name in ("ink", "soft") for tint in ("user-tint", "assistant-tint")],
    *[("ink", f"{name}-tint") for name in ("ok", "wrong", "warning", "busy")],
]
MARKS = [("edge", "paper"), *[(f"line-{i}", "paper") for i in range(1, 7)]]


def blocks() -> dict[str, dict[str, str]]:
    """Return the colours of each theme by name: what a theme leaves out is as in light."""
    found = []
    for block in re.findall(r"\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", design.TOKENS, flags=re.DOTALL)):
        pairs = re.findall(r"--ftw-([\w-]+):\s*([^;]+);", block)
        found.append({name: re.search(r"#[0-9a-f]{6}", value)[0] for name, value in pairs if "#" in value})  # type: ignore[index]
    light, page, lab_dark, page_dark = [block for block in found if block]
    assert lab_dark == page_dark
    return {"light": light, "Lab dark": light | LAB_DARK | lab_dark, "page dark": light | page | page_dark}


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "Lab dark", "page dark"])
def test_colours_can_be_read(theme: str) -> None:
    """Text has a contrast of 4.5 on each background that it stands on, marks and edges of inputs have 3."""
    colours = blocks()[theme]
    short = [(a, b, contrast(colours[a], colours[b])) for a, b in TEXT if contrast(colours[a], colours[b]) < 4.5]
    short += [(a, b, contrast(colours[a], colours[b])) for a, b in MARKS if contrast(colours[a], colours[b]) < 3]
    assert short == []


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white has 21, and #767676 is the palest grey that has 4.5 on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


def test_each_variable_has_a_value() -> None:
    """A sheet uses only variables that the tokens define."""
    defined = set(re.findall(r"(--ftw-[\w-]+):", design.TOKENS))
    used = {name for path in [*SHEETS] for name in re.findall(r"var\((--ftw-[\w-]+)", path.read_text(encoding="utf-8"))}
    assert used <= defined, used - defined


def test_colours_stand_in_one_place() -> None:
    """No other sheet names a colour of its own, but for the picture of ipywidgets' arrow."""
    named = {
        path.name: re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r'url\("[^"]*"\)', "", path.read_text(encoding="utf-8")))
        for path in SHEETS
    }
    assert {name: colours for name, colours in named.items() if colours} == {}
