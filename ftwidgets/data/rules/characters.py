"""Characters that do not belong in a text: control characters, invisible ones, lost ones and halves of characters.

Legitimate uses pass: joiners inside an emoji, in Persian or in an Indic script, direction marks beside Hebrew or Arabic,
zero width spaces in Thai. The ranges are those of the Unicode Character Database (categories Cc, Cf and Cs; Scripts.txt).
Left out: C1 characters that are Windows-1252 read as Latin-1, which are mojibake and can be mended.
"""

import re

# C1 without a meaning in Windows-1252; the others are the business of `mojibake`.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
# A terminal's orders (ECMA-48, 5.4): the escape alone would leave "[31m" behind.
_TERMINAL = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
LOST = "\ufffd"
HALF = re.compile(r"[\ud800-\udfff]")
_INVISIBLE = re.compile(r"[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u206f\ufeff\U000e0001\U000e0020-\U000e007f]")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")  # not the overrides: they hide text
_TAG_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f")  # England, Scotland, Wales (UTS 51, 2.6)

NAMES = {
    "\xad": "soft hyphen",
    "\u180e": "Mongolian vowel separator",
    "\u200b": "zero width space",
    "\u200c": "zero width non-joiner",
    "\u200d": "zero width joiner",
    "\u2060": "word joiner",
    "\ufeff": "byte order mark",
}


def named(character: str) -> str:
    """Return what an invisible or a control character is called, with its code point."""
    code = f"U+{ord(character):04X}"
    kind = "tag character" if character >= "\U000e0000" else "direction mark"
    return f"{NAMES.get(character, kind)} ({code})"


def _is_pictograph(character: str) -> bool:
    """Tell whether a character can be a part of an emoji joined with others (emoji-data.txt, ranges rounded up)."""
    return (
        "\U0001f000" <= character <= "\U0001faff"
        or "\u2190" <= character <= "\u2bff"
        or character in "\ufe0f\u00a9\u00ae\u3030\u20e3"
    )


def _is_joined_script(character: str) -> bool:
    """Tell whether a character is of a script that is written with joiners: Arabic to N'Ko, Indic, Mongolian."""
    return (
        "\u0600" <= character <= "\u07ff"
        or "\u0860" <= character <= "\u0dff"
        or "\u0f00" <= character <= "\u109f"
        or "\u1700" <= character <= "\u18af"
        or "\u1900" <= character <= "\u1cff"
        or "\ua800" <= character <= "\uabff"
        or "\ufb50" <= character <= "\ufdff"
        or "\ufe70" <= character <= "\ufefc"
        or "\U00011000" <= character <= "\U00011fff"
    )


def _is_unspaced_script(character: str) -> bool:
    """Tell whether a character is of a script without blanks between words: Thai, Lao, Tibetan, Myanmar, Khmer."""
    return "\u0e00" <= character <= "\u109f" or "\u1780" <= character <= "\u17ff" or "\u19e0" <= character <= "\u1aad"


def _is_legitimate(text: str, at: int) -> bool:
    """Tell whether the invisible character at a place does there what it is for."""
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character == "\u200d" and _is_pictograph(before or " ") and _is_pictograph(after or " "):
        return True
    if character in "\u200c\u200d":
        return _is_joined_script(before or " ")
    if character == "\u200b":
        return _is_unspaced_script(before or " ") or _is_unspaced_script(after or " ")
    return character == "\u180e" and "\u1800" <= (before or " ") <= "\u18af"


def invisible(text: str) -> list[int]:
    """Return the places of the invisible characters that have no business there."""
    places = [match.start() for match in _INVISIBLE.finditer(text)]
    if not places:
        return []
    directed = _RIGHT_TO_LEFT.search(text) is not None
    flags = {at for match in _TAG_FLAG.finditer(text) for at in range(match.start(), match.end())}
    return [
        at for at in places if at not in flags and not (directed and text[at] in _DIRECTION) and not _is_legitimate(text, at)
    ]


def drop_invisible(text: str) -> str:
    """Return the text without the invisible characters that have no business in it."""
    while places := invisible(text):
        drop = set(places)
        text = "".join(character for at, character in enumerate(text) if at not in drop)
    return text


def drop_control(text: str) -> str:
    """Return the text without control characters; a form feed or a vertical tab was a break and becomes a line's end."""
    text = _TERMINAL.sub("", text)
    return CONTROL.sub(lambda match: "\n" if match[0] in "\x0b\x0c" else "", text)


def drop_halves(text: str) -> str:
    """Return the text without halves of characters; two halves that make a whole become it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
