"""Make a plain `openai` client: of the sandbox in this process, or of any service of OpenAI's shape.

Beside the command line and the folder of installed models, only this module reads the environment. How the services differ:
`ftwidgets.providers`.
"""

from __future__ import annotations

import os
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets import providers
from ftwidgets.errors import FtwidgetsError

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox import Sandbox
    from ftwidgets.sandbox.faults import Faults


_sandboxes: dict[Path, Sandbox] = {}  # one for each state folder, so that all clients share its training thread
_lock = threading.Lock()


def connect(
    service: str | None = None,
    /,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    home: str | Path | None = None,
) -> openai.OpenAI:
    """Make an `openai.OpenAI` client, by default of the sandbox in this process: no key, no network, no bill.

    Parameters
    ----------
    service
        Where the jobs run: `"sandbox"`, `"openai"`, `"nebius"`, `"foundry"`, or an address such as
        `"http://localhost:8000/v1"`. How the services differ: `ftwidgets.providers`.
    base_url
        The address, for another service, or where a service gives every customer their own, as Foundry does.
    api_key
        The key; without it, the service's own variable of the environment: `OPENAI_API_KEY` (also for an address),
        `NEBIUS_API_KEY`, `AZURE_OPENAI_API_KEY`. The sandbox needs none and reads none.
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
        If the arguments do not go together, there is no such service, a key is missing, or the folder cannot be
        written to.

    Warns
    -----
    UserWarning
        If the service named is ending fine-tuning, with the dates.
    """
    import openai

    if elsewhere := _elsewhere(service, base_url, api_key, home):
        return openai.OpenAI(**elsewhere)
    return _open_sandbox(state_folder(home)).client()


def connect_async(
    service: str | None = None,
    /,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    home: str | Path | None = None,
) -> openai.AsyncOpenAI:
    """Make an `openai.AsyncOpenAI` client; the same in every other way as `connect`.

    Parameters
    ----------
    service, base_url, api_key, home
        As for `connect`.

    Returns
    -------
    openai.AsyncOpenAI
        A plain client.
    """
    import openai

    if elsewhere := _elsewhere(service, base_url, api_key, home):
        return openai.AsyncOpenAI(**elsewhere)
    return _open_sandbox(state_folder(home)).async_client()


def faults(client: openai.OpenAI | openai.AsyncOpenAI) -> Faults:
    """Return the faults of the sandbox behind a client: what is to go wrong, the journal of requests, and the verdict.

    Parameters
    ----------
    client
        A client of a sandbox, as `connect` makes it, or a copy made by `with_options`. All clients of a sandbox share its
        faults: `faults(client).clear()` removes them all.

    Returns
    -------
    Faults
        `ftwidgets.sandbox.faults.Faults`.

    Raises
    ------
    FtwidgetsError
        If it is the client of another service.
    """
    from ftwidgets.sandbox import find_sandbox

    sandbox = find_sandbox(client)
    if sandbox is None:
        raise FtwidgetsError("faults are the sandbox's: give a client made by ftwidgets.connect() or Sandbox.client().")
    return sandbox.faults


def export(
    client: openai.OpenAI | openai.AsyncOpenAI | Sandbox,
    model: str,
    folder: str | Path,
    *,
    format: str = "huggingface",  # noqa: A002 - the users' word
) -> Path:
    """Write a tuned model, or a base model, into a folder that other programs can use; return the folder.

    Parameters
    ----------
    client
        A client of a sandbox in this process, as `connect` makes it, or the sandbox itself.
    model
        The model's name, such as `job.model`.
    folder
        Where to: a folder that does not exist yet, or is empty.
    format
        `huggingface`: the whole model in one folder, for transformers and whatever reads its format. `adapter`: what LoRA
        trained, in the format of the package PEFT. `gguf`: one file for llama.cpp, and a Modelfile for Ollama.

    Raises
    ------
    FtwidgetsError
        If it is the client of another service, there is no such model or format, the model has no adapter, or the folder
        cannot be written.
    """
    from ftwidgets.sandbox.sandbox import Sandbox, find_sandbox

    sandbox = client if isinstance(client, Sandbox) else find_sandbox(client)
    if sandbox is None:
        raise FtwidgetsError("a model can be exported where it is: give a client made by ftwidgets.connect(), or a Sandbox.")
    return sandbox.export(model, folder, format=format)


def state_folder(home: str | Path | None = None) -> Path:
    """Choose where the sandbox keeps its state: `home`, else `FTWIDGETS_HOME`, else the platform's folder."""
    if home is not None and not str(home):
        raise FtwidgetsError('"home" is empty; leave it out for the usual folder.')
    chosen = home or os.environ.get("FTWIDGETS_HOME")
    if chosen:
        try:
            return Path(chosen).expanduser().resolve()
        except (RuntimeError, TypeError, ValueError) as error:  # "~nobody", a number, a null byte
            raise FtwidgetsError(f"no folder can have the name {str(chosen)!r} ({error}); name another.") from error
    import platformdirs

    return platformdirs.user_data_path("ftwidgets").resolve()


def _elsewhere(
    service: str | None, base_url: str | None, api_key: str | None, home: str | Path | None
) -> dict[str, Any] | None:
    """Return the arguments for a client of another service; None for the sandbox."""
    if service is not None and service.startswith(("http://", "https://")):
        if base_url is not None:
            raise FtwidgetsError('the address was given twice; leave out "base_url".')
        service, base_url = None, service
    profile = None if service is None else providers.provider(service)
    if base_url is None and profile is not None:
        base_url = profile.base_url
    if service == "sandbox" and (base_url or api_key):
        raise FtwidgetsError('the sandbox takes neither "base_url" nor "api_key".')
    if base_url is None:
        if profile is not None and profile.address_form:
            raise FtwidgetsError(
                f"{profile.label} gives every customer an address of their own: "
                f'connect("{profile.name}", base_url="{profile.address_form}")'
            )
        if api_key is not None:
            raise FtwidgetsError('"api_key" goes with "base_url", the address of its service; the sandbox takes no key.')
        return None
    if home is not None:
        raise FtwidgetsError('"home" is the sandbox\'s folder and "base_url" another service; give one of them.')
    if not base_url.startswith(("http://", "https://")):
        raise FtwidgetsError(f'"base_url" must begin with http:// or https://: "{base_url}"')
    return _with_key(profile, base_url, api_key)


def _with_key(profile: providers.Provider | None, base_url: str, api_key: str | None) -> dict[str, Any]:
    """Add the key, from the variable of that service and from no other: no service sees another's key."""
    variable = "OPENAI_API_KEY" if profile is None else profile.key_variable
    key = api_key or os.environ.get(variable)
    if not key:
        raise FtwidgetsError(f"{base_url} needs a key: set {variable} in the environment, or give api_key=...")
    arguments: dict[str, Any] = {"base_url": base_url, "api_key": key}
    if profile is None:
        return arguments
    if profile.warning:
        warnings.warn(profile.warning, UserWarning, stacklevel=4)  # at the call of connect
    if variable == "OPENAI_API_KEY":
        return arguments
    import openai

    # All of these are given, or the client would read OpenAI's own from the environment and send them to another service.
    headers = {"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit}
    return arguments | {"admin_api_key": key, "webhook_secret": key, "default_headers": headers}


def _open_sandbox(home: Path) -> Sandbox:
    """Open the sandbox of a folder, or find the one that is open."""
    from ftwidgets.models import default_folder
    from ftwidgets.sandbox import Sandbox

    with _lock:
        if home in _sandboxes and _sandboxes[home].state_folder_missing:  # start over in an empty folder
            _sandboxes.pop(home).close()
        if home not in _sandboxes:
            _sandboxes[home] = Sandbox(home, models=default_folder())
        return _sandboxes[home]
