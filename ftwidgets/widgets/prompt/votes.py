"""The result of a blind vote: who won, how sure that is, and how far two voters agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

from ftwidgets.statistics import Interval, wilson
from ftwidgets.widgets.prompt import votes_html

if TYPE_CHECKING:
    import pandas as pd

MIN_DECIDED = 6
"""With fewer decided votes there is no verdict.

Between two equal models, Wilson's interval excludes one half by chance in 12.5 % of the cases at 4 votes and in 6.3 % at 5;
from 6 votes on in at most 8 % (exact sums of the binomial distribution; a test recomputes them).
"""

Z = NormalDist().inv_cdf(0.975)

_EVEN = 0.025  # for a share nearer to one half than this, more than 1,500 votes would be needed: no useful advice


@dataclass(frozen=True, eq=False)
class Votes:
    """The result of a blind vote.

    With two voters a pair counts once: for the model that they prefer together. Opposite votes make a tie. Two votes on the
    same two answers are not independent, so counting them twice would make the interval too narrow.

    Attributes
    ----------
    models
        The two names.
    table
        One row for each vote: `prompt`, the `voter` if voters have names, the models on the `left` and on the `right`, the
        `vote`, the model it `preferred` (empty for a tie), and both answers.
    failed
        The prompts that were left out because one of the models gave an error.
    voters
        The names of the voters; empty for one without a name.
    """

    models: tuple[str, str]
    table: pd.DataFrame
    failed: tuple[str, ...] = ()
    voters: tuple[str, ...] = ()

    @property
    def preferred(self) -> list[str]:
        """For each pair, the model that the voters prefer together; empty for a tie."""
        points = {self.models[0]: -1, self.models[1]: 1, "": 0}
        signs = [points[name] for name in self.table["preferred"]]
        step = max(1, len(self.voters))
        sums = [sum(signs[start : start + step]) for start in range(0, len(signs), step)]
        return [self.models[1] if total > 0 else self.models[0] if total < 0 else "" for total in sums]

    @property
    def wins(self) -> dict[str, int]:
        """The number of pairs for each model."""
        return {name: self.preferred.count(name) for name in self.models}

    @property
    def ties(self) -> int:
        """The number of pairs for neither."""
        return self.preferred.count("")

    @property
    def decided(self) -> int:
        """The number of pairs that were not ties."""
        return len(self.preferred) - self.ties

    @property
    def share(self) -> float:
        """The share of the decided pairs that went to the second model; not-a-number without any."""
        return self.wins[self.models[1]] / self.decided if self.decided else float("nan")

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval for that share."""
        return wilson(self.wins[self.models[1]], self.decided)

    @property
    def agreement(self) -> float:
        """The share of the pairs on which two voters voted the same; not-a-number with one voter, or without pairs."""
        first, second = self._by_voter()
        return sum(a == b for a, b in zip(first, second, strict=True)) / len(first) if second else float("nan")

    @property
    def agreement_text(self) -> str:
        """The agreement of two voters in a sentence, with how often they would agree by chance; empty with one voter."""
        first, second = self._by_voter()
        if not second:
            return ""
        n, same = len(first), sum(a == b for a, b in zip(first, second, strict=True))
        by_chance = sum(first.count(choice) * second.count(choice) for choice in set(first)) / n
        a, b = self.voters
        return f"{a} and {b} voted the same on {same} of {n} pairs; by chance it would be about {by_chance:.1f}."

    @property
    def headline(self) -> str:
        """What the votes show, in a few words."""
        if not self.decided:
            return "Cannot tell: no vote was decided."
        low, high = self.interval
        if self.decided < MIN_DECIDED or low <= 0.5 <= high:
            return "Cannot tell yet."
        better = self.models[1] if low > 0.5 else self.models[0]
        return f"{better} is the better one on prompts like these."

    @property
    def details(self) -> str:
        """The numbers behind the headline, in a sentence or two; empty if no vote was decided."""
        if not self.decided:
            return ""
        second, (low, high) = self.models[1], self.interval
        unit = "pairs" if len(self.voters) > 1 else "votes"
        figures = (
            f"{second} was preferred in {self.wins[second]} of {self.decided} decided {unit} "
            f"({self.share:.2f}, 95 % interval {low:.2f} to {high:.2f})"
        )
        if self.decided < MIN_DECIDED:
            return f"{figures}; it takes {MIN_DECIDED} decided {unit} or more to tell anything."
        if not low <= 0.5 <= high:
            return f"{figures}."
        distance = abs(self.share - 0.5)
        if distance < _EVEN:
            return f"{figures}, and one half is inside. The votes are as good as even; more of them may never tell."
        n = math.ceil((Z / (2 * distance)) ** 2)  # Wilson's interval excludes 1/2 where |share - 1/2| > z / (2 sqrt(n))
        return f"{figures}, and one half is inside. If the share stayed as it is, about {n} decided {unit} would tell."

    @property
    def verdict(self) -> str:
        """What the votes show, with the numbers behind it."""
        return f"{self.headline} {self.details}".strip()

    @property
    def n_votes(self) -> str:
        """How many votes there are, in words; with two voters also on how many pairs."""
        votes = f"{len(self.table)} votes"
        return f"{votes} on {len(self.preferred)} pairs" if len(self.voters) > 1 else votes

    @property
    def count(self) -> str:
        """The pairs of each model, and the ties."""
        first, second = self.models
        return f"{first} {self.wins[first]}, {second} {self.wins[second]}, ties {self.ties}"

    def __str__(self) -> str:
        failed = f" Left out, since a model gave an error: {len(self.failed)}." if self.failed else ""
        parts = [f"{self.n_votes}: {self.count}.{failed}", self.verdict, self.agreement_text]
        return " ".join(filter(None, parts))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return votes_html.result_html(self)

    def _by_voter(self) -> tuple[list[str], list[str]]:
        """Return the votes of two voters, pair by pair; nothing for the second if there is one voter, or no vote."""
        given = list(self.table["vote"])
        return (given[::2], given[1::2]) if len(self.voters) == 2 else (given, [])
