"""The base class of the widgets: a titled form with a status line, a view of its code, and a static view for saved pages."""

from __future__ import annotations

import base64
import re
import uuid
import weakref
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets
from IPython.display import display, update_display

from ftwidgets.data.text import whole_characters
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.next_step import NextStep
from ftwidgets.widgets.base.press import connect_presses

_shown: weakref.WeakSet[Panel] = weakref.WeakSet()

WIDGET = "application/vnd.jupyter.widget-view+json"

INK, PAPER = "#212121", "#ffffff"

_NO_WIDGET = (
    ".jp-OutputArea-child:not(:has(.jp-OutputArea-output > *)):has(+ .jp-OutputArea-child .ftw-static) { display: none; }"
)
"""Hides the output before the static view while no widget is drawn there: else it says that its model was not found."""

_SVG = re.compile(r"<svg\b(?P<attributes>[^>]*)>(?P<body>.*?)</svg>", re.DOTALL)
_LABEL = re.compile(r"""\saria-label=(?:"([^"]*)"|'([^']*)')""")
_BOX = re.compile(r"""\s(?:viewBox=["']0 0|data-size=["']) ?([\d.]+) ([\d.]+)["']""")
_INSIDE = re.compile(r"""\sdata-inside=["']([\d.]+) ([\d.]+)["']""")
_SIZE = re.compile(r"""\s(?:width|height|style)=(?:"[^"]*"|'[^']*')""")
_THEMED = re.compile(r"var\(--[\w-]+,\s*([^()]+)\)")


class Panel(ipywidgets.VBox):
    """A titled form with a status line under its controls, a button that shows the code, and a line for the next step.

    A subclass builds its controls and passes them to `super().__init__` from top to bottom. It overrides `code`, `static_text`
    and, where a page without a kernel can show more than text, `static_html`. A `bare` one has no heading and no code button.
    A press on any of its buttons brings the values of all its fields (`press.py`).
    """

    def __init__(
        self,
        title: str,
        parts: Sequence[ipywidgets.Widget],
        *,
        below_status: Sequence[ipywidgets.Widget] = (),
        below_code: Sequence[ipywidgets.Widget] = (),
        bare: bool = False,
    ) -> None:
        self.title = title
        self.status = Live(role="status")
        if not bare:
            self.status.add_class("ftw-status")
        self.next_step = NextStep(self.catch_errors)
        self._shown_as = uuid.uuid4().hex[:12]
        self._toggle = ipywidgets.ToggleButton(description="Show code", tooltip="Show the code that this form stands for")
        self._toggle.layout = ipywidgets.Layout(width="auto", align_self="flex-start")
        self._code_view = Live()
        self._toggle.observe(lambda _change: self.refresh_code(), names="value")
        static_view = f".ftw-{self._shown_as}"
        hide = f"{static_view}, .jp-OutputArea-child:has({static_view}) {{ display: none; }}"  # while this widget is drawn
        heading = Live(f"<style>{hide}</style>{'' if bare else f'<h3>{escape(title)}</h3>'}")
        code = [] if bare else [self._toggle, self._code_view]
        after = [] if bare else [self.next_step]
        super().__init__([heading, *parts, self.status, *below_status, *code, *below_code, *after])
        self.add_class("ftw-panel")
        connect_presses(self, lambda text: self.show_status(text, "warning"))

    @property
    def code(self) -> str:
        """The Python code that does what the form does with its present values; it runs as it is."""
        raise NotImplementedError

    def static_text(self) -> str:
        """Return the present state in a few lines of text."""
        raise NotImplementedError

    def static_html(self) -> str:
        """Return the present state as HTML without scripts, for a page without a kernel."""
        return f"<pre>{escape(self.static_text())}</pre>"

    def show_status(self, text: str, kind: str = "busy") -> None:
        """Show a sentence in the status line; `kind` is `ok`, `wrong`, `warning` or `busy`."""
        self.status.html = f'<p class="ftw-{kind}">{escape(text)}</p>' if text else ""

    def show_error(self, error: BaseException) -> None:
        """Show in the status line what went wrong."""
        self.show_status(failure_text(error), "wrong")

    def catch_errors(self, act: Callable[[], object]) -> Callable[..., None]:
        """Return a callback that calls `act` and shows an exception in the status line, where Jupyter would lose it."""

        def callback(*_event: Any) -> None:
            for step in (act, self.update_static_view):
                try:
                    step()
                except Exception as error:
                    self.show_error(error)

        return callback

    def refresh_code(self) -> None:
        """Update the view of the code; call it when the form has changed."""
        shown = self._toggle.value
        self._toggle.description = "Hide code" if shown else "Show code"
        try:
            self._code_view.html = markup.code_block(self.code) if shown else ""
        except Exception as error:  # a form that is not filled in yet has no code
            self._code_view.html = f'<p class="ftw-wrong">{escape(failure_text(error))}</p>'

    def update_static_view(self) -> None:
        """Update the static view in the notebook's file, if the widget was shown.

        Each click does this by itself; call it when background work has ended. The widget on the page is not drawn anew.
        """
        if self in _shown:
            update_display(self._static(), raw=True, display_id=self._shown_as)

    # A cell shows two outputs: the widget, and its static view, which is hidden while the widget is drawn. So the static
    # view can be updated without drawing the widget anew (which would lose the keyboard focus), and remains without a kernel.

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
        body = svg_to_img(self.static_html())
        page = f"<style>{_NO_WIDGET}</style><section {name}><p><strong>{escape(self.title)}</strong></p>{body}</section>"
        text = f"{self.title}\n{self.static_text()}"
        return {"text/plain": whole_characters(text), "text/html": whole_characters(page)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.static_text()}"


def update_all_static_views() -> None:
    """Update the static view of each panel that was shown; call it before a notebook is stored."""
    for panel in list(_shown):
        panel.update_static_view()


def svg_to_img(html: str) -> str:
    """Replace every labelled `<svg>` with a `viewBox` from 0 0 by an `<img>` with the same picture and label.

    One that takes the width of the page has no `viewBox`: its `data-size` is the size of the image, and `data-inside` from
    where in it, and how wide, the picture is drawn.
    JupyterLab drops `<svg>` from an untrusted notebook. An image cannot follow the page's theme, so it gets a white background.
    """
    return _SVG.sub(_image, html)


def _image(match: re.Match[str]) -> str:
    attributes = match["attributes"]
    label, box = _LABEL.search(attributes), _BOX.search(attributes)
    if label is None or box is None:
        return match[0]
    width, height = box.groups()
    background = f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
    attributes = _SIZE.sub("", attributes) + f' width="{width}" height="{height}"'
    if "font-family" not in attributes:  # in a page it is the page's
        attributes += ' font-family="sans-serif"'
    body = match["body"]
    if inside := _INSIDE.search(attributes):
        attributes += f' viewBox="0 0 {width} {height}"'
        body = f'<svg x="{inside[1]}" width="{inside[2]}" height="{height}" overflow="visible">{body}</svg>'
    svg = _THEMED.sub(r"\1", f"<svg{attributes}>{background}{body}</svg>").replace("currentColor", INK)
    if "xmlns=" not in attributes:  # inside HTML it needs no namespace; a file of its own does
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    data = base64.b64encode(svg.encode()).decode()
    alt = label[1] if label[1] is not None else label[2].replace('"', "&quot;")
    return f'<img alt="{alt}" width="{width}" height="{height}" src="data:image/svg+xml;base64,{data}">'
