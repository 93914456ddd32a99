"""The services that `ApiKey` offers: the sandbox, OpenAI, and any other by its address.

`ftwidgets.providers` describes the services; `ftwidgets.data.cost` has their prices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ftwidgets.providers import provider

_KEY = re.compile(r"(Bearer\s+)?((sk|gsk|key|v1)[-_.][\w.-]{12,}|[\w-]{32,})")
_KEY_IN_PATH = re.compile(r"[^/]/g?sk[-_][\w-]{12,}")


@dataclass(frozen=True)
class ServiceChoice:
    """A service in the menu, with a note below it."""

    name: str
    label: str
    base_url: str | None
    note: str


_OPENAI = provider("openai")

SERVICES = {
    choice.name: choice
    for choice in (
        ServiceChoice("sandbox", "Sandbox, in this notebook", None, provider("sandbox").note),
        ServiceChoice(_OPENAI.name, _OPENAI.label, _OPENAI.base_url, _OPENAI.note),
        ServiceChoice(
            "other",
            "Another service, by its address",
            None,
            "Any service that takes OpenAI's calls, such as a school's own server; its pages tell the address.",
        ),
    )
}


def check_address(text: str) -> str:
    """Return the address of a service, normalized.

    Raises
    ------
    ValueError
        If it is not an address. The message does not repeat it.
    """
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
