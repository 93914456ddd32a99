"""Exact token counts for o200k_base (GPT-4o, GPT-4.1) and cl100k_base (GPT-3.5), without a network.

toktok counts, where it is installed (the extra `fast`, about ten times as fast); else `ftwidgets.data.tokens.bpe` does. toktok
cuts by a later Unicode than tiktoken, reads U+017F wrongly in contractions and refuses half characters, so texts with such
characters go to the exact one in any case.
Left out: token ids, the sandbox's own tokenizer (`ftwidgets.data.tokens.nano`), other encodings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from itertools import accumulate, pairwise

from ftwidgets.data.rows import Example, TrainingRow
from ftwidgets.data.tokens.bpe import Exact
from ftwidgets.data.tokens.overhead import MESSAGE, parts
from ftwidgets.data.tokens.unicode16 import ASSIGNED, LATER, points

ENCODINGS = ("o200k_base", "cl100k_base")

Count = Callable[[Sequence[str]], list[int]]


def counter(name: str) -> Count:
    """Return what counts the tokens of texts in an encoding; the vocabulary is read when something is first counted.

    What looks like a special token, such as `<|endoftext|>`, is counted as the text that it is. Half characters (lone
    surrogates) are counted as U+FFFD, as a file would store them and as tiktoken counts them.

    Parameters
    ----------
    name
        `o200k_base` or `cl100k_base`.

    Raises
    ------
    ValueError
        For another name.
    """
    if name not in ENCODINGS:
        raise ValueError(f'no encoding is called "{name}"; there are {" and ".join(ENCODINGS)}')
    return partial(_count, name)


def row_tokens(items: Sequence[TrainingRow], encoding: str) -> list[int]:
    """Count the tokens of each row as training sees them, those around its messages included.

    A message costs `<|im_start|>`, role, `<|im_sep|>`, its content and `<|im_end|>`; trained tokens are the sum of these times
    the epochs, which is what OpenAI bills. The 3 tokens for each example that the cookbook's counter adds open a reply
    in a request; no training example has them (`ftwidgets.data.tokens.overhead.MESSAGE`).

    Parameters
    ----------
    items
        Rows; with names, tool calls, content parts, tools or a preference too (`ftwidgets.data.tokens.overhead.parts`).
        Of an image nothing is counted: a lower bound.
    encoding
        `o200k_base` or `cl100k_base`.

    Returns
    -------
    list of int
        A number for each row, in their order.
    """
    texts, ends, others = _texts(items, encoding)
    if not set(map(type, texts)) <= {str}:  # contents in parts, or none
        texts, ends, others = _texts(items, encoding, careful=True)
    sums = [0, *accumulate(_count(encoding, texts))]
    found = [sums[end] - sums[start] + MESSAGE * (end - start) for start, end in pairwise(ends)]
    for i, more in others:
        found[i] += more
    return found


def _texts(
    items: Sequence[TrainingRow], encoding: str, *, careful: bool = False
) -> tuple[list[str], list[int], list[tuple[int, int]]]:
    """Return the texts of all rows, where each row's end, and for odd rows what comes on top of `MESSAGE` for each text.

    Of plain chats the contents are taken without a look at their type, unless `careful`.
    """
    texts: list[str] = []
    ends, others = [0], []
    for i, item in enumerate(items):
        example = item.source_example
        if example is None:
            texts += (item.prompt, item.completion) if item.system is None else (item.system, item.prompt, item.completion)
        elif not careful and is_plain(example):
            texts += [message.get("content") for message in example["messages"]]
        else:
            own, extra = parts(example, encoding)
            texts += own
            others.append((i, extra - MESSAGE * len(own)))
        ends.append(len(texts))
    return texts, ends, others


def is_plain(example: Example) -> bool:
    """Whether a row is a chat whose messages have two entries each: a role and a content, and nothing else."""
    if len(example) != 1 or "messages" not in example:
        return False
    messages = example["messages"]
    return sum(map(len, messages)) == 2 * len(messages)


def _count(name: str, texts: Sequence[str]) -> list[int]:
    fast = _fast()
    if fast is None:
        return list(map(_exact(name), texts))
    doubtful = [i for i, ascii_only in enumerate(map(str.isascii, texts)) if not ascii_only and _is_doubtful(texts[i])]
    safe = texts
    if doubtful:
        safe = list(texts)
        for i in doubtful:
            safe[i] = ""
    counts = fast(safe, name, threads=1)
    for i in doubtful:
        counts[i] = _exact(name)(texts[i])
    return counts


@cache
def _exact(name: str) -> Exact:
    return Exact(name)


@cache
def _fast() -> Callable[..., list[int]] | None:
    try:
        import toktok
    except ImportError:
        return None
    count: Callable[..., list[int]] = toktok.batch_count
    return count


def _is_doubtful(text: str) -> bool:
    """Whether toktok may count a text otherwise than tiktoken: long s, half characters, all that came after Unicode 14."""
    others, doubtful = _doubtful()
    try:
        left = text.encode().translate(None, others)
    except UnicodeEncodeError:
        return True
    return bool(left) and not doubtful.isdisjoint(text)


@cache
def _doubtful() -> tuple[bytes, frozenset[str]]:
    """The bytes with which no doubtful character begins in UTF-8 (a quick look), and the doubtful characters."""
    found = {"\u017f", *(chr(point) for ranges in (*ASSIGNED.values(), LATER) for point in points(ranges))}
    found -= set("\u208f\u209d\u209e\u209f")  # Unicode 18, toktok knows 17; they would make every curly quote suspect
    return bytes(set(range(256)) - {character.encode()[0] for character in found}), frozenset(found)
