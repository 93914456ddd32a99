"""The choice of a service, and a key that leaves no trace."""

import json
import pickle
import threading
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx2
import ipywidgets
import nbformat
import openai
import pytest
from ipywidgets import embed
from nbclient import NotebookClient

from ftwidgets.clients import connect
from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.key import ApiKey
from ftwidgets.widgets.key.secret import Secret

KEY = "sk-sandbox-0123456789abcdefghij-zQ"
ELSEWHERE = "http://service.invalid/v1"


def at(home: Path) -> Any:
    """Make a `connect` whose sandbox is in this folder."""
    return lambda **given: connect(**given) if given else connect(home=home)


def answering(response: httpx2.Response | Exception | Callable[[], httpx2.Response]) -> Any:
    """Make a `connect` to a service that always gives this answer, and counts how often it was asked."""

    def answer(_request: httpx2.Request) -> httpx2.Response:
        made.asked += 1
        if isinstance(response, Exception):
            raise response
        return response() if callable(response) else response

    def made(base_url: str, api_key: str | None = None) -> openai.OpenAI:
        if api_key is None:
            raise FtwidgetsError("no key")
        http_client = httpx2.Client(transport=httpx2.MockTransport(answer))
        return openai.OpenAI(base_url=base_url, api_key=api_key, http_client=http_client)

    made.asked = 0
    return made


def everything(widget: ipywidgets.Widget) -> str:
    """Everything of a widget and its parts that a saved notebook or an output could hold."""
    state = json.dumps(embed.embed_data([widget], drop_defaults=False), default=str)
    assert "Another service, by its address" in state
    return state + repr(widget) + str(widget) + json.dumps(widget._repr_mimebundle_(), default=str)


def test_the_sandbox_needs_no_key(tmp_path: Path) -> None:
    """The first choice is the sandbox; its client works at once and stays the same one."""
    key = ApiKey(at(tmp_path))
    assert key.service == "sandbox"
    assert key.client is key.client
    assert "nano-2026-11" in key.test()
    assert "It works" in key.status.html
    with pytest.raises(ValueError, match="nothing was stored"):
        key.use(KEY)


def test_the_code_makes_the_same_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `code` says makes a client of the same service, for the sandbox and for another."""
    monkeypatch.setenv("FTWIDGETS_HOME", str(tmp_path))
    made: dict[str, Any] = {}
    key = ApiKey(connect)
    exec(key.code, made)
    assert made["client"].base_url == key.client.base_url
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-0123456789")
    monkeypatch.setattr("getpass.getpass", lambda _prompt: KEY)
    for service, address, typed in (("openai", "", False), ("openai", "", True), ("other", ELSEWHERE, True)):
        key.choose(service, address)
        if typed:
            key.use(KEY)
        exec(key.code, made)
        assert (made["client"].base_url, made["client"].api_key) == (key.client.base_url, key.client.api_key)
        assert KEY not in key.code


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment is used without typing; of it only the end is told; a typed one goes before it."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    key = ApiKey(connect, service="openai")
    assert key.client.api_key == KEY
    assert "The key from the environment goes to https://api.openai.com/v1" in key.status.html
    assert "key from the environment, ends in zQ" in key._chips.html
    assert KEY not in everything(key)
    assert "2027" in everything(key)
    key.use("another-key-for-this-service")
    assert key.client.api_key == "another-key-for-this-service"


@pytest.mark.parametrize(
    ("service", "address", "told"),
    [
        ("openai", "", "there is no key yet"),
        ("other", "", "type the address"),
        ("other", "localhost:8000", "begins with http"),
    ],
)
def test_what_is_missing_is_said(service: str, address: str, told: str) -> None:
    """Without a key or an address there is no client, and the reason is a sentence."""
    key = ApiKey(connect, service=service, base_url=address)
    with pytest.raises((FtwidgetsError, ValueError), match=told):
        _ = key.client
    assert key.static_text()


def test_nothing_is_asked_before_the_user_does() -> None:
    """Choosing a service, typing a key and making the client send nothing; the test of the connection does."""
    connecting = answering(httpx2.Response(200, json={"object": "list", "data": []}))
    key = ApiKey(connecting, service="other", base_url=ELSEWHERE)
    key.use(KEY)
    assert key.client.api_key == KEY
    assert connecting.asked == 0
    key._field.press("test")
    assert key.wait(10) == []
    assert connecting.asked == 1
    assert "lists 0 models" in key.status.html


@pytest.mark.parametrize(
    ("response", "told"),
    [
        (
            httpx2.Response(401, json={"error": {"message": f"Incorrect API key provided: {KEY}."}}),
            "request (401)",
        ),
        (httpx2.Response(200, text="<html>hello</html>", headers={"content-type": "text/html"}), "no API like OpenAI"),
        (httpx2.ConnectError("no route"), "does not answer"),
    ],
)
def test_a_failed_test_is_said_in_words(response: httpx2.Response | Exception, told: str) -> None:
    """A wrong key, a wrong address and no network each get a sentence, and a service that repeats the key is not quoted."""
    key = ApiKey(answering(response), service="other", base_url=ELSEWHERE)
    key.use(KEY)
    key._field.press("test")
    with pytest.raises((openai.OpenAIError, FtwidgetsError)) as caught:
        key.wait(10)
    assert told in key.status.html
    assert KEY not in f"{caught.value}{caught.value!r}{vars(caught.value)}"
    assert KEY not in everything(key)
    assert not key._field.testing


def test_a_key_stays_with_its_service() -> None:
    """A key handed in for one address never goes to the next."""
    key = ApiKey(answering(httpx2.Response(200)), service="other", base_url=ELSEWHERE)
    key.use(KEY)
    key.choose("other", "http://elsewhere.invalid/v1")
    with pytest.raises(FtwidgetsError, match="no key yet"):
        _ = key.client


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (KEY, "looks like a key"),
        (f" Bearer {KEY}", "looks like a key"),
        (f"https://host/{KEY}/v1", "looks like a key"),
        (f"http://me:{KEY}@host/v1", "leave out names, passwords"),
        (f"me:{KEY}@host", "leave out names, passwords"),
        (f"https://host/v1?key={KEY}", "leave out"),
        (f"https://host/v1#{KEY}", "leave out"),
    ],
)
def test_a_key_in_the_field_for_the_address_is_taken_out(text: str, told: str) -> None:
    """The address is saved with the notebook, so a key pasted there does not stay; from code it is refused."""
    key = ApiKey(connect, service="other")
    key._address.value = text
    assert key._address.value == ""
    assert told in key.status.html
    with pytest.raises(ValueError, match=told):
        key.choose("other", text)
    assert KEY not in everything(key)


@pytest.mark.parametrize(
    "text", ["http://sk-learn.school.example/v1", "https://host/accounts/0123456789abcdef0123456789abcdef/v1"]
)
def test_an_address_with_long_names_stays(text: str) -> None:
    """What only resembles a key is left alone."""
    assert ApiKey(connect, service="other", base_url=text).base_url == text


@pytest.mark.parametrize(
    "text", ['http://host/a"b', "http://host/a\\b", "http://host/\nv1", "HTTP://Host/V1", " http://host/v1 "]
)
def test_the_code_is_python_for_any_address(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes, backslashes and line breaks do not break out of the code, and it makes the same client."""
    monkeypatch.setattr("getpass.getpass", lambda _prompt: KEY)
    key, made = ApiKey(connect, service="other", base_url=text), dict[str, Any]()
    key.use(KEY)
    exec(key.code, made)
    assert made["client"].base_url == key.client.base_url


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f" {KEY}\n", "spaces or quotation marks"),
        (f'"{KEY}"', "spaces or quotation"),
        ("  ", "spaces"),
        ("a b", "cannot be used"),
    ],
)
def test_an_unusable_key_in_the_environment_is_said(text: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not sent, where it would read as a service that does not answer; a typed key works all the same."""
    monkeypatch.setenv("OPENAI_API_KEY", text)
    key = ApiKey(connect, service="openai")
    assert f"OPENAI_API_KEY {'has ' if 'spaces' in told else ''}{told}" in key.status.html
    with pytest.raises(ValueError, match=told):
        _ = key.client
    key.use(KEY)
    assert key.client.api_key == KEY


@pytest.mark.parametrize("status", [200, 401])
def test_another_choice_while_testing_ends_the_word_about_the_first(status: int, tmp_path: Path) -> None:
    """What the first service answers is not told of the second, and a key that it repeats is not shown."""
    asked, gate = threading.Event(), threading.Event()

    def answer() -> httpx2.Response:
        asked.set()
        gate.wait(10)
        return httpx2.Response(status, json={"data": [], "error": {"message": f"Incorrect API key provided: {KEY}."}})

    elsewhere = answering(answer)
    key = ApiKey(lambda **given: (elsewhere if given else at(tmp_path))(**given), service="other", base_url=ELSEWHERE)
    key.use(KEY)
    key._field.press("test")
    asked.wait(10)
    key.choose("sandbox")
    gate.set()
    with nullcontext() if status == 200 else pytest.raises(FtwidgetsError, match=r"\(the key\)"):
        key.wait(10)
    assert "Ready. No key is needed." in key.status.html
    assert KEY not in everything(key)
    assert not key._field.testing


@pytest.mark.parametrize("key", [None, b"bytes", 7])
def test_a_key_is_a_text(key: Any) -> None:
    """Anything else is refused in words, and what is no text in the field's message is no key."""
    made = ApiKey(connect, service="openai")
    with pytest.raises(ValueError, match="must be a text"):
        made.use(key)
    made._field._received(made._field, {"type": "use", "value": key}, [])
    assert made._chosen.key is None


@pytest.mark.parametrize("text", ["", "   ", "two words", "line\nbreak", "schlüssel", "a\x00b"])
def test_what_cannot_be_a_key_is_refused_without_repeating_it(text: str) -> None:
    """The message says what to do and does not hold what was typed."""
    key = ApiKey(connect, service="openai")
    key._field._received(key._field, {"type": "use", "value": text}, [])
    assert "ftw-wrong" in key.status.html
    assert not text.strip() or text.strip() not in key.status.html


def test_a_typed_key_leaves_no_trace_in_the_kernel_s_state() -> None:
    """The message of the field hands the key over; no trait, repr, output or pickle holds it afterwards."""
    key = ApiKey(connect, service="openai")
    key._field._received(key._field, {"type": "use", "value": f"  {KEY}\n"}, [])
    assert key.client.api_key == KEY
    assert "ends in zQ" in key.static_text()
    assert KEY not in everything(key)
    assert KEY not in repr(key._chosen.key) + str(vars(key)) + str(vars(key._chosen)) + str(vars(key._field))
    with pytest.raises(TypeError, match="not stored"):
        pickle.dumps(key._chosen.key)
    assert "zQ" not in repr(Secret("short-zQ", ELSEWHERE))


def test_a_notebook_that_stores_its_state_stores_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run by nbclient writes the state of every widget into the file; the key, handed in by code, is not in it."""
    (tmp_path / "key.txt").write_text(KEY)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = [
        "from pathlib import Path\nimport ftwidgets\nfrom ftwidgets.widgets.key import ApiKey",
        "key = ApiKey(ftwidgets.connect, service='openai')\nkey.use(Path('key.txt').read_text())\nkey",
        "import os\nos.environ['OPENAI_API_KEY'] = Path('key.txt').read_text()\nApiKey(ftwidgets.connect, service='openai')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": tmp_path}}, store_widget_state=True
    ).execute()
    nbformat.write(notebook, tmp_path / "saved.ipynb")
    (tmp_path / "key.txt").unlink()
    assert "key from the environment, ends in zQ" in json.dumps(notebook.metadata.widgets)
    holding = [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
    assert holding == []


def test_a_service_that_calls_its_model_by_the_key_is_not_quoted() -> None:
    """Also where the test of the connection succeeds."""
    models = {"object": "list", "data": [{"id": f"model-{KEY}", "object": "model", "created": 1, "owned_by": "x"}]}
    key = ApiKey(answering(httpx2.Response(200, json=models)), service="other", base_url=ELSEWHERE)
    key.use(KEY)
    key._field.press("test")
    key.wait(10)
    assert "lists 1 model." in key.status.html
    assert KEY not in everything(key)


@pytest.mark.parametrize(
    "text", ["http://a..b/v1", "http://a\0b/v1", "http://host/v1\0", "http://my host/v1", "http://\ud800/v1"]
)
def test_what_no_client_can_call_is_no_address(text: str) -> None:
    """It is said where it is typed, in a sentence."""
    key = ApiKey(connect, service="other")
    key._address.value = text
    with pytest.raises(ValueError, match="begins with http"):
        key.use(KEY)
    assert "begins with http" in key.status.html
