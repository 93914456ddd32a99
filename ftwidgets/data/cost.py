"""What training costs: tokens times epochs times a price from dated data, read in `prices.json` beside this file.

Left out: what using the tuned model costs, hosting, discounts, taxes, and asking anybody for today's price; providers whose
price we found in no source that says it for tokens, and reinforcement training, which is billed by the hour.
"""

import datetime
import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Price:
    """What a provider takes for training a model, when that was read, and where; and until when it can be had.

    Parameters
    ----------
    provider, model
        Who trains what.
    usd_per_million_tokens
        For a million trained tokens: those of the file, the marks around each message included, times the epochs.
    source, as_of
        Where that was read, and when (YYYY-MM-DD).
    note
        What to know before one counts on it.
    ends, retires
        The day from which nobody can start a job, and the day on which tuned models stop (YYYY-MM-DD); None: no such day.
    """

    provider: str
    model: str
    usd_per_million_tokens: float
    source: str
    as_of: str
    note: str
    ends: str | None = None
    retires: str | None = None

    def expired(self, today: datetime.date | None = None) -> bool:
        """Whether nobody can start a job at this price any more.

        Parameters
        ----------
        today
            The day that is asked about; by default this one.
        """
        return self.ends is not None and datetime.date.fromisoformat(self.ends) <= (today or datetime.date.today())

    def state(self, today: datetime.date | None = None) -> str:
        """Say in a sentence until when it can be had, or that it cannot any more; empty where no end is known."""
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
    return list(_read())


def cost(tokens: int, n_epochs: int, price: Price) -> float:
    """Return what training costs in US dollars: trained tokens = tokens x epochs (OpenAI's fine-tuning guide).

    Parameters
    ----------
    tokens
        Tokens of the training file, counted by the price's own model, the marks around each message included (`Report.tokens`);
        validation rows are not billed.
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
