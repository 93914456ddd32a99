"""The HTML that several widgets share is escaped and reachable with the keyboard."""

import ast

import pytest

from ftwidgets.widgets.base import markup


@pytest.mark.parametrize("value", ["plain", 'a "quote"', "line\nbreak", "back\\slash", "é€😀", 3, 0.5, None, True, "'"])
def test_a_literal_is_python(value: object) -> None:
    """What is written into code reads back as the same value."""
    assert ast.literal_eval(markup.literal(value)) == value


def test_a_table_is_escaped_and_has_its_heads() -> None:
    """Caption, header cells with their scope, number columns to the right; data never becomes markup."""
    table = markup.table("<c>", ["name", "n"], [["<b>", 1], ["&", 2]], numbers=[1])
    assert table == (
        "<table><caption>&lt;c&gt;</caption>"
        '<thead><tr><th scope="col">name</th><th scope="col" class="ftw-number">n</th></tr></thead>'
        '<tbody><tr><td>&lt;b&gt;</td><td class="ftw-number">1</td></tr>'
        '<tr><td>&amp;</td><td class="ftw-number">2</td></tr></tbody></table>'
    )


def test_a_code_block_is_escaped_and_can_be_copied() -> None:
    """Code is shown as it is, reachable with the keyboard, beside a button that copies it."""
    block = markup.code_block("a < b  # <script>")
    assert "a &lt; b  # &lt;script&gt;" in block
    assert 'data-copy="code"' in block
    assert 'tabindex="0"' in block
