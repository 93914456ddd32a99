"""Every lesson is short and in plain English; and the measure of that is right about words, sentences, syllables, Markdown."""

from pathlib import Path

import pytest

from tests.notebooks import reading
from tests.notebooks.reading import count_syllables, read_text, split_sentences, words_of

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("[0-9][0-9]_*.ipynb"))

# Sentences that may be longer: the lesson and how they begin.
LONG: set[tuple[str, str]] = set()

# Words by the syllables that the CMU Pronouncing Dictionary gives them.
SYLLABLES = {
    1: "a asked called don't fails learned loss makes rates rows scored tried weights worth you",
    2: "answer boxes client didn't doing epoch model notebook pages people prices quiet rated something table tested values",
    3: "API CSV everything example gradient idea important interval probable quality sentences understand",
    4: "accuracy evaluate information January validation",
    5: "evaluation probability university",
}

LESSON = """# Measure *it*
**What you'll do:** ask `client.chat.completions.create(...)` twice, e.g. 0.5 or 1.5 times. Then stop!

> **Epoch.** One pass over all
> training examples.

- a first [item](a/long.md#address) of the list
- a second one

| column | other |
|---|---:|
| ten | cells |

```python
nobody("reads this. It Is Code.")
```
![a picture that nobody reads](images/a.svg)
1. Last item"""


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_short_and_in_plain_english(path: Path) -> None:
    """At most 1,200 words, a reading ease of 60 or more, no sentence over 32 words but the listed ones."""
    measured = reading.read_lesson(path)
    assert measured.n_words <= reading.MOST_WORDS
    assert measured.ease >= reading.LEAST_EASE, measured.hardest(5)
    allowed = tuple(beginning for lesson, beginning in LONG if lesson == path.name[:2])
    assert [sentence for sentence in measured.long_sentences if not sentence.startswith(allowed)] == []


@pytest.mark.parametrize(("n", "words"), SYLLABLES.items())
def test_syllables_are_counted(n: int, words: str) -> None:
    """Each word has as many syllables as the dictionary says."""
    assert {word: count_syllables(word) for word in words.split()} == dict.fromkeys(words.split(), n)


@pytest.mark.parametrize(
    ("text", "ease"),
    [
        ("The cat sat on the mat.", 116.1),
        ("This sentence, taken as a reading passage unto itself, is being used to prove a point.", 69.0),
        ("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.", 37.5),
    ],
)
def test_reading_ease_is_the_published_one(text: str, ease: float) -> None:
    """Three sentences whose scores are published with the formula."""
    assert read_text(text).ease == pytest.approx(ease, abs=0.5)


def test_markdown_is_no_prose() -> None:
    """Code, addresses and pictures are not read; headings and tables are words, but no sentences."""
    measured = read_text(LESSON)
    assert measured.sentences == [
        "What you'll do: ask Code twice, e.g. 0.5 or 1.5 times.",
        "Then stop!",
        "Epoch.",
        "One pass over all training examples.",
        "a first item of the list",
        "a second one",
        "Last item",
    ]
    in_sentences = sum(len(words_of(sentence)) for sentence in measured.sentences)
    assert measured.n_words == in_sentences + len(["Measure", "it", "column", "other", "ten", "cells"])


def test_sentences_end_where_they_do() -> None:
    """A quotation or a piece of code may begin the next one; an abbreviation and a decimal point end none."""
    assert split_sentences('It said "no." Why? Code helps, i.e. Code and 3.5 others. (So it does.) 7 left.') == [
        'It said "no.',
        "Why?",
        "Code helps, i.e. Code and 3.5 others.",
        "(So it does.",
        "7 left.",
    ]


def test_a_long_sentence_is_found() -> None:
    """32 words are fine, 33 are not."""
    fine, long = " ".join(["word"] * 32) + ".", " ".join(["word"] * 33) + "."
    assert read_text(f"{fine}\n\n{long}".replace("word", "Word", 1)).long_sentences == [long]


def test_the_command_prints_what_to_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Words, ease and the hardest sentences of a file."""
    hard = "Unintelligible circumlocutions characteristically exasperate almost everybody."
    (tmp_path / "a.md").write_text(f"This is a short sentence. {hard}")
    reading.main([str(tmp_path / "a.md"), "--worst", "1"])
    first, second = capsys.readouterr().out.splitlines()
    assert "11 words (at most 1200), reading ease" in first
    assert second.endswith(f": {hard}")
