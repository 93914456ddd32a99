"""ApiKey: choose a service and pass in its key, which is never shown, printed or saved.

The key in the environment is used, at the address that it is for, unless another one is typed. A typed key goes to the kernel
as a message of its own and is forgotten with the kernel; no trait, output, `repr` or widget state ever holds it.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import ipywidgets

from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.providers import provider
from ftwidgets.widgets.base import fields, markup
from ftwidgets.widgets.base.arguments import require_text
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.key.address import address_problem, check_address
from ftwidgets.widgets.key.environment_key import environment_key, how_to_give_a_key
from ftwidgets.widgets.key.key_field import KeyField
from ftwidgets.widgets.key.secret import Secret

if TYPE_CHECKING:
    import openai

_TIMEOUT = 15.0  # seconds for a test of the connection

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
        self._connect = connect
        self._key: Secret | None = None
        self._client: openai.OpenAI | None = None
        self._test: BackgroundTask[list[str]] | None = None
        self._tested: openai.OpenAI | None = None  # the client that is or was tested
        self._verdict = ("not tested", "")  # of the test of this client: a few words, and the kind of their chip
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
        if self.service == "other":
            return check_address(self._address.value)
        return provider("openai").base_url if self.service == "openai" else None

    @property
    def client(self) -> openai.OpenAI:
        """A client of the chosen service, the same one until the choice or the key changes.

        Raises
        ------
        ValueError, FtwidgetsError
            If the address or the key is missing.
        """
        if self._client is None:
            base_url = self.base_url
            if base_url is None:
                self._client = self._connect()
            elif self._key is not None:
                self._client = self._connect(base_url=base_url, api_key=self._key.reveal(base_url))
            elif (found := environment_key(self._connect, self.base_url)) is None:
                raise FtwidgetsError(f"there is no key yet. {how_to_give_a_key(self._connect, self.base_url)}")
            else:
                self._client = self._connect(base_url=base_url, api_key=found.reveal(base_url))
        return self._client

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
        base_url = self.base_url
        if base_url is None:
            raise ValueError("the sandbox needs no key, so nothing was stored. Choose a service that needs one first.")
        self._key, self._client = Secret(key, base_url), None
        self._forget_test()
        self.show_status(f"The key was accepted ({self._key.end}). Nothing was sent yet.", "ok")
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
        self._tested = self.client
        return self._ask(self._tested, secret=self.service != "sandbox")

    def wait(self, timeout: float | None = None) -> list[str]:
        """Wait for a test that the button started, and return its result."""
        if self._test is None:
            raise RuntimeError("there is nothing to wait for: the test of the connection was not started.")
        return self._test.wait(timeout)

    def stop(self) -> None:
        """Stop waiting for a test that the button started; what the service still answers is not shown."""
        if self._field.testing:
            self._forget_test()
            self.show_status("Stopped. The service had not answered yet.", "warning")
            self._show_state()

    @property
    def code(self) -> str:
        """The code that makes the same client; it never contains a key."""
        if self.service == "sandbox":
            return "import ftwidgets\n\nclient = ftwidgets.connect()"
        address = markup.literal(self.base_url)
        if self._key is None and (self.service == "openai" or environment_key(self._connect, self.base_url) is not None):
            comment = "# The key comes from OPENAI_API_KEY in the environment, never from a cell."
            return f"import openai\n\n{comment}\nclient = openai.OpenAI(base_url={address})"
        imports = "import getpass\n\nimport openai\n\n# Asks for the key when it runs, so that no cell holds it.\n"
        return f'{imports}client = openai.OpenAI(base_url={address}, api_key=getpass.getpass("Key: "))'

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
        if self.service == "sandbox":
            return [("no key needed", "ok"), self._verdict]
        if self._key is not None:
            return [(f"key from the field, {self._key.end}", "ok"), self._verdict]
        try:
            found = environment_key(self._connect, self.base_url)
        except ValueError as error:
            return [("no address yet" if not self._address_is_valid() else str(error).rstrip("."), "warning")]
        if found is None:
            return [("no key yet", "warning")]
        return [(f"key from the environment, {found.end}", "ok"), self._verdict]

    def _show_state(self) -> None:
        """Show the state as chips, and let the buttons be pressed that can do something."""
        state = self._state()
        self._chips.html = f'<p class="ftw-chips">{" ".join(markup.chip(*chip) for chip in state)}</p>'
        self._field.shown = self.service != "sandbox"
        self._field.ready = self._address_is_valid()
        self._field.has_key = len(state) > 1
        self.refresh_code()
        if self._field.has_key:
            self.next_step.offer(
                "turn your examples into files to train on.",
                "Prepare a dataset",
                _dataset_prep,
                "from ftwidgets.widgets import DatasetPrep\n\nprep = DatasetPrep()\nprep",
            )

    def _address_is_valid(self) -> bool:
        try:
            return self.base_url is not None or self.service == "sandbox"
        except ValueError:
            return False

    def _on_press(self, action: str, key: str) -> None:
        if action == "stop":
            self.stop()
        else:
            if key or action == "use":
                self.use(key)
            if action == "test":
                self._start_test()
        self.update_static_view()

    def _start_test(self) -> None:
        client = self._tested = self.client  # what is missing is reported at once
        secret = self.service != "sandbox"
        started: BackgroundTask[list[str]] = BackgroundTask("test of the connection", on_error=self._show_failure)

        def test() -> list[str]:
            try:
                return self._ask(client, secret=secret)
            finally:
                if self._test is started:
                    self._field.testing = False
                    self._show_state()
                    self.update_static_view()

        self._test, self._verdict, self._field.testing = started, ("testing ...", "busy"), True
        self.show_status("Asking the service ...")
        self._show_state()
        started.start(test)

    def _ask(self, client: openai.OpenAI, *, secret: bool) -> list[str]:
        import openai

        try:
            with explain_wrong_service():
                names = [model.id for model in client.with_options(timeout=_TIMEOUT, max_retries=0).models.list()]
        except openai.OpenAIError as error:
            if secret and client.api_key in f"{error} {getattr(error, 'body', '')}":
                raise FtwidgetsError(failure_text(error).replace(client.api_key, "(the key)")) from None
            raise
        if client is self._client and client is self._tested:  # no other service was chosen meanwhile, and nobody pressed Stop
            example = f", such as {names[0]}" if names and not (secret and client.api_key in names[0]) else ""
            self._verdict = (f"tested: {pluralize(len(names), 'model')}", "ok")
            self.show_status(f"It works: the service lists {pluralize(len(names), 'model')}{example}.", "ok")
            self._show_state()
        return names

    def _forget_test(self) -> None:
        self._tested, self._verdict, self._field.testing = None, ("not tested", ""), False

    def _show_failure(self, error: Exception) -> None:
        if self._tested is not None and self._tested is self._client:  # else another service was chosen, or Stop was pressed
            self._verdict = ("test failed", "wrong")
            self.show_error(error)
            self._show_state()

    def _on_choice(self) -> None:
        """Update the form after another choice; the key of the former service must not be sent there."""
        self._key = self._client = None
        self._forget_test()
        if problem := address_problem(self._address.value):
            self._address.value = ""  # which calls this method again
            self.show_status(f"The address was removed: {problem}", "wrong")
            return
        self._note.html = f'<p class="ftw-help">{_NOTES[self.service]}</p>'
        self._address_row.layout.display = None if self.service == "other" else "none"
        self.show_status(*self._what_to_do())
        self._show_state()

    def _what_to_do(self) -> tuple[str, str]:
        if self.service == "sandbox":
            return "Ready. No key is needed.", "ok"
        try:
            found = environment_key(self._connect, self.base_url)
        except ValueError as error:
            return failure_text(error), "busy"
        if found is None:
            return how_to_give_a_key(self._connect, self.base_url), "busy"
        return f"The key from the environment goes to {self.base_url}, unless you type another. Nothing was sent yet.", "busy"


def _dataset_prep() -> Panel:
    from ftwidgets.widgets.prep import DatasetPrep

    return DatasetPrep()
