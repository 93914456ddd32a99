"""What a check is, and how all of them are made against one service.

    @check("files")
    def an_unknown_file_is_a_404(t: Traveller) -> None:
        '''Retrieving a file that is not there is a 404 in the envelope.'''
        refusal(lambda: t.client.files.retrieve("file-none"), openai.NotFoundError)

Left out: the checks. A check that cannot be made because a step before it failed has failed.
"""

import importlib
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import openai

from tests.contract.journey.traveller import Traveller

MODULES = ("files", "creating", "training", "models", "asking", "managing", "more")
_FOUND: list["Check"] = []


@dataclass(frozen=True)
class Check:
    """One promise of the API: its name, its area, the promise in a line, and the function that holds a service to it."""

    name: str
    area: str
    promise: str
    make: Callable[[Traveller], None]


@dataclass(frozen=True)
class Outcome:
    """What came of a check; `why` is empty where it held."""

    check: Check
    why: str

    @property
    def held(self) -> bool:
        """Whether the service keeps the promise."""
        return not self.why


def check(area: str) -> Callable[[Callable[[Traveller], None]], Callable[[Traveller], None]]:
    """Enter a function into the list of checks."""

    def entered(make: Callable[[Traveller], None]) -> Callable[[Traveller], None]:
        promise = (make.__doc__ or "").strip().splitlines()[0]
        _FOUND.append(Check(make.__name__, area, promise, make))
        return make

    return entered


def all_checks() -> list[Check]:
    """List the checks in the order of the story."""
    for module in MODULES:
        importlib.import_module(f"tests.contract.journey.{module}")
    order = {f"tests.contract.journey.{module}": place for place, module in enumerate(MODULES)}
    return sorted(_FOUND, key=lambda item: order[item.make.__module__])


def travel(traveller: Traveller) -> Iterator[Outcome]:
    """Make every check, one after the other, whatever comes of it."""
    for item in all_checks():
        try:
            item.make(traveller)
        except Exception as error:
            yield Outcome(item, why(error))
        else:
            yield Outcome(item, "")


def why(error: Exception) -> str:
    """Say in a line why a check does not hold; an assertion that says nothing is quoted."""
    said = str(error) or str(traceback.extract_tb(error.__traceback__)[-1].line)
    return f"{type(error).__name__}: {said}".splitlines()[0][:160]


def refusal(call: Callable[[], Any], *kinds: type[openai.APIStatusError], code: str | None = None) -> openai.APIStatusError:
    """Make a call that has to be refused, in one of these ways, and give the refusal."""
    try:
        found = call()
    except openai.APIStatusError as error:
        refused = error
    else:
        raise AssertionError(f"not refused, but answered: {found!r:.100}")
    assert isinstance(refused, kinds), f"refused with {refused.status_code}, not as {[kind.__name__ for kind in kinds]}"
    assert isinstance(refused.body, dict), "the refusal has no error envelope"
    assert refused.body.get("message"), "the refusal says nothing"
    assert code is None or refused.code == code, f"the refusal has the code {refused.code!r}, not {code!r}"
    return refused
