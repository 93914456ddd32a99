"""Get a plain `openai` client: of the sandbox in this process, or of any service of OpenAI's shape.

This is the one place that puts the kit together and reads the environment. Left out: everything the client can do.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ftwidgets.errors import FtwidgetsError

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox import Sandbox

    Client = TypeVar("Client", openai.OpenAI, openai.AsyncOpenAI)

_sandboxes: dict[Path, Sandbox] = {}  # one for each state folder, so that all clients share its training thread
_lock = threading.Lock()


def connect(*, base_url: str | None = None, api_key: str | None = None, home: str | Path | None = None) -> openai.OpenAI:
    """Make an `openai.OpenAI` client, by default of the sandbox in this process: no key, no network, no bill.

    Parameters
    ----------
    base_url
        The address of another service, such as `"http://localhost:8000/v1"`.
    api_key
        The key for that service; without it, `OPENAI_API_KEY` from the environment. The sandbox needs none and reads
        none.
    home
        Where the sandbox keeps its files, jobs and models: by default the folder that `FTWIDGETS_HOME` names, else the
        platform's folder for application data. A call with the same folder gives a client of the same sandbox.

    Returns
    -------
    openai.OpenAI
        A plain client. Sandboxes are closed when Python ends; a job that is training then goes on from its last
        checkpoint at the next `connect()`.

    Raises
    ------
    FtwidgetsError
        If the arguments do not go together, a key is missing, or the folder cannot be written to.
    """
    import openai

    if base_url is not None or api_key is not None:
        return openai.OpenAI(**_elsewhere(base_url, api_key, home))
    import httpx2

    sandbox = _sandbox(state_folder(home))
    http_client = httpx2.Client(transport=sandbox.transport(), trust_env=False)
    return _unsigned(openai.OpenAI(base_url=sandbox.base_url, http_client=http_client, **_NO_KEYS))


def connect_async(
    *, base_url: str | None = None, api_key: str | None = None, home: str | Path | None = None
) -> openai.AsyncOpenAI:
    """Make an `openai.AsyncOpenAI` client; the same in every other way as `connect`.

    Parameters
    ----------
    base_url, api_key, home
        As for `connect`.

    Returns
    -------
    openai.AsyncOpenAI
        A plain client.
    """
    import openai

    if base_url is not None or api_key is not None:
        return openai.AsyncOpenAI(**_elsewhere(base_url, api_key, home))
    import httpx2

    sandbox = _sandbox(state_folder(home))
    http_client = httpx2.AsyncClient(transport=sandbox.async_transport(), trust_env=False)
    return _unsigned(openai.AsyncOpenAI(base_url=sandbox.base_url, http_client=http_client, **_NO_KEYS))


def state_folder(home: str | Path | None = None) -> Path:
    """Tell where the sandbox keeps its state: `home`, else `FTWIDGETS_HOME`, else the platform's folder."""
    if home is not None and not str(home):
        raise FtwidgetsError('"home" is empty; leave it out for the usual folder.')
    chosen = home or os.environ.get("FTWIDGETS_HOME")
    if chosen:
        try:
            return Path(chosen).expanduser().resolve()
        except (RuntimeError, ValueError) as error:  # "~nobody", a null byte
            raise FtwidgetsError(f"no folder can have the name {str(chosen)!r} ({error}); name another.") from error
    import platformdirs

    return platformdirs.user_data_path("ftwidgets").resolve()


# Given outright, so that the client takes none from the environment: a real key never enters the sandbox.
_NO_KEYS: dict[str, Any] = {"api_key": "sandbox", "admin_api_key": "sandbox", "webhook_secret": "sandbox"}


def _unsigned(client: Client) -> Client:
    client.organization = client.project = None
    return client


def _elsewhere(base_url: str | None, api_key: str | None, home: str | Path | None) -> dict[str, Any]:
    """Give what a client of another service is made from."""
    if base_url is None:
        raise FtwidgetsError('"api_key" goes with "base_url", the address of its service; the sandbox takes no key.')
    if home is not None:
        raise FtwidgetsError('"home" is the sandbox\'s folder and "base_url" another service; give one of them.')
    if not base_url.startswith(("http://", "https://")):
        raise FtwidgetsError(f'"base_url" must begin with http:// or https://: "{base_url}"')
    key = api_key or os.environ.get("OPENAI_API_KEY")
    if not key:
        raise FtwidgetsError(f"{base_url} needs a key: set OPENAI_API_KEY in the environment, or give api_key=...")
    return {"base_url": base_url, "api_key": key}


def _sandbox(home: Path) -> Sandbox:
    import sqlite3

    from ftwidgets.sandbox import Sandbox

    with _lock:
        if home in _sandboxes and _sandboxes[home].bereft:  # somebody removed the folder: begin anew in an empty one
            _sandboxes.pop(home).close()
        if home not in _sandboxes:
            try:
                _sandboxes[home] = Sandbox(home)
            except (OSError, RuntimeError, sqlite3.Error) as error:
                raise FtwidgetsError(
                    f'the sandbox cannot keep its state in "{home}" ({error}). '
                    "Name a folder you can write to: connect(home=...), or FTWIDGETS_HOME in the environment."
                ) from error
        return _sandboxes[home]
