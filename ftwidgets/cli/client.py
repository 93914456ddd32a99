"""What the commands share that talk to the sandbox: models by name, refusals in words, `--home` in what to type next."""

from __future__ import annotations

import difflib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.cli.arguments import UsageError
from ftwidgets.clients import state_folder

if TYPE_CHECKING:
    import openai

    from ftwidgets.sandbox import Sandbox


def open_sandbox(home: Path | None, *, train: bool = True) -> Sandbox:
    """Open the sandbox of a state folder, or of the usual one, with the models that are installed on this computer."""
    from ftwidgets.models import default_folder
    from ftwidgets.sandbox import Sandbox

    return Sandbox(state_folder(home), models=default_folder(), train=train)


def find_model(client: openai.OpenAI, name: str) -> str:
    """Return the name of a model that the service has; else raise a UsageError with its message and the closest names."""
    import openai

    try:
        return client.models.retrieve(name).id
    except openai.NotFoundError as error:
        names = [model.id for model in client.models.list()]
        close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise UsageError(f"{refusal(error)}{hint}") from error


def refusal(error: openai.APIError) -> str:
    """Return what a service says about an error, without the status code and the JSON around it."""
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    return str(message or error)


def home_option(home: Path | None) -> str:
    """Return ` --home DIR` as it has to be typed behind a further command; empty for the usual folder."""
    return "" if home is None else f" --home {shlex.quote(str(home))}"
