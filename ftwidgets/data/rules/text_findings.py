"""What is said of each thing found in one text: one finding for each kind, with how many there are.

Secrets and personal data are named without being told. Left out: where to look, which is `look`'s business.
"""

from collections.abc import Iterator

from ftwidgets.data.rows import Fault
from ftwidgets.data.rules import characters, mojibake
from ftwidgets.data.rules.personal.cards import cards
from ftwidgets.data.rules.personal.emails import addresses
from ftwidgets.data.rules.personal.phones import phones
from ftwidgets.data.rules.personal.redact import Span, masked, masked_address
from ftwidgets.data.rules.secrets import secrets
from ftwidgets.data.text import pluralize, printable

_AROUND = 30  # characters of an excerpt before what is found
_REDACTED = {"card": ("redact-card-numbers", "[card]"), "phone": ("redact-phone-numbers", "[phone]")}


def excerpt(text: str, at: int) -> str:
    """Return at most 60 characters around a place."""
    start = max(0, at - _AROUND)
    return printable(text[start : start + 60], 60)


def of_control(text: str, field: str) -> Iterator[Fault]:
    """Yield the fault for control characters."""
    found = [match.start() for match in characters.CONTROL.finditer(text)]
    if found:
        name = f"U+{ord(text[found[0]]):04X}"
        message = (
            f"{pluralize(len(found), 'control character')} in the text, the first one {name} at character {found[0] + 1:,}."
        )
        fix = "Delete them; they come from a terminal, a database or a broken export, and the model would learn to write them."
        yield Fault(
            "control-character", "warning", message, fix, field, excerpt(text, found[0]), repair="drop-control-characters"
        )


def of_invisible(text: str, field: str) -> Iterator[Fault]:
    """Yield the fault for invisible characters."""
    found = characters.invisible(text)
    if found:
        name = characters.named(text[found[0]])
        message = f"{pluralize(len(found), 'invisible character')}, the first one a {name} at character {found[0] + 1:,}."
        fix = "Delete them; nobody sees them, but to the model they are words of their own."
        yield Fault(
            "invisible-character", "note", message, fix, field, excerpt(text, found[0]), repair="drop-invisible-characters"
        )


def of_lost(text: str, field: str) -> Iterator[Fault]:
    """Yield the fault for replacement characters."""
    count = text.count(characters.LOST)
    if count:
        at = text.index(characters.LOST)
        message = (
            f"{pluralize(count, 'character')} got lost: U+FFFD stands where something could not be read, first at {at + 1:,}."
        )
        fix = "Take the text from its source again with the right encoding, or write the missing characters."
        yield Fault("lost-character", "warning", message, fix, field, excerpt(text, at))


def of_halves(text: str, field: str) -> Iterator[Fault]:
    """Yield the fault for halves of characters."""
    found = characters.HALF.search(text)
    if found:
        message = f"Half of a character, U+{ord(found[0]):04X}, stands alone at character {found.start() + 1:,}."
        fix = "Delete it or write the whole character; UTF-8 cannot hold half of one, so a service would refuse the file."
        yield Fault("half-character", "error", message, fix, field, excerpt(text, found.start()), repair="drop-half-characters")


def of_mojibake(text: str, field: str) -> Iterator[Fault]:
    """Yield the fault for text that was read with a wrong encoding."""
    whole = mojibake.mended(text)
    if whole != text:
        at = max(0, mojibake.first_difference(text, whole) - 10)
        ours, theirs = (printable(one[at : at + 24], 24) for one in (text, whole))
        message = f'Was read with a wrong encoding: "{ours}" should be "{theirs}".'
        fix = "Take the text from its source again as UTF-8, or let the automatic fix mend it and look it over."
        yield Fault("mojibake", "warning", message, fix, field, excerpt(text, at), repair="mend-mojibake")


def of_secrets(text: str, field: str) -> Iterator[Fault]:
    """Yield the fault for secrets, masked."""
    found = secrets(text)
    if found:
        shown = [masked(text[span.start : span.end]) for span in found]
        message = f"Holds what looks like {found[0].what}: {shown[0]}{_more(found)}."
        fix = "Revoke it where it was issued and write [secret] in its place; a model can repeat what it was trained on."
        yield Fault("secret", "error", message, fix, field, shown[0], repair="redact-secrets")


def of_addresses(text: str, field: str) -> Iterator[Fault]:
    """Yield the fault for e-mail addresses, masked."""
    found = addresses(text)
    if found:
        shown = printable(masked_address(text[found[0].start : found[0].end]), 60)
        message = f"Holds an e-mail address: {shown}{_more(found)}."
        fix = "If it is a person's, write [email] in its place, or use an address at example.com."
        yield Fault("email-address", "warning", message, fix, field, shown, repair="redact-email-addresses")


def of_numbers(text: str, field: str) -> Iterator[Fault]:
    """Yield the faults for card numbers and phone numbers, masked."""
    found = cards(text)
    if found:
        shown = masked(text[found[0].start : found[0].end])
        message = f"Holds what looks like {found[0].what}: {shown}; its check digit is right{_more(found)}."
        fix = "Write [card] in its place; card numbers must not be kept in files, and a model can repeat them."
        yield Fault("card-number", "error", message, fix, field, shown, repair="redact-card-numbers")
    found = phones(text)
    if found:
        shown = masked(text[found[0].start : found[0].end])
        message = f"Holds a phone number: {shown}{_more(found)}."
        fix = "If it is a person's, write [phone] in its place, or use one that is kept for films, such as +1 202 555 0123."
        yield Fault("phone-number", "warning", message, fix, field, shown, repair="redact-phone-numbers")


def _more(found: list[Span]) -> str:
    return f", and {len(found) - 1:,} more" if len(found) > 1 else ""
