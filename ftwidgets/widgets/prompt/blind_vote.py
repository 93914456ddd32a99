"""A blind vote between two models: who said what is hidden until the last vote, then counted, with an interval.

Left out: asking the models, drawing the ballot, and more than two models.
"""

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

ENOUGH = 6
"""Fewer decided votes than these give no verdict.

Between two equal models, Wilson's interval keeps clear of one half by chance in 12.5 % of the cases at 4 votes and in
6.3 % at 5; from 6 votes on in 8 % at the most (exact sums of the binomial distribution; a test recomputes them).
"""

Z = NormalDist().inv_cdf(0.975)

_EVEN = 0.025  # nearer to one half than this it would take more than 1,500 votes, which is no advice


@dataclass(frozen=True)
class Pair:
    """Two answers to one prompt, without the names."""

    number: int
    prompt: str
    left: str
    right: str


@dataclass(frozen=True)
class _Slip:
    """A pair as the ballot keeps it: `swapped` tells that the first model's answer is the one on the right."""

    pair: Pair
    swapped: bool
    vote: Choice | None = None


class Ballot:
    """A vote that is going on.

    Parameters
    ----------
    names
        The two models as they will be called after the reveal.
    prompts
        What they are both asked.
    seed
        Decides the order of the prompts, and for each which model is on the left.
    """

    def __init__(self, names: tuple[str, str], prompts: Sequence[str], *, seed: int = 0) -> None:
        self._names = names
        draw = random.Random(seed)
        self.prompts = draw.sample(list(prompts), len(prompts))
        self._swapped = [draw.random() < 0.5 for _ in self.prompts]
        self._slips: list[_Slip] = []
        self._failed: list[str] = []

    def __repr__(self) -> str:
        return f"Ballot({len(self.prompts)} prompts, {self.n_voted} votes)"

    def sides(self, position: int, models: tuple[str, str]) -> tuple[str, str]:
        """Give the two models in the order left, right for the prompt at that position."""
        return models[::-1] if self._swapped[position] else models

    def add(self, position: int, left: str, right: str) -> None:
        """Put in the two answers to the prompt at that position."""
        pair = Pair(len(self._slips) + 1, self.prompts[position], left, right)
        self._slips.append(_Slip(pair, self._swapped[position]))

    def leave_out(self, position: int) -> None:
        """Leave out a prompt that one of the models could not answer: the gap would give it away."""
        self._failed.append(self.prompts[position])

    @property
    def n_pairs(self) -> int:
        """How many pairs there are to vote on."""
        return len(self._slips)

    @property
    def n_voted(self) -> int:
        """How many votes were given."""
        return sum(slip.vote is not None for slip in self._slips)

    @property
    def pair(self) -> Pair | None:
        """The pair to vote on; None after the last one."""
        return next((slip.pair for slip in self._slips if slip.vote is None), None)

    def vote(self, choice: Choice) -> None:
        """Vote on the pair, which brings up the next one.

        Raises
        ------
        ValueError
            If the vote is none of the three.
        FtwidgetsError
            If there is nothing left to vote on.
        """
        if choice not in CHOICES:
            raise ValueError(f'a vote is "left", "right" or "tie": {choice!r}')
        if self.pair is None:
            raise FtwidgetsError("there is no pair left to vote on. Start another blind vote.")
        position = self.pair.number - 1
        self._slips[position] = replace(self._slips[position], vote=choice)

    def reveal(self) -> Votes:
        """Give the votes with the names; prompts without a vote are not in them."""
        import pandas as pd

        rows = []
        for slip in self._slips:
            if slip.vote is None:
                continue
            left, right = self._names[::-1] if slip.swapped else self._names
            preferred = {"left": left, "right": right, "tie": ""}[slip.vote]
            said = {left: slip.pair.left, right: slip.pair.right}
            rows.append((slip.pair.prompt, left, right, slip.vote, preferred, *(said[name] for name in self._names)))
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
        One row a vote: `prompt`, who was on the `left` and on the `right`, the `vote`, which model it `preferred`
        (empty for a tie), and both answers.
    failed
        The prompts that were left out, since one of the models gave an error.
    """

    models: tuple[str, str]
    table: pd.DataFrame
    failed: tuple[str, ...] = ()

    @property
    def wins(self) -> dict[str, int]:
        """How often each model was preferred."""
        return {name: int((self.table["preferred"] == name).sum()) for name in self.models}

    @property
    def ties(self) -> int:
        """How often neither was."""
        return int((self.table["vote"] == "tie").sum())

    @property
    def decided(self) -> int:
        """How many votes were not ties."""
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
        """What the count allows to say, in a sentence."""
        first, second = self.models
        if not self.decided:
            return "Cannot tell: no vote was decided."
        low, high = self.interval
        figures = (
            f"{second} was preferred in {self.wins[second]} of {self.decided} decided votes "
            f"({self.share:.2f}, 95 % interval {low:.2f} to {high:.2f})"
        )
        if self.decided < ENOUGH:
            return f"Cannot tell yet: {figures}; it takes {ENOUGH} decided votes or more to tell anything."
        if low > 0.5 or high < 0.5:
            better = second if low > 0.5 else first
            return f"{better} is the better one on prompts like these, as far as the votes go: {figures}."
        return f"Cannot tell yet: {figures}, and one half is inside. {self._needed()}"

    def _needed(self) -> str:
        """Say how many votes it would take if the share stayed as it is."""
        off = abs(self.share - 0.5)
        if off < _EVEN:
            return "The votes are as good as even; more of them may never tell."
        n = math.ceil((Z / (2 * off)) ** 2)  # Wilson's interval leaves out 1/2 where |share - 1/2| > z / (2 sqrt(n))
        return f"If the share stayed as it is, about {n} decided votes would tell."

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
