"""Payment card numbers: 13 to 19 digits with an issuer's prefix and a right check digit, grouped as on a card.

Lengths, prefixes and the check digit (Luhn's) are those of ISO/IEC 7812-1 as the issuers publish them. Digits without
groups are as often an identifier, and about one in forty random numbers of 16 digits has an issuer's prefix and a right check
digit: they count only near a word for a card, and not after the name of something else.
Left out: Maestro's older ranges, which look like any number; digits without groups and without a word for a card near them.
"""

import re
from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules.spans import Span, and_more, mask, redact

REDACT_CARD_NUMBERS = FixType("redact-card-numbers", "put [card] in place of card numbers")
CARD_NUMBER = FindingType(
    "card-number",
    "error",
    title="A card number",
    why=(
        "It passes the checksum of card numbers, and is written in groups as on a card or near a word for one. "
        "Payment rules forbid storing it, and a model can repeat it."
    ),
    todo="Delete it.",
    fix=REDACT_CARD_NUMBERS,
)

# Plain, in fours, or as on American Express and Diners cards; one kind of separator throughout.
# (The first digit comes before the look behind it, because the search is quick for patterns that begin with a set.)
_GROUPED = re.compile(
    r"[0-9](?<![\w.,+/\-].)"
    r"(?:\d{12,18}+|\d{3}(?P<four>[ \-])\d{4}(?P=four)\d{4}(?P=four)\d{1,4}(?:(?P=four)\d{1,3})?"
    r"|\d{3}(?P<six>[ \-])\d{6}(?P=six)\d{4,5})(?![\w/]|[.,\-]\d|[ ]\d{4}(?![\d\-]))",
    re.ASCII,
)
_GROUP_BEFORE = re.compile(r"(?<![^\W_])(?:\d{1,6}|[A-Z]{2}\d\d) $", re.ASCII)  # of a longer number, or of an IBAN
_OF_SOMETHING_ELSE = re.compile(
    r"(?:order|invoice|tracking|parcel|shipment|serial|isbn|ean|gtin|imei|iban|ticket|case|reference|ref|booking|article|"
    r"auftrag|bestellung|rechnung|sendung|artikel|commande|pedido)[\w. ]{0,12}[:#]?\s?$",
    re.IGNORECASE,
)
# What other numbers are called just before them: `"user_id": "`, `Transaction no. `, `Order 4...`.
_LABEL = re.compile(
    r"(?:(?<![^\W_])(?:ids?|uid|guid|uuid|nonce|ts|tx|txn|key|seed|hash|time|timestamp|millis|epoch|imsi|iccid|imei|isbn|ean|"
    r"gtin|sku|upc|asin|iban|meter|reading|transactions?|account|acct|session|user|customer|client|device|member|request|"
    r"message|event|trace|span|batch|lot|serial|counter|sequence|row|record|entry|file|phone|mobile|policy|contract|claim|"
    r"patient|product|item|part|auth|authori[sz]ation|confirmation|receipt|voucher|coupon|order|invoice|tracking|parcel|"
    r"shipment|ticket|case|reference|ref|booking|article|transaktion\w{0,8}|konto\w{0,8}|kunden?\w{0,8}|auftrag\w{0,8}|"
    r"bestell\w{0,10}|rechnung\w{0,8}|sendung\w{0,8}|artikel\w{0,8}|compte|cuenta|commande|pedido)|(?-i:(?<=[a-z])I[Dd]))"
    r"(?:[ _](?:ids?|numbers?|numero|num|no\.?|nr\.?|nummer|code|ref|key|is|was|value))*[\s\"'`=:#(\[>*]*$",
    re.IGNORECASE,
)
_KEY = re.compile(r"[\"'](?P<key>[\w\- ]{1,40})[\"']\s?:\s?[\"']?$")  # of JSON and the like
_KEY_FOR_ALL = re.compile(
    r"(?:number|num|no|nr|pan|value|digits|text|content|answer|reply|data|input|nummer|numero)$", re.IGNORECASE
)
_OF_A_CARD = re.compile(  # no [card], which stands where another one was
    r"(?<!sim )(?<!library )(?<!identity )(?<!id )(?<!loyalty )(?<!membership )(?<!memory )(?<![^\W_])"
    r"(?:(?:(?:credit|debit|bank|master)?cards?|cc)(?:no|num|number|holder)?|(?:kredit|bank|debit)?karten?(?:nummer|nr|inhaber)?|"
    r"(?:credit|debit|visa|amex|american express|diners club|maestro|unionpay|jcb|cvv2?|cvc2?|cartes?|carta|cartão|tarjetas?|"
    r"expir\w{1,5}|valid thru|exp\.?:? ?\d\d ?/ ?\d\d)|charged?(?: (?:it )?to)?:?(?= $)"
    r"|(?:our|the|your) (?:till|checkout))(?![^\W_]|\])"
    r"|(?-i:(?<=[a-z])Card(?![a-z]))",
    re.IGNORECASE,
)
_NEAR = 40  # characters before or after digits in one row in which a word for a card must stand
_BEFORE = 30


def check_cards(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for card numbers, with the first one masked."""
    if found := find_cards(text):
        shown = mask(text[found[0].start : found[0].end])
        message = f"Holds what looks like {found[0].kind}: {shown}; its check digit is right{and_more(found)}."
        fix = "Write [card] in its place; card numbers must not be kept in files, and a model can repeat them."
        yield CARD_NUMBER(message, fix, field, shown)


def redact_cards(text: str) -> str:
    """Return the text with [card] for each card number."""
    return redact(text, find_cards, "[card]")


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the right check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def issuer(digits: str) -> str | None:
    """Return the kind of card number by its first digits and its length; None if no issuer uses such numbers."""
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


def find_cards(text: str) -> list[Span]:
    """Return the card numbers in a text.

    Digits right after a word such as "order number" pass; digits without groups count only near a word for a card.
    """
    found = []
    for match in _GROUPED.finditer(text):
        digits = match[0].replace(" ", "").replace("-", "")
        if not 13 <= len(digits) <= 19 or len(set(digits)) < 2:
            continue
        name = issuer(digits)
        if name is None or not luhn(digits):
            continue
        if _is_a_card(text, match.start(), match.end()):
            found.append(Span(match.start(), match.end(), name))
    return found


def _is_a_card(text: str, start: int, end: int) -> bool:
    """Tell by the text around them whether digits that can be a card number are one."""
    before = text[max(0, start - _NEAR) : start]
    if _GROUP_BEFORE.search(before):
        return False
    if not text[start:end].isdigit():
        near = before[-_BEFORE:]
        return _OF_SOMETHING_ELSE.search(near) is None or _OF_A_CARD.search(near) is not None
    key = _KEY.search(before)
    if key and not (_OF_A_CARD.search(key["key"]) or _KEY_FOR_ALL.search(key["key"])):
        return False
    if _LABEL.search(before):
        return False
    if _OF_A_CARD.search(before):
        return True
    return _OF_SOMETHING_ELSE.search(before[-_BEFORE:]) is None and _OF_A_CARD.search(text[end : end + _NEAR]) is not None
