"""The ballot of a blind vote between two models: it hides whose answer is whose, and counts the votes with an interval."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from ftwidgets.errors import FtwidgetsError
from ftwidgets.statistics import Interval, wilson
from ftwidgets.widgets.base import markup

if TYPE_CHECKING:
    import pandas as pd

Choice = Literal["left", "right", "tie"]
CHOICES: tuple[Choice, ...] = ("left", "right", "tie")

MIN_DECIDED = 6
"""With fewer decided votes there is no verdict.

Between two equal models, Wilson's interval excludes one half by chance in 12.5 % of the cases at 4 votes and in 6.3 % at 5;
from 6 votes on in at most 8 % (exact sums of the binomial distribution; a test recomputes them).
"""

Z = NormalDist().inv_cdf(0.975)

_EVEN = 0.025  # for a share nearer to one half than this, more than 1,500 votes would be needed: no useful advice


@dataclass(frozen=True)
class AnswerPair:
    """Two answers to one prompt, without the names of the models."""

    number: int
    prompt: str
    left: str
    right: str


@dataclass(frozen=True)
class _Entry:
    """A pair with its vote; `swapped` says that the first model's answer is on the right."""

    pair: AnswerPair
    swapped: bool
    vote: Choice | None = None


class Ballot:
    """The pairs of answers to the prompts of a vote, and the votes so far; the result calls the models by their `names`.

    `seed` decides the order of the prompts, and for each prompt which model is on the left.
    """

    def __init__(self, names: tuple[str, str], prompts: Sequence[str], *, seed: int = 0) -> None:
        self._names = names
        draw = random.Random(seed)
        self.prompts = draw.sample(list(prompts), len(prompts))
        self._swapped = [draw.random() < 0.5 for _ in self.prompts]
        self._entries: list[_Entry] = []
        self._failed: list[str] = []

    def __repr__(self) -> str:
        return f"Ballot({len(self.prompts)} prompts, {self.n_voted} votes)"

    def sides(self, position: int, models: tuple[str, str]) -> tuple[str, str]:
        """Return the two models in the order left, right for the prompt at that position."""
        return models[::-1] if self._swapped[position] else models

    def add(self, position: int, left: str, right: str) -> None:
        """Add the two answers to the prompt at that position."""
        pair = AnswerPair(len(self._entries) + 1, self.prompts[position], left, right)
        self._entries.append(_Entry(pair, self._swapped[position]))

    def leave_out(self, position: int) -> None:
        """Leave out a prompt that one of the models could not answer: an empty answer would reveal which."""
        self._failed.append(self.prompts[position])

    @property
    def n_pairs(self) -> int:
        """The number of pairs to vote on."""
        return len(self._entries)

    @property
    def n_voted(self) -> int:
        """The number of votes so far."""
        return sum(entry.vote is not None for entry in self._entries)

    @property
    def pair(self) -> AnswerPair | None:
        """The pair to vote on; None after the last one."""
        return next((entry.pair for entry in self._entries if entry.vote is None), None)

    def vote(self, choice: Choice) -> None:
        """Vote on the present pair and go on to the next one."""
        if choice not in CHOICES:
            raise ValueError(f'a vote is "left", "right" or "tie": {choice!r}')
        if self.pair is None:
            raise FtwidgetsError("there is no pair left to vote on. Start another blind vote.")
        position = self.pair.number - 1
        self._entries[position] = replace(self._entries[position], vote=choice)

    def reveal(self) -> Votes:
        """Return the votes with the names; prompts without a vote are not included."""
        import pandas as pd

        rows = []
        for entry in self._entries:
            if entry.vote is None:
                continue
            left, right = self._names[::-1] if entry.swapped else self._names
            preferred = {"left": left, "right": right, "tie": ""}[entry.vote]
            answers = {left: entry.pair.left, right: entry.pair.right}
            rows.append((entry.pair.prompt, left, right, entry.vote, preferred, *(answers[name] for name in self._names)))
        columns = ["prompt", "left", "right", "vote", "preferred", *(f"answer of {name}" for name in self._names)]
        return Votes(self._names, pd.DataFrame(rows, columns=columns), tuple(self._failed))


@dataclass(frozen=True, eq=False)
class Votes:
    """The result of a blind vote.

    Attributes
    ----------
    models
        The two names.
    table
        One row for each vote: `prompt`, the models on the `left` and on the `right`, the `vote`, the model it `preferred`
        (empty for a tie), and both answers.
    failed
        The prompts that were left out because one of the models gave an error.
    """

    models: tuple[str, str]
    table: pd.DataFrame
    failed: tuple[str, ...] = ()

    @property
    def wins(self) -> dict[str, int]:
        """The number of votes for each model."""
        return {name: int((self.table["preferred"] == name).sum()) for name in self.models}

    @property
    def ties(self) -> int:
        """The number of votes for neither."""
        return int((self.table["vote"] == "tie").sum())

    @property
    def decided(self) -> int:
        """The number of votes that were not ties."""
        return len(self.table) - self.ties

    @property
    def share(self) -> float:
        """The share of the decided votes that went to the second model; not-a-number without any."""
        return self.wins[self.models[1]] / self.decided if self.decided else float("nan")

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval for that share."""
        return wilson(self.wins[self.models[1]], self.decided)

    @property
    def verdict(self) -> str:
        """What the votes show, in a sentence."""
        first, second = self.models
        if not self.decided:
            return "Cannot tell: no vote was decided."
        low, high = self.interval
        figures = (
            f"{second} was preferred in {self.wins[second]} of {self.decided} decided votes "
            f"({self.share:.2f}, 95 % interval {low:.2f} to {high:.2f})"
        )
        if self.decided < MIN_DECIDED:
            return f"Cannot tell yet: {figures}; it takes {MIN_DECIDED} decided votes or more to tell anything."
        if low > 0.5 or high < 0.5:
            better = second if low > 0.5 else first
            return f"{better} is the better one on prompts like these, as far as the votes go: {figures}."
        open_text = f"Cannot tell yet: {figures}, and one half is inside."
        distance = abs(self.share - 0.5)
        if distance < _EVEN:
            return f"{open_text} The votes are as good as even; more of them may never tell."
        n = math.ceil((Z / (2 * distance)) ** 2)  # Wilson's interval excludes 1/2 where |share - 1/2| > z / (2 sqrt(n))
        return f"{open_text} If the share stayed as it is, about {n} decided votes would tell."

    @property
    def count(self) -> str:
        """The votes of each model, and the ties."""
        first, second = self.models
        return f"{first} {self.wins[first]}, {second} {self.wins[second]}, ties {self.ties}"

    def __str__(self) -> str:
        failed = f" Left out, since a model gave an error: {len(self.failed)}." if self.failed else ""
        return f"{len(self.table)} votes: {self.count}.{failed} {self.verdict}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        shown = self.table[["prompt", "left", "right", "vote", "preferred"]]
        rows = [[number, *row[:-1], row[-1] or "neither"] for number, row in enumerate(shown.itertuples(index=False), 1)]
        header = ["Vote", "Prompt", "On the left", "On the right", "Voted", "Preferred"]
        return f"<p>{escape(str(self))}</p>{markup.table('The votes, revealed', header, rows, numbers=[0])}"
