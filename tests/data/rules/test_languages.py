# ruff: noqa: RUF001 - strange characters are the subject
import pytest

from ftwidgets.data.rules import Languages
from tests.data.rules.test_outliers import ENGLISH, TOPICS, ids, of


def test_a_set_in_one_language_gives_no_findings(run):
    """In one batch or in many; and a set without rows."""
    assert run(Languages(), of()) == []
    assert run(Languages(), of(), size=5) == []
    assert run(Languages(), []) == []


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [
        (
            "What does my fern?",
            "Die Pflanze braucht Wasser, wenn die Erde trocken ist und es nicht kalt ist.",
        ),
        (
            "What does my fern?",
            "La plante a besoin d'eau quand la terre est sèche et il ne fait pas froid dans la pièce.",
        ),
        ("What does my fern?", "Поливайте папоротник, когда земля в горшке высохнет."),
        ("What does my fern?", "当花盆里的土干了的时候请给蕨类植物浇水，不要太多。"),
        ("¿Qué necesita mi planta para vivir en el jardín de la casa?", ENGLISH[0]),
    ],
)
def test_a_row_in_another_language_is_found(run, prompt, completion):
    """One prompt or answer in another language or script among 42 is found, and only it."""
    assert ids(run(Languages(), of((prompt, completion)))) == [(len(ENGLISH), "unexpected-language")]


def test_labels_in_another_language_are_found(run):
    """The prompts of a set of labels are compared as those of any other set."""
    rows = [(prompt, "positive") for prompt, _ in of()]
    rows += [("¿Qué necesita mi planta para vivir en el jardín de la casa?", "positive")]
    assert ids(run(Languages(), rows)) == [(len(ENGLISH), "unexpected-language")]


def test_a_set_that_is_bilingual_gives_no_findings(run):
    """Translation pairs, and sets of two languages, are judged by their own majority or not at all."""
    german = [
        f"Die {one} braucht Wasser, wenn die Erde im Topf nicht feucht ist, und es ist warm." for one in TOPICS for _ in "abc"
    ]
    pairs = list(zip(ENGLISH, german, strict=True))
    assert run(Languages(), pairs) == []
    assert run(Languages(), [*pairs[:21], *((there, here) for here, there in pairs[21:])]) == []


def test_short_texts_and_code_have_no_language(run):
    """Names, a few words and programs give no verdict."""
    short = [("Ciao!", "Bonjour."), ("x = la(il, un, e); for (de in la) { il += un; }", "das der die"), ("Madrid", "El Niño")]
    assert run(Languages(), of(*short)) == []
