"""The HTML that several widgets share is escaped and reachable with the keyboard."""

import ast
import re

import pytest

from ftwidgets import design
from ftwidgets.widgets.base import markup


@pytest.mark.parametrize("value", ["plain", 'a "quote"', "line\nbreak", "back\\slash", "é€😀", 3, 0.5, None, True, "'"])
def test_a_literal_is_python(value: object) -> None:
    """What is written into code reads back as the same value."""
    assert ast.literal_eval(markup.literal(value)) == value


def test_a_table_is_escaped_and_has_its_heads() -> None:
    """Caption, header cells with their scope, texts to the left and numbers to the right; data never becomes markup."""
    table = markup.table("<c>", ["name", "n"], [["<b>", 1], ["&", 2]], numbers=[1])
    assert table == (
        "<table><caption>&lt;c&gt;</caption>"
        '<thead><tr><th scope="col" style="text-align:left">name</th><th scope="col" class="ftw-number">n</th></tr></thead>'
        '<tbody><tr><td style="text-align:left">&lt;b&gt;</td><td class="ftw-number">1</td></tr>'
        '<tr><td style="text-align:left">&amp;</td><td class="ftw-number">2</td></tr></tbody></table>'
    )


def test_a_code_block_is_escaped_and_can_be_copied() -> None:
    """Code is shown as it is, reachable with the keyboard, beside a button that copies it."""
    block = markup.code_block("a < b  # <script>")
    assert "a &lt; b  # &lt;script&gt;" in block
    assert 'data-copy="code"' in block
    assert 'tabindex="0"' in block


@pytest.mark.parametrize(
    "made",
    [
        markup.chip("<b>", "ok"),
        markup.bubble("user", "<b>", who="<b>", note="<b>", trained=True),
        markup.chat([markup.bubble("assistant", "<b>")]),
        markup.fold("<b>", ""),
        markup.figures([("<b>", "<b>")]),
        markup.empty("<b>"),
        markup.loading("<b>"),
        markup.identifier('"><b>'),
    ],
)
def test_data_never_becomes_markup(made: str) -> None:
    """Each part of the design escapes what it is given, and uses only classes that the style sheet has."""
    assert "<b>" not in made
    classes = {name for group in re.findall(r'class="([^"]*)"', made) for name in group.split()}
    assert [name for name in classes if f".{name}" not in design.PARTS] == []


def test_a_progress_bar_has_a_name_and_its_figures() -> None:
    """Without a value it moves, as something of unknown length; the name is escaped."""
    bar = markup.progress("Steps <b>", "step 3 of 9", 3, 9)
    assert '<progress aria-label="Steps &lt;b&gt;" value="3" max="9"></progress> <span>step 3 of 9</span>' in bar
    assert "value" not in markup.progress("Steps", "in its first step", None, 9)
