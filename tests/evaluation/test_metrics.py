"""Metrics worked out by hand, and the confusion table."""

import pytest

from ftwidgets.evaluation.metrics import confusion_table, exact_match, find_labels, token_f1


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [("Paris", "Paris", 1), (" Paris\n", "Paris", 1), ("paris", "Paris", 0), ("Paris.", "Paris", 0), ("", "", 1)],
)
def test_exact_match_ignores_blanks_at_the_ends_and_nothing_else(answer: str, reference: str, expected: float) -> None:
    """Case and punctuation count."""
    assert exact_match(answer, reference) == expected


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("The cat sat.", "a cat sat", 1.0),  # articles, case and punctuation do not count
        ("cat", "dog", 0.0),
        ("the cat sat on the mat", "cat sat", 2 / 3),  # precision 2/4, recall 2/2
        ("red red red blue", "red blue blue", 4 / 7),  # each word as often as in both: one red, one blue
        ("self-service", "selfservice", 1.0),  # as in SQuAD, a hyphen leaves no blank
        ("„Größe“ — 5 €", "größe 5 €", 1.0),  # any punctuation
        ("the", "!", 1.0),  # nothing left on either side
        ("the", "cat", 0.0),
    ],
)
def test_token_f1_follows_squad(answer: str, reference: str, expected: float) -> None:
    """Worked out by hand from the published rules; the two texts may change places."""
    assert token_f1(answer, reference) == pytest.approx(expected)
    assert token_f1(reference, answer) == pytest.approx(expected)


def test_labels_are_few_and_come_again() -> None:
    """Sums are texts; yes and no are labels; eleven are too many to read, one is none."""
    assert find_labels(["yes", "no "] * 4) == ["no", "yes"]
    assert find_labels(["yes", "no"] * 3) == []
    assert find_labels([str(i) for i in range(40)]) == []
    assert find_labels([str(i % 11) for i in range(110)]) == []
    assert find_labels(["yes"] * 40) == []


def test_a_confusion_table_counts_every_answer_once() -> None:
    """Rows are right labels; what is no label is counted as other, also where a label has that name."""
    table = confusion_table(["a"] * 4 + ["b"] * 4, ["a", "a ", "b", "A", "b", "b", "", "a or b"])
    assert table.loc["a"].tolist() == [2, 1, 1]
    assert table.loc["b"].tolist() == [0, 2, 2]
    assert list(table.columns) == ["a", "b", "other"]
    assert confusion_table(["other", "a"] * 4, ["x"] * 8).columns.tolist() == ["a", "other", "other (no label)"]
    assert confusion_table(["1", "2", "3"], ["1", "2", "3"]).empty
