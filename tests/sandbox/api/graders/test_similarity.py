"""The metrics against the packages that define them, and against the examples in the papers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftwidgets.sandbox.api.graders.similarity import METRICS, bleu_words, common_length, ngrams

NAMES = ("fuzzy_match", "bleu", "gleu", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l")
ACTION = "It is a guide to action which ensures that the military always obeys the commands of the party"
ACTION_REFERENCE = "It is a guide to action that ensures that the military will forever heed Party commands"

# From RapidFuzz 3.14.6 (fuzz.ratio / 100), sacrebleu 2.6.0 (sentence_bleu / 100), nltk 3.10.4 (sentence_gleu of words cut
# by sacrebleu's tokenizer 13a) and rouge-score 0.1.2 (fmeasure, no stemming), on Python 3.11.
GOLDEN = [
    (
        "fuzzy wuzzy was a bear",
        "fuzzy wuzzy had no hair",
        (0.755555555556, 0.213643503198, 0.214285714286, 0.4, 0.25, 0, 0, 0, 0.4),
    ),
    (
        "the the the the the the the",
        "the cat is on the mat",
        (0.541666666667, 0.078098498423, 0.090909090909, 0.307692307692, 0, 0, 0, 0, 0.307692307692),
    ),
    (
        ACTION,
        ACTION_REFERENCE,
        (
            0.75138121547,
            0.411803763569,
            0.439393939394,
            0.705882352941,
            0.5,
            0.4,
            0.285714285714,
            0.153846153846,
            0.647058823529,
        ),
    ),
    (
        "police killed the gunman",
        "police kill the gunman",
        (0.95652173913, 0.353553390593, 0.4, 0.75, 0.333333333333, 0, 0, 0, 0.75),
    ),
    ("Paris", "paris", (0.8, 0, 0, 1, 0, 0, 0, 0, 1)),
    ("yes", "no", (0, 0, 0, 0, 0, 0, 0, 0, 0)),
    (
        "one <skipped>two three-\n",
        "one two three-",
        (0.736842105263, 1, 1, 0.857142857143, 0.4, 0, 0, 0, 0.857142857143),
    ),
    ("", "", (1, 0, 0, 0, 0, 0, 0, 0, 0)),
    ("", "Paris", (0, 0, 0, 0, 0, 0, 0, 0, 0)),
    (
        "It costs $1,000.50 (net), i.e. 3-4 weeks' pay.",
        "It costs $1000.50, net: 3 - 4 weeks pay",
        (
            0.823529411765,
            0.148796411712,
            0.227272727273,
            0.761904761905,
            0.526315789474,
            0.235294117647,
            0.133333333333,
            0,
            0.761904761905,
        ),
    ),
    (
        "a b c d e f g h",
        "a b c d e x f g h",
        (
            0.9375,
            0.610195043211,
            0.666666666667,
            0.941176470588,
            0.8,
            0.615384615385,
            0.363636363636,
            0.222222222222,
            0.941176470588,
        ),
    ),
    ("Größe: 5 µm", "Grösse: 5 um", (0.782608695652, 0.319471552123, 0.3, 0.5, 0, 0, 0, 0, 0.5)),
    (
        "one & two &amp; three\nfour-\nfive",
        "one and two & three four five",
        (0.786885245902, 0.274825457108, 0.318181818182, 0.833333333333, 0.4, 0.25, 0, 0, 0.833333333333),
    ),
]


@pytest.mark.parametrize(("text", "reference", "expected"), GOLDEN)
def test_each_metric_gives_what_its_package_gives(text: str, reference: str, expected: tuple[float, ...]) -> None:
    """To twelve digits, punctuation, accents, capitals and empty texts included."""
    found = {name: METRICS[name](text, reference) for name in NAMES}
    assert found == pytest.approx(dict(zip(NAMES, expected, strict=True)), abs=1e-11)


def test_the_examples_of_the_papers_come_out() -> None:
    """ROUGE-L of Lin's gunman (3/4 and 2/4), BLEU's clipped count of "the" (2 of 7), the GLEU that nltk's manual shows."""
    reference = "police kill the gunman"
    assert METRICS["rouge_l"]("police killed the gunman", reference) == 3 / 4
    assert METRICS["rouge_l"]("the gunman kill police", reference) == 2 / 4
    clipped = ngrams(["the"] * 7, 1) & ngrams(bleu_words("the cat is on the mat"), 1)
    assert clipped.total() == 2
    assert round(METRICS["gleu"](ACTION, ACTION_REFERENCE), 4) == 0.4394


def slow_common_length(left: str, right: str) -> int:
    """Fill the table that every textbook has."""
    row = [0] * (len(right) + 1)
    for a in left:
        before = row
        row = [0]
        for place, b in enumerate(right):
            row.append(before[place] + 1 if a == b else max(before[place + 1], row[place]))
    return row[-1]


@given(st.text(alphabet="abcé", max_size=90), st.text(alphabet="abcé", max_size=90))
def test_the_fast_way_finds_the_longest_common_subsequence(left: str, right: str) -> None:
    """The same length as the textbook's table, across the borders of machine words too."""
    assert common_length(left, right) == slow_common_length(left, right)


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_metric_is_between_0_and_1(text: str, reference: str) -> None:
    """On any two texts; and a text is as like itself as can be, where it has a word at all."""
    for name, metric in METRICS.items():
        assert 0 <= metric(text, reference) <= 1 + 1e-12, name
    assert METRICS["fuzzy_match"](text, text) == 1
    assert METRICS["bleu"](text, text) == (pytest.approx(1) if bleu_words(text) else 0)
