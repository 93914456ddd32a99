"""How long the examples are, as a histogram, and what training on them costs, as HTML."""

from __future__ import annotations

from html import escape

from ftwidgets.data.cost import cost, format_usd, prices
from ftwidgets.data.render import charts
from ftwidgets.data.text import pluralize
from ftwidgets.data.tokens.lengths import Lengths, bins
from ftwidgets.widgets.base import markup

_FILL = "var(--ftw-line-1, #1e78d0)"
_HEADER = ("Provider", "Model", "USD for a million tokens", "Price read on", "This training")
_CAUTION = (
    "The tokens are counted by the sandbox's tokenizer. Another model's tokenizer cuts text differently, so its count and its "
    "sum differ: treat the costs shown for other providers as rough estimates, and look at their price lists before you pay."
)


def histogram(lengths: Lengths) -> str:
    """Return how many examples have how many tokens as HTML: a summary, a labelled picture, and a table to open."""
    sentence = str(lengths)
    if not lengths.tokens:
        return f"<p>{escape(sentence)}</p>"
    found = bins(lengths.tokens)
    rows = [(f"{first:,} to {last:,}" if last > first else f"{first:,}", n) for first, last, n in found]
    numbers = markup.table("Examples by tokens", ("Tokens", "Examples"), rows, numbers=(1,))
    title = "Histogram of tokens per example"
    picture = charts.columns(found, title=title, summary=sentence, axis="tokens of an example", fill=_FILL)
    return f"<p>{escape(sentence)}</p>{picture}{markup.fold('The numbers', numbers)}"


def explanation() -> str:
    """Return what tokens are, and what they cost here, as HTML for somebody who has never counted any."""
    return (
        "<p>A <strong>token</strong> is a piece of text, often a part of a word: models read and write tokens. "
        "Training in the sandbox costs nothing; services elsewhere charge for each token that is trained on.</p>"
    )


def cost_sentence(tokens: int, n_epochs: int, *, is_auto: bool = False, exact: bool = True) -> str:
    """Return how many tokens are trained on and what the sandbox charges for it, as plain text."""
    about = "" if exact else "about "
    epochs = f"{pluralize(n_epochs, 'epoch')}{' (auto: what a job takes by itself)' if is_auto else ''}"
    trained = f"{about}{tokens:,} tokens x {epochs} = {about}{tokens * n_epochs:,} trained tokens"
    return f"Training file: {trained}. In the sandbox they cost {format_usd(cost(tokens, n_epochs, prices()[0]))}."


def cost_table(tokens: int, n_epochs: int, *, is_auto: bool = False, exact: bool = True) -> str:
    """Return what training would cost at each provider, as HTML.

    `tokens` are those of the training file, by the sandbox's tokenizer; `is_auto` says that nobody chose the epochs, `exact` is
    False if only a sample was counted.
    """
    rows, notes = [], []
    for price in prices():
        amount = format_usd(cost(tokens, n_epochs, price)) + (" (expired)" if price.expired() else "")
        rows.append((price.provider, price.model, f"{price.usd_per_million_tokens:g}", price.as_of, amount))
        note = f"{price.availability()} {price.note}" if price.expired() else price.note
        notes.append(f"<li>{escape(f'{price.provider}, {price.model}: {note} Source: {price.source}.')}</li>")
    table = markup.table("What training would cost", _HEADER, rows, numbers=(2, 4))
    sources = markup.fold("Where these prices are from", f"<ul>{''.join(notes)}</ul>")
    sentence = cost_sentence(tokens, n_epochs, is_auto=is_auto, exact=exact)
    return f"<p>{escape(sentence)}</p>{table}<p>{escape(_CAUTION)}</p>{sources}"
