"""The tab "Tokens and cost": a histogram of tokens per example, and what training would cost at dated prices."""

from __future__ import annotations

from html import escape

from ftwidgets.data.cost import cost, format_usd, prices
from ftwidgets.data.render import charts
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens.lengths import Lengths, bins
from ftwidgets.widgets.base import markup

_FILL = "var(--jp-brand-color1, #1976d2)"
_HEADER = ("Provider", "Model", "USD for a million tokens", "Price read on", "This training")
_CAUTION = (
    "The tokens are counted by the sandbox's tokenizer. Another model's tokenizer cuts text differently, so its count and its "
    "sum differ: take the sums of other providers as an order of magnitude, and look at their price list before you pay."
)


def histogram(lengths: Lengths) -> str:
    """Return how many examples have how many tokens as HTML: a summary, a labelled picture, and a table to open.

    Parameters
    ----------
    lengths
        What `ftwidgets.data.tokens.lengths.measure` counted.
    """
    summary = str(lengths)
    if not lengths.tokens:
        return f"<p>{escape(summary)}</p>"
    found = bins(lengths.tokens)
    rows = [(f"{first:,} to {last:,}" if last > first else f"{first:,}", n) for first, last, n in found]
    numbers = markup.table("Examples by tokens", ("Tokens", "Examples"), rows, numbers=(1,))
    title = "Histogram of tokens per example"
    picture = charts.columns(found, title=title, summary=summary, axis="tokens of an example", fill=_FILL)
    return f"<p>{escape(summary)}</p>{picture}<details><summary>The numbers</summary>{numbers}</details>"


def cost_sentence(tokens: int, n_epochs: int, *, exact: bool = True) -> str:
    """Return how many tokens are trained on and what the sandbox charges for it, as plain text."""
    about = "" if exact else "about "
    trained = f"{about}{tokens:,} tokens x {pluralize(n_epochs, 'epoch')} = {about}{tokens * n_epochs:,} trained tokens"
    return f"Training file: {trained}. In the sandbox they cost {format_usd(cost(tokens, n_epochs, prices()[0]))}."


def cost_table(tokens: int, n_epochs: int, *, exact: bool = True) -> str:
    """Return what training would cost at each provider, as HTML.

    Parameters
    ----------
    tokens
        Tokens of the training file, by the sandbox's tokenizer.
    n_epochs
        How often each example is seen.
    exact
        False if only a sample of the examples was counted.
    """
    rows, notes = [], []
    for price in prices():
        amount = format_usd(cost(tokens, n_epochs, price)) + (" (expired)" if price.expired() else "")
        rows.append((price.provider, price.model, f"{price.usd_per_million_tokens:g}", price.as_of, amount))
        note = f"{price.availability()} {price.note}" if price.expired() else price.note
        notes.append(f"<li>{escape(f'{price.provider}, {price.model}: {note} Source: {price.source}.')}</li>")
    table = markup.table("What training would cost", _HEADER, rows, numbers=(2, 4))
    sources = f"<details><summary>Where these prices are from</summary><ul>{''.join(notes)}</ul></details>"
    return f"<p>{escape(cost_sentence(tokens, n_epochs, exact=exact))}</p>{table}<p>{escape(_CAUTION)}</p>{sources}"
