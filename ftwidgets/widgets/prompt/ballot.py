"""The ballot of a blind vote between two models: it hides whose answer is whose, for one voter or two."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.prompt.votes import Votes

Choice = Literal["left", "right", "tie"]
CHOICES: tuple[Choice, ...] = ("left", "right", "tie")


@dataclass(frozen=True)
class AnswerPair:
    """Two answers to one prompt, without the names of the models."""

    number: int
    prompt: str
    left: str
    right: str


@dataclass(frozen=True)
class _Entry:
    """A pair with its votes, one for each voter; `swapped` says that the first model's answer is on the right."""

    pair: AnswerPair
    swapped: bool
    votes: tuple[Choice, ...] = ()


class Ballot:
    """The pairs of answers to the prompts of a vote, and the votes so far; the result calls the models by their `names`.

    Each pair is judged by all `voters`, one after the other, before the next one comes; without `voters` by one person
    without a name. `seed` decides the order of the prompts, and for each prompt which model is on the left.
    """

    def __init__(self, names: tuple[str, str], prompts: Sequence[str], *, voters: Sequence[str] = (), seed: int = 0) -> None:
        self._names, self._voters = names, tuple(voters)
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
    def n_voters(self) -> int:
        """The number of people who vote."""
        return max(1, len(self._voters))

    @property
    def n_pairs(self) -> int:
        """The number of pairs to vote on."""
        return len(self._entries)

    @property
    def n_voted(self) -> int:
        """The number of votes so far, of all voters."""
        return sum(len(entry.votes) for entry in self._entries)

    @property
    def pair(self) -> AnswerPair | None:
        """The pair to vote on; None after the last one."""
        place = self.n_voted // self.n_voters
        return self._entries[place].pair if place < self.n_pairs else None

    @property
    def voter(self) -> str:
        """The name of the one whose turn it is; empty if there are no names."""
        return self._voters[self.n_voted % self.n_voters] if self._voters else ""

    def vote(self, choice: Choice) -> None:
        """Vote on the present pair and go on to the next voter, or the next pair."""
        if choice not in CHOICES:
            raise ValueError(f'a vote is "left", "right" or "tie": {choice!r}')
        if self.pair is None:
            raise FtwidgetsError("there is no pair left to vote on. Start another blind vote.")
        place = self.n_voted // self.n_voters
        entry = self._entries[place]
        self._entries[place] = replace(entry, votes=(*entry.votes, choice))

    def undo(self) -> None:
        """Take the last vote back."""
        if not self.n_voted:
            raise FtwidgetsError("there is no vote to take back yet.")
        place = (self.n_voted - 1) // self.n_voters
        entry = self._entries[place]
        self._entries[place] = replace(entry, votes=entry.votes[:-1])

    def reveal(self) -> Votes:
        """Return the votes with the names; pairs that not everyone has voted on are not included."""
        import pandas as pd

        rows = []
        for entry in self._entries:
            if len(entry.votes) < self.n_voters:
                continue
            left, right = self._names[::-1] if entry.swapped else self._names
            answers = {left: entry.pair.left, right: entry.pair.right}
            for place, vote in enumerate(entry.votes):
                preferred = {"left": left, "right": right, "tie": ""}[vote]
                voter = self._voters[place : place + 1]
                rows.append((entry.pair.prompt, *voter, left, right, vote, preferred, *(answers[name] for name in self._names)))
        columns = ["prompt", *(["voter"] if self._voters else []), "left", "right", "vote", "preferred"]
        columns += [f"answer of {name}" for name in self._names]
        return Votes(self._names, pd.DataFrame(rows, columns=columns), tuple(self._failed), self._voters)
