"""What every widget of the kit is: a titled form with a status line, its code, and a plain form for pages without widgets.

Left out: what any of them is for.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets
from IPython.display import display, update_display

from ftwidgets.widgets import words
from ftwidgets.widgets.live import Live

WIDGET = "application/vnd.jupyter.widget-view+json"


class Panel(ipywidgets.VBox):
    """The base of the widgets.

    A subclass builds its controls and calls `super().__init__(title, parts)`; it overrides `code` (what the form stands
    for, runnable as it is), `plain` (the present state in a few lines of text) and, if there is more to see, `page`.

    Parameters
    ----------
    title
        The heading.
    parts
        The controls, from top to bottom.
    """

    def __init__(self, title: str, parts: Sequence[ipywidgets.Widget]) -> None:
        self.title = title
        self.status = Live(role="status")
        self._shown_as = uuid.uuid4().hex
        self._toggle = ipywidgets.ToggleButton(description="Show code", tooltip="Show the code that this form stands for")
        self._toggle.layout = ipywidgets.Layout(width="auto", align_self="flex-start")
        self._code_view = Live()
        self._toggle.observe(lambda _change: self.refresh_code(), names="value")
        heading = Live(f"<h3>{escape(title)}</h3>")
        super().__init__([heading, *parts, self.status, self._toggle, self._code_view])
        self.add_class("ftw-panel")

    @property
    def code(self) -> str:
        """The Python code that the form stands for as it is now: it runs, and does what the form does."""
        raise NotImplementedError

    def plain(self) -> str:
        """Tell the present state in a few lines of text."""
        raise NotImplementedError

    def page(self) -> str:
        """Tell the present state as HTML that needs no script, for a page without a kernel."""
        return f"<pre>{escape(self.plain())}</pre>"

    def say(self, text: str, kind: str = "busy") -> None:
        """Put a sentence into the status line; `kind` is `ok`, `wrong` or `busy`."""
        self.status.html = f'<p class="ftw-{kind}">{escape(text)}</p>' if text else ""

    def fail(self, error: BaseException) -> None:
        """Say in words what went wrong."""
        self.say(words.failure(error), "wrong")

    def attempt(self, act: Callable[[], object]) -> Callable[..., None]:
        """Make a callback of `act` that says a failure in the status line instead of losing it."""

        def callback(*_event: Any) -> None:
            try:
                act()
            except Exception as error:
                self.fail(error)

        return callback

    def refresh_code(self) -> None:
        """Bring the view of the code up to date; call it when the form has changed."""
        shown = self._toggle.value
        self._toggle.description = "Hide code" if shown else "Show code"
        try:
            self._code_view.html = words.code_block(self.code) if shown else ""
        except Exception as error:  # a form that is not filled in yet has no code
            self._code_view.html = f'<p class="ftw-wrong">{escape(words.failure(error))}</p>'

    def settle(self) -> None:
        """Bring the plain form in the notebook's file up to date, where the widget was shown earlier.

        The browser draws the widget anew, so call it when background work has ended, not on a click.
        """
        update_display(self._bundle(), raw=True, display_id=self._shown_as)

    def _ipython_display_(self) -> None:
        display(self._bundle(), raw=True, display_id=self._shown_as)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self._bundle()

    def _bundle(self) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        page = f'<section class="ftw-static" aria-label="{escape(self.title)}">{self.page()}</section>'
        return {"text/plain": f"{self.title}\n{self.plain()}", "text/html": page, WIDGET: view}

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.plain()}"
