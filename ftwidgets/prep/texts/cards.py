"""Numbers of payment cards: 13 to 19 digits with an issuer's prefix, grouped as on a card, and a right check digit.

Lengths, prefixes and the check digit (Luhn's) are those of ISO/IEC 7812-1 as the issuers publish them.
Left out: Maestro's older ranges, which look like any number.
"""

import re

from ftwidgets.prep.texts.redact import Span

# Plain, in fours, or as on American Express and Diners cards; one kind of separator throughout.
# (The first digit comes before the look behind it, because the search is quick for patterns that begin with a set.)
_GROUPED = re.compile(
    r"[0-9](?<![\w.,+/\-].)(?<![0-9][ \-].)"
    r"(?:\d{12,18}+|\d{3}(?P<four>[ \-])\d{4}(?P=four)\d{4}(?P=four)\d{1,4}(?:(?P=four)\d{1,3})?"
    r"|\d{3}(?P<six>[ \-])\d{6}(?P=six)\d{4,5})(?![\w/]|[.,\-]\d|[ ]\d{4}(?!\d))",
    re.ASCII,
)
_OF_SOMETHING_ELSE = re.compile(
    r"(?:order|invoice|tracking|parcel|shipment|serial|isbn|ean|gtin|imei|iban|ticket|case|reference|ref|booking|article|"
    r"auftrag|bestellung|rechnung|sendung|artikel|commande|pedido)[\w. ]{0,12}[:#]?\s?$",
    re.IGNORECASE,
)
_OF_A_CARD = re.compile(r"card|visa|mastercard|amex|karte|carte|tarjeta|cartão|carta", re.IGNORECASE)
_BEFORE = 30


def luhn(digits: str) -> bool:
    """Tell whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def issuer(digits: str) -> str | None:
    """Return whose card number this would be by its first digits and its length; None if nobody's."""
    two, three, four = int(digits[:2]), int(digits[:3]), int(digits[:4])
    n = len(digits)
    known = (
        ("a Visa card number", n in (13, 16, 19) and digits[0] == "4"),
        ("a Mastercard number", n == 16 and (51 <= two <= 55 or 2221 <= four <= 2720)),
        ("an American Express card number", n == 15 and two in (34, 37)),
        ("a Discover card number", 16 <= n <= 19 and (four == 6011 or two == 65 or 644 <= three <= 649)),
        ("a JCB card number", 16 <= n <= 19 and 3528 <= four <= 3589),
        ("a Diners Club card number", n in (14, 16) and (300 <= three <= 305 or three == 309 or two in (36, 38, 39))),
        ("a UnionPay card number", 16 <= n <= 19 and two == 62),
    )
    return next((name for name, is_it in known if is_it), None)


def cards(text: str) -> list[Span]:
    """Return the card numbers in a text.

    What is named an order number and the like just before passes. Without groups, 13 and 19 digits are as often
    barcodes and identifiers: they count only after a word for a card.
    """
    found = []
    for match in _GROUPED.finditer(text):
        digits = match[0].replace(" ", "").replace("-", "")
        if not 13 <= len(digits) <= 19 or len(set(digits)) < 2:
            continue
        name = issuer(digits)
        if name is None or not luhn(digits):
            continue
        before = text[max(0, match.start() - _BEFORE) : match.start()]
        called_card = _OF_A_CARD.search(before) is not None
        if len(digits) in (13, 19) and match[0].isdigit() and not called_card:
            continue
        if called_card or _OF_SOMETHING_ELSE.search(before) is None:
            found.append(Span(match.start(), match.end(), name))
    return found
