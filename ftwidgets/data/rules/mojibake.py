# ruff: noqa: RUF001 - strange characters are the subject
"""Text that was read with the wrong encoding on its way here ("schÃ¶n" for "schön"), and mending it.

The mending is ftfy's (`ftfy.fix_encoding`, its "badness" heuristic included); what is cheap comes first, so that ordinary
text in any language never reaches it. Left out: mojibake made of ASCII alone, and what the detour lost for good.
"""

import re

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


def _is_suspect(text: str) -> bool:
    """Tell whether a text has a pair of characters that good text hardly has: quick looks first."""
    quick = _QUICK.search(text) or _CYRILLIC.search(text) or any(pair in text for pair in ("Ã ", "Â ", "вЂ"))
    return bool(quick) and _SUSPECT.search(text) is not None


def mended(text: str) -> str:
    """Return the text as it was before it was read with a wrong encoding; good text comes back as it is."""
    if text.isascii() or not _is_suspect(text):
        return text
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    if not is_bad(text):
        return text
    seen = text
    for _ in range(4):  # each detour through a wrong encoding needs one more round; ftfy itself does several
        mended_once = fix_encoding(seen)
        if mended_once == seen:
            return seen
        seen = mended_once
    return seen if fix_encoding(seen) == seen else text


def first_difference(text: str, mended_text: str) -> int:
    """Return the place at which a text and its mended form begin to differ."""
    for at, (ours, theirs) in enumerate(zip(text, mended_text, strict=False)):
        if ours != theirs:
            return at
    return min(len(text), len(mended_text))
