"""ApiKey: choose a service and pass in its key, which is never shown, printed or saved.

The key in the environment is used, at the address that it is for, unless another one is typed. A typed key goes to the kernel
as a message of its own and is forgotten with the kernel; no trait, output, `repr` or widget state ever holds it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.providers import provider
from ftwidgets.widgets.base import fields, markup
from ftwidgets.widgets.base.arguments import require_text
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.key.address import address_problem
from ftwidgets.widgets.key.chosen_service import ChosenService
from ftwidgets.widgets.key.connection_test import ConnectionTest
from ftwidgets.widgets.key.key_field import KeyField

if TYPE_CHECKING:
    import openai

SERVICES = {
    "sandbox": "Sandbox, in this notebook",
    "openai": provider("openai").label,
    "other": "Another service, by its address",
}
"""The labels of the services in the menu, by name."""

_NOTES = {
    "sandbox": provider("sandbox").note,
    "openai": provider("openai").note,
    "other": "Any service that takes OpenAI's calls, such as a school's own server. Its documentation gives the address.",
}


class ApiKey(Panel):
    """Choose a service, pass in its key, test the connection; `.client` is then a plain client of it.

    Parameters
    ----------
    connect
        `ftwidgets.connect`, or a function with the same arguments.
    service
        `"sandbox"`, `"openai"` or `"other"`.
    base_url
        The address of the other service.

    In code, pass a key in with `use`, from where it is stored and never as text in a cell:

        key.use(getpass.getpass())                       # asks for it; a notebook that runs unattended cannot
        key.use(Path("~/.my_key").expanduser().read_text())
    """

    def __init__(self, connect: Callable[..., openai.OpenAI], *, service: str = "sandbox", base_url: str = "") -> None:
        if not callable(connect):
            raise ValueError(f'"connect" must be a function; hand in ftwidgets.connect without parentheses: {connect!r:.60}')
        self._chosen = ChosenService(connect)
        self._test = ConnectionTest(
            tell=self.show_status, on_error=self.show_error, on_change=self._show_state, on_end=self.update_static_view
        )
        self._choice = ipywidgets.Dropdown(
            options=[(label, name) for name, label in SERVICES.items()], value="sandbox", description="Service"
        )
        self._address = ipywidgets.Text(description="Address", placeholder="http://localhost:8000/v1", continuous_update=False)
        self._address.tooltip = "Where the service is; it often ends in /v1"
        self._chips, self._note = Live(), Live()
        self._note.add_class("ftw-field")  # it stands under the field, not under its label
        self._address_row = fields.field(self._address)
        self._field = KeyField(self._on_press, on_error=self.show_error)
        parts = [self._chips, fields.field(self._choice), self._note, self._address_row, self._field]
        super().__init__("Service and key", parts)
        self._choice.observe(lambda _change: self._on_choice(), names="value")
        self._address.observe(lambda _change: self._on_choice(), names="value")
        self.choose(service, base_url)

    @property
    def service(self) -> str:
        """The chosen service: `sandbox`, `openai` or `other`."""
        return str(self._choice.value)

    @property
    def base_url(self) -> str | None:
        """The address of the chosen service; None for the sandbox.

        Raises
        ------
        ValueError
            If another service has no address, or an invalid one.
        """
        return self._chosen.base_url

    @property
    def client(self) -> openai.OpenAI:
        """A client of the chosen service, the same one until the choice or the key changes.

        Raises
        ------
        ValueError, FtwidgetsError
            If the address or the key is missing.
        """
        return self._chosen.client

    def choose(self, service: str, base_url: str = "") -> None:
        """Choose a service, as the menu does. A key for another service is forgotten.

        Parameters
        ----------
        service
            `"sandbox"`, `"openai"` or `"other"`.
        base_url
            The address of the other service.

        Raises
        ------
        ValueError
            If there is no such service, or the address must not be saved.
        """
        require_text("service", service)
        require_text("base_url", base_url)
        if service not in SERVICES:
            raise ValueError(f'there is no service "{service!s:.40}" here; choose one of {", ".join(SERVICES)}.')
        if problem := address_problem(base_url):
            raise ValueError(problem)
        self._choice.value = service
        self._address.value = base_url
        self._on_choice()

    def use(self, key: str) -> None:
        """Pass in a key for the chosen service, as the field does; it goes to no other address.

        Parameters
        ----------
        key
            From `getpass.getpass()`, a file or a password store; as text in a cell it would be saved with the notebook.

        Raises
        ------
        ValueError
            If it cannot be a key, the address is missing, or the sandbox is chosen, which needs none.
        """
        taken = self._chosen.use(key)
        self._test.forget()
        self.show_status(f"The key was accepted ({taken.end}). Nothing was sent yet.", "ok")
        self._show_state()

    def test(self) -> list[str]:
        """List the service's models: the shortest call there is, and free.

        Returns
        -------
        list of str
            The names.

        Raises
        ------
        openai.OpenAIError, FtwidgetsError
            If it rejects the request or does not answer. The text holds no key, even if the service repeats it.
        """
        return self._test.run(self.client, secret=not self._chosen.is_sandbox)

    def wait(self, timeout: float | None = None) -> list[str]:
        """Wait for a test that the button started, and return its result."""
        return self._test.wait(timeout)

    def stop(self) -> None:
        """Stop waiting for a test that the button started; what the service still answers is not shown."""
        if self._test.testing:
            self._test.forget()
            self.show_status("Stopped. The service had not answered yet.", "warning")
            self._show_state()

    @property
    def code(self) -> str:
        """The code that makes the same client; it never contains a key."""
        return self._chosen.code

    def static_text(self) -> str:
        """Return the service and where its key comes from."""
        chips = ", ".join(words for words, _kind in self._state())
        return f"{self._service_text()}: {chips}."

    def static_html(self) -> str:
        """Return the same as a line with chips."""
        return f"<p>{escape(self._service_text())}: {' '.join(markup.chip(*state) for state in self._state())}</p>"

    def _service_text(self) -> str:
        return SERVICES[self.service] if self.service != "other" else self._address.value or "Another service"

    def _state(self) -> list[tuple[str, str]]:
        """Return the state of the key and of the connection: each a few words, and the kind of its chip."""
        key_state = self._chosen.key_state
        return [key_state, self._test.verdict] if key_state[1] == "ok" else [key_state]

    def _show_state(self) -> None:
        """Show the state as chips, and let the buttons be pressed that can do something."""
        state = self._state()
        self._chips.html = f'<p class="ftw-chips">{" ".join(markup.chip(*chip) for chip in state)}</p>'
        self._field.shown = not self._chosen.is_sandbox
        self._field.ready = self._chosen.has_address
        self._field.testing = self._test.testing
        self._field.has_key = len(state) > 1
        self.refresh_code()
        if self._field.has_key:
            self.next_step.offer(
                "turn your examples into files to train on.",
                "Prepare a dataset",
                _dataset_prep,
                "from ftwidgets.widgets import DatasetPrep\n\nprep = DatasetPrep()\nprep",
            )

    def _on_press(self, action: str, key: str) -> None:
        if action == "stop":
            self.stop()
        else:
            if key or action == "use":
                self.use(key)
            if action == "test":
                self._test.start(self.client, secret=not self._chosen.is_sandbox)  # what is missing is reported at once
        self.update_static_view()

    def _on_choice(self) -> None:
        """Update the form after another choice; the key of the former service must not be sent there."""
        self._chosen.choose(self.service, self._address.value)
        self._test.forget()
        if problem := address_problem(self._address.value):
            self._address.value = ""  # which calls this method again
            self.show_status(f"The address was removed: {problem}", "wrong")
            return
        self._note.html = f'<p class="ftw-help">{_NOTES[self.service]}</p>'
        self._address_row.layout.display = None if self.service == "other" else "none"
        self.show_status(*self._chosen.what_to_do)
        self._show_state()


def _dataset_prep() -> Panel:
    from ftwidgets.widgets.prep import DatasetPrep

    return DatasetPrep()
