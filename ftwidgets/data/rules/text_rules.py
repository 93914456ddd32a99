"""The rules on single rows: on each text `characters`, `secrets` and `personal/`, and answers that repeat their prompt.

The rules are regular expressions and Python loops: too slow for a million texts. `select_candidates` finds the few texts of a
batch that they must read. Left out: what only the whole set shows (`outliers`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.rows import RowBatch, RowLookup, TrainingRow
from ftwidgets.data.rules import characters, secrets
from ftwidgets.data.rules.personal import emails, numbers
from ftwidgets.data.text import normalize, printable

if TYPE_CHECKING:
    import numpy as np


# In the order in which they are best applied: text is repaired before it is searched, cards are replaced before phone numbers.
REPAIRS: dict[str, Callable[[str], str]] = {
    characters.DROP_HALF_CHARACTERS.name: characters.drop_surrogates,
    characters.REPAIR_MOJIBAKE.name: characters.repair_mojibake,
    characters.DROP_CONTROL_CHARACTERS.name: characters.drop_control,
    characters.DROP_INVISIBLE_CHARACTERS.name: characters.drop_invisible,
    secrets.REDACT_SECRETS.name: secrets.redact_secrets,
    numbers.REDACT_CARD_NUMBERS.name: numbers.redact_cards,
    emails.REDACT_EMAIL_ADDRESSES.name: emails.redact_emails,
    numbers.REDACT_PHONE_NUMBERS.name: numbers.redact_phones,
}
"""The automatic fixes of single texts: each is idempotent and changes nothing but what its rule finds."""

# Non-ASCII characters that `characters` looks for: C1 controls, invisible and replacement characters, surrogates.
_SPECIAL = re.compile(
    "[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd\ud800-\udfff\U000e0000-\U000e007f]"
)


class TextRules:
    """The rules on single texts. A constant system prompt, which all rows share, is checked once."""

    def __init__(self) -> None:
        self._shared: dict[str, None] = {}  # constant system prompts, as an ordered set

    def update(self, batch: RowBatch) -> Iterator[tuple[int, Finding]]:
        """Yield what is wrong with the texts of single rows."""
        rows, n = batch.rows, len(batch.rows)
        own = [index for index, row in enumerate(rows) if row.own_system and row.system]
        if not own:
            shared = {row.system for row in rows} - {None}
            self._shared.update((text, None) for text in shared if text)
        else:
            self._shared.update((row.system, None) for row in rows if row.system and not row.own_system)
        texts = [*batch.prompts, *batch.completions, *(rows[index].system or "" for index in own)]
        fields = ["prompt"] * n + ["completion"] * n + ["system"] * len(own)
        for index, finding in check_texts(texts, fields):
            yield (own[index - 2 * n] if index >= 2 * n else index % n), finding
        yield from check_echo(batch)

    def finalize(self, lookup: RowLookup) -> Iterator[tuple[int | None, Finding]]:
        """Yield what is wrong with system prompts that rows share."""
        for _, finding in check_texts(list(self._shared), ["system"] * len(self._shared)):
            yield None, finding


def check_texts(texts: Sequence[str], fields: Sequence[str]) -> Iterator[tuple[int, Finding]]:
    """Yield (index, finding) for what the rules on single texts find; each field is `prompt`, `completion` or `system`."""
    if not texts:
        return
    candidates = select_candidates(texts)
    in_urls = [i for i in candidates.at_sign if "://" in texts[i]]  # passwords in addresses
    for indices, rules in (
        (candidates.control, (characters.check_control,)),
        (sorted({*candidates.secret, *in_urls}), (secrets.check_secrets,)),
        (candidates.digits, (numbers.check_cards, numbers.check_phones)),
        (candidates.at_sign, (emails.check_emails,)),
    ):
        for i in indices:
            for rule in rules:
                yield from ((i, finding) for finding in rule(texts[i], fields[i]))
    for i in candidates.non_ascii:
        repaired = characters.repair_mojibake(texts[i])
        if repaired != texts[i]:
            yield from ((i, finding) for finding in characters.check_mojibake(texts[i], fields[i]))
        if _SPECIAL.search(repaired):  # what the repair of mojibake removes is not reported twice
            control = () if i in candidates.control else (characters.check_control,)
            for rule in (*control, characters.check_invisible, characters.check_lost, characters.check_surrogates):
                yield from ((i, finding) for finding in rule(repaired, fields[i]))


_SEPARATOR = 0x1E
_DIGITS, _WITHIN = 7, 18  # phone and card numbers: at least 7 digits within 18 characters
_RUN = 4  # bytes are compared in words of four: a run of 19 characters holds four whole words, wherever it begins
_TOKEN = bytes(0 if b < 128 and (chr(b).isalnum() or chr(b) in "_-") else 1 for b in range(256))
# The last two letters of what a secret is assigned to: password, pwd, Passwort, secret, token, key, passphrase, hasło ...
_ENDS = ("rd", "wd", "rt", "et", "en", "ey", "ss", "se", "ña", "ha", "de", "ło")
_BETWEEN = 6  # spaces, quotes and punctuation that may stand between the name and the = or :


class Candidates(NamedTuple):
    """Indices of the texts that may hold a control character, a secret, a card or phone number, an address.

    `non_ascii` are those with any character beyond ASCII.
    """

    control: list[int]
    secret: list[int]
    digits: list[int]
    at_sign: list[int]
    non_ascii: list[int]


def select_candidates(texts: Sequence[str]) -> Candidates:
    """Return which of the texts each rule must read."""
    import numpy as np

    joined = "\x1e".join(texts)
    raw = joined.encode("latin-1", "replace")
    bytes_ = np.frombuffer(raw, np.uint8)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + 1)

    def texts_at(*positions: "np.ndarray[Any, Any]") -> list[int]:
        some = [np.searchsorted(ends, p, side="right") for p in positions if len(p)]
        return sorted(set(np.concatenate(some).tolist())) if some else []

    low = np.flatnonzero(bytes_ < 32)
    kinds = bytes_[low]
    control = low[(kinds != 9) & (kinds != 10) & (kinds != 13) & (kinds != _SEPARATOR)]
    if np.count_nonzero(kinds == _SEPARATOR) >= len(texts):
        control = np.concatenate([control, np.setdiff1d(low[kinds == _SEPARATOR], ends - 1)])
    if b"\x7f" in raw:
        control = np.concatenate([control, np.flatnonzero(bytes_ == 0x7F)])

    digits = np.flatnonzero((bytes_ - 48) < 10)
    dense = digits[: -_DIGITS + 1][digits[_DIGITS - 1 :] - digits[: -_DIGITS + 1] < _WITHIN]

    at_sign = np.flatnonzero(bytes_ == 0x40) if b"@" in raw else digits[:0]
    non_ascii = [] if joined.isascii() else [i for i, text in enumerate(texts) if not text.isascii()]
    secret = texts_at(_long_runs(raw), _assignments(bytes_))
    return Candidates(texts_at(control), secret, texts_at(dense), texts_at(at_sign), non_ascii)


def _long_runs(raw: bytes) -> "np.ndarray[Any, Any]":
    """Return positions in runs of at least 19 letters, digits, `_` and `-`, as keys are."""
    import numpy as np

    classes = raw.translate(_TOKEN) + b"\1" * (-len(raw) % _RUN)
    whole = np.frombuffer(classes, np.uint32) == 0
    four = whole[:-3] & whole[1:-2] & whole[2:-1] & whole[3:]
    positions: np.ndarray[Any, Any] = np.flatnonzero(four) * _RUN
    return positions


def _assignments(bytes_: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return positions of `=` and `:` after what may be a name for a secret, as in `password:`."""
    import numpy as np

    between, ends = _tables()
    operators: np.ndarray[Any, Any] = np.flatnonzero((bytes_[1:] == 0x3D) | (bytes_[1:] == 0x3A)) + 1
    name = np.maximum(operators - 1, 1)  # the last letter of what stands before each
    for _ in range(_BETWEEN if len(operators) else 0):
        name = np.maximum(name - between[bytes_[name]], 1)
    if len(operators):
        operators = operators[ends[bytes_[name - 1].astype(np.int64) * 256 + bytes_[name]]]
    return operators


@cache
def _tables() -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return which bytes may stand between a name and its = or :, and which pairs of bytes end such a name."""
    import numpy as np

    between = np.zeros(256, np.int64)
    between[list(b" \t\n\r\"'`*:=")] = 1
    ends = np.zeros(65536, bool)
    for end in _ENDS:
        for first in {end[0], end[0].upper()}:
            for last in {end[1], end[1].upper()}:
                one, two = (first + last).encode("latin-1", "replace")
                ends[one * 256 + two] = True
    return between, ends


ANSWER_REPEATS_PROMPT = FindingType(
    "answer-repeats-prompt", "warning", title="The answer repeats the prompt",
    why="The model learns to repeat the question before it answers.",
    fix="Write only what the model should answer.",
)  # fmt: skip

_ECHO_MESSAGES = {
    "is": "The answer is the prompt again.",
    "begins with": "The answer begins with the whole prompt.",
    "contains": "The answer has the whole prompt in it.",
}
_MIN_PROMPT = 20  # characters of a normalized prompt: shorter ones may well be in an answer
_MIN_QUESTION = 15  # where the answer begins with the question, its question mark included


def check_echo(batch: RowBatch) -> Iterator[tuple[int, Finding]]:
    """Yield (index, finding) for the answers that repeat their prompt."""
    for index in _candidates(batch):
        row = batch.rows[index]
        how = _repeats(row)
        if how is not None:
            fix = "Take the prompt out of the answer; the model would learn to say each question back before it answers."
            yield index, ANSWER_REPEATS_PROMPT(_ECHO_MESSAGES[how], fix, "completion", printable(row.completion, 60))


def _last_question(row: TrainingRow) -> str:  # of a conversation the last turn of the user, else the prompt
    prompt = row.prompt
    if row.source_example is None:
        return prompt
    _, mark, last = prompt.rpartition("\nuser: ")
    return last if mark else prompt.removeprefix("user: ")


def _candidates(batch: RowBatch) -> Iterator[int]:
    """Yield the indices of rows that may repeat their prompt: the answer is long enough and contains two pieces of it."""
    questions = batch.prompts
    if any(row.source_example is not None for row in batch.rows):
        questions = [_last_question(row) for row in batch.rows]
    for index, (prompt, completion) in enumerate(zip(questions, batch.completions, strict=True)):
        length = len(prompt)
        if length < _MIN_PROMPT or length > 1.25 * len(completion) + 8:
            if prompt[-1:] == "?" and length >= _MIN_QUESTION and prompt in completion:
                yield index
            continue
        head, tail = prompt[3:11], prompt[-11:-3]
        if head in completion:
            if tail in completion or tail.casefold() in completion.casefold():
                yield index
        elif completion.isupper() or not head.islower() or completion[3:11].casefold() == head.casefold():
            lower = completion.casefold()
            if head.casefold() in lower and tail.casefold() in lower:
                yield index


def _repeats(row: TrainingRow) -> str | None:
    """Return how the answer repeats the prompt: `is`, `begins with` or `contains`; None if it does not repeat it."""
    asked, answer = normalize(_last_question(row)), normalize(row.completion)
    bare = asked.rstrip(" .!?:")
    if len(bare) < _MIN_PROMPT:
        begun = len(asked) >= _MIN_QUESTION and asked.endswith("?") and answer.startswith(asked)
        return "begins with" if begun and answer != asked else "is" if begun else None
    if bare not in answer:
        return None
    if answer.rstrip(" .!?:") == bare:
        return "is"
    at = answer.find(bare)
    while at != -1:
        around = answer[max(0, at - 1) : at] + answer[at + len(bare) : at + len(bare) + 1]
        if not any(map(str.isalnum, around)):  # else it is a part of a longer word
            return "contains" if at else "begins with"
        at = answer.find(bare, at + len(bare))
    return None
