"""The automatic repairs of texts, by name: each takes a text and gives it back without what its rule finds.

Each is idempotent and touches nothing else. Left out: deciding which rows to repair, and writing the log.
"""

from collections.abc import Callable

from ftwidgets.data.rules.characters import drop_control, drop_halves, drop_invisible
from ftwidgets.data.rules.mojibake import mended
from ftwidgets.data.rules.personal.cards import cards
from ftwidgets.data.rules.personal.emails import addresses
from ftwidgets.data.rules.personal.phones import phones
from ftwidgets.data.rules.personal.redact import replaced
from ftwidgets.data.rules.secrets import secrets


def redact_secrets(text: str) -> str:
    """Return the text with [secret] for each secret."""
    return replaced(text, secrets, "[secret]")


def redact_cards(text: str) -> str:
    """Return the text with [card] for each card number."""
    return replaced(text, cards, "[card]")


def redact_addresses(text: str) -> str:
    """Return the text with [email] for each e-mail address."""
    return replaced(text, addresses, "[email]")


def redact_phones(text: str) -> str:
    """Return the text with [phone] for each phone number."""
    return replaced(text, phones, "[phone]")


# In the order in which they are best applied: text is mended before it is searched, cards are taken before phone numbers.
REPAIRS: dict[str, Callable[[str], str]] = {
    "drop-half-characters": drop_halves,
    "mend-mojibake": mended,
    "drop-control-characters": drop_control,
    "drop-invisible-characters": drop_invisible,
    "redact-secrets": redact_secrets,
    "redact-card-numbers": redact_cards,
    "redact-email-addresses": redact_addresses,
    "redact-phone-numbers": redact_phones,
}
"""Repairs by the name that findings carry."""
