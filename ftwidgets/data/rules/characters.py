# ruff: noqa: RUF001 - strange characters are the subject
"""Characters that do not belong in a text: control, invisible and lost ones, lone surrogates, and mojibake ("schÃ¶n").

Legitimate uses pass: joiners inside an emoji, in Persian or in an Indic script, direction marks beside Hebrew or Arabic,
zero width spaces in Thai. The ranges are those of the Unicode Character Database (categories Cc, Cf and Cs; Scripts.txt).
ftfy repairs mojibake (`ftfy.fix_encoding`, with its "badness" heuristic). Cheap regular expressions come first, so that
ordinary text never reaches ftfy. Left out: mojibake of ASCII characters alone, and bytes that were lost for good.
"""

import re
from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules.spans import excerpt
from ftwidgets.data.text import pluralize, printable

DROP_CONTROL_CHARACTERS = FixType("drop-control-characters", "take out control characters")
CONTROL_CHARACTER = FindingType(
    "control-character", "warning", title="Control characters",
    why="These characters control a terminal or end a text. The model learns to write them.",
    fix="Delete them.", repair=DROP_CONTROL_CHARACTERS,
)  # fmt: skip
DROP_INVISIBLE_CHARACTERS = FixType("drop-invisible-characters", "take out invisible characters")
INVISIBLE_CHARACTER = FindingType(
    "invisible-character", "note", title="Invisible characters",
    why="Zero-width spaces and the like come from web pages. They make equal texts different, and the model counts them.",
    fix="Delete them.", repair=DROP_INVISIBLE_CHARACTERS,
)  # fmt: skip
LOST_CHARACTER = FindingType(
    "lost-character", "warning", title="A character was lost",
    why="The character � stands where a program could not read a letter. Nobody can know which letter it was.",
    fix="Write the letter, or go back to the original.",
)  # fmt: skip
DROP_HALF_CHARACTERS = FixType("drop-half-characters", "take out half characters (lone surrogates)")
HALF_CHARACTER = FindingType(
    "half-character", "error", title="Half a character",
    why="This is a lone surrogate: half of an emoji or of a rare character. No UTF-8 file can hold it, and services reject it.",
    fix="Write the whole character, or delete the half.", optional_repairs=(DROP_HALF_CHARACTERS,),
)  # fmt: skip

# Of C1 only what has no meaning in Windows-1252; the others are mojibake.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")
# Escape sequences of a terminal (ECMA-48, 5.4): removing the escape alone would leave "[31m" behind.
_TERMINAL = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_REPLACEMENT = "\ufffd"
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_INVISIBLE = re.compile(r"[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u206f\ufeff\U000e0001\U000e0020-\U000e007f]")
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")  # not the overrides: they hide text
_TAG_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{2,6}\U000e007f")  # England, Scotland, Wales (UTS 51, 2.6)
# Parts of an emoji that joiners join (emoji-data.txt, ranges rounded up).
_PICTOGRAPH = re.compile("[\U0001f000-\U0001faff\u2190-\u2bff\ufe0f\u00a9\u00ae\u3030\u20e3]")
# Scripts that are written with joiners (Arabic to N'Ko, Indic, Mongolian), and those without spaces between words (Thai, Lao,
# Tibetan, Myanmar, Khmer).
_JOINED_SCRIPT = re.compile(
    "[\u0600-\u07ff\u0860-\u0dff\u0f00-\u109f\u1700-\u18af\u1900-\u1cff\ua800-\uabff"
    "\ufb50-\ufdff\ufe70-\ufefc\U00011000-\U00011fff]"
)
_UNSPACED_SCRIPT = re.compile("[\u0e00-\u109f\u1780-\u17ff\u19e0-\u1aad]")

_NAMES = {
    "\xad": "soft hyphen",
    "\u180e": "Mongolian vowel separator",
    "\u200b": "zero width space",
    "\u200c": "zero width non-joiner",
    "\u200d": "zero width joiner",
    "\u2060": "word joiner",
    "\ufeff": "byte order mark",
}


def check_control(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for control characters."""
    if found := [match.start() for match in _CONTROL.finditer(text)]:
        first = f"U+{ord(text[found[0]]):04X} at character {found[0] + 1:,}"
        message = f"{pluralize(len(found), 'control character')} in the text, the first one {first}."
        fix = "Delete them; they come from a terminal, a database or a broken export, and the model would learn to write them."
        yield CONTROL_CHARACTER(message, fix, field, excerpt(text, found[0]))


def check_invisible(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for invisible characters."""
    if found := find_invisible(text):
        character = text[found[0]]
        name = _NAMES.get(character, "tag character" if character >= "\U000e0000" else "direction mark")
        first = f"a {name} (U+{ord(character):04X}) at character {found[0] + 1:,}"
        message = f"{pluralize(len(found), 'invisible character')}, the first one {first}."
        fix = "Delete them; nobody sees them, but to the model they are words of their own."
        yield INVISIBLE_CHARACTER(message, fix, field, excerpt(text, found[0]))


def check_lost(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for replacement characters."""
    if count := text.count(_REPLACEMENT):
        at = text.index(_REPLACEMENT)
        lost = f"{pluralize(count, 'character')} got lost"
        message = f"{lost}: U+FFFD stands where something could not be read, first at {at + 1:,}."
        fix = "Take the text from its source again with the right encoding, or write the missing characters."
        yield LOST_CHARACTER(message, fix, field, excerpt(text, at))


def check_surrogates(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for lone surrogates."""
    if found := _LONE_SURROGATE.search(text):
        message = f"Half of a character, U+{ord(found[0]):04X}, stands alone at character {found.start() + 1:,}."
        fix = "Delete it or write the whole character; UTF-8 cannot hold half of one, so a service would reject the file."
        yield HALF_CHARACTER(message, fix, field, excerpt(text, found.start()), repair=DROP_HALF_CHARACTERS)


def _is_legitimate(text: str, at: int) -> bool:
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character == "\u200d" and _PICTOGRAPH.match(before) and _PICTOGRAPH.match(after):
        return True
    if character in "\u200c\u200d":
        return _JOINED_SCRIPT.match(before) is not None
    if character == "\u200b":
        return _UNSPACED_SCRIPT.match(before) is not None or _UNSPACED_SCRIPT.match(after) is not None
    return character == "\u180e" and "\u1800" <= (before or " ") <= "\u18af"


def find_invisible(text: str) -> list[int]:
    """Return the positions of the invisible characters that have no purpose where they stand."""
    places = [match.start() for match in _INVISIBLE.finditer(text)]
    if not places:
        return []
    directed = _RIGHT_TO_LEFT.search(text) is not None
    flags = {at for match in _TAG_FLAG.finditer(text) for at in range(match.start(), match.end())}
    return [
        at for at in places if at not in flags and not (directed and text[at] in _DIRECTION) and not _is_legitimate(text, at)
    ]


def drop_invisible(text: str) -> str:
    """Return the text without the invisible characters that have no purpose in it."""
    while places := find_invisible(text):
        drop = set(places)
        text = "".join(character for at, character in enumerate(text) if at not in drop)
    return text


def drop_control(text: str) -> str:
    """Return the text without control characters; form feeds and vertical tabs become line breaks."""
    text = _TERMINAL.sub("", text)
    return _CONTROL.sub(lambda match: "\n" if match[0] in "\x0b\x0c" else "", text)


def drop_surrogates(text: str) -> str:
    """Return the text without lone surrogates; two that make a pair become the character they stand for."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")


REPAIR_MOJIBAKE = FixType("mend-mojibake", "repair text that was read in a wrong encoding")
MOJIBAKE = FindingType(
    "mojibake", "warning", title="Text that was read in a wrong encoding",
    why="UTF-8 read as Windows-1252 turns é into Ã©. The model learns to write that.",
    fix="Read the original again with its own encoding, or let the fix repair it.", repair=REPAIR_MOJIBAKE,
)  # fmt: skip

# What the bytes 80 to BF look like after the letters that come first in UTF-8, by encoding; no-break spaces only after a and A
# with a sign, because good French has them after others.
_SUSPECT = re.compile(
    "[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]"  # C1 that Windows-1252 knows as quotes and dashes
    "|[\xc2-\xf4][\x80-\x9f\xa1-\xbf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸŽ]"  # Latin-1 and Windows-1252
    "|[ÂÃ][\xa0 ]"
    "|[ĂĹÄÅĽľ][\x80-\x9f\xa1-\xbf€‚„…†‡‰Š‹ŚŤŽŹ‘’“”•–—™š›śťžźˇ˘ŁłĄąŞşŻż˛˝]"  # Windows-1250 and Latin-2
    "|[√¬‚][¡-ÿ†-•∂∑∏π∫Ω≠∞≤≥∆≈◊ÄÅÇÉÑÖ]"  # Mac Roman
    "|[├┬Γ][\x80-\xff░-▓│-╬]"  # code page 437
    "|[РС][^\x00-\x7f][РС]|вЂ|[ÐÑ][^\x00-\x7f]"  # Windows-1251; Cyrillic as Latin
    "|[ΞΟ][\xa0-\xbf‘’€―΄-Ό][ΞΟ]"  # Windows-1253
    "|[ØÙ][^\x00-\x7f][ØÙ]"  # Arabic as Latin
)
# A pattern that begins with a set is quick to search for: one that finds all of the above but a letter with a blank.
_QUICK = re.compile("[\x80-\x9f\xac\xc2-\xf4ĂĹĽľ√‚├┬ΓΞΟ](?:[^\x00-\x7f]|(?<=[\x80-\x9f]))")
_CYRILLIC = re.compile("[РС][^\x00-\x7f][РС]")


def check_mojibake(text: str, field: str) -> Iterator[Finding]:
    """Yield the finding for text that was read with a wrong encoding."""
    repaired = repair_mojibake(text)
    if repaired != text:
        lengths = min(len(text), len(repaired))
        at = max(0, next((i for i in range(lengths) if text[i] != repaired[i]), lengths) - 10)
        before, after = (printable(one[at : at + 24], 24) for one in (text, repaired))
        message = f'Was read with a wrong encoding: "{before}" should be "{after}".'
        fix = "Take the text from its source again as UTF-8, or let the automatic fix repair it and look it over."
        yield MOJIBAKE(message, fix, field, excerpt(text, at))


def repair_mojibake(text: str) -> str:
    """Return the text as it was before it was read with a wrong encoding; good text comes back as it is."""
    if text.isascii():
        return text
    may_be = _QUICK.search(text) or _CYRILLIC.search(text) or any(pair in text for pair in ("Ã ", "Â ", "вЂ"))
    if not may_be or _SUSPECT.search(text) is None:
        return text
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    if not is_bad(text):
        return text
    current = text
    for _ in range(4):  # text that went through several wrong encodings needs a round for each; ftfy itself does several
        repaired = fix_encoding(current)
        if repaired == current:
            return current
        current = repaired
    return current if fix_encoding(current) == current else text
