"""The address of a service, as it is typed: normalized, and rejected where it holds a key or a password."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_KEY = re.compile(r"(Bearer\s+)?((sk|gsk|key|v1)[-_.][\w.-]{12,}|[\w-]{32,})")
_KEY_IN_PATH = re.compile(r"[^/]/g?sk[-_][\w-]{12,}")


def check_address(text: str) -> str:
    """Return the address of a service, normalized; the message of a ValueError does not repeat what is no address."""
    text = text.strip()
    if not text:
        raise ValueError("type the address of the service, such as http://localhost:8000/v1.")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
        (host or "").encode("idna")  # what the client does too, and a name with two dots or a very long part fails there
    except ValueError:
        parts, host = urlsplit(""), None
    address = parts.geturl()  # without line breaks, and with its scheme in lower case
    if not host or " " in host or not address.isprintable() or parts.scheme not in ("http", "https"):
        raise ValueError("an address begins with http:// or https:// and a name, such as http://localhost:8000/v1.")
    return address


def address_problem(text: str) -> str:
    """Return why a text must not stay in the field for the address, which is shown and saved; empty if it may."""
    text = text.strip()
    if _KEY.fullmatch(text) or _KEY_IN_PATH.search(text):
        return "that looks like a key, and the address is saved with the notebook."
    if re.search("[@?#]", text):
        return "leave out names, passwords and what follows a ? or #: the address is saved with the notebook."
    return ""


def same_address(one: str | None, other: str | None) -> bool:
    """Return whether two addresses are the same, but for a slash at the end."""
    return one is not None and other is not None and one.rstrip("/") == other.rstrip("/")
