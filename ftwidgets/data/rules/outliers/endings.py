# ruff: noqa: RUF001 - strange characters are the subject
"""Classify how completions end (as a sentence, or broken off) and whether they begin with a greeting.

Left out: endings that prove nothing: a list, a link, a number, code, a signature, an emoji, two or three words.
"""

OTHER, WHOLE, OPEN = 0, 1, 2
_STOPS = frozenset(".!?…。！？．।۔؟")
_CLOSERS = "\"'”’“»«›)]）」』*_` "
_HANGING = frozenset(",;:-–—，、")
_MARKERS = ("-", "*", "•", "|", "#", ">", "+", "```", "~~~", "$", "\\")
_FEWEST_WORDS = 4
GREETINGS = (
    "Hello", "Hi", "Hey", "Dear", "Good morning", "Good afternoon", "Good evening",
    "Greetings", "Hallo", "Guten Tag", "Bonjour",
    "Hola", "Ciao", "Buongiorno", "Olá", "hello", "hi", "hey", "dear",
)  # fmt: skip


def ending(text: str) -> int:
    """Return how a text ends: `WHOLE` with a stop, `OPEN` as if broken off, or `OTHER`."""
    if text[-1:] in _STOPS:
        return WHOLE if text else OTHER
    bare = text.rstrip()
    last = bare[-1:]
    if last in _CLOSERS:
        last = bare.rstrip(_CLOSERS)[-1:]
        return WHOLE if last in _STOPS and last else OTHER
    if last in _STOPS:
        return WHOLE
    if not (last.isalpha() or last in _HANGING):
        return OTHER
    start = bare.rfind("\n") + 1
    line = bare[start:].lstrip()
    words = line.split()
    if line.startswith(_MARKERS) or line[:1].isdigit() or "://" in words[-1] or "@" in words[-1] or "www." in words[-1]:
        return OTHER
    if any(map(str.isdigit, words[-1])) or "." in words[-1]:
        return OTHER
    long_enough = len(words) >= _FEWEST_WORDS or (len(line) >= 20 and not line.isascii())
    return OPEN if long_enough else OTHER


def greets(text: str) -> bool:
    """Tell whether a text begins with a greeting."""
    if not text.startswith(GREETINGS):
        return False
    word = next(greeting for greeting in sorted(GREETINGS, key=len, reverse=True) if text.startswith(greeting))
    return not text[len(word) : len(word) + 1].isalnum()
