"""An exception becomes a sentence that a widget can show."""

import httpx2
import openai
import pytest

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base.failures import failure_text

ANSWER = httpx2.Response(404, request=httpx2.Request("GET", "http://x/v1"))
REFUSED = openai.NotFoundError("whole", response=ANSWER, body={"message": "The model `x` does not exist."})


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (REFUSED, "The service rejected the request (404): The model `x` does not exist."),
        (openai.NotFoundError("whole", response=ANSWER, body=None), "The service rejected the request (404): whole"),
        (
            openai.APIConnectionError(request=ANSWER.request),
            "The service does not answer. Check the address and the network, then try again.",
        ),
        (FtwidgetsError("row 3:\n  empty"), "Row 3: empty"),
        (ValueError(""), "ValueError"),
        (FileNotFoundError("no file x.csv"), "No file x.csv"),
        (PermissionError(13, "Permission denied", "a/b"), '"a/b": Permission denied. Check the path and its permissions.'),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (KeyError("Prompt"), "KeyError: 'Prompt'"),
        (AssertionError(), "AssertionError"),
    ],
)
def test_a_failure_in_words(error: BaseException, said: str) -> None:
    """Our and the service's own words, a type only where nobody wrote a sentence for people."""
    assert failure_text(error) == said
