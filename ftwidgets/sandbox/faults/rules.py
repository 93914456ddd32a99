"""The fault rules: dataclasses that say what goes wrong, checked when they are made, and written as JSON.

A rule with a `route` covers the requests of one method and path below `/v1`, such as `POST /chat/completions`. In the path, `*`
stands for one segment (`GET /fine_tuning/jobs/*`); alone it stands for every request. The first line of each rule's docstring
is the description that a user sees. `fault_engine` applies the rules.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, get_type_hints

from ftwidgets.sandbox.faults.outcomes import ConnectionDrop, Outcome, StreamBreak, error_reply, insufficient_quota
from ftwidgets.sandbox.training.job_faults import STAGES

EVERYTHING = "*"
_METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD")
_BREAKS = ("cut_after", "end_after", "stall_after", "malformed_at")


class RuleError(ValueError):
    """An invalid rule; the message names the value and what is allowed."""


@dataclass(frozen=True, kw_only=True)
class FaultRule:
    """Base class of all rules: checks the types of the values and writes them as JSON."""

    rule: ClassVar[str]

    def __post_init__(self) -> None:
        for name, annotation in get_type_hints(type(self)).items():
            if name == "rule":
                continue
            value = getattr(self, name)
            if not _has_type(value, annotation):
                raise RuleError(f'{self.rule}: "{name}" cannot be {value!r}; it is {_type_name(annotation)}.')
        self._validate()

    def _validate(self) -> None:
        """Raise a `RuleError` for values that make no sense; subclasses override it."""

    def to_json(self) -> dict[str, Any]:
        """Return the rule's name and values as JSON types; `rule_from_json` reads them back."""
        return {"rule": self.rule, **{name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}}

    @property
    def description(self) -> str:
        """What the rule does, in one line."""
        return (type(self).__doc__ or "").partition("\n")[0]

    def require_at_least(self, minimum: float, *names: str) -> None:
        """Raise a `RuleError` if one of these values is below the minimum."""
        for name in names:
            value = getattr(self, name)
            if value is not None and value < minimum:
                raise RuleError(f'{self.rule}: "{name}" must be at least {minimum:g}: {value:g}')


@dataclass(frozen=True, kw_only=True)
class RouteRule(FaultRule):
    """Base class of rules that cover the requests of one route."""

    route: str = EVERYTHING

    def __post_init__(self) -> None:
        super().__post_init__()
        method, _, path = self.route.partition(" ")
        if self.route != EVERYTHING and (method not in _METHODS or not path.startswith("/") or path.startswith("/v1")):
            raise RuleError(f'{self.rule}: "route" is a method and a path below /v1 ("POST /files"), or "*": {self.route!r}')

    def covers(self, method: str, path: str) -> bool:
        """Tell whether the rule applies to a request."""
        if self.route == EVERYTHING:
            return True
        rule_method, _, rule_path = self.route.partition(" ")
        pattern = re.escape(rule_path).replace(r"\*", "[^/]+")
        return method == rule_method and re.fullmatch(f"/v1{pattern}", path) is not None


@dataclass(frozen=True, kw_only=True)
class IntermittentRule(RouteRule):
    """Base class of rules that hit some requests of a route: the first `times`, every n-th, or a random share (`rate`)."""

    times: int | None = None
    every: int | None = None
    rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_least(1, "times", "every")
        if self.rate is not None and not 0 <= self.rate <= 1:
            raise RuleError(f'{self.rule}: "rate" is a share between 0 and 1: {self.rate:g}')
        if self.every is not None and self.rate is not None:
            raise RuleError(f'{self.rule}: give "every" or "rate", not both.')


@dataclass(frozen=True, kw_only=True)
class RateLimit(RouteRule):
    """Each caller has so many requests and tokens a minute; beyond, 429 with the exact time to wait."""

    rule: ClassVar[str] = "rate_limit"
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def _validate(self) -> None:
        self.require_at_least(1, "requests_per_minute", "tokens_per_minute")
        if self.requests_per_minute is None and self.tokens_per_minute is None:
            raise RuleError('rate_limit: give "requests_per_minute", "tokens_per_minute", or both.')


@dataclass(frozen=True, kw_only=True)
class Quota(FaultRule):
    """Each caller has so many tokens, trained and chatted; when they are used up, 429 with the code insufficient_quota."""

    rule: ClassVar[str] = "quota"
    tokens: int

    def _validate(self) -> None:
        self.require_at_least(0, "tokens")


def key_fingerprint(key: str) -> str:
    """Hash an API key to 16 hexadecimal digits: enough to recognise the key, useless for signing in."""
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, kw_only=True)
class KeyRule(FaultRule):
    """Base class of rules about one API key; only the key's digest is kept."""

    digest: str

    def _validate(self) -> None:
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
class Fail(IntermittentRule):
    """Requests get an error of this status instead of an answer."""

    rule: ClassVar[str] = "fail"
    status: int
    retry_after: float | None = None
    message: str | None = None

    def _validate(self) -> None:
        self.require_at_least(0, "retry_after")
        if not 400 <= self.status <= 599:
            raise RuleError(f'fail: "status" is one of an error, 400 to 599: {self.status}')

    def outcome(self) -> Outcome:
        """Return the error reply."""
        return error_reply(self.status, retry_after=self.retry_after, message=self.message)


@dataclass(frozen=True, kw_only=True)
class Drop(IntermittentRule):
    """The connection is closed without an answer; with `answered`, after the work has been done: only the answer is lost."""

    rule: ClassVar[str] = "drop"
    answered: bool = False

    def outcome(self) -> Outcome:
        """Return the dropped connection."""
        return ConnectionDrop("answer_lost" if self.answered else "dropped", self.answered)


@dataclass(frozen=True, kw_only=True)
class BreakStream(IntermittentRule):
    """A streamed answer breaks off, ends too early, stalls, or holds an event that is no JSON."""

    rule: ClassVar[str] = "stream"
    cut_after: int | None = None
    end_after: int | None = None
    stall_after: int | None = None
    malformed_at: int | None = None
    seconds: float = 60.0

    def _validate(self) -> None:
        self.require_at_least(0, "cut_after", "end_after", "stall_after", "seconds")
        self.require_at_least(1, "malformed_at")
        if sum(getattr(self, name) is not None for name in _BREAKS) != 1:
            raise RuleError(f"stream: give one of {', '.join(_BREAKS)}.")

    def outcome(self) -> StreamBreak:
        """Return how the stream breaks, and at which event."""
        name = next(name for name in _BREAKS if getattr(self, name) is not None)
        mode = name.partition("_")[0]
        return StreamBreak(f"stream_{mode}", mode, getattr(self, name), self.seconds if mode == "stall" else 0)


@dataclass(frozen=True, kw_only=True)
class SlowQueue(FaultRule):
    """A new job waits in the queue at least so many seconds."""

    rule: ClassVar[str] = "slow_queue"
    seconds: float

    def _validate(self) -> None:
        self.require_at_least(0, "seconds")


@dataclass(frozen=True, kw_only=True)
class FailJob(FaultRule):
    """The next jobs fail: in validation, in training at a step, or in the safety step after it, with no model."""

    rule: ClassVar[str] = "fail_job"
    stage: str
    at_step: int = 1
    times: int | None = 1

    def _validate(self) -> None:
        self.require_at_least(1, "at_step", "times")
        if self.stage not in STAGES:
            raise RuleError(f'fail_job: "stage" is one of {", ".join(STAGES)}: {self.stage!r}')


@dataclass(frozen=True, kw_only=True)
class ShutDown(FaultRule):
    """A model is announced to be shut down on a day, and gone from that day on."""

    rule: ClassVar[str] = "shut_down"
    model: str
    date: str

    def _validate(self) -> None:
        try:
            datetime.date.fromisoformat(self.date)
        except ValueError as error:
            raise RuleError(f'shut_down: "date" is a day written YYYY-MM-DD: {self.date!r}') from error


@dataclass(frozen=True, kw_only=True)
class Script(RouteRule):
    """The next requests get these answers, one each: "ok", "500", "429 retry-after=2", "drop" and the like."""

    rule: ClassVar[str] = "script"
    answers: tuple[str, ...]

    def _validate(self) -> None:
        for answer in self.answers:
            parse_answer(answer)


_ANSWERS: dict[str, Outcome | None] = {
    "ok": None,
    "drop": ConnectionDrop("dropped"),
    "answer lost": ConnectionDrop("answer_lost", after_work=True),
    "quota": insufficient_quota(),
}


def parse_answer(text: str) -> Outcome | None:
    """Parse one answer of a script; None means that the app answers as usual."""
    if text in _ANSWERS:
        return _ANSWERS[text]
    if match := re.fullmatch(r"([45]\d\d)(?: retry-after=(\d+(?:\.\d+)?))?", text):
        return error_reply(int(match[1]), retry_after=None if match[2] is None else float(match[2]))
    if match := re.fullmatch(r"(?:(cut|end|malformed) (\d+)|(stall) (\d+) seconds=(\d+(?:\.\d+)?))", text):
        mode, at = match[1] or match[3], match[2] or match[4]
        return StreamBreak(f"stream_{mode}", mode, int(at), float(match[5] or 0))
    raise RuleError(
        f'script: {text!r} is no answer. Write "ok", a status ("500", "429 retry-after=2"), "quota", "drop", "answer lost", '
        'or for a stream "cut 3", "end 3", "malformed 3", "stall 3 seconds=60".'
    )


RULES: dict[str, type[FaultRule]] = {
    kind.rule: kind
    for kind in (RateLimit, Quota, WrongKey, KeyRequired, Fail, Drop, BreakStream, SlowQueue, FailJob, ShutDown, Script)
}


def rule_from_json(value: Any) -> FaultRule:
    """Read a rule as `to_json` writes it; values left out have their defaults, and a key may be given as `key`.

    Raises
    ------
    RuleError
        If it is not a rule, or a value is missing, unknown or invalid.
    """
    kind = RULES.get(value["rule"]) if isinstance(value, dict) and isinstance(value.get("rule"), str) else None
    if kind is None:
        raise RuleError(f'A rule is an object with "rule", one of {", ".join(RULES)}: {value!r}')
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in value.items() if name != "rule"}
    if issubclass(kind, KeyRule) and isinstance(values.get("key"), str):
        values["digest"] = key_fingerprint(values.pop("key"))
    known = {item.name: item.default for item in fields(kind)}
    for name in values:
        if name not in known:
            raise RuleError(f'{kind.rule}: there is no "{name}"; there are {", ".join(sorted(known)) or "no values"}.')
    for name, default in known.items():
        if default is MISSING and name not in values:
            raise RuleError(f'{kind.rule}: "{name}" is missing.')
    return kind(**values)


def _has_type(value: Any, annotation: Any) -> bool:
    """Check a value against an annotation: an int passes as a float, a bool never as a number, infinity and NaN never."""
    if annotation == tuple[str, ...]:
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    allowed = annotation.__args__ if hasattr(annotation, "__args__") else (annotation,)
    if float in allowed:
        allowed = (*allowed, int)
    return any(type(value) is item for item in allowed) and not (isinstance(value, float) and value - value != 0)


def _type_name(annotation: Any) -> str:
    if annotation == tuple[str, ...]:
        return "a list of texts"
    names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return names[annotation] if annotation in names else f"{_type_name(annotation.__args__[0])} or nothing"
