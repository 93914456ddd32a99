"""ApiKey: choose a service and pass in its key, which is never shown, printed or saved.

The key in the environment is used unless another one is typed. A typed key goes to the kernel as a message of its own and is
forgotten with the kernel; no trait, output, `repr` or widget state ever holds it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import ipywidgets

from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.providers import provider
from ftwidgets.widgets.base import fields, markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.key.secret import KeyField, Secret

if TYPE_CHECKING:
    import openai

_TIMEOUT = 15.0  # seconds for a test of the connection
_KEY = re.compile(r"(Bearer\s+)?((sk|gsk|key|v1)[-_.][\w.-]{12,}|[\w-]{32,})")
_KEY_IN_PATH = re.compile(r"[^/]/g?sk[-_][\w-]{12,}")

SERVICES = {
    "sandbox": "Sandbox, in this notebook",
    "openai": provider("openai").label,
    "other": "Another service, by its address",
}
"""The labels of the services in the menu, by name."""

_NOTES = {
    "sandbox": provider("sandbox").note,
    "openai": provider("openai").note,
    "other": "Any service that takes OpenAI's calls, such as a school's own server; its documentation gives the address.",
}


class ApiKey(Panel):
    """Choose a service and pass in its key; `.client` is then a client of it.

    Nothing is sent anywhere before you use the client or press "Test the connection".

    Parameters
    ----------
    connect
        `ftwidgets.connect`, or a function like it. It makes the clients, and only it reads the environment.
    service
        `"sandbox"`, `"openai"` or `"other"`.
    base_url
        The address of the other service.

    In code, pass a key in with `use`, from where it is stored and never as text in a cell:

        key.use(getpass.getpass())                       # asks for it; a notebook that runs unattended cannot
        key.use(Path("~/.my_key").expanduser().read_text())
    """

    def __init__(self, connect: Callable[..., openai.OpenAI], *, service: str = "sandbox", base_url: str = "") -> None:
        self._connect = connect
        self._key: Secret | None = None
        self._client: openai.OpenAI | None = None
        self._task: BackgroundTask[list[str]] = BackgroundTask("test of the connection", on_error=self._show_failure)
        self._tested: openai.OpenAI | None = None  # the client that is or was tested
        self._choice = ipywidgets.Dropdown(
            options=[(label, name) for name, label in SERVICES.items()], value="sandbox", description="Service"
        )
        self._address = ipywidgets.Text(description="Address", placeholder="http://localhost:8000/v1", continuous_update=False)
        self._note = Live()
        self._address_row = fields.field(self._address, "Where the service is; it often ends in /v1.")
        self._field = KeyField(lambda text: self.catch_errors(lambda: self.use(text))())
        self._test = fields.button("Test the connection", tooltip="Ask the service for the list of its models")
        parts = [fields.field(self._choice), self._note, self._address_row, self._field, fields.row(self._test)]
        super().__init__("Service and key", parts)
        self._choice.observe(lambda _change: self._on_choice(), names="value")
        self._address.observe(lambda _change: self._on_choice(), names="value")
        self._test.on_click(self.catch_errors(self._start_test))
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
            if self.service == "sandbox":
                self._client = self._connect()
            elif self._key is not None:
                self._client = self._connect(base_url=base_url, api_key=self._key.reveal())
            elif self._environment_key() is None:
                message = "there is no key yet: type it into the field, or set OPENAI_API_KEY in the environment."
                raise FtwidgetsError(message)
            else:
                self._client = self._connect(base_url=base_url)
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
        if service not in SERVICES:
            raise ValueError(f"there is no service {service!r:.40} here; choose one of {', '.join(SERVICES)}.")
        if problem := address_problem(base_url):
            raise ValueError(problem)
        self._choice.value = service
        self._address.value = base_url
        self._on_choice()

    def use(self, key: str) -> None:
        """Pass in a key, as the field does.

        Parameters
        ----------
        key
            From `getpass.getpass()`, a file or a password store; as text in a cell it would be saved with the notebook.

        Raises
        ------
        ValueError
            If it cannot be a key, or the sandbox is chosen, which needs none.
        """
        if self.service == "sandbox":
            raise ValueError("the sandbox needs no key, so nothing was stored. Choose a service that needs one first.")
        self._key, self._client = Secret(key), None
        self.show_status(f"The key was accepted ({self._key.end}). Nothing was sent yet.", "ok")
        self.refresh_code()

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
        import openai

        sandbox, self._tested = self.service == "sandbox", None
        client = self._tested = self.client
        try:
            with explain_wrong_service():
                names = [model.id for model in client.with_options(timeout=_TIMEOUT, max_retries=0).models.list()]
        except openai.OpenAIError as error:
            if not sandbox and client.api_key in f"{error} {getattr(error, 'body', '')}":
                raise FtwidgetsError(failure_text(error).replace(client.api_key, "(the key)")) from None
            raise
        if client is self._client:  # no other service was chosen meanwhile
            example = f", such as {names[0]}" if names else ""
            self.show_status(f"It works: the service lists {pluralize(len(names), 'model')}{example}.", "ok")
        return names

    def wait(self, timeout: float | None = None) -> list[str]:
        """Wait for a test that the button started, and return its result."""
        return self._task.wait(timeout)

    @property
    def code(self) -> str:
        """The code that makes the same client; it takes the key from the environment and never contains one."""
        if self.service == "sandbox":
            return "import ftwidgets\n\nclient = ftwidgets.connect()"
        comment = "# The key comes from OPENAI_API_KEY in the environment, never from a cell."
        return f"import openai\n\n{comment}\nclient = openai.OpenAI(base_url={markup.literal(self.base_url)})"

    def static_text(self) -> str:
        """Return the service and where its key comes from."""
        if self.service == "sandbox":
            return f"{SERVICES['sandbox']}: no key needed."
        where = SERVICES["openai"] if self.service == "openai" else self._address.value or "another service, no address yet"
        if self._key is not None:
            return f"{where}: the key was passed in ({self._key.end})."
        try:
            found = self._environment_key()
        except ValueError as error:
            return f"{where}: {str(error).rstrip('.')}."
        return f"{where}: no key yet." if found is None else f"{where}: the key comes from OPENAI_API_KEY ({found.end})."

    def _environment_key(self) -> Secret | None:
        """Return the key that `connect` finds in the environment; a ValueError says why there is no address or no key in it."""
        base_url = self.base_url
        try:
            text = self._connect(base_url=base_url).api_key
        except FtwidgetsError:
            return None
        if text != text.strip() or text[0] in "\"'":
            raise ValueError("OPENAI_API_KEY has spaces or quotation marks around it. Set it again without them.")
        try:
            return Secret(text)
        except ValueError as error:
            raise ValueError(f"OPENAI_API_KEY cannot be used: {error}") from None

    def _start_test(self) -> None:
        def test() -> list[str]:
            try:
                return self.test()
            finally:
                self._test.disabled = False
                self.update_static_view()

        self.show_status("Asking the service ...")
        self._test.disabled = True
        if not self._task.start(test):  # the last test is just ending
            self._test.disabled = False

    def _show_failure(self, error: Exception) -> None:
        if self._tested in (None, self._client):  # otherwise another service was chosen meanwhile
            self.show_error(error)

    def _on_choice(self) -> None:
        """Update the form after another choice; the key of the former service must not be sent there."""
        self._key = self._client = None
        if problem := address_problem(self._address.value):
            self._address.value = ""  # which calls this method again
            self.show_status(f"The address was removed: {problem}", "wrong")
            return
        sandbox = self.service == "sandbox"
        self._note.html = f'<p class="ftw-help" style="margin:0 0 4px 158px">{_NOTES[self.service]}</p>'
        self._address_row.layout.display = None if self.service == "other" else "none"
        self._field.layout.display = "none" if sandbox else None
        self.show_status(self._next_step(), "ok" if sandbox else "busy")
        self.refresh_code()

    def _next_step(self) -> str:
        if self.service == "sandbox":
            return "Ready. No key is needed."
        try:
            found = self._environment_key()
        except ValueError as error:
            return failure_text(error)
        if found is None:
            return "OPENAI_API_KEY is not set. Type the key, or set it where you start Jupyter."
        return (
            f"OPENAI_API_KEY is set ({found.end}) and goes to {self.base_url}, unless you type another. Nothing was sent yet."
        )


def check_address(text: str) -> str:
    """Return the address of a service, normalized; the message of a ValueError does not repeat what is no address."""
    text = text.strip()
    if not text:
        raise ValueError("type the address of the service, such as http://localhost:8000/v1.")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("an address begins with http:// or https:// and a name, such as http://localhost:8000/v1.")
    return parts.geturl()  # without line breaks, and with its scheme in lower case


def address_problem(text: str) -> str:
    """Return why a text must not stay in the field for the address, which is shown and saved; empty if it may."""
    text = text.strip()
    if _KEY.fullmatch(text) or _KEY_IN_PATH.search(text):
        return "that looks like a key, and the address is saved with the notebook."
    if re.search("[@?#]", text):
        return "leave out names, passwords and what follows a ? or #: the address is saved with the notebook."
    return ""
