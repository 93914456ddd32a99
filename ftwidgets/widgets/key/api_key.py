"""Choose the service to work with and hand in its key, which is never shown, printed or saved.

The key of the environment comes first. A key typed here travels to the kernel as one message of its own; no trait,
no output, no `repr` and no widget state ever holds it.
Left out: keeping a key beyond this kernel. The environment is the place for that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import fields, markup
from ftwidgets.widgets.base.background import BackgroundTask
from ftwidgets.widgets.base.failures import explain_wrong_service, failure_text
from ftwidgets.widgets.base.live import Live
from ftwidgets.widgets.base.panel import Panel
from ftwidgets.widgets.key.secret import Secret
from ftwidgets.widgets.key.services import SERVICES, Service, address, unfit

if TYPE_CHECKING:
    import openai

_HERE = Path(__file__).parent
_PATIENCE = 15.0  # seconds a test of the connection may take


class KeyField(anywidget.AnyWidget):
    """The field itself: it hands on what is typed, and keeps nothing."""

    _esm = _HERE / "key.js"
    _css = _HERE / "key.css"

    def __init__(self, on_key: Callable[[str], object]) -> None:
        self._on_key = on_key
        super().__init__()
        self.on_msg(self._received)

    def _received(self, _widget: object, content: Any, _buffers: object) -> None:
        match content:
            case {"type": "key", "value": str(value)}:
                self._on_key(value)

    def __repr__(self) -> str:
        return "KeyField()"


class ApiKey(Panel):
    """Choose a service and hand in its key; `.client` is then a client of it.

    Nothing is sent anywhere before you use the client or press "Test the connection".

    Parameters
    ----------
    connect
        `ftwidgets.connect`, or a function like it: it makes clients, and it alone reads the environment.
    service
        `"sandbox"`, `"openai"` or `"other"`.
    base_url
        The address of the other service.

    In code, a key is handed in with `use`, from where it is kept and never as text in a cell:

        key.use(getpass.getpass())                       # asks for it; a notebook that runs unattended cannot
        key.use(Path("~/.my_key").expanduser().read_text())
    """

    def __init__(self, connect: Callable[..., openai.OpenAI], *, service: str = "sandbox", base_url: str = "") -> None:
        self._connect = connect
        self._key: Secret | None = None
        self._client: openai.OpenAI | None = None
        self._work: BackgroundTask[list[str]] = BackgroundTask("test of the connection", on_error=self._test_failed)
        self._tested: openai.OpenAI | None = None  # the client that is or was tested
        self._choice = ipywidgets.Dropdown(
            options=[(known.label, known.name) for known in SERVICES.values()], value="sandbox", description="Service"
        )
        self._address = ipywidgets.Text(description="Address", placeholder="http://localhost:8000/v1", continuous_update=False)
        self._note = Live()
        self._address_row = fields.field(self._address, "Where the service is; it often ends in /v1.")
        self._field = KeyField(lambda text: self.catch_errors(lambda: self.use(text))())
        self._test = fields.button("Test the connection", tooltip="Ask the service for the list of its models")
        parts = [fields.field(self._choice), self._note, self._address_row, self._field, fields.row(self._test)]
        super().__init__("Service and key", parts)
        self._choice.observe(lambda _change: self._changed(), names="value")
        self._address.observe(lambda _change: self._changed(), names="value")
        self._test.on_click(self.catch_errors(self._test_clicked))
        self.choose(service, base_url)

    @property
    def service(self) -> str:
        """The service chosen: `sandbox`, `openai` or `other`."""
        return str(self._choice.value)

    @property
    def base_url(self) -> str | None:
        """The address of the service chosen; None for the sandbox.

        Raises
        ------
        ValueError
            If another service has no address, or none that can be one.
        """
        return address(self._address.value) if self.service == "other" else self._service.base_url

    @property
    def client(self) -> openai.OpenAI:
        """A client of the service chosen, the same one until the choice or the key changes.

        Raises
        ------
        ValueError, FtwidgetsError
            If the address or the key is missing.
        """
        if self._client is None:
            self._client = self._connect() if self.service == "sandbox" else self._elsewhere()
        return self._client

    def choose(self, service: str, base_url: str = "") -> None:
        """Choose a service, as the menu does. A key handed in for another one is forgotten.

        Parameters
        ----------
        service
            `"sandbox"`, `"openai"` or `"other"`.
        base_url
            The address of the other service.

        Raises
        ------
        ValueError
            If there is no such service, or the address holds what must not be saved.
        """
        if service not in SERVICES:
            raise ValueError(f"there is no service {service!r:.40} here; choose one of {', '.join(SERVICES)}.")
        if told := unfit(base_url):
            raise ValueError(told)
        self._choice.value = service
        self._address.value = base_url
        self._changed()

    def use(self, key: str) -> None:
        """Hand in a key, as the field does.

        Parameters
        ----------
        key
            From `getpass.getpass()`, a file or a password store; as text in a cell it would be saved with the notebook.

        Raises
        ------
        ValueError
            If it cannot be a key, or the sandbox is chosen, which takes none.
        """
        if self.service == "sandbox":
            raise ValueError("the sandbox takes no key, and nothing was kept. Choose a service that needs one first.")
        self._key, self._client = Secret(key), None
        self.show_status(f"The key was taken ({self._key.end}). Nothing was sent yet.", "ok")
        self.refresh_code()

    def test(self) -> list[str]:
        """Ask the service for the list of its models: the shortest call there is, and free.

        Returns
        -------
        list of str
            The names.

        Raises
        ------
        openai.OpenAIError, FtwidgetsError
            If it refuses or does not answer. The text holds no key, also where the service repeats it.
        """
        import openai

        sandbox, self._tested = self.service == "sandbox", None
        client = self._tested = self.client
        try:
            with explain_wrong_service():
                names = [model.id for model in client.with_options(timeout=_PATIENCE, max_retries=0).models.list()]
        except openai.OpenAIError as error:
            if not sandbox and client.api_key in f"{error} {getattr(error, 'body', '')}":
                raise FtwidgetsError(failure_text(error).replace(client.api_key, "(the key)")) from None
            raise
        if client is self._client:  # nothing else was chosen meanwhile
            such = f", such as {names[0]}" if names else ""
            self.show_status(f"It works: the service lists {len(names)} model{'' if len(names) == 1 else 's'}{such}.", "ok")
        return names

    def wait(self, timeout: float | None = None) -> list[str]:
        """Wait for a test that the button began, and give its result."""
        return self._work.wait(timeout)

    @property
    def code(self) -> str:
        """The code that makes the same client; it takes the key from the environment and never holds one."""
        if self.service == "sandbox":
            return "import ftwidgets\n\nclient = ftwidgets.connect()"
        told = "# The key comes from OPENAI_API_KEY in the environment, never from a cell."
        return f"import openai\n\n{told}\nclient = openai.OpenAI(base_url={markup.literal(self.base_url)})"

    def static_text(self) -> str:
        """Tell the service and where its key comes from."""
        if self.service == "sandbox":
            return f"{self._service.label}: no key needed."
        where = self._service.label if self.service == "openai" else self._address.value or "another service, no address yet"
        return f"{where}: {self._key_source()}."

    @property
    def _service(self) -> Service:
        return SERVICES[self.service]

    def _elsewhere(self) -> openai.OpenAI:
        base_url = self.base_url
        if self._key is not None:
            return self._connect(base_url=base_url, api_key=self._key.reveal())
        if self._environment() is None:
            raise FtwidgetsError("there is no key yet: type it into the field, or set OPENAI_API_KEY in the environment.")
        return self._connect(base_url=base_url)

    def _environment(self) -> Secret | None:
        """Look at the key that `connect` finds in the environment.

        Raises
        ------
        ValueError
            If there is no address yet, or what is in the environment is no key.
        """
        base_url = self.base_url
        try:
            text = self._connect(base_url=base_url).api_key
        except FtwidgetsError:
            return None
        if text != text.strip() or text[0] in "\"'":
            raise ValueError("OPENAI_API_KEY has blanks or quotation marks around it. Set it again without them.")
        try:
            return Secret(text)
        except ValueError as error:
            raise ValueError(f"OPENAI_API_KEY cannot be used: {error}") from None

    def _key_source(self) -> str:
        if self._key is not None:
            return f"the key was handed in ({self._key.end})"
        try:
            found = self._environment()
        except ValueError as error:
            return str(error).rstrip(".")
        return "no key yet" if found is None else f"the key comes from OPENAI_API_KEY ({found.end})"

    def _test_clicked(self) -> None:
        self.show_status("Asking the service ...")
        self._test.disabled = True
        if not self._work.start(self._test_once):  # the last test is just ending
            self._test.disabled = False

    def _test_failed(self, error: Exception) -> None:
        if self._tested in (None, self._client):  # else something else was chosen meanwhile
            self.show_error(error)

    def _test_once(self) -> list[str]:
        try:
            return self.test()
        finally:
            self._test.disabled = False
            self.update_static_view()

    def _changed(self) -> None:
        """Bring the form up to date after another choice; the key of the former one must not go there."""
        self._key = self._client = None
        if told := unfit(self._address.value):
            self._address.value = ""  # which comes back here
            self.show_status(f"The address was taken out: {told}", "wrong")
            return
        sandbox = self.service == "sandbox"
        self._note.html = f'<p class="ftw-help" style="margin:0 0 4px 158px">{self._service.note}</p>'
        self._address_row.layout.display = None if self.service == "other" else "none"
        self._field.layout.display = "none" if sandbox else None
        self.show_status(self._advice(), "ok" if sandbox else "busy")
        self.refresh_code()

    def _advice(self) -> str:
        """Say what is there and what is missing."""
        if self.service == "sandbox":
            return "Ready. No key is needed."
        try:
            found = self._environment()
        except ValueError as error:
            return failure_text(error)
        if found is None:
            return "OPENAI_API_KEY is not set. Type the key, or set it where you start Jupyter."
        return (
            f"OPENAI_API_KEY is set ({found.end}) and goes to {self.base_url}, unless you type another. Nothing was sent yet."
        )
