"""What training will cost, before anything is sent: a sentence, a table of dated prices, and what to mind about them.

Left out: the sums (`ftwidgets.data.cost`).
"""

from __future__ import annotations

from html import escape

from ftwidgets.data.cost import Price, cost, dollars, prices
from ftwidgets.data.text import pluralize
from ftwidgets.widgets.base import markup

_HEADER = ("Provider", "Model", "USD for a million tokens", "Price read on", "This training")

_MIND = (
    "The tokens are counted by the sandbox's tokenizer. Another model's tokenizer cuts text differently, so its count and its "
    "sum differ: take the sums of other providers as an order of magnitude, and look at their price list before you pay."
)


def sentence(tokens: int, n_epochs: int, *, exact: bool = True) -> str:
    """Say how many tokens are trained on, and what the sandbox takes for it."""
    about = "" if exact else "about "
    trained = f"{about}{tokens:,} tokens x {pluralize(n_epochs, 'epoch')} = {about}{tokens * n_epochs:,} trained tokens"
    return f"Training file: {trained}. In the sandbox they cost {dollars(cost(tokens, n_epochs, prices()[0]))}."


def bill(tokens: int, n_epochs: int, *, exact: bool = True) -> str:
    """Show what training would cost where.

    Parameters
    ----------
    tokens
        Tokens of the training file, by the sandbox's tokenizer.
    n_epochs
        How often each example is seen.
    exact
        False if not every example was counted.

    Returns
    -------
    str
        HTML, its texts escaped.
    """
    rows = [
        (
            price.provider,
            price.model,
            f"{price.usd_per_million_tokens:g}",
            price.as_of,
            dollars(cost(tokens, n_epochs, price)) + (" (expired)" if price.expired() else ""),
        )
        for price in prices()
    ]
    table = markup.table("What training would cost", _HEADER, rows, numbers=(2, 4))
    notes = [f"{price.provider}, {price.model}: {_note(price)} Source: {price.source}." for price in prices()]
    join_names = "".join(f"<li>{escape(note)}</li>" for note in notes)
    about = f"<details><summary>Where these prices are from</summary><ul>{join_names}</ul></details>"
    return f"<p>{escape(sentence(tokens, n_epochs, exact=exact))}</p>{table}<p>{escape(_MIND)}</p>{about}"


def _note(price: Price) -> str:
    return f"{price.state()} {price.note}" if price.expired() else price.note
