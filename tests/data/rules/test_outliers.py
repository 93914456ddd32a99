# ruff: noqa: RUF001 - strange characters are the subject
import random

import pytest

from ftwidgets import datasets
from ftwidgets.data.rules import Languages, Outliers, TextRules

TOPICS = [
    "fern",
    "orchid",
    "cactus",
    "monstera",
    "ivy",
    "palm",
    "lily",
    "aloe",
    "basil",
    "mint",
    "rose",
    "tulip",
    "thyme",
    "sage",
]
ENGLISH = [
    f"The {one} needs water when the soil of its {two} pot is dry, so please check it with your finger."
    for one in TOPICS
    for two in ("clay", "glazed", "plastic")
]
PROMPTS = [f"What does my {one} need in the {two}?" for one in TOPICS for two in ("spring", "summer", "winter")]


def of(*extra, answers=ENGLISH, prompts=PROMPTS):
    """Return ordinary rows with some others after them."""
    return [*zip(prompts, answers, strict=True), *extra]


def ids(found):
    return [(place, fault.id) for place, fault in found]


def test_an_ordinary_set_gives_no_findings(run):
    """Rows that are alike are left alone, in one batch or in many."""
    assert run(Outliers(), of()) == []
    assert run(Outliers(), of(), size=5) == []
    assert run(Outliers(), []) == []


@pytest.mark.parametrize(
    ("prompt", "completion", "id_"),
    [
        ("What does my fern need to live?", "Water.", "very-short"),
        ("What does my fern need to live?", " ".join(ENGLISH), "very-long"),
        ("What does my fern need to live?", "The fern needs water when the soil of its pot is dry and you", "mixed-endings"),
        ("What does my fern need to live?", "The fern needs water when the soil of its clay pot is dry,", "mixed-endings"),
    ],
)
def test_a_row_unlike_the_others_is_found(run, prompt, completion, id_):
    """One row of another length or ending among 42 is found, and only it."""
    assert ids(run(Outliers(), of((prompt, completion)))) == [(len(ENGLISH), id_)]


@pytest.mark.parametrize(
    "completion",
    [
        "The fern needs a list of things:\n- water\n- light\n- a little food",
        "Please read all of it at https://example.com/ferns",
        "Run the code and look at it:\n```\nwater(fern)\n```",
        'The gardener said: "Water it every week, and never let it stand in the sun."',
        "Water it every week, and never let it stand in the sun :)",
        "Water it every week, and keep it away from the sun.\n\nBest wishes,\nAnna",
        "Water it every week, and keep it away from the sun! 🌱",
    ],
)
def test_endings_that_say_nothing_pass(run, completion):
    """Lists, links, code, quotes, signatures and emoji are no broken endings."""
    assert run(Outliers(), of(("What does my fern need to live?", completion))) == []


def test_a_full_stop_among_titles_is_found(run):
    """Where hardly any completion ends with a stop, the few that do are found."""
    titles = [f"A short guide to the {one} in {two} gardens" for one in TOPICS for two in ("dry", "wet", "old")]
    found = run(Outliers(), of(("Title?", "A short guide to the moss in all gardens."), answers=titles))
    assert ids(found) == [(42, "mixed-endings")]


def test_labels_are_not_judged_as_texts(run):
    """A set of a few short labels gives no findings on length, ending or style."""
    labels = ["positive", "negative", "neutral", "Neither of the two."]
    assert run(Outliers(), [(f"Some review number {n}", labels[n % 4 if n < 40 else 0]) for n in range(200)]) == []


def test_short_answers_are_a_habit_where_there_are_many(run):
    """Where a tenth of the answers is short, none of them is odd."""
    assert run(Outliers(), of(*[("Is it alive?", "Yes.")] * 5)) == []


@pytest.mark.parametrize(
    "text",
    [
        "在设备底部的标签上可以找到序列号，例如SN-2023-00417。",
        "設定メニューのWI-FIからSSIDを選んでください。2024",
        "המספר הוא ABC-2023-00417 בתחתית",
    ],
)
def test_letters_without_capitals_are_not_in_capitals(run, text):
    """Chinese, Japanese or Hebrew with a Latin abbreviation is not written in capitals."""
    assert text.isupper()
    rows = of(answers=[text if n % 5 == 0 else one for n, one in enumerate(ENGLISH)])
    assert [fault for _, fault in run(Outliers(), rows) if "capitals" in fault.message] == []


def test_a_set_without_a_habit_of_ending_is_told_so(run):
    """Where a third of the answers end without a stop, that is said once, for the whole set."""
    found = run(Outliers(), of(answers=[text[:-1] if n % 3 == 0 else text for n, text in enumerate(ENGLISH)]))
    assert [(place, fault.id, fault.level) for place, fault in found] == [(None, "mixed-endings", "warning")]
    assert "full stop" in found[0][1].message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text, n: f"Hello! {text}" if n % 3 == 0 else text, "greeting"),
        (lambda text, n: text[0].lower() + text[1:] if n % 4 == 0 else text, "small letter"),
        (lambda text, n: text.upper() if n % 5 == 0 else text, "in capitals"),
    ],
)
def test_a_set_of_two_styles_gets_one_note(run, change, words):
    """Where some answers have a habit and others do not, one note says so, for the whole set."""
    found = run(Outliers(), of(answers=[change(text, n) for n, text in enumerate(ENGLISH)]))
    assert [(place, fault.id, fault.level) for place, fault in found] == [(None, "mixed-style", "note")]
    assert words in found[0][1].message


@pytest.mark.parametrize("rule", [Outliers(), Languages()])
def test_rules_keep_little_of_each_row(rule):
    """A hundred thousand rows take less than eight bytes each."""
    import sys

    from ftwidgets.data.rows import Row, RowBatch, TrainingRow

    item = TrainingRow(Row(1, 1, 1, None), PROMPTS[0], ENGLISH[0])
    for start in range(0, 102_400, 512):
        assert list(rule.update(RowBatch(start, [item] * 512))) == []
    state = [value for held in vars(rule).values() for value in (held.values() if isinstance(held, dict) else [held])]
    assert sum(map(sys.getsizeof, state)) < 8 * 102_400


@pytest.mark.parametrize("name", ["support_faq", "sentiment"])
def test_the_bundled_datasets_are_clean(run, name):
    """The datasets that come with the package give no finding of any of these rules."""
    frame = datasets.load(name)
    pairs = list(zip(frame["Prompt"], frame["Completion"], strict=True))
    assert len(pairs) > 500
    assert run(TextRules(), pairs) == []
    assert run(Outliers(), pairs) == []
    assert run(Languages(), pairs) == []


def test_every_order_of_rows_gives_the_same_findings(run):
    """What is found does not hang on the order of the rows."""
    rows = of(
        ("What does my fern need?", "Water."), ("What does my fern?", "Поливайте папоротник, когда земля в горшке высохнет.")
    )

    def found(size=512):
        return sorted(
            (rows[place], fault.id) for rule in (Outliers(), Languages()) for place, fault in run(rule, rows, size=size)
        )

    first = found()
    random.Random(0).shuffle(rows)
    assert found(size=7) == first
    assert len(first) == 2
