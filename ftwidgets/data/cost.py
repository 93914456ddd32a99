"""What training costs: tokens x epochs x price. The prices are dated and in `prices.json` beside this file.

Left out: the cost of using the tuned model, hosting, discounts and taxes; providers without a published price per token; and
reinforcement training, which is billed by the hour.
"""

import datetime
import json
import math
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Price:
    """What a provider charges for training a model; days are YYYY-MM-DD, or None for no such day."""

    provider: str
    model: str
    usd_per_million_tokens: float  # trained ones: those of the file, the marks around each message included, times the epochs
    source: str  # where the price was read, and when
    as_of: str
    note: str  # what to know before you rely on it
    ends: str | None = None  # the day from which nobody can start a job
    retires: str | None = None  # the day on which tuned models stop

    def expired(self, today: datetime.date | None = None) -> bool:
        """Return whether new jobs at this price are no longer possible on a day, by default today."""
        return self.ends is not None and datetime.date.fromisoformat(self.ends) <= (today or datetime.date.today())

    def availability(self, today: datetime.date | None = None) -> str:
        """Return in a sentence until when new jobs are possible, or that they no longer are; empty if no end is known."""
        if self.ends is None:
            return ""
        day = today or datetime.date.today()
        over = self.retires is not None and datetime.date.fromisoformat(self.retires) <= day
        stop = f" Models tuned from it {'stopped' if over else 'stop'} on {self.retires}." if self.retires else ""
        if self.expired(day):
            return f"Expired: no new jobs since {self.ends}.{stop}"
        return f"New jobs until {self.ends}.{stop}"


def prices() -> list[Price]:
    """Return the known prices, the sandbox's (nothing) first; expired ones too (`Price.expired`)."""
    data = Path(__file__).with_name("prices.json").read_text(encoding="utf-8")
    return [Price(**entry) for entry in json.loads(data)]


def cost(tokens: int, n_epochs: int, price: Price) -> float:
    """Return what training costs in US dollars: trained tokens = tokens x epochs (OpenAI's fine-tuning guide).

    Parameters
    ----------
    tokens
        Tokens of the training file, counted by the price's own model, the marks around each message included (`Report.tokens`);
        validation rows are not billed.
    n_epochs
        How often training passes over each example.
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


def format_usd(amount: float) -> str:
    """Return `0 USD`, `0.002 USD`, `12.50 USD`: two decimals from one cent on, else one significant digit."""
    if amount == 0 or amount >= 0.01:
        return f"{amount:,.2f} USD" if amount else "0 USD"
    return f"{amount:.{-math.floor(math.log10(amount))}f} USD"
