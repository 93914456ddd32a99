"""Exact token counts for o200k_base (GPT-4o, GPT-4.1) and cl100k_base (GPT-3.5), without a network.

toktok counts where it is installed (the extra `fast`, about ten times as fast); else `bpe` does. toktok cuts by a later Unicode
than tiktoken, reads U+017F wrongly in contractions and rejects lone surrogates, so texts with such characters are counted by
`bpe` in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import accumulate, pairwise

from ftwidgets.data.rows import Example, TrainingRow
from ftwidgets.data.tokens.bpe import ASSIGNED, LATER, ExactCounter, code_points
from ftwidgets.data.tokens.overhead import MESSAGE, texts_and_overhead

ENCODINGS = ("o200k_base", "cl100k_base")

CountTexts = Callable[[Sequence[str]], list[int]]


def text_counter(name: str) -> CountTexts:
    """Return a function that counts the tokens of texts; the vocabulary is read when it is first called.

    What looks like a special token, such as `<|endoftext|>`, is counted as the text that it is. Lone
    surrogates are counted as U+FFFD, as tiktoken does. Raises ValueError for a name that is not one of `ENCODINGS`.
    """
    if name not in ENCODINGS:
        raise ValueError(f'no encoding is called "{name}"; there are {" and ".join(ENCODINGS)}')
    return partial(_count_texts, name)


def count_row_tokens(rows: Sequence[TrainingRow], encoding: str) -> list[int]:
    """Count the tokens of each row as training sees them, those around its messages included.

    A message costs `<|im_start|>`, role, `<|im_sep|>`, its content and `<|im_end|>`; trained tokens are the sum of these times
    the epochs, which is what OpenAI bills. The 3 tokens for each example that the cookbook's counter adds open a reply
    in a request; no training example has them (`overhead.MESSAGE`). For names, tool calls, content parts, tools and preferences
    see `overhead.texts_and_overhead`. Images are not counted, so that the number is a lower bound.
    """
    texts, ends, others = _texts_of_rows(rows, encoding)
    if not set(map(type, texts)) <= {str}:  # contents in parts, or none
        texts, ends, others = _texts_of_rows(rows, encoding, check_types=True)
    sums = [0, *accumulate(_count_texts(encoding, texts))]
    counts = [sums[end] - sums[start] + MESSAGE * (end - start) for start, end in pairwise(ends)]
    for i, more in others:
        counts[i] += more
    return counts


def _texts_of_rows(
    rows: Sequence[TrainingRow], encoding: str, *, check_types: bool = False
) -> tuple[list[str], list[int], list[tuple[int, int]]]:
    """Return the texts of all rows, where each row's end, and for unusual rows what comes on top of `MESSAGE` for each text.

    Contents of plain chats are assumed to be text, unless `check_types`.
    """
    texts: list[str] = []
    ends, others = [0], []
    for i, row in enumerate(rows):
        example = row.source_example
        if example is None:
            texts += (row.prompt, row.completion) if row.system is None else (row.system, row.prompt, row.completion)
        elif not check_types and is_plain_chat(example):
            texts += [message.get("content") for message in example["messages"]]
        else:
            own, extra = texts_and_overhead(example, encoding)
            texts += own
            others.append((i, extra - MESSAGE * len(own)))
        ends.append(len(texts))
    return texts, ends, others


def is_plain_chat(example: Example) -> bool:
    """Tell whether an example is a chat whose messages have a role and a content, and nothing else."""
    if len(example) != 1 or "messages" not in example:
        return False
    messages = example["messages"]
    return sum(map(len, messages)) == 2 * len(messages)


def _count_texts(name: str, texts: Sequence[str]) -> list[int]:
    toktok_count = _toktok()
    if toktok_count is None:
        return list(map(_exact_counter(name), texts))
    doubtful = [i for i, ascii_only in enumerate(map(str.isascii, texts)) if not ascii_only and _is_doubtful(texts[i])]
    safe = texts
    if doubtful:
        safe = list(texts)
        for i in doubtful:
            safe[i] = ""
    counts = toktok_count(safe, name, threads=1)
    for i in doubtful:
        counts[i] = _exact_counter(name)(texts[i])
    return counts


_exact_counter = cache(ExactCounter)  # of an encoding, by its name


@cache
def _toktok() -> Callable[..., list[int]] | None:
    try:
        import toktok
    except ImportError:
        return None
    count: Callable[..., list[int]] = toktok.batch_count
    return count


def _is_doubtful(text: str) -> bool:
    """Tell whether toktok may count a text otherwise than tiktoken: long s, lone surrogates, all that came after Unicode 14."""
    others, doubtful = _doubtful()
    try:
        left = text.encode().translate(None, others)
    except UnicodeEncodeError:
        return True
    return bool(left) and not doubtful.isdisjoint(text)


@cache
def _doubtful() -> tuple[bytes, frozenset[str]]:
    """Return the bytes with which no doubtful character begins in UTF-8 (for a quick check), and the doubtful characters."""
    found = {"\u017f", *(chr(point) for ranges in (*ASSIGNED.values(), LATER) for point in code_points(ranges))}
    found -= set("\u208f\u209d\u209e\u209f")  # Unicode 18, toktok knows 17; they would make every curly quote doubtful
    return bytes(set(range(256)) - {character.encode()[0] for character in found}), frozenset(found)
