"""An address where a web page answers: each widget says so, and none shows what Python made of it."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import openai
import pytest

import ftwidgets
from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets import Evaluation, JobMonitor, PromptTester


@pytest.fixture
def client() -> openai.OpenAI:
    """A client of an address that always answers with a page."""
    page = httpx2.MockTransport(lambda _request: httpx2.Response(200, html="<html></html>"))
    return openai.OpenAI(base_url="http://s.test", api_key="k", max_retries=0, http_client=httpx2.Client(transport=page))


@pytest.mark.parametrize(
    "act",
    [
        lambda client: PromptTester(client),
        lambda client: JobMonitor(client, "ftjob-1").cancel(),
        lambda client: ftwidgets.Studio(client).refresh(),
        lambda client: ftwidgets.Studio(client).open_job("ftjob-1", "try"),
        lambda client: Evaluation(client, ["m"], [{"messages": CHAT}]).run().wait(20),
    ],
)
def test_it_is_said(
    client: openai.OpenAI, act: Callable[[openai.OpenAI], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sentence about the address."""
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path))
    with pytest.raises(FtwidgetsError, match="at this address"):
        act(client)


def test_no_answer_is_an_error_and_not_an_empty_answer(client: openai.OpenAI) -> None:
    """In the conversation."""
    tester = PromptTester(client, ["one", "two"])
    tester.ask("Hi").wait(20)
    assert list(tester.history["left_note"]) == ["The service sent no answer. Check its address; it often ends in /v1."]


CHAT = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
