"""Two fields for lesson 00: how the learner's shop greets, and how it signs off."""

from __future__ import annotations

from html import escape

import ipywidgets

from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.arguments import require_text
from ftwidgets.widgets.base.fields import field
from ftwidgets.widgets.base.panel import Panel

GREETING, SIGN_OFF = "Ahoy there, sailor!", "Fair winds, Captain Ida"
SAMPLE = "Your parcel left this morning."
LONGEST = 60  # characters of either: with more, some answers would end before their sign-off


class ShopForm(Panel):
    """Ask for a greeting and a sign-off, and show them around an answer.

    Parameters
    ----------
    greeting, sign_off
        What the fields hold at first. Either may be empty.
    """

    def __init__(self, greeting: str = GREETING, sign_off: str = SIGN_OFF) -> None:
        self._greeting = ipywidgets.Text(value=require_text("greeting", greeting), description="Greeting")
        self._sign_off = ipywidgets.Text(value=require_text("sign_off", sign_off), description="Sign-off")
        for control in (self._greeting, self._sign_off):
            control.observe(self.catch_errors(self._show_sample), names="value")
        super().__init__("Your shop's words", [field(self._greeting), field(self._sign_off)])
        self._show_sample()

    @property
    def greeting(self) -> str:
        """The greeting, without blanks around it."""
        return _tidy(self._greeting.value)

    @greeting.setter
    def greeting(self, text: str) -> None:
        self._greeting.value = require_text("greeting", text)

    @property
    def sign_off(self) -> str:
        """The sign-off, without blanks around it."""
        return _tidy(self._sign_off.value)

    @sign_off.setter
    def sign_off(self, text: str) -> None:
        self._sign_off.value = require_text("sign_off", text)

    @property
    def code(self) -> str:
        """The same without the form."""
        return f"greeting = {markup.literal(self.greeting)}\nsign_off = {markup.literal(self.sign_off)}"

    def static_text(self) -> str:
        """Return an answer with both around it."""
        return " ".join(filter(None, (self.greeting, SAMPLE, self.sign_off)))

    def static_html(self) -> str:
        """Return both as a list."""
        return f"<p>Greeting: {escape(self.greeting)}<br>Sign-off: {escape(self.sign_off)}</p>"

    def _show_sample(self) -> None:
        """Show an answer with both around it in the status line, or what is wrong with them."""
        if not self.greeting and not self.sign_off:
            self.show_status("Type a greeting or a sign-off: without either there is nothing to learn.", "wrong")
        elif max(len(self.greeting), len(self.sign_off)) > LONGEST:
            self.show_status(f"That is long. Use {LONGEST} characters or fewer, or some answers will be cut off.", "wrong")
        else:
            parts = ((self.greeting, "b"), (SAMPLE, "span"), (self.sign_off, "b"))
            shown = " ".join(f"<{tag}>{escape(text)}</{tag}>" for text, tag in parts if text)
            self.status.html = f'<p class="ftw-help">Your model will learn to answer like this: {shown}</p>'
        self.refresh_code()


def _tidy(text: str) -> str:
    return " ".join(text.split())
