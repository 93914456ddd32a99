"""Which models a form offers, and what people read of them."""

import time
from types import SimpleNamespace
from typing import Any

import openai
import pytest

from ftwidgets.widgets.prompt.model_names import ModelNames, list_models

BASE, FIRST, SECOND, TWIN = "nano-2026-11", *(f"ft:nano-2026-11:me:shop:{end}" for end in ("Ab3x9Qer", "Zw8k11aa", "Ab3xZZZZ"))


def service(made: dict[str, Any]) -> Any:
    """Return a client of a service that lists these models with the times when they were made."""
    client: Any = SimpleNamespace(
        models=SimpleNamespace(list=lambda: [SimpleNamespace(id=name, created=at) for name, at in made.items()])
    )
    client.with_options = lambda **_options: client
    return client


def at(hour: int, minute: int) -> float:
    """Return a moment of today."""
    today = time.localtime()
    return time.mktime((today.tm_year, today.tm_mon, today.tm_mday, hour, minute, 0, 0, 0, -1))


@pytest.mark.parametrize("given", [None, [BASE, FIRST, SECOND]])
def test_models_of_one_suffix_are_told_apart_by_their_times(given: list[str] | None) -> None:
    """As in the other lists of models, whether the form lists the models itself or code names them."""
    names = ModelNames(service({FIRST: at(9, 5), SECOND: at(14, 30), BASE: 1.0}), given)
    first, second = "shop 09:05 (nano-2026-11)", "shop 14:30 (nano-2026-11)"
    assert names.menu == {BASE: BASE, SECOND: second, FIRST: first}
    assert (names.label(FIRST), names.name(FIRST)) == (first, FIRST)


def test_a_name_of_ones_own_stands_before_the_label_in_the_menu() -> None:
    """Elsewhere the name is enough; a model that is typed has its label too, if the service lists it."""
    names = ModelNames(service({FIRST: at(9, 5), SECOND: at(14, 30), BASE: 1.0}), {"base": BASE, "tuned": FIRST})
    assert names.menu == {BASE: "base: nano-2026-11", FIRST: "tuned: shop 09:05 (nano-2026-11)"}
    assert [names.label(model) for model in (FIRST, SECOND)] == ["tuned", "shop 14:30 (nano-2026-11)"]
    assert names.name(SECOND) == SECOND


def test_where_the_time_says_nothing_letters_of_the_id_do() -> None:
    """Two of one minute, a service that does not list its models; with the whole id where the letters are the same."""
    names = ModelNames(service({FIRST: at(9, 5), SECOND: at(9, 5)}), [FIRST, SECOND])
    assert list(names.menu.values()) == ["shop Ab3x (nano-2026-11)", "shop Zw8k (nano-2026-11)"]

    def fail() -> None:
        raise openai.OpenAIError("not here")

    silent = service({})
    silent.models.list = fail
    assert ModelNames(silent, {"tuned": FIRST}).menu == {FIRST: "tuned: shop Ab3x (nano-2026-11)"}
    assert ModelNames(silent, [FIRST, TWIN]).menu[TWIN] == f"shop Ab3x (nano-2026-11) {TWIN}"


def test_models_are_listed_whatever_a_service_gives_as_their_time() -> None:
    """The latest tuned model and its base come first; a text, nothing or a huge number is no time and no error."""
    made = {"old": "yesterday", "ft:base:me::a": 1_700_000_000, "ft:base:me::b": 1_800_000_000, "base": None, "far": 1e18}
    assert list(list_models(service(made))) == ["base", "ft:base:me::b", "ft:base:me::a", "old", "far"]
