"""The ballot on the page: a prompt, two answers without names, and three buttons.

Left out: who said what. This part never gets to know it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import ipywidgets

from ftwidgets.widgets.base import fields
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.prompt.blind_vote import Choice, Pair

_BOX = "flex:1 1 280px;border:1px solid var(--jp-border-color1,#bdbdbd);padding:4px 10px"
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere"


class BallotView(ipywidgets.VBox):
    """The ballot.

    Parameters
    ----------
    vote
        Called with `"left"`, `"right"` or `"tie"`.
    reveal
        Called when the voter has had enough.
    """

    def __init__(self, vote: Callable[[Choice], object], reveal: Callable[[], object]) -> None:
        self._pair = Live()
        self.left = fields.button("Left is better")
        self.tie = fields.button("Neither")
        self.right = fields.button("Right is better")
        self.end = fields.button("End the vote and reveal", tooltip="Count the votes given so far and show the names")
        for pressed, choice in ((self.left, "left"), (self.tie, "tie"), (self.right, "right")):
            pressed.on_click(lambda _button, choice=choice: vote(choice))
        self.end.on_click(lambda _button: reveal())
        self._choices = fields.row(self.left, self.tie, self.right)
        super().__init__([self._pair, fields.row(self._choices, self.end)])
        self.leave()

    def begin(self) -> None:
        """Come up while the models are still answering: there is nothing to vote on yet."""
        self._pair.html = "<p>The models are answering. Their names are hidden until the last vote.</p>"
        self.end.description = "Stop"
        self._choices.layout.display = "none"
        self.layout.display = ""
        self.end.focus()

    def leave(self) -> None:
        """Leave the page."""
        self._pair.html = ""
        self.layout.display = "none"

    def show(self, pair: Pair, total: int) -> None:
        """Show a pair."""
        if self._choices.layout.display == "none":
            self.end.description = "End the vote and reveal"
            self._choices.layout.display = ""
            self.left.focus()
        self._pair.html = (
            f"<h4>Pair {pair.number} of {total}</h4>"
            f'<p style="{_TEXT}"><strong>Prompt:</strong> {escape(pair.prompt)}</p>'
            f'<div style="display:flex;flex-wrap:wrap;gap:12px">'
            f"{_answer('Left', pair.left)}{_answer('Right', pair.right)}</div>"
        )


def _answer(where: str, text: str) -> str:
    shown = f'<p dir="auto" style="{_TEXT}">{escape(text)}</p>' if text else "<p>(an empty answer)</p>"
    return f'<div style="{_BOX}" role="group" aria-label="Answer on the {where.lower()}"><strong>{where}</strong>{shown}</div>'
