# ruff: noqa: RUF001 - strange characters are the subject
"""Mojibake: text that was once read with a wrong encoding ("schÃ¶n" for "schön").

ftfy repairs it (`ftfy.fix_encoding`, with its "badness" heuristic). Cheap regular expressions come first, so that ordinary
text in any language never reaches ftfy. Left out: mojibake of ASCII characters alone, and bytes that were lost for good.
"""

import re
from collections.abc import Iterator

from ftwidgets.data.findings import Finding, FindingType, FixType
from ftwidgets.data.rules.spans import excerpt
from ftwidgets.data.text import printable

MEND_MOJIBAKE = FixType("mend-mojibake", "mend text that was read in a wrong encoding")
MOJIBAKE = FindingType(
    "mojibake",
    "warning",
    title="Text that was read in a wrong encoding",
    why="UTF-8 read as Windows-1252 turns é into Ã©. The model learns to write that.",
    todo="Read the original again with its own encoding, or let the fix repair it.",
    fix=MEND_MOJIBAKE,
)

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
        fix = "Take the text from its source again as UTF-8, or let the automatic fix mend it and look it over."
        yield MOJIBAKE(message, fix, field, excerpt(text, at))


def repair_mojibake(text: str) -> str:
    """Return the text as it was before it was read with a wrong encoding; good text comes back as it is."""
    if text.isascii() or not (
        _QUICK.search(text) or _CYRILLIC.search(text) or any(pair in text for pair in ("Ã ", "Â ", "вЂ"))
    ):
        return text
    if _SUSPECT.search(text) is None:
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
