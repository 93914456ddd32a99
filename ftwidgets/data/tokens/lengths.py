"""How long examples are: the tokens of each, their sum, and a histogram with bins of round width."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ftwidgets.data.model_specs import find_model
from ftwidgets.data.rows import Example
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens.count import count_tokens

MAX_COUNTED = 5000  # examples; of more than these, as many are drawn at random, always the same ones
_MAX_BINS = 12


@dataclass(frozen=True)
class Lengths:
    """The token counts of a set of examples."""

    tokens: list[int]  # of each example that was counted
    n_examples: int  # more than were counted if there are too many to count in a second or two
    context: int  # tokens that the base model reads of an example; the rest is cut off

    @property
    def exact(self) -> bool:
        """Whether every example was counted."""
        return len(self.tokens) == self.n_examples

    @property
    def total(self) -> int:
        """Tokens in all: the sum, or where not all were counted, their mean times the number of examples."""
        return round(sum(self.tokens) / max(len(self.tokens), 1) * self.n_examples)

    def total_of(self, chosen: Sequence[bool]) -> int:
        """Tokens of the chosen examples alone, one choice for each example; estimated where not all were counted."""
        if self.exact:
            return sum(tokens for tokens, is_chosen in zip(self.tokens, chosen, strict=True) if is_chosen)
        return round(self.total * sum(chosen) / self.n_examples)

    @property
    def too_long(self) -> int:
        """How many of the counted examples are longer than the base model's context."""
        return sum(tokens > self.context for tokens in self.tokens)

    def __str__(self) -> str:
        if not self.tokens:
            return "No usable example, no tokens."
        low, middle, high = min(self.tokens), median(self.tokens), max(self.tokens)
        size = pluralize(self.n_examples, "example")
        text = f"{size} of {low:,} to {high:,} tokens, median {middle:,.0f}; {self.total:,} in all."
        if not self.exact:
            text = f"{size}, of which {len(self.tokens):,} were counted: {low:,} to {high:,} tokens, median {middle:,.0f}; "
            text += f"about {self.total:,} in all."
        if self.too_long:
            text += f" Longer than {self.context:,} tokens, where the sandbox cuts off: {self.too_long:,}."
        return text


def measure(examples: Sequence[Example], model: str = "nano") -> Lengths:
    """Count the tokens of the examples for a base model of the sandbox.

    Where there are more than `MAX_COUNTED`, so many are drawn at random and counted.
    """
    n = len(examples)
    chosen = examples if n <= MAX_COUNTED else random.Random(0).sample(examples, MAX_COUNTED)
    found = find_model(model)
    return Lengths(count_tokens(chosen, found.encoding), n, found.limit)


def bins(counts: Sequence[int]) -> list[tuple[int, int, int]]:
    """Count lengths into at most twelve bins of equal, round width, from the first that is not empty.

    Each bin is its first length, its last length, and how many lengths are in it.
    """
    if not counts:
        return []
    low, high = min(counts), max(counts)
    round_widths = (factor * 10**power for power in range(12) for factor in (1, 2, 5))
    width = next(width for width in round_widths if high // width - low // width < _MAX_BINS)
    first = low // width
    numbers = [0] * (high // width - first + 1)
    for length in counts:
        numbers[length // width - first] += 1
    return [((first + i) * width, (first + i + 1) * width - 1, n) for i, n in enumerate(numbers)]
