"""The service that was chosen, with its key: where the key comes from, the client, and the code that makes the same one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.providers import provider
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.failures import failure_text
from ftwidgets.widgets.key.address import check_address
from ftwidgets.widgets.key.environment_key import environment_key, how_to_give_a_key
from ftwidgets.widgets.key.secret import Secret

if TYPE_CHECKING:
    import openai

SANDBOX, OPENAI, OTHER = "sandbox", "openai", "other"


class ChosenService:
    """A service by its name and address, and its key: the one that was given, else that of the environment.

    `connect` is `ftwidgets.connect`, or a function with the same arguments.
    """

    def __init__(self, connect: Callable[..., openai.OpenAI]) -> None:
        self._connect = connect
        self.choose(SANDBOX, "")

    def choose(self, name: str, address: str) -> None:
        """Choose a service; a key for another one is forgotten."""
        self.name, self._address = name, address
        self.key: Secret | None = None
        self._client: openai.OpenAI | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether it is the sandbox, which needs no key."""
        return self.name == SANDBOX

    @property
    def base_url(self) -> str | None:
        """Its address; None for the sandbox. A ValueError says that another service has none, or an invalid one."""
        if self.name == OTHER:
            return check_address(self._address)
        return provider(OPENAI).base_url if self.name == OPENAI else None

    @property
    def has_address(self) -> bool:
        """Whether its address is known."""
        try:
            return self.base_url is not None or self.is_sandbox
        except ValueError:
            return False

    @property
    def client(self) -> openai.OpenAI:
        """A client of it, the same one until the choice or the key changes; an error says what is missing."""
        if self._client is None:
            base_url = self.base_url
            if base_url is None:
                self._client = self._connect()
            elif (found := self.key or self._environment_key()) is None:
                raise FtwidgetsError(f"there is no key yet. {how_to_give_a_key(self._connect, base_url)}")
            else:
                self._client = self._connect(base_url=base_url, api_key=found.reveal(base_url))
        return self._client

    def use(self, key: str) -> Secret:
        """Take a key for its address; a ValueError says why it cannot be one."""
        base_url = self.base_url
        if base_url is None:
            raise ValueError("the sandbox needs no key, so nothing was stored. Choose a service that needs one first.")
        self.key, self._client = Secret(key, base_url), None
        return self.key

    @property
    def key_state(self) -> tuple[str, str]:
        """Where the key comes from, or what is missing, in a few words; with the kind of their chip, `ok` if nothing is."""
        if self.is_sandbox:
            return "no key needed", "ok"
        if self.key is not None:
            return f"key from the field, {self.key.end}", "ok"
        try:
            found = self._environment_key()
        except ValueError as error:
            return "no address yet" if not self.has_address else str(error).rstrip("."), "warning"
        return ("no key yet", "warning") if found is None else (f"key from the environment, {found.end}", "ok")

    @property
    def what_to_do(self) -> tuple[str, str]:
        """What to do while no key was given, as a sentence and its kind."""
        if self.is_sandbox:
            return "Ready. No key is needed.", "ok"
        try:
            found = self._environment_key()
        except ValueError as error:
            return failure_text(error), "busy"
        if found is None:
            return how_to_give_a_key(self._connect, self.base_url), "busy"
        return f"The key from the environment goes to {self.base_url}, unless you type another. Nothing was sent yet.", "busy"

    @property
    def code(self) -> str:
        """The code that makes the same client; it never contains a key."""
        if self.is_sandbox:
            return "import ftwidgets\n\nclient = ftwidgets.connect()"
        address = markup.literal(self.base_url)
        if self.key is None and (self.name == OPENAI or self._environment_key() is not None):
            comment = "# The key comes from OPENAI_API_KEY in the environment, never from a cell."
            return f"import openai\n\n{comment}\nclient = openai.OpenAI(base_url={address})"
        imports = "import getpass\n\nimport openai\n\n# Asks for the key when it runs, so that no cell holds it.\n"
        return f'{imports}client = openai.OpenAI(base_url={address}, api_key=getpass.getpass("Key: "))'

    def _environment_key(self) -> Secret | None:
        return environment_key(self._connect, self.base_url)
