"""Write notebooks/data/reposts.csv for lesson 08: reviews of the bundled data, each posted on four sites with small edits.

The reviews are drawn from the training split of datasets/sentiment.csv; the edits are made here, by chance and a seed: a
typing mistake, a small word left out, a contraction, a few words of greeting, another ending.
Left out: reposts that were rewritten in other words, and customers who change their mind.
"""

import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ftwidgets import datasets

FILE = Path(__file__).parent.parent / "notebooks" / "data" / "reposts.csv"
SITES = ("own shop", "Bazaarly", "Cartwheel", "Tradepost")
N_REVIEWS = 40

SHORTER = {"did not": "didn't", "do not": "don't", "does not": "doesn't", "is not": "isn't", "was not": "wasn't"}
SHORTER |= {"it is": "it's", "I am": "I'm", "I have": "I've", "could not": "couldn't", "will not": "won't", "cannot": "can't"}
BEFORE = ("Hi, ", "Hello! ", "Well, ", "Ok: ", "So, ")
AFTER = (" Thanks.", " Cheers.", " Really.", " Thank you!")
SMALL_WORDS = re.compile(r"\b(?:the|a|and|of|to|so|just|really|this|that|it|is|are|am|be|been|have|has) ")
LONG_WORDS = re.compile(r"[a-z]{6,}")

Edit = Callable[[str, random.Random], str]


def mistyped(text: str, chance: random.Random) -> str:
    """A letter of a long word lost, doubled, or swapped with the next."""
    words = list(LONG_WORDS.finditer(text))
    if not words:
        return text
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)
    first, second = text[at], text[at + 1]
    return text[:at] + chance.choice((second, first * 2 + second, second + first)) + text[at + 2 :]


def contracted(text: str, chance: random.Random) -> str:
    """Two words drawn together."""
    found = [words for words in SHORTER if re.search(rf"\b{words}\b", text)]
    if not found:
        return text
    words = chance.choice(found)
    return re.sub(rf"\b{words}\b", SHORTER[words], text, count=1)


def shortened(text: str, chance: random.Random) -> str:
    """One small word left out."""
    found = list(SMALL_WORDS.finditer(text))
    if not found:
        return text
    word = chance.choice(found)
    return text[: word.start()] + text[word.end() :]


def lengthened(text: str, chance: random.Random) -> str:
    """A greeting before or thanks after."""
    if chance.random() < 0.5:
        return chance.choice(BEFORE) + text
    return text.rstrip(".! ") + "." + chance.choice(AFTER)


EDITS: tuple[Edit, ...] = (mistyped, mistyped, contracted, shortened, shortened, lengthened)


def edited(text: str, chance: random.Random) -> str:
    """One edit or two, and now and then another ending."""
    for _ in range(chance.choice((1, 1, 2))):
        text = chance.choice(EDITS)(text, chance)
    return text.rstrip(".!") + chance.choice(("!", "!!", "...", "")) if chance.random() < 0.3 else text


def words(text: str) -> str:
    """What is left of a text without case, blanks and marks: reposts must differ in more than those."""
    return " ".join(re.findall(r"[a-z0-9']+", text.casefold()))


def posts(review: str, chance: random.Random) -> list[str]:
    """A review as it stands on each site: once as it was written, then edited a little, never twice the same."""
    made = [review]
    while len(made) < len(SITES):
        text = edited(review, chance)
        if words(text) not in map(words, made):
            made.append(text)
    chance.shuffle(made)
    return made


def table(seed: int) -> pd.DataFrame:
    """The exports of the four sites, one after the other, each in an order of its own."""
    chance = random.Random(seed)
    reviews = datasets.load("sentiment", "train").sample(N_REVIEWS, random_state=seed)
    made = [(posts(review, chance), label) for review, label in zip(reviews["Prompt"], reviews["Completion"], strict=True)]
    rows = []
    for place, site in enumerate(SITES):
        chance.shuffle(made)
        rows += [(texts[place], label, site) for texts, label in made]
    return pd.DataFrame(rows, columns=["Prompt", "Completion", "Site"])


if __name__ == "__main__":
    table(int(sys.argv[1]) if len(sys.argv) > 1 else 1).to_csv(FILE, index=False, lineterminator="\n")
    print(FILE.name, "written")
