"""The last line of a form: what comes next, a button that opens it below, and the code that does the same."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.press import PressButton

if TYPE_CHECKING:
    import openai

    from ftwidgets.widgets.base.panel import Panel


class NextStep(ipywidgets.VBox):
    """An empty line until `offer` fills it.

    `open_elsewhere`, if it is set, is called in place of opening the next form below: a form that holds this one goes on
    by itself.
    """

    def __init__(self, catch_errors: Callable[[Callable[[], object]], Callable[..., None]]) -> None:
        self.open_elsewhere: Callable[[], object] | None = None
        self.panel: Panel | None = None
        """The form that was opened below; None before."""
        self.code = ""
        """The code that does the same; empty while nothing is offered."""
        self._make: Callable[[], Panel] | None = None
        self._on_offer: list[Callable[[], object]] = []
        self._text, self._code_view = Live(), Live()
        self.button = PressButton("", button_style="primary")
        self.button.on_click(catch_errors(self.go))
        self._line = ipywidgets.HBox([self._text, self.button], layout={"flex_flow": "row wrap", "align_items": "center"})
        self._below = ipywidgets.VBox()
        super().__init__([self._line, self._code_view, self._below], layout={"display": "none"})
        self.add_class("ftw-next")

    def offer(self, sentence: str, label: str, make: Callable[[], Panel], code: str, *, notify: bool = True) -> None:
        """Show a sentence, a button with `label` that opens what `make` returns, and its code, folded.

        Without `notify`, the functions of `on_offer` are not called: one of them offers something else.
        """
        self._make, self.code = make, code
        self._text.html = f"<p><strong>Next:</strong> {escape(sentence)}</p>"
        self._code_view.html = markup.fold("The code for that", markup.code_block(code))
        self.button.description = self.button.tooltip = label
        self.layout.display = ""

        for act in self._on_offer if notify else ():
            act()

    def on_offer(self, act: Callable[[], object]) -> None:
        """Register a function to call each time something is offered: the form has its result then."""
        self._on_offer.append(act)

    def clear(self) -> None:
        """Offer nothing, and close what was opened below."""
        self._make, self.code, self.panel = None, "", None
        self._below.children = ()
        self.layout.display = "none"

    def go(self) -> Panel | None:
        """Open the next form, as the button does; return it, or None where it opens elsewhere.

        Raises
        ------
        FtwidgetsError
            If nothing is offered yet.
        """
        if self._make is None:
            raise FtwidgetsError("this form has no next step yet. Finish it first.")
        if self.open_elsewhere is not None:
            self.open_elsewhere()
            return None
        self.panel = self._make()
        self._below.children = (self.panel,)
        return self.panel


def find_client() -> tuple[str, openai.OpenAI | None]:
    """Return the notebook's client with the name of its variable; `client` and None if it has none."""
    import openai
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    names: dict[str, Any] = shell.user_ns if shell is not None else {}
    found = {name: value for name, value in names.items() if isinstance(value, openai.OpenAI) and not name.startswith("_")}
    if "client" in found:
        return "client", found["client"]
    return next(iter(found.items()), ("client", None))
