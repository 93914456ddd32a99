"""The services that `ApiKey` offers: the sandbox, OpenAI, and any other by its address.

Left out: what the services are like (`ftwidgets.providers`), asking them anything, and prices (`ftwidgets.data.cost`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ftwidgets.providers import provider

_KEY = re.compile(r"(Bearer\s+)?((sk|gsk|key|v1)[-_.][\w.-]{12,}|[\w-]{32,})")
_KEY_IN_PATH = re.compile(r"[^/]/g?sk[-_][\w-]{12,}")


@dataclass(frozen=True)
class Service:
    """A place where jobs can run."""

    name: str
    label: str
    base_url: str | None
    note: str


_OPENAI = provider("openai")

SERVICES = {
    service.name: service
    for service in (
        Service("sandbox", "Sandbox, in this notebook", None, provider("sandbox").note),
        Service(_OPENAI.name, _OPENAI.label, _OPENAI.base_url, _OPENAI.note),
        Service(
            "other",
            "Another service, by its address",
            None,
            "Any service that takes OpenAI's calls, such as a school's own server; its pages tell the address.",
        ),
    )
}


def address(text: str) -> str:
    """Check the address of a service.

    Parameters
    ----------
    text
        What was typed.

    Returns
    -------
    str
        The address.

    Raises
    ------
    ValueError
        If it is none, in words that do not repeat it.
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
    return parts.geturl()  # without line breaks, and with its beginning in small letters


def unfit(text: str) -> str:
    """Say why a text must not stay in the field for the address, which is shown and saved; empty if it may."""
    text = text.strip()
    if _KEY.fullmatch(text) or _KEY_IN_PATH.search(text):
        return "that looks like a key, and the address is saved with the notebook."
    if re.search("[@?#]", text):
        return "leave out names, passwords and what follows a ? or #: the address is saved with the notebook."
    return ""
