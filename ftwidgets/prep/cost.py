"""What training costs: tokens times epochs times a price from dated data, read in `prices.json` beside this file.

Left out: what using the tuned model costs, hosting, discounts, taxes, and asking anybody for today's price.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Price:
    """What a provider takes for training a model, when that was read, and where."""

    provider: str
    model: str
    usd_per_million_tokens: float
    source: str
    as_of: str
    note: str


def prices() -> list[Price]:
    """Return the known prices, the sandbox's (nothing) first."""
    return list(_read())


def cost(tokens: int, n_epochs: int, price: Price) -> float:
    """Return what training costs in US dollars: trained tokens = tokens x epochs (OpenAI's fine-tuning guide).

    Parameters
    ----------
    tokens
        Tokens of the training file, counted by the price's own model; validation rows are not billed.
    n_epochs
        How often each example is seen.
    price
        One of `prices()`.

    Raises
    ------
    ValueError
        If a number is negative.
    """
    if tokens < 0 or n_epochs < 0:
        raise ValueError(f"tokens and epochs cannot be negative: {tokens} tokens, {n_epochs} epochs")
    return tokens * n_epochs * price.usd_per_million_tokens / 1e6


def dollars(amount: float) -> str:
    """Return `0 USD`, `0.002 USD`, `12.50 USD`: cents where there are any, else what rounds to one digit."""
    if amount == 0 or amount >= 0.01:
        return f"{amount:,.2f} USD" if amount else "0 USD"
    return f"{amount:.{-math.floor(math.log10(amount))}f} USD"


@cache
def _read() -> tuple[Price, ...]:
    return tuple(Price(**entry) for entry in json.loads(_DATA.read_text(encoding="utf-8")))
