"""The whole story of fine-tuning through the real client, strictly validated, check by check.

The same checks can be made against any service: `just journey-beside`.
"""

import re
from collections.abc import Iterator

import httpx2
import pytest

from ftwidgets.sandbox import Sandbox
from tests.contract.journey.checks import Check, all_checks, travel
from tests.contract.journey.ours import our_target
from tests.contract.journey.traveller import Target, Traveller

CHECKS = all_checks()


@pytest.fixture(scope="module")
def traveller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traveller]:
    """Set out for a sandbox of one's own."""
    with Sandbox(tmp_path_factory.mktemp("journey")) as sandbox:
        ready = Traveller(our_target(sandbox))
        yield ready
        ready.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_sandbox_keeps_the_promise(traveller: Traveller, check: Check) -> None:
    """Each check of the journey holds."""
    check.make(traveller)


def test_each_check_says_what_it_promises() -> None:
    """No two have the same name, and each promise is a sentence."""
    assert len({check.name for check in CHECKS}) == len(CHECKS) >= 60
    assert [check.name for check in CHECKS if not re.fullmatch(r"[A-Z`\d].*[.)]", check.promise)] == []


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {}), (200, {"object": "list", "data": [], "has_more": False}), (400, {"error": "no"}), (500, {})],
    ids=["yes to everything", "nothing in every list", "no to everything", "broken"],
)
def test_no_service_passes_without_doing_anything(status: int, body: object) -> None:
    """A service that gives one answer to every request keeps no promise at all: each check can fail."""
    dull = httpx2.MockTransport(lambda request: httpx2.Response(status, json=body))
    nowhere = Traveller(Target("http://dull.invalid/v1", "base", http=lambda: httpx2.Client(transport=dull), patience=0.1))
    assert [outcome.check.name for outcome in travel(nowhere) if outcome.held] == []
    nowhere.close()
