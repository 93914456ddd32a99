"""A key goes to the address that it was given for and to no other: shown by what two servers receive."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest

from ftwidgets.clients import connect
from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.key import ApiKey
from ftwidgets.widgets.key.secret import Secret
from ftwidgets.widgets.prep import DatasetPrep

FIRST_KEY, SECOND_KEY, SET_KEY = "sk-first-0123456789abcdef", "sk-second-0123456789abcdef", "sk-set-0123456789abcdef-zQ"


class Service:
    """A server that lists three models, and keeps the headers of each request."""

    def __init__(self) -> None:
        self.headers: list[str] = []
        self.redirect = ""
        self.gate = threading.Event()
        self.gate.set()
        asked = self.asked = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.headers.append(str(self.headers))
                asked.set()
                service.gate.wait(10)
                self.send_response(307 if service.redirect else 200)
                if service.redirect:
                    self.send_header("Location", service.redirect + self.path)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                models = ", ".join(f'{{"id": "m{i}", "object": "model", "created": 1, "owned_by": "x"}}' for i in range(3))
                self.wfile.write(f'{{"object": "list", "data": [{models}]}}'.encode())

            def log_message(self, *_words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.address = f"{self.origin}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def holds(self, key: str) -> bool:
        """Whether it received a key."""
        return any(key in headers for headers in self.headers)

    def close(self) -> None:
        """Stop serving."""
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def services() -> Iterator[tuple[Service, Service]]:
    """Two services at two addresses."""
    both = Service(), Service()
    yield both
    for service in both:
        service.close()


def press(key: ApiKey, action: str, typed: str, service: str, address: str) -> None:
    """Send what the page sends: the press, what stands in the field for the key, and the form as the page shows it."""
    places = {"sandbox": 0, "openai": 1, "other": 2}
    values = {key._choice.model_id: places[service], key._address.model_id: address}
    key._field._received(key._field, {"type": action, "value": typed, "values": values}, [])


def test_the_test_uses_the_key_in_the_field(services: tuple[Service, Service]) -> None:
    """Not the one that was passed in before: the server receives the key that stands in the field at the press."""
    here, _ = services
    key = ApiKey(connect, service="other", base_url=here.address)
    key.use(FIRST_KEY)
    press(key, "test", SECOND_KEY, "other", here.address)
    assert key.wait(10) == ["m0", "m1", "m2"]
    assert here.holds(SECOND_KEY)
    assert not here.holds(FIRST_KEY)
    assert "tested: 3 models" in key._chips.html


def test_a_typed_key_is_not_sent_to_another_address(services: tuple[Service, Service]) -> None:
    """After the address, or the service, has changed and come back, the key is forgotten everywhere."""
    here, there = services
    key = ApiKey(connect, service="other", base_url=here.address)
    key.use(FIRST_KEY)
    for service, address in (("other", there.address), ("other", here.address), ("sandbox", ""), ("other", there.address)):
        key.choose(service, address)
        if service == "other":
            with pytest.raises(FtwidgetsError, match="no key yet"):
                key.test()
            press(key, "test", "", service, address)
            assert "OPENAI_API_KEY is not set" in key.status.html
    assert here.headers == there.headers == []


def test_a_press_takes_the_form_as_the_page_shows_it(services: tuple[Service, Service]) -> None:
    """The page had another address than the kernel, whose message is still on its way: the key goes to the page's."""
    here, there = services
    key = ApiKey(connect, service="other", base_url=here.address)
    key.use(FIRST_KEY)
    press(key, "test", SECOND_KEY, "other", there.address)
    key.wait(10)
    assert there.holds(SECOND_KEY)
    assert not there.holds(FIRST_KEY)
    assert here.headers == []


def test_a_key_for_a_form_that_the_kernel_does_not_have_is_dropped(services: tuple[Service, Service]) -> None:
    """The address of the page must not be saved, so the kernel removed it: the key is not used for what is left."""
    here, _ = services
    key = ApiKey(connect, service="other", base_url=here.address)
    press(key, "test", FIRST_KEY, "other", f"{here.address}?key=x")
    assert "the key was dropped" in key.status.html.lower()
    assert key._chosen.key is None
    assert here.headers == []


def test_a_redirection_does_not_take_the_key_along(services: tuple[Service, Service]) -> None:
    """A service that sends its callers elsewhere does not send their key."""
    here, there = services
    here.redirect = there.origin
    key = ApiKey(connect, service="other", base_url=here.address)
    key.use(FIRST_KEY)
    key.test()
    assert here.holds(FIRST_KEY)
    assert there.headers
    assert not there.holds(FIRST_KEY)


def test_the_key_in_the_environment_is_for_its_own_address(
    services: tuple[Service, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    """OPENAI_API_KEY goes to OPENAI_BASE_URL or, without one, to OpenAI; another service gets it by no button and no code."""
    here, there = services
    monkeypatch.setenv("OPENAI_API_KEY", SET_KEY)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-0123456789abcdef")
    key = ApiKey(connect, service="other", base_url=there.address)
    assert "no key yet" in key._chips.html
    assert "is for https://api.openai.com/v1 and goes nowhere else" in key.status.html
    assert not key._field.has_key
    press(key, "test", "", "other", there.address)
    with pytest.raises(FtwidgetsError, match="goes nowhere else"):
        _ = key.client
    monkeypatch.setattr("getpass.getpass", lambda _prompt: SECOND_KEY)
    made: dict[str, openai.OpenAI] = {}
    exec(key.code, made)  # type: ignore[arg-type]
    made["client"].models.list()
    assert there.holds(SECOND_KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", here.address)
    key.choose("other", f"{here.address}/")
    assert "key from the environment, ends in zQ" in key._chips.html
    press(key, "test", "", "other", f"{here.address}/")
    key.wait(10)
    exec(key.code, made)  # type: ignore[arg-type]
    made["client"].models.list()
    assert sum(SET_KEY in headers for headers in here.headers) == len(here.headers) == 2
    assert not there.holds(SET_KEY)
    assert not there.holds("sk-admin")
    key.choose("openai")
    assert "no key yet" in key._chips.html


def test_a_secret_is_revealed_for_its_address_only() -> None:
    """A slash at the end makes no other address; anything else does, and the error does not hold the key."""
    secret = Secret(FIRST_KEY, "http://host/v1")
    assert secret.reveal("http://host/v1/") == FIRST_KEY
    for address in ("http://host/v2", "https://host/v1", "http://host:81/v1", "http://other/v1", ""):
        with pytest.raises(FtwidgetsError, match="given for another address") as caught:
            secret.reveal(address)
        assert FIRST_KEY not in str(caught.value)


def test_stop_lets_go_of_a_service_that_does_not_answer(services: tuple[Service, Service]) -> None:
    """Stop works while a test runs and only then; what comes later is not shown, and the next test is not held up."""
    here, there = services
    here.gate.clear()
    key = ApiKey(connect, service="other", base_url=here.address)
    before = key.status.html
    press(key, "stop", "", "other", here.address)
    assert (key._field.testing, key.status.html) == (False, before)
    press(key, "test", FIRST_KEY, "other", here.address)
    assert (key._field.testing, here.asked.wait(10)) == (True, True)
    first = key._test._task
    press(key, "stop", "", "other", here.address)
    assert not key._field.testing
    assert "Stopped" in key.status.html
    press(key, "test", SECOND_KEY, "other", there.address)
    key.wait(10)
    here.gate.set()
    assert first is not None
    first.wait(10)
    assert "It works" in key.status.html
    assert "tested: 3 models" in key._chips.html


@pytest.mark.parametrize(
    ("service", "address", "typed", "ready", "has_key", "chips"),
    [
        ("sandbox", "", "", True, True, "no key needed, not tested"),
        ("openai", "", "", True, False, "no key yet"),
        ("openai", "", FIRST_KEY, True, True, "key from the field, ends in ef, not tested"),
        ("other", "", "", False, False, "no address yet"),
        ("other", "localhost", "", False, False, "no address yet"),
        ("other", "http://host/v1", "", True, False, "no key yet"),
    ],
)
def test_the_buttons_can_be_pressed_when_they_do_something(
    service: str, address: str, typed: str, ready: bool, has_key: bool, chips: str
) -> None:
    """What the page enables them by, and the state in words."""
    key = ApiKey(connect, service=service, base_url=address)
    if typed:
        key.use(typed)
    assert (key._field.ready, key._field.has_key, key._field.testing) == (ready, has_key, False)
    assert key.static_text().endswith(f": {chips}.")


def test_the_next_step_is_a_dataset() -> None:
    """Offered once there is a client to be had, with code that runs."""
    key = ApiKey(connect, service="openai")
    with pytest.raises(FtwidgetsError, match="no next step yet"):
        key.next_step.go()
    key.choose("sandbox")
    assert isinstance(key.next_step.go(), DatasetPrep)
    scope: dict[str, object] = {}
    exec(key.next_step.code, scope)
    assert isinstance(scope["prep"], DatasetPrep)
