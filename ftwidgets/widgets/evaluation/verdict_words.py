"""The verdict on two models in words: who is better, by how many right answers, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ftwidgets.evaluation.result import Comparison, Evaluation

_MAX_PAIRED = 4  # up to so many models every two are compared; of more, each with the first
_KINDS = {"better": "ok", "worse": "wrong"}


@dataclass(frozen=True)
class Verdict:
    """A verdict in three parts, each a sentence or two; `kind` is `ok`, `wrong` or `warning`, for the colour."""

    claim: str
    counts: str
    interval: str
    kind: str

    def __str__(self) -> str:
        return f"{self.claim}: {self.counts}. {self.interval}"


def model_pairs(names: list[str]) -> list[tuple[str, str]]:
    """Return which models to compare: the later ones with the earlier ones, the last first."""
    if len(names) > _MAX_PAIRED:
        return [(name, names[0]) for name in reversed(names[1:])]
    return [(later, earlier) for later, earlier in combinations(reversed(names), 2)]


def describe(result: Evaluation, a: str, b: str, *, smallest: float | None = None) -> Verdict:
    """Return the verdict on two models; `smallest` is the smallest difference that matters."""
    found = result.compare(a, b, smallest=smallest)
    claim = _claim(found, _called(a), _called(b), smallest)
    return Verdict(claim, _counts(result, a, b), _interval(found), _KINDS.get(found.outcome, "warning"))


def describe_one(result: Evaluation) -> str:
    """Return the score of the only model in words."""
    name = result.models[0]
    return (
        f"{_capital(_called(name))} has {_right(result, name)} of {len(result.answers)} right"
        if is_share(result, name)
        else f"{_capital(_called(name))} scores {_right(result, name)} on average by {result.metric}"
    )


def is_share(result: Evaluation, name: str) -> bool:
    """Return whether each answer of a model is either right or wrong."""
    return all(value in (0.0, 1.0) for value in result.by_row[result.metric][name])


def caution(n: int) -> str:
    """Return a warning about reading several verdicts together."""
    return (
        f"These are {n} comparisons, each with a 95 % interval of its own. Between equal models about one comparison in "
        "twenty finds a difference by chance: the more of them, the likelier one of them is wrong."
    )


def _claim(found: Comparison, a: str, b: str, smallest: float | None) -> str:
    match found.outcome:
        case "better" | "worse":
            negligible = f", but by less than {smallest:g}" if found.negligible else ""
            return f"{_capital(a)} is {found.outcome} than {b}{negligible}"
        case "no difference":
            return f"No difference of {smallest:g} or more between {a} and {b}"
        case "identical":
            return f"Cannot tell yet: {a} and {b} score the same on every example"
    return f"Cannot tell yet whether {a} is better than {b}"


def _counts(result: Evaluation, a: str, b: str) -> str:
    n = len(result.answers)
    if is_share(result, a) and is_share(result, b):
        return f"{_right(result, a)} against {_right(result, b)} of {n} right"
    text = f"{_right(result, a)} against {_right(result, b)} on average by {result.metric}, on {n} examples"
    if (exact := result.by_row.get("exact_match")) is None:
        return text
    return f"{text}; word for word right: {int(exact[a].sum())} against {int(exact[b].sum())}"


def _interval(found: Comparison) -> str:
    d = found.difference
    advice = f" {_capital(found.advice)}." if found.advice else ""
    if found.outcome == "identical":
        return "Other examples may tell them apart."
    lies = f"plausibly lies between {d.low:+.2f} and {d.high:+.2f} (95 % interval)"
    return f"The difference is {d.estimate:+.2f} and {lies}.{advice}"


def _right(result: Evaluation, name: str) -> str:
    scores = result.by_row[result.metric][name]
    return f"{int(scores.sum())}" if is_share(result, name) else f"{scores.mean():.2f}"


def _called(name: str) -> str:
    return f"the {name} model" if name in {"base", "tuned"} else f'"{name}"'


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
