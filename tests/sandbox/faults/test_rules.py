from typing import Any

import pytest

from ftwidgets.sandbox.faults import Faults, RuleError
from ftwidgets.sandbox.faults.rules import RULES, Fail, rule_from_json

EVERY_KIND: list[dict[str, Any]] = [
    {"rule": "rate_limit", "requests_per_minute": 6},
    {"rule": "quota", "tokens": 5},
    {"rule": "wrong_key", "key": "sk-a"},
    {"rule": "key_required", "key": "sk-b"},
    {"rule": "fail", "status": 500, "rate": 0.5},
    {"rule": "drop", "every": 2, "answered": True},
    {"rule": "stream", "cut_after": 3},
    {"rule": "slow_queue", "seconds": 30},
    {"rule": "fail_job", "stage": "training", "at_step": 4, "times": None},
    {"rule": "shut_down", "model": "nano", "date": "2027-01-14"},
    {"rule": "script", "answers": ["ok", "500"]},
]


def test_rules_survive_json() -> None:
    """Every kind of rule comes back from JSON as it was, and describes itself in a line."""
    assert {given["rule"] for given in EVERY_KIND} == set(RULES)
    first, second = Faults(), Faults(seed=9)
    first.load({"seed": 4, "rules": EVERY_KIND})
    second.load(first.to_json())
    assert second.rules == first.rules
    assert second.seed == 4
    assert all(rule.description.endswith(".") for rule in first.rules)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rule": "fial"}, 'A rule is an object with "rule", one of rate_limit, quota'),
        ([], "A rule is an object"),
        ({"rule": "fail"}, 'fail: "status" is missing.'),
        ({"rule": "fail", "status": "500"}, "fail: \"status\" cannot be '500'; it is a whole number."),
        ({"rule": "fail", "status": True}, '"status" cannot be True'),
        ({"rule": "fail", "status": 200}, '"status" is one of an error, 400 to 599: 200'),
        ({"rule": "fail", "status": 500, "rate": 1.5}, '"rate" is a share between 0 and 1: 1.5'),
        ({"rule": "fail", "status": 500, "rate": 0.5, "every": 2}, 'give "every" or "rate", not both'),
        ({"rule": "fail", "status": 500, "times": 0}, '"times" must be at least 1: 0'),
        ({"rule": "fail", "status": 500, "route": "/chat"}, '"route" is a method and a path below /v1'),
        ({"rule": "fail", "status": 500, "route": "POST /v1/chat"}, '"route" is a method and a path below /v1'),
        ({"rule": "fail", "status": 500, "often": 1}, 'fail: there is no "often"; there are every, message, rate'),
        ({"rule": "rate_limit"}, 'give "requests_per_minute", "tokens_per_minute", or both'),
        ({"rule": "stream"}, "give one of cut_after, end_after, stall_after, malformed_at"),
        ({"rule": "stream", "cut_after": 1, "malformed_at": 1}, "give one of"),
        ({"rule": "slow_queue", "seconds": float("inf")}, '"seconds" cannot be inf'),
        ({"rule": "fail_job", "stage": "lunch"}, "\"stage\" is one of validation, training, safety: 'lunch'"),
        ({"rule": "shut_down", "model": "a", "date": "2027-13-01"}, '"date" is a day written YYYY-MM-DD'),
        ({"rule": "script", "answers": ["429 retry-later=2"]}, "'429 retry-later=2' is no answer"),
        ({"rule": "script", "answers": "500"}, '"answers" cannot be'),
        ({"rule": "script", "answers": ["stall 2"]}, "is no answer"),
        ({"rule": "wrong_key", "digest": "sk-secret"}, '"digest" is not one; give "key"'),
    ],
)
def test_nonsense_is_refused_by_name(given: Any, message: str) -> None:
    """What is wrong, with the value, and what is possible."""
    with pytest.raises(RuleError) as raised:
        rule_from_json(given)
    assert message in str(raised.value)


@pytest.mark.parametrize("given", [[], {}, {"rules": {}}, {"rules": [], "more": 1}, {"rules": [], "seed": "1"}])
def test_nothing_changes_if_something_is_wrong(given: Any) -> None:
    """What was set stays set."""
    faults = Faults()
    faults.fail(500)
    with pytest.raises(RuleError):
        faults.load(given)
    with pytest.raises(RuleError):
        faults.load({"rules": [{"rule": "quota", "tokens": 1}, {"rule": "fail"}]})
    assert faults.rules == (Fail(status=500),)


def test_what_is_set_can_be_read() -> None:
    """In a notebook, the object says what goes wrong, rule by rule."""
    faults = Faults()
    assert repr(faults) == "<Faults: nothing goes wrong>"
    faults.fail(503, times=2)
    assert "status=503" in repr(faults)
    assert "Requests get an error of this status instead of an answer." in repr(faults)


def test_a_second_limit_takes_the_place_of_the_first() -> None:
    """Of limits, quotas, slow queues and required keys there is one; of faults as many as are set."""
    faults = Faults()
    for number in (1, 2):
        faults.rate_limit(requests_per_minute=number)
        faults.quota(number)
        faults.slow_queue(number)
        faults.key_required(str(number))
        faults.fail(500, times=number)
    assert [rule.rule for rule in faults.rules].count("fail") == 2
    assert len(faults.rules) == 6
    faults.clear()
    assert faults.rules == ()
