"""What every widget of the kit is: a titled form with a status line, its code, and a plain form for pages without widgets.

Left out: what any of them is for.
"""

from __future__ import annotations

import uuid
import weakref
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets
from IPython.display import display, update_display

from ftwidgets.widgets.base import markup, static_images
from ftwidgets.widgets.base.live import Live

_shown: weakref.WeakSet[Panel] = weakref.WeakSet()

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
        self._shown_as = uuid.uuid4().hex[:12]
        self._toggle = ipywidgets.ToggleButton(description="Show code", tooltip="Show the code that this form stands for")
        self._toggle.layout = ipywidgets.Layout(width="auto", align_self="flex-start")
        self._code_view = Live()
        self._toggle.observe(lambda _change: self.refresh_code(), names="value")
        heading = Live(f"<style>{self._hidden_while_live()}</style><h3>{escape(title)}</h3>")
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
        self.say(markup.failure(error), "wrong")

    def attempt(self, act: Callable[[], object]) -> Callable[..., None]:
        """Make a callback of `act` that says a failure in the status line instead of losing it."""

        def callback(*_event: Any) -> None:
            for step in (act, self.settle):
                try:
                    step()
                except Exception as error:
                    self.fail(error)

        return callback

    def refresh_code(self) -> None:
        """Bring the view of the code up to date; call it when the form has changed."""
        shown = self._toggle.value
        self._toggle.description = "Hide code" if shown else "Show code"
        try:
            self._code_view.html = markup.code_block(self.code) if shown else ""
        except Exception as error:  # a form that is not filled in yet has no code
            self._code_view.html = f'<p class="ftw-wrong">{escape(markup.failure(error))}</p>'

    def settle(self) -> None:
        """Bring the plain form in the notebook's file up to date, where the widget was shown earlier.

        It happens after each click by itself; call it when background work has ended. What is on the page stays as it is.
        """
        if self in _shown:
            update_display(self._static(), raw=True, display_id=self._shown_as)

    # Shown are two outputs: the widget, and its plain form, which hides as long as the widget is drawn. So the plain form
    # can follow without the widget being drawn anew (which would take the keyboard's place), and is there when no kernel is.

    def _ipython_display_(self) -> None:
        _shown.add(self)
        display(self._view(), raw=True)
        display(self._static(), raw=True, display_id=self._shown_as)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return self._static() | self._view()

    def _view(self) -> dict[str, Any]:
        return {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}

    def _static(self) -> dict[str, Any]:
        name = f'class="ftw-static ftw-{self._shown_as}" aria-label="{escape(self.title)}"'
        page = f"<section {name}><p><strong>{escape(self.title)}</strong></p>{static_images.pictures(self.page())}</section>"
        return {"text/plain": f"{self.title}\n{self.plain()}", "text/html": page}

    def _hidden_while_live(self) -> str:
        plain_form = f".ftw-{self._shown_as}"
        return f"{plain_form}, .jp-OutputArea-child:has({plain_form}) {{ display: none; }}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.plain()}"


def settle_all() -> None:
    """Bring the plain form of each panel that was shown up to date; before a notebook is stored."""
    for panel in list(_shown):
        panel.settle()
