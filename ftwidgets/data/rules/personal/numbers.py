"""Payment card numbers and phone numbers.

Cards: 13 to 19 digits with an issuer's prefix and a right check digit, grouped as on a card. Lengths, prefixes and the check
digit (Luhn's) are those of ISO/IEC 7812-1 as the issuers publish them. Digits without groups are as often an identifier, and
about one in forty random numbers of 16 digits has an issuer's prefix and a right check digit: they count only near a word for a
card, and not after the name of something else.

Phones: in international form, in the common national forms with separators, or after a word for a phone. Dates, times, network
addresses, prices, versions and plain long numbers pass, and so do numbers that are called something else (an invoice, a lot),
readings after words such as "cell", and numbers that the authorities keep for films and books. Sources: ITU-T E.164 (country
codes, at most 15 digits), the North American Numbering Plan (555-0100 to 555-0199 are fictional), Ofcom's, Arcep's and the
Bundesnetzagentur's numbers for drama.

Left out: Maestro's older ranges, which look like any number; national forms of other countries without a word for a phone
before them; digits that are not ASCII.
"""

import re
from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules.spans import Span, and_more, mask, redact, without_overlaps

REDACT_CARD_NUMBERS = FixType("redact-card-numbers", "put [card] in place of card numbers")
CARD_NUMBER = FindingType(
    "card-number", "error", title="A card number",
    why="It passes the checksum of card numbers, and is written in groups as on a card or near a word for one. "
        "Payment rules forbid storing it, and a model can repeat it.",
    fix="Delete it.", repair=REDACT_CARD_NUMBERS,
)  # fmt: skip

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
_NAMES_NO_CARD = re.compile(
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
_NEAR_GROUPS = 30


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
        name = issuer(digits) if 13 <= len(digits) <= 19 and len(set(digits)) >= 2 else None
        if name and luhn(digits) and _is_a_card(text, match.start(), match.end()):
            found.append(Span(match.start(), match.end(), name))
    return found


def _is_a_card(text: str, start: int, end: int) -> bool:
    """Tell by the text around them whether digits that can be a card number are one."""
    before = text[max(0, start - _NEAR) : start]
    if _GROUP_BEFORE.search(before):
        return False
    if not text[start:end].isdigit():
        near = before[-_NEAR_GROUPS:]
        return _OF_SOMETHING_ELSE.search(near) is None or _OF_A_CARD.search(near) is not None
    key = _KEY.search(before)
    if key and not (_OF_A_CARD.search(key["key"]) or _KEY_FOR_ALL.search(key["key"])):
        return False
    if _NAMES_NO_CARD.search(before):
        return False
    if _OF_A_CARD.search(before):
        return True
    return _OF_SOMETHING_ELSE.search(before[-_NEAR_GROUPS:]) is None and _OF_A_CARD.search(text[end : end + _NEAR]) is not None


REDACT_PHONE_NUMBERS = FixType("redact-phone-numbers", "put [phone] in place of phone numbers", requires_opt_in=True)
PHONE_NUMBER = FindingType(
    "phone-number", "warning", title="A phone number",
    why="It may belong to a person who did not agree to be in a model. Numbers that are kept for films and books, such as "
        "0161 496 0123 and 555-0123, are not reported: they belong to nobody.",
    fix="Delete it, unless the model should give this number.", repair=REDACT_PHONE_NUMBERS,
)  # fmt: skip

_ASSIGNED = """
1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90
91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239
240 241 242 243 244 245 246 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268 269 290
291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383 385 386
387 389 420 421 423 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672 673 674 675
676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 850 852 853 855 856 880 886 960 961 962 963 964 965
966 967 968 970 971 972 973 974 975 976 977 992 993 994 995 996 998
"""
_CODES = frozenset(_ASSIGNED.split())
_BEFORE = r"(?<![\w.,:/+\-#$€£=])(?<![0-9] )"
_AFTER = r"(?![\w/@]|[.,:]\d|-\w|[ ]\d)"
_INTERNATIONAL = re.compile(_BEFORE + r"(?:\+|00(?=[1-9]\d[ \-/(]))[1-9](?:[ ().\-/]{0,3}\d){6,16}" + _AFTER, re.ASCII)
_AMERICAN = re.compile(
    _BEFORE
    + r"(?:\(?1\)?[ .\-])?(?:\([2-9][0-8]\d\)[ \-]?[2-9]\d\d[ .\-]\d{4}|[2-9][0-8]\d(?P<by>[ .\-])[2-9]\d\d(?P=by)\d{4})"
    + _AFTER,
    re.ASCII,
)
_FRENCH = re.compile(_BEFORE + r"0[1-9](?P<by>[ .\-])\d\d(?P=by)\d\d(?P=by)\d\d(?P=by)\d\d" + _AFTER, re.ASCII)
_TRUNK = re.compile(  # British, German, Italian and others: (0)area, then a blank, slash or hyphen, then the subscriber
    _BEFORE + r"(?:\(0[1-9]\d{1,4}\)[ /\-]?|0[1-9]\d{1,4}(?: ?/ ?|[ \-]))\d{2,8}(?:[ \-]\d{1,4}){0,4}" + _AFTER, re.ASCII
)
_RUN = re.compile(r"[+(]{0,2}[0-9][0-9 ().\-/]{5,}+")
_MIN_DIGITS = 7
_BEFORE_A_RUN = 40  # characters in which a word for a phone may stand
_CALLED = re.compile(
    r"\b(?:tele(?:ph|f)on[a-zéo]{0,3}|phone|tel|mobile|mobil|cell|handy|fax|whatsapp|call|text|ring|dial|sms|ruf|rufnummer|"
    r"téléphone|teléfono|telefone|portable|móvil|cellulare|contact|(?:my|our|his|her|their) number|(?:meine|unsere) nummer|"
    r"(?:mon|notre) numéro)(?:nummer)?\b\.?"
    r"(?: (?:me|us|him|her|them|number|no\.?|nr\.?|is|at|on|me at|me on|us at|us on|him at|her at|them at|unter|au))?"
    r"(?: (?:is|at|on))?\s{0,3}[:#]?\s{0,3}(?P<number>\+?\(?\d(?:[ ().\-/]{0,2}\d){6,14})" + _AFTER,
    re.ASCII | re.IGNORECASE,
)
# What else numbers are called just before them: `Invoice `, `NHS number `, `"order_id": "`. No word for a phone is here.
_NAMES_NO_PHONE = re.compile(
    r"(?:\b|_)(?:nhs|upc|ean|gtin|isbn|issn|sku|asin|imei|iban|bic|vat|ein|gst|abn|acn|tfn|ssn|npi|invoices?|lots?|batch|grid|"
    r"ref(?:erence)?|case|orders?|part|serial|account|acct|patient|tracking|ticket|policy|claim|licen[cs]e|permit|parcel|"
    r"shipment|model|items?|article|product|transaction|booking|docket|id|zip|seed|meter|reading|sequence|coordinates?|"
    r"artikel|rechnung|bestellung|auftrag|sendung|kunde|konto|aktenzeichen|los|charge|facture|commande|lote|factura|pedido|"
    r"(?:artikel|rechnungs|bestell|auftrags|sendungs|kunden|konto|chargen|serien|steuer)(?:nummer|nr\.?))"
    r"(?:[ _](?:numbers?|num|no\.?|nr\.?|nummer|ref|reference|code|id|is|was))*[\s:#=\"'*)]*\(?$",
    re.IGNORECASE,
)
_MAX_NAME = 40
# Words for a phone that mean other things too, unless something stands between them and the number.
_OFTEN_OTHER = re.compile(r"(?:cell|call|text|ring|dial|contact|portable)\s*$", re.IGNORECASE)
# Somebody's number may be another one than that of a phone, unless it begins as one does.
_SOMEBODYS_NUMBER = re.compile(r"(?:my|our|his|her|their|meine|unsere|mon|notre) ", re.IGNORECASE)
_OF_A_BATTERY = ("battery ", "solar ", "fuel ", "load ")
_SHAPED = re.compile(r"[+(0]|\d{7}|\d{3}[ .\-]\d{4}$|(?:1[ .\-])?\d{3}[ .\-]\d{3}[ .\-]\d{4}$", re.ASCII)
_DECIMALS = re.compile(r"\d*\.\d+(?: -?\d*\.\d+)+$", re.ASCII)
_OTHER = re.compile(  # American postcodes, dates, spans of years
    r"\d{5}-\d{4}$|\(?(?:\d{4}[\-./ ]\d{1,2}[\-./ ]\d{1,2}(?!\d)|\d{1,2}[\-./]\d{1,2}[\-./](?:19|20)\d\d(?!\d)"
    r"|(?:19|20)\d\d ?[\-/] ?(?:19|20)\d\d(?!\d))"
)
_FICTIONAL = re.compile(  # national digits without the 0 before them
    r"(?:[2-9]\d\d)?55501\d\d$"  # North America
    r"|1(?:13|14|15|16|17|18|21|31|41|51|61|91)496\d{4}$"  # Britain
    r"|(?:2079460|1632960|7700900|8081570|9098790|3069990)\d{3}$"
    r"|(?:19900|26191|35301|46571|53649|63998)\d{4}$"  # France
    r"|(?:3023125|6990009|4066969|2214710|8999998)\d{2,4}$"  # Germany
    r"|1(?:7139200\d\d|5228817386|5228895456|5254599371|729925904)$"
)


def check_phones(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for phone numbers, with the first one masked."""
    if found := find_phones(text):
        shown = mask(text[found[0].start : found[0].end])
        message = f"Holds a phone number: {shown}{and_more(found)}."
        fix = "If it is a person's, write [phone] in its place, or use one that is kept for films, such as +1 202 555 0123."
        yield PHONE_NUMBER(message, fix, field, shown)


def redact_phones(text: str) -> str:
    """Return the text with [phone] for each phone number."""
    return redact(text, find_phones, "[phone]")


def find_phones(text: str) -> list[Span]:
    """Return the phone numbers in a text; card numbers are not among them."""
    found = list(_candidates(text))
    if not found:
        return []
    cards = find_cards(text)
    return without_overlaps(s for s in found if not any(s.start < card.end and card.start < s.end for card in cards))


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _country(digits: str) -> str | None:
    """Return the country code with which a number in international form begins."""
    return next((digits[:n] for n in (1, 2, 3) if digits[:n] in _CODES), None)


def _is_unlikely(national: str) -> bool:
    """Tell whether digits are made up: all the same, counting up, a round number, or reserved for films."""
    if len(set(national)) <= 2 or national.count("0") > 5:
        return True
    if "000000" in national or national in "12345678901234567890" or national in "0987654321":
        return True
    return _FICTIONAL.search(national.removeprefix("0")) is not None


def _is_international(text: str) -> bool:
    """Tell whether a match in international form has a country code and a possible length."""
    digits = _digits(text.replace("(0)", "")).removeprefix("00" if text.startswith("00") else "")
    code = _country(digits)
    if code is None or not 8 <= len(digits) <= 15 or _is_unlikely(digits[len(code) :]):
        return False
    national = digits[len(code) :]
    if code == "1":
        return re.fullmatch(r"[2-9][0-8]\d[2-9]\d{6}", national) is not None
    plain = text.lstrip("+").isdigit()
    one_dot = text.count(".") == 1 and not re.search(r"[ ()/\-]", text)  # +48.858844 is a latitude
    return (national[0] != "0" or code == "39") and not one_dot and (len(digits) >= 10 or not plain)


def _matches(pattern: re.Pattern[str], text: str, run: re.Match[str], before: int = 0) -> Iterator[re.Match[str]]:
    """Yield the matches in a run of digits, with so many characters before it, and enough after it to look ahead."""
    return pattern.finditer(text, max(0, run.start() - before), run.end() + 3)


def _candidates(text: str) -> Iterator[Span]:
    """Yield what looks like a phone number. The patterns are tried only where enough digits stand together."""
    for run in _RUN.finditer(text):
        if sum(map(str.isdigit, run[0])) < _MIN_DIGITS:
            continue
        for match in _matches(_INTERNATIONAL, text, run):
            if _is_international(match[0]):
                yield Span(match.start(), match.end(), "a phone number")
        for shape, fewest, most in ((_AMERICAN, 10, 11), (_FRENCH, 10, 10), (_TRUNK, 9, 12)):
            for match in _matches(shape, text, run):
                digits = _digits(match[0])[-10:] if shape is _AMERICAN else _digits(match[0])
                plausible = fewest <= len(digits) <= most and not _is_unlikely(digits) and _OTHER.match(match[0]) is None
                label = _NAMES_NO_PHONE.search(text[max(0, match.start() - _MAX_NAME) : match.start()])
                if plausible and label is None:
                    yield Span(match.start(), match.end(), "a phone number")
        for match in _matches(_CALLED, text, run, _BEFORE_A_RUN):
            word = match[0][: match.start("number") - match.start()]
            is_often_other = _OFTEN_OTHER.match(word) or text[max(0, match.start() - 8) : match.start()].lower().endswith(
                _OF_A_BATTERY
            )
            weak = is_often_other and _SHAPED.match(match["number"]) is None
            weak = weak or (_SOMEBODYS_NUMBER.match(word) is not None and match["number"][0] not in "+(0")
            if not weak and _is_callable(match["number"]):
                yield Span(match.start("number"), match.end("number"), "a phone number")


def _is_callable(number: str) -> bool:
    """Tell whether the number after a word for a phone is no date, no list of decimals and not made up."""
    if _DECIMALS.match(number):
        return False
    digits = _digits(number.replace("(0)", ""))
    national = digits[len(_country(digits) or "") :] if number.startswith("+") else digits
    return not _is_unlikely(national) and not _is_unlikely(digits[-10:]) and _OTHER.match(number) is None
