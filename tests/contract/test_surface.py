"""Nothing of the client's surface is forgotten: each method and each parameter is answered, or refused by name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from ftwidgets.sandbox import Sandbox
from tests.contract.coverage import BEGIN, END, with_coverage
from tests.contract.filters import ALL_PARAMETERS, GIVEN_BY_THE_CHECK
from tests.contract.journey.checks import all_checks, refusal
from tests.contract.journey.traveller import Target, Traveller, preferences
from tests.contract.surface import CALLS, Call, methods

SERVED = [call for call in CALLS if not call.not_served]
REFUSED = [call for call in CALLS if call.not_served]
DIFFERENCES = Path(__file__).parents[2] / "DIFFERENCES.md"


@pytest.fixture(scope="module")
def traveller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traveller]:
    """Set out for a sandbox of one's own."""
    with Sandbox(tmp_path_factory.mktemp("surface")) as sandbox:
        target = Target(sandbox.base_url, "nano-2026-11", http=lambda: httpx2.Client(transport=sandbox.transport()))
        ready = Traveller(target)
        yield ready
        ready.close()


def test_every_method_of_the_client_is_in_the_table() -> None:
    """What the client can do in these areas, found by reflection, is what the table has, each once."""
    assert sorted(call.name for call in CALLS) == sorted(methods())


def test_what_shows_a_call_exists() -> None:
    """Each call names a check of the journey, or a test of this file."""
    known = {check.name for check in all_checks()} | set(globals())
    assert [call.name for call in CALLS if call.shown not in known] == []


def test_the_published_table_is_up_to_date() -> None:
    """DIFFERENCES.md has the table that `just coverage-table` makes now."""
    text = DIFFERENCES.read_text(encoding="utf-8")
    assert with_coverage(text) == text, "run `just coverage-table`"


@pytest.mark.parametrize("text", ["", f"{BEGIN}", f"{END}{BEGIN}", f"{BEGIN}{END}{BEGIN}", f"{BEGIN}{END}{END}"])
def test_a_text_without_its_marks_is_not_written_to(text: str) -> None:
    """The table goes between two marks, or nowhere."""
    with pytest.raises(ValueError, match="marks"):
        with_coverage(text)


@pytest.mark.parametrize("call", SERVED, ids=lambda call: call.name)
def test_every_call_has_an_answer(traveller: Traveller, call: Call) -> None:
    """Each method that the sandbox has answers its example; a strict client takes the answer."""
    call.example(traveller)


@pytest.mark.parametrize("call", REFUSED, ids=lambda call: call.name)
def test_what_is_not_served_is_refused(traveller: Traveller, call: Call) -> None:
    """Each method that the sandbox does not have is a clear 4xx, and DIFFERENCES.md says why."""
    error = refusal(lambda: call.example(traveller), openai.APIStatusError)
    assert 400 <= error.status_code < 500
    text = DIFFERENCES.read_text(encoding="utf-8")
    assert call.name in text
    assert call.not_served in text


@pytest.mark.parametrize("name", ALL_PARAMETERS)
def test_every_parameter_is_in_the_table(name: str) -> None:
    """The parameters that the client knows for a call are those of its table, each once."""
    assert sorted(ALL_PARAMETERS[name].names()) == sorted(methods()[name])


def test_a_call_without_a_table_needs_what_it_has() -> None:
    """Where a call has no table of parameters, those that are not needed are given by the check that shows it."""
    known = methods()
    assert {name for name, given in GIVEN_BY_THE_CHECK.items() if not set(given) <= set(known[name])} == set()
    assert set(GIVEN_BY_THE_CHECK) & set(ALL_PARAMETERS) == set()


def sent(kind: str) -> list[Any]:
    """List (call, parameter) for the parameters of a kind."""
    return [
        pytest.param(name, item, id=f"{name}-{item}") for name, given in ALL_PARAMETERS.items() for item in getattr(given, kind)
    ]


def send(traveller: Traveller, name: str, item: str | None = None, kind: str = "honoured", **more: Any) -> Any:
    """Make a call with what it needs, and perhaps with one parameter more."""
    table = ALL_PARAMETERS[name]
    options = {**table.needed, **more}
    if item is not None:
        options |= {**table.along.get(item, {}), item: getattr(table, kind)[item]}
    if "dpo" in str(options.get("method")):
        options["training_file"] = traveller.upload(preferences()).id
    call: Any = traveller.lenient if name.startswith("chat.completions.messages") else traveller.client
    for part in name.split("."):
        call = getattr(call, part)
    return call(**{key: fill(traveller, value) for key, value in options.items()})


def fill(traveller: Traveller, value: Any) -> Any:
    """Put an id or a name where braces stand for it."""
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    permissions = traveller.client.fine_tuning.checkpoints.permissions.create
    named: dict[str, Any] = {
        "{base}": lambda: traveller.base,
        "{file}": lambda: traveller.file.id,
        "{response}": lambda: traveller.response.id,
        "{job}": lambda: traveller.job.id,
        "{tuned}": lambda: traveller.tuned,
        "{event}": lambda: traveller.events[-1].id,
        "{checkpoint}": lambda: traveller.checkpoints[0].id,
        "{stored}": lambda: traveller.stored.id,
        "{message}": lambda: traveller.lenient.chat.completions.messages.list(traveller.stored.id).data[0].id,
        "{permission}": lambda: permissions(traveller.tuned, project_ids=["proj_filters"]).data[0].id,
        "{item}": lambda: traveller.client.responses.input_items.list(traveller.response.id).data[0].id,
    }
    return named[value]()


@pytest.mark.parametrize(("name", "item"), sent("honoured"))
def test_what_is_honoured_is_taken(traveller: Traveller, name: str, item: str) -> None:
    """Each parameter that the table calls honoured is taken; what it does, the tests that it names show."""
    answer = send(traveller, name, item)
    if name == "fine_tuning.jobs.create":
        traveller.jobs.cancel(answer.id)
    elif item.startswith("stream"):
        assert len(list(answer)) > 1


@pytest.mark.parametrize(("name", "item"), sent("ignored"))
def test_what_is_ignored_changes_nothing(traveller: Traveller, name: str, item: str) -> None:
    """With each parameter that the table calls ignored, the answer is the one without it."""
    cold: dict[str, Any] = {"temperature": 0, "max_tokens" if name.startswith("chat") else "max_output_tokens": 16}
    answers = [send(traveller, name, given, "ignored", **cold) for given in (None, item)]
    texts = [found.choices[0].message.content if name.startswith("chat") else found.output_text for found in answers]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(("name", "item"), sent("refused"))
def test_what_is_refused_is_named(traveller: Traveller, name: str, item: str) -> None:
    """Each parameter that the table calls refused is a 400 whose `param` names it."""
    error = refusal(lambda: send(traveller, name, item, "refused"), openai.BadRequestError)
    assert error.code in ("unsupported_parameter", "unsupported_value")
    assert str(error.param).split(".")[0] == item


@pytest.mark.parametrize("name", ALL_PARAMETERS)
def test_a_parameter_nobody_knows_is_named(traveller: Traveller, name: str) -> None:
    """One that is misspelt is a 400 `unknown_parameter`, in a body as in an address."""
    where = "extra_body" if name.endswith(".create") else "extra_query"
    refusal(lambda: send(traveller, name, **{where: {"sufix": "x"}}), openai.BadRequestError, code="unknown_parameter")
