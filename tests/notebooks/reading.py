"""Measure how hard a lesson's prose is to read: its words, the Flesch reading ease, the sentences that are too long.

`python -m tests.notebooks.reading notebooks/03_launch_a_job.ipynb` prints them; several files at once are fine, and
`--worst 20` lists more sentences. What is counted:

- words: all that a reader reads in the text cells, so headings and tables too, but no code blocks. A piece of `code` in a
  sentence is one word.
- reading ease: `206.835 - 1.015 * words / sentences - 84.6 * syllables / words` over paragraphs, list items and boxes.
  Headings and tables are no sentences and are left out. 60 is plain English, 100 is very easy.
- a sentence ends at `.`, `!` or `?`, and at the end of a paragraph, a list item or a box; a number or a piece of code is one
  syllable.

Left out: what the code cells print, and anything that only a reader can judge.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

MOST_WORDS, LEAST_EASE, LONGEST_SENTENCE = 1200, 60.0, 32

CODE_WORD = "Code"  # what stands for a piece of code in a sentence: one word, one syllable

_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*?$", re.DOTALL | re.MULTILINE)
_COMMENT_OR_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.DOTALL)
_INLINE_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ADDRESS = re.compile(r"https?://\S+")
_HEADING = re.compile(r"^ {0,3}#{1,6} +")
_LIST_ITEM = re.compile(r"^ *(?:[-*+]|\d+[.)]) +(?:\[[ x]\] )?")
_TABLE_RULE = re.compile(r"^[\s|:-]+$")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'\u201d\u2019)]*\s+(?=[\"'(\u201c\u2018]?[A-Z0-9])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|vs|etc|approx|fig|Mr|Mrs|Ms|Dr)\.$", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9\u00c0-\u024f](?:[A-Za-z0-9\u00c0-\u024f'\u2019.,%_]*[A-Za-z0-9\u00c0-\u024f%])?")


@dataclass(frozen=True)
class Reading:
    """What was measured of a text."""

    n_words: int
    sentences: list[str]

    @cached_property
    def ease(self) -> float:
        """The Flesch reading ease of the sentences."""
        words = [word for sentence in self.sentences for word in words_of(sentence)]
        return flesch(len(words), len(self.sentences), sum(map(count_syllables, words))) if words else 100.0

    @property
    def long_sentences(self) -> list[str]:
        """The sentences with more words than are allowed."""
        return [sentence for sentence in self.sentences if len(words_of(sentence)) > LONGEST_SENTENCE]

    def hardest(self, n: int) -> list[tuple[float, str]]:
        """The sentences with the lowest reading ease, each with it; those of a few words only are left out."""
        counted = [(words_of(sentence), sentence) for sentence in self.sentences]
        scored = [
            (flesch(len(words), 1, sum(map(count_syllables, words))), sentence) for words, sentence in counted if len(words) > 5
        ]
        return sorted(scored)[:n]


def read_lesson(path: Path) -> Reading:
    """Measure the text cells of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return read_text("\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"))


def minutes(path: Path) -> float:
    """How long a lesson takes: 200 words a minute, half a minute a code cell, five minutes for each of three exercises."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return read_lesson(path).n_words / 200 + sum(cell["cell_type"] == "code" for cell in cells) / 2 + 3 * 5


def read_text(markdown: str) -> Reading:
    """Measure a text in Markdown."""
    blocks = list(_blocks(_without_code(markdown)))
    n_words = sum(len(words_of(text)) for _kind, text in blocks)
    return Reading(n_words, [sentence for kind, text in blocks if kind == "prose" for sentence in split_sentences(text)])


def flesch(n_words: int, n_sentences: int, n_syllables: int) -> float:
    """The Flesch reading ease of a text with so many words, sentences and syllables."""
    return 206.835 - 1.015 * n_words / n_sentences - 84.6 * n_syllables / n_words


def words_of(text: str) -> list[str]:
    """The words of a text without Markdown; a number is one word, and so are the halves of a hyphenated word."""
    return _WORD.findall(text)


def split_sentences(text: str) -> list[str]:
    """Split a paragraph into its sentences; an abbreviation and a decimal point end none."""
    sentences: list[str] = []
    for piece in _SENTENCE_END.split(text.strip()):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    return [sentence for sentence in sentences if words_of(sentence)]


def count_syllables(word: str) -> int:
    """Count the syllables of an English word by its spelling; a number is one, and an abbreviation is spelt out."""
    if word in ACRONYMS or re.fullmatch(r"[A-Z]{2,5}", word):
        return ACRONYMS.get(word, len(word))
    word = word.lower().replace("\u2019", "'").strip("'.,%_")
    extra = 1 if re.search(r"[dst]n't$", word) and word != "don't" else 0  # "didn't" has one more than "did"
    word = word.split("'")[0]
    word = word[:-1] if extra else word
    groups = len(re.findall(r"[aeiouy]+", word))
    groups += sum(len(pattern.findall(word)) for pattern in APART) - sum(len(pattern.findall(word)) for pattern in SILENT)
    return max(1, groups) + extra


def _patterns(*spellings: str) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, spellings))


# Spellings that have a syllable less, or one more, than they have groups of vowels.
SILENT = _patterns(
    r"[^aeiouy]e$(?<![^aeiouyrlw]le)",  # rate, but not table
    r"[^aeiouytd]ed$(?<![^aeiouyrlw]led)",  # trained, called, but not tested, settled
    r"[^aeiouyszxcg]es$(?<!ches)(?<!shes)(?<![^aeiouyrlw]les)",  # rates, but not boxes, pages, tables
    r"[^aeiouylrw]e(?:ly|ness|ful|less|ments?)$",  # useful
    r"^(?:some|note|base|before|else)(?=[a-z]{4})|every(?=[a-z])",
    r"^(?:rarely|evening|business|colleagues?|milli?ons?|familiar|tongues?|leagues?)",
)
APART = _patterns(
    r"[^tcgsl]ia(?!ge)|^dia|io(?<!tio)(?<!sio)(?<!cio)(?<!gio)(?=.)|iu",  # trial, period, but not question, special
    r"[dlr]ient|[aeou]ing|[aeiou]ying|[tds]ual|[ae]valua|jan?ua|creat(?!ure)|quiet|^poet|ruin|fluen|hundred|earlier|whoever|idea|area|reliable",
    r"[^aeiouy]sm$",  # rhythm-like endings: sarcasm
)
ACRONYMS = {"JSON": 2, "JSONL": 3, "LoRA": 2, "IDs": 2, "SQLite": 3, "RAM": 1, "NumPy": 2, "OpenAI": 4, "GitHub": 2}


def _without_code(markdown: str) -> str:
    text = _COMMENT_OR_TAG.sub(" ", _FENCE.sub("\n\n", markdown))
    text = _INLINE_CODE.sub(CODE_WORD, text)
    return _ADDRESS.sub(" ", _LINK.sub(r"\1", _IMAGE.sub(" ", text)))


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield the headings, table rows and pieces of prose of a text, in order, without the marks of Markdown."""
    piece: list[str] = []
    for line in [*text.splitlines(), ""]:
        bare = re.sub(r"^ {0,3}(?:> ?)+", "", line)
        heading, row, item = _HEADING.match(bare), bare.lstrip().startswith("|"), _LIST_ITEM.match(bare)
        if piece and (heading or row or item or not bare.strip()):
            yield "prose", " ".join(piece)
            piece = []
        if heading:
            yield "heading", _unmarked(_HEADING.sub("", bare))
        elif row:
            yield "table", "" if _TABLE_RULE.match(bare) else _unmarked(bare.replace("|", " "))
        elif bare.strip():
            piece.append(_unmarked(_LIST_ITEM.sub("", bare)))


def _unmarked(line: str) -> str:
    return re.sub(r"\*+|(?<!\w)_+|_+(?!\w)|\\", "", line).strip()


def main(arguments: list[str] | None = None) -> None:
    """Print what was measured of each file."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.reading", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--worst", type=int, default=5, metavar="N", help="list the N hardest sentences (5)")
    options = parser.parse_args(arguments)
    for path in options.files:
        measured = read_lesson(path) if path.suffix == ".ipynb" else read_text(path.read_text(encoding="utf-8"))
        ease = f"reading ease {measured.ease:.1f} (at least {LEAST_EASE:g})"
        lines = [f"{path}: {measured.n_words} words (at most {MOST_WORDS}), {ease}"]
        for sentence in measured.long_sentences:
            lines.append(f"  {len(words_of(sentence))} words (at most {LONGEST_SENTENCE}): {sentence}")
        lines += [f"  ease {ease:4.0f}: {sentence}" for ease, sentence in measured.hardest(options.worst)]
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
