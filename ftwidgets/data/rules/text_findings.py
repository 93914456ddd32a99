"""What is said of each thing found in one text: one finding for each kind, with how many there are.

Secrets and personal data are named without being told. Left out: where to look, which is `look`'s business.
"""

from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules import characters, mojibake
from ftwidgets.data.rules.personal.cards import cards
from ftwidgets.data.rules.personal.emails import addresses
from ftwidgets.data.rules.personal.phones import phones
from ftwidgets.data.rules.personal.redact import Span, masked, masked_address
from ftwidgets.data.rules.secrets import secrets
from ftwidgets.data.text import pluralize, printable

DROP_CONTROL_CHARACTERS = FixType("drop-control-characters", "take out control characters")
CONTROL_CHARACTER = FindingType(
    "control-character",
    "warning",
    title="Control characters",
    why="Signs that steer a terminal or end a text. The model learns to write them.",
    todo="Take them out.",
    fix=DROP_CONTROL_CHARACTERS,
)
DROP_INVISIBLE_CHARACTERS = FixType("drop-invisible-characters", "take out characters that nobody sees")
INVISIBLE_CHARACTER = FindingType(
    "invisible-character",
    "note",
    title="Characters that nobody sees",
    why=("Zero-width blanks and the like come from web pages. They make equal texts different, and the model counts them."),
    todo="Take them out.",
    fix=DROP_INVISIBLE_CHARACTERS,
)
LOST_CHARACTER = FindingType(
    "lost-character",
    "warning",
    title="A character was lost",
    why="The sign � stands where a program could not read a letter. It cannot be known which.",
    todo="Write the letter, or go back to the original.",
)
DROP_HALF_CHARACTERS = FixType("drop-half-characters", "take out half characters (lone surrogates)")
HALF_CHARACTER = FindingType(
    "half-character",
    "error",
    title="Half a character",
    why=(
        "A lone surrogate: an emoji or a rare sign of which one half was cut off. No file in UTF-8 can hold it, "
        "and services refuse it."
    ),
    todo="Write the whole sign, or take the half away.",
    optional_fixes=(DROP_HALF_CHARACTERS,),
)
MEND_MOJIBAKE = FixType("mend-mojibake", "mend text that was read in a wrong encoding")
MOJIBAKE = FindingType(
    "mojibake",
    "warning",
    title="Text that was read in a wrong encoding",
    why="UTF-8 read as Windows-1252 turns é into Ã©. The model learns to write that.",
    todo="Read the original again in its own encoding, or let the fix mend it.",
    fix=MEND_MOJIBAKE,
)
REDACT_SECRETS = FixType("redact-secrets", "put [secret] in place of keys and passwords")
SECRET = FindingType(
    "secret",
    "error",
    title="A key or a password",
    why="Whoever uses the model may get to read it.",
    todo="Withdraw the key where it was issued, and take it out of the data.",
    fix=REDACT_SECRETS,
)
REDACT_EMAIL_ADDRESSES = FixType("redact-email-addresses", "put [email] in place of e-mail addresses", requires_opt_in=True)
EMAIL_ADDRESS = FindingType(
    "email-address",
    "warning",
    title="An e-mail address",
    why="It may be that of a person, who did not agree to be in a model.",
    todo="Take it out, unless it is an address that the model should give.",
    fix=REDACT_EMAIL_ADDRESSES,
)
REDACT_CARD_NUMBERS = FixType("redact-card-numbers", "put [card] in place of card numbers")
CARD_NUMBER = FindingType(
    "card-number",
    "error",
    title="A card number",
    why=(
        "It passes the checksum of card numbers, and is written in groups as on a card or stands near a word for "
        "one. Rules for payments forbid keeping it, and a model can repeat it."
    ),
    todo="Take it out.",
    fix=REDACT_CARD_NUMBERS,
)
REDACT_PHONE_NUMBERS = FixType("redact-phone-numbers", "put [phone] in place of phone numbers", requires_opt_in=True)
PHONE_NUMBER = FindingType(
    "phone-number",
    "warning",
    title="A phone number",
    why="It may be that of a person, who did not agree to be in a model.",
    todo="Take it out, unless it is a number that the model should give.",
    fix=REDACT_PHONE_NUMBERS,
)

_AROUND = 30  # characters of an excerpt before what is found
_REDACTED = {"card": ("redact-card-numbers", "[card]"), "phone": ("redact-phone-numbers", "[phone]")}


def excerpt(text: str, at: int) -> str:
    """Return at most 60 characters around a place."""
    start = max(0, at - _AROUND)
    return printable(text[start : start + 60], 60)


def of_control(text: str, field: str) -> Iterator[Finding]:
    """Yield the fault for control characters."""
    found = [match.start() for match in characters.CONTROL.finditer(text)]
    if found:
        name = f"U+{ord(text[found[0]]):04X}"
        message = (
            f"{pluralize(len(found), 'control character')} in the text, the first one {name} at character {found[0] + 1:,}."
        )
        fix = "Delete them; they come from a terminal, a database or a broken export, and the model would learn to write them."
        yield CONTROL_CHARACTER(message, fix, field=field, excerpt=excerpt(text, found[0]))


def of_invisible(text: str, field: str) -> Iterator[Finding]:
    """Yield the fault for invisible characters."""
    found = characters.invisible(text)
    if found:
        name = characters.named(text[found[0]])
        message = f"{pluralize(len(found), 'invisible character')}, the first one a {name} at character {found[0] + 1:,}."
        fix = "Delete them; nobody sees them, but to the model they are words of their own."
        yield INVISIBLE_CHARACTER(message, fix, field=field, excerpt=excerpt(text, found[0]))


def of_lost(text: str, field: str) -> Iterator[Finding]:
    """Yield the fault for replacement characters."""
    count = text.count(characters.LOST)
    if count:
        at = text.index(characters.LOST)
        message = (
            f"{pluralize(count, 'character')} got lost: U+FFFD stands where something could not be read, first at {at + 1:,}."
        )
        fix = "Take the text from its source again with the right encoding, or write the missing characters."
        yield LOST_CHARACTER(message, fix, field=field, excerpt=excerpt(text, at))


def of_halves(text: str, field: str) -> Iterator[Finding]:
    """Yield the fault for halves of characters."""
    found = characters.HALF.search(text)
    if found:
        message = f"Half of a character, U+{ord(found[0]):04X}, stands alone at character {found.start() + 1:,}."
        fix = "Delete it or write the whole character; UTF-8 cannot hold half of one, so a service would refuse the file."
        yield HALF_CHARACTER(message, fix, field=field, excerpt=excerpt(text, found.start()), repair=DROP_HALF_CHARACTERS)


def of_mojibake(text: str, field: str) -> Iterator[Finding]:
    """Yield the fault for text that was read with a wrong encoding."""
    whole = mojibake.mended(text)
    if whole != text:
        at = max(0, mojibake.first_difference(text, whole) - 10)
        ours, theirs = (printable(one[at : at + 24], 24) for one in (text, whole))
        message = f'Was read with a wrong encoding: "{ours}" should be "{theirs}".'
        fix = "Take the text from its source again as UTF-8, or let the automatic fix mend it and look it over."
        yield MOJIBAKE(message, fix, field=field, excerpt=excerpt(text, at))


def of_secrets(text: str, field: str) -> Iterator[Finding]:
    """Yield the fault for secrets, masked."""
    found = secrets(text)
    if found:
        shown = [masked(text[span.start : span.end]) for span in found]
        message = f"Holds what looks like {found[0].what}: {shown[0]}{_more(found)}."
        fix = "Revoke it where it was issued and write [secret] in its place; a model can repeat what it was trained on."
        yield SECRET(message, fix, field=field, excerpt=shown[0])


def of_addresses(text: str, field: str) -> Iterator[Finding]:
    """Yield the fault for e-mail addresses, masked."""
    found = addresses(text)
    if found:
        shown = printable(masked_address(text[found[0].start : found[0].end]), 60)
        message = f"Holds an e-mail address: {shown}{_more(found)}."
        fix = "If it is a person's, write [email] in its place, or use an address at example.com."
        yield EMAIL_ADDRESS(message, fix, field=field, excerpt=shown)


def of_numbers(text: str, field: str) -> Iterator[Finding]:
    """Yield the faults for card numbers and phone numbers, masked."""
    found = cards(text)
    if found:
        shown = masked(text[found[0].start : found[0].end])
        message = f"Holds what looks like {found[0].what}: {shown}; its check digit is right{_more(found)}."
        fix = "Write [card] in its place; card numbers must not be kept in files, and a model can repeat them."
        yield CARD_NUMBER(message, fix, field=field, excerpt=shown)
    found = phones(text)
    if found:
        shown = masked(text[found[0].start : found[0].end])
        message = f"Holds a phone number: {shown}{_more(found)}."
        fix = "If it is a person's, write [phone] in its place, or use one that is kept for films, such as +1 202 555 0123."
        yield PHONE_NUMBER(message, fix, field=field, excerpt=shown)


def _more(found: list[Span]) -> str:
    return f", and {len(found) - 1:,} more" if len(found) > 1 else ""
