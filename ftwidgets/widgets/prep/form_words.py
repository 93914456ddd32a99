"""Say what was found, or what went wrong, in the words on the form, where the library names arguments of Python."""

from __future__ import annotations

import re

_LABELS = {
    "prompt": "Prompt column",
    "completion": "Completion column",
    "system_column": "System column",
}
_ARGUMENT = r'(?P<name>prompt|completion|system_column)="[^"]*"'

# What a message may say to a programmer, and how the form says it.
_WORDS = (
    (rf"or say which one it is: {_ARGUMENT}", 'or choose it above, in "{label}"'),
    (rf"^Say which one it is: {_ARGUMENT}", 'Choose it above, in "{label}"'),
    (rf"(?<=\. )Say which one it is: {_ARGUMENT}", 'Choose it above, in "{label}"'),
    (rf"or say which: {_ARGUMENT} \(spelled exactly\)", 'or choose one above, in "{label}"'),
    (r"Or say which of its keys they are: [^.]*\.\.\.\"\.", "Or choose its columns above."),
    (rf"If the column was meant: {_ARGUMENT}\.", 'If the column was meant, choose it under Settings, in "{label}".'),
    (r'system=(".*?") is used as the text of the system prompt', r"\1 is used as the text of the system prompt"),
    (
        r"Nothing to do if you use prepare: it writes the row once\. If you train on the file as it is, delete one\.",
        "Nothing to do: the training files have it once.",
    ),
    (r"the files that prepare writes have it once", "The training files have it once"),
    (r"\bDataFrame has (?=\d)", "The data has "),
    (r"give system= a text for them", 'write a text for them under Settings, in "System prompt"'),
    (
        r"They are read here; report\.apply\(path\) or ftwidgets\.prepare writes them",
        "They are read here, and the training files have them",
    ),
    (r'If that reads wrong, say how it is stored: encoding="[^"]*"\.', "If that reads wrong:"),
    (
        r"prompt, completion and system need a column each; these were named: (.*)",
        r"Prompt, completion and system need a column each; chosen twice: \1. Choose another one above.",
    ),
    (
        r"validation as a fraction must be from 0 to below 1: (\S+) \(a number of examples is an int\)",
        r'"Held out" is a share from 0 to below 1, or a whole number of examples; \1 is neither.',
    ),
    (
        r"validation=(\S+) must be at least 0 and leave something to train on: (there are .*)",
        r'"Held out" must be at least 0 and leave something to train on; it is \1, and \2.',
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in _WORDS)


def in_form_words(text: str) -> str:
    """Return a sentence of the library in the words on the form."""
    for pattern, words in _PATTERNS:

        def replacement(match: re.Match[str], words: str = words) -> str:
            named = match.groupdict().get("name")
            return match.expand(words) if named is None else words.format(label=_LABELS[named.lower()])

        text = pattern.sub(replacement, text)
    return text.replace("`", "")
