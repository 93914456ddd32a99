"""The rules of what goes wrong: plain facts that a lesson writes, an admin route stores, and anybody can read.

Each says in its first line what it does. Left out: what they have in common (`rule`), and carrying them out (`decisions`).
"""

from __future__ import annotations

import datetime
import hashlib
import re
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from ftwidgets.sandbox.faults.job_faults import STAGES
from ftwidgets.sandbox.faults.outcomes import Break, HangUp, Outcome, failure, out_of_quota
from ftwidgets.sandbox.faults.rule import Routed, Rule, RuleError, Sometimes


@dataclass(frozen=True, kw_only=True)
class RateLimit(Routed):
    """Each caller has so many requests and tokens a minute; beyond, 429 with the exact time to wait."""

    rule: ClassVar[str] = "rate_limit"
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def _check(self) -> None:
        self.at_least(1, "requests_per_minute", "tokens_per_minute")
        if self.requests_per_minute is None and self.tokens_per_minute is None:
            raise RuleError('rate_limit: give "requests_per_minute", "tokens_per_minute", or both.')


@dataclass(frozen=True, kw_only=True)
class Quota(Rule):
    """Each caller has so many tokens, trained and chatted; when they are used up, 429 with the code insufficient_quota."""

    rule: ClassVar[str] = "quota"
    tokens: int

    def _check(self) -> None:
        self.at_least(0, "tokens")


def key_digest(key: str) -> str:
    """Give what is kept of a key: enough to recognise it, nothing to use it."""
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, kw_only=True)
class KeyRule(Rule):
    """A rule about a key; only the key's digest is kept."""

    digest: str

    def _check(self) -> None:
        if not re.fullmatch("[0-9a-f]{16}", self.digest):
            raise RuleError(f'{self.rule}: "digest" is not one; give "key".')


@dataclass(frozen=True, kw_only=True)
class WrongKey(KeyRule):
    """One key gets 401 invalid_api_key."""

    rule: ClassVar[str] = "wrong_key"


@dataclass(frozen=True, kw_only=True)
class KeyRequired(KeyRule):
    """Every other key gets 401 invalid_api_key."""

    rule: ClassVar[str] = "key_required"


@dataclass(frozen=True, kw_only=True)
class Fail(Sometimes):
    """Requests get an error of this status instead of an answer."""

    rule: ClassVar[str] = "fail"
    status: int
    retry_after: float | None = None
    message: str | None = None

    def _check(self) -> None:
        self.at_least(0, "retry_after")
        if not 400 <= self.status <= 599:
            raise RuleError(f'fail: "status" is one of an error, 400 to 599: {self.status}')

    def outcome(self) -> Outcome:
        """Give the error."""
        return failure(self.status, retry_after=self.retry_after, message=self.message)


@dataclass(frozen=True, kw_only=True)
class Drop(Sometimes):
    """The connection is closed without an answer; with `answered`, after the work has been done: only the answer is lost."""

    rule: ClassVar[str] = "drop"
    answered: bool = False

    def outcome(self) -> Outcome:
        """Give the dead line."""
        return HangUp("answer_lost" if self.answered else "dropped", self.answered)


@dataclass(frozen=True, kw_only=True)
class BreakStream(Sometimes):
    """A streamed answer breaks off, ends too early, stalls, or holds an event that is no JSON."""

    rule: ClassVar[str] = "stream"
    cut_after: int | None = None
    end_after: int | None = None
    stall_after: int | None = None
    malformed_at: int | None = None
    seconds: float = 60.0

    def _check(self) -> None:
        self.at_least(0, "cut_after", "end_after", "stall_after", "seconds")
        self.at_least(1, "malformed_at")
        if sum(getattr(self, name) is not None for name in _BREAKS) != 1:
            raise RuleError(f"stream: give one of {', '.join(_BREAKS)}.")

    def outcome(self) -> Outcome:
        """Give the break."""
        name = next(name for name in _BREAKS if getattr(self, name) is not None)
        how = name.partition("_")[0]
        return Break(f"stream_{how}", how, getattr(self, name), self.seconds if how == "stall" else 0)


_BREAKS = ("cut_after", "end_after", "stall_after", "malformed_at")


@dataclass(frozen=True, kw_only=True)
class SlowQueue(Rule):
    """A new job waits in the queue at least so many seconds."""

    rule: ClassVar[str] = "slow_queue"
    seconds: float

    def _check(self) -> None:
        self.at_least(0, "seconds")


@dataclass(frozen=True, kw_only=True)
class FailJob(Rule):
    """The next jobs fail: in validation, in training at a step, or in the safety step after it, with no model."""

    rule: ClassVar[str] = "fail_job"
    stage: str
    at_step: int = 1
    times: int | None = 1

    def _check(self) -> None:
        self.at_least(1, "at_step", "times")
        if self.stage not in STAGES:
            raise RuleError(f'fail_job: "stage" is one of {", ".join(STAGES)}: {self.stage!r}')


@dataclass(frozen=True, kw_only=True)
class ShutDown(Rule):
    """A model is announced to be shut down on a day, and gone from that day on."""

    rule: ClassVar[str] = "shut_down"
    model: str
    date: str

    def _check(self) -> None:
        try:
            datetime.date.fromisoformat(self.date)
        except ValueError as error:
            raise RuleError(f'shut_down: "date" is a day written YYYY-MM-DD: {self.date!r}') from error


@dataclass(frozen=True, kw_only=True)
class Script(Routed):
    """The next requests get these answers, one each: "ok", "500", "429 retry-after=2", "drop" and the like."""

    rule: ClassVar[str] = "script"
    answers: tuple[str, ...]

    def _check(self) -> None:
        for answer in self.answers:
            read_answer(answer)


_WORDS: dict[str, Outcome | None] = {
    "ok": None,
    "drop": HangUp("dropped"),
    "answer lost": HangUp("answer_lost", answered=True),
    "quota": out_of_quota(),
}


def read_answer(text: str) -> Outcome | None:
    """Read one answer of a script; None where the app is to answer."""
    if text in _WORDS:
        return _WORDS[text]
    if found := re.fullmatch(r"([45]\d\d)(?: retry-after=(\d+(?:\.\d+)?))?", text):
        return failure(int(found[1]), retry_after=None if found[2] is None else float(found[2]))
    if found := re.fullmatch(r"(?:(cut|end|malformed) (\d+)|(stall) (\d+) seconds=(\d+(?:\.\d+)?))", text):
        how, at = found[1] or found[3], found[2] or found[4]
        return Break(f"stream_{how}", how, int(at), float(found[5] or 0))
    raise RuleError(
        f'script: {text!r} is no answer. Write "ok", a status ("500", "429 retry-after=2"), "quota", "drop", "answer lost", '
        'or for a stream "cut 3", "end 3", "malformed 3", "stall 3 seconds=60".'
    )


RULES: dict[str, type[Rule]] = {
    kind.rule: kind
    for kind in (RateLimit, Quota, WrongKey, KeyRequired, Fail, Drop, BreakStream, SlowQueue, FailJob, ShutDown, Script)
}


def rule_from_json(given: Any) -> Rule:
    """Read a rule as `to_json` writes it; values left out have their defaults, a key may be given as `key`.

    Raises
    ------
    RuleError
        If it is none, or a value is missing, unknown or makes no sense.
    """
    kind = RULES.get(given["rule"]) if isinstance(given, dict) and isinstance(given.get("rule"), str) else None
    if kind is None:
        raise RuleError(f'A rule is an object with "rule", one of {", ".join(RULES)}: {given!r}')
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items() if name != "rule"}
    if issubclass(kind, KeyRule) and isinstance(values.get("key"), str):
        values["digest"] = key_digest(values.pop("key"))
    known = {item.name: item.default for item in fields(kind)}
    for name in values:
        if name not in known:
            raise RuleError(f'{kind.rule}: there is no "{name}"; there are {", ".join(sorted(known)) or "no values"}.')
    for name, default in known.items():
        if default is MISSING and name not in values:
            raise RuleError(f'{kind.rule}: "{name}" is missing.')
    return kind(**values)
