"""The key in the environment, and the address that it is for. It goes to no other address."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.key.address import same_address
from ftwidgets.widgets.key.secret import Secret

if TYPE_CHECKING:
    import openai


def environment_address() -> str:
    """Return the address that OPENAI_API_KEY is for: OPENAI_BASE_URL, as the `openai` client reads it, or OpenAI's."""
    import openai

    with openai.OpenAI(api_key="none") as client:
        return str(client.base_url).rstrip("/")


def environment_key(connect: Callable[..., openai.OpenAI], base_url: str | None) -> Secret | None:
    """Return the key that the environment has for an address; None if it has none, or one for another address.

    Parameters
    ----------
    connect
        `ftwidgets.connect`, which reads the environment.
    base_url
        The address of the service; None for the sandbox.

    Raises
    ------
    ValueError
        If the key cannot be used.
    """
    if base_url is None or not same_address(base_url, environment_address()):
        return None
    try:
        text = connect(base_url=base_url).api_key
    except FtwidgetsError:
        return None
    if text != text.strip() or text[0] in "\"'":
        raise ValueError("OPENAI_API_KEY has spaces or quotation marks around it. Set it again without them.")
    try:
        return Secret(text, base_url)
    except ValueError as error:
        raise ValueError(f"OPENAI_API_KEY cannot be used: {error}") from None


def how_to_give_a_key(connect: Callable[..., openai.OpenAI], base_url: str | None) -> str:
    """Return in a sentence what to do where the environment has no key for an address."""
    address = environment_address()
    try:
        elsewhere = bool(connect(base_url=address).api_key) and not same_address(base_url, address)
    except FtwidgetsError:
        elsewhere = False
    if elsewhere:
        return f"The key in the environment is for {address} and goes nowhere else. Type the key of this service."
    return "OPENAI_API_KEY is not set. Type the key, or set it where you start Jupyter."
