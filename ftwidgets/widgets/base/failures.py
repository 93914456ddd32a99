"""Turn an exception into a sentence that a widget can show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from ftwidgets.errors import FtwidgetsError


def failure_text(error: BaseException) -> str:
    """Return what went wrong as plain text, in the words of the service or of this package where there are any."""
    import openai

    if isinstance(error, openai.APIStatusError):
        body = error.body if isinstance(error.body, dict) else {}
        return f"The service rejected the request ({error.status_code}): {body.get('message') or error.message}"
    if isinstance(error, openai.APIConnectionError):
        return "The service does not answer. Check the address and the network, then try again."
    if isinstance(error, json.JSONDecodeError):
        return f"The answer is no JSON: {error}. Check the address of the service, then try again."
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        text = f'"{error.filename}": {error.strerror}. Check the path and its permissions.'
    with_a_sentence = (FtwidgetsError, openai.OpenAIError, ValueError, TypeError, OSError, IndexError)
    if isinstance(error, with_a_sentence) and text:
        return text[0].upper() + text[1:]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def explain_wrong_service() -> Iterator[None]:
    """Replace what the `openai` client raises when it cannot parse an answer, such as a page of HTML at a mistyped address.

    The FtwidgetsError does not repeat the client's text, which may hold the answer and with it the key.
    """
    try:
        yield
    except (AttributeError, TypeError, ValueError):
        message = "something answers at this address, but it has no API like OpenAI's. The address often ends in /v1."
        raise FtwidgetsError(message) from None
