"""Each word of the field is explained where a learner first meets it, and stands in docs/glossary.md."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))

BOX = re.compile(r"^> .*$", re.MULTILINE)
BOLD = re.compile(r"\*\*([^*\n]+?)[.:]?\*\*")
ITALIC = re.compile(r"(?<![*\w])\*([^*\n]+?)\*(?![*\w])")
NOT_READ = re.compile(r"```.*?```|`[^`\n]*`|^#+ [^\n]*$|!?\[[^\]]*\]\([^)]*\)|<!--.*?-->", re.DOTALL | re.MULTILINE)

# They have an everyday sense too, in which a lesson may use them before.
EVERYDAY = {"collapse", "environment", "event", "forgetting", "instruction", "job", "leak", "lookup", "majority", "prompt"}
EVERYDAY |= {"status", "step", "stream", "sweep", "template", "transfer", "interval"}

# (lesson, word): why a lesson may use it before it is explained.
EARLY: dict[tuple[str, str], str] = {}


@dataclass(frozen=True)
class Entry:
    """A row of the glossary."""

    word: str
    forms: tuple[str, ...]
    meaning: str
    lesson: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds the word in a text: any of its forms, also in the plural."""
        forms = "|".join(re.escape(form).replace("\\ ", r"[\s-]") for form in (self.word, *self.forms))
        return re.compile(rf"(?<![\w-])(?:{forms})(?:'?s)?(?![\w-])", re.IGNORECASE)


def glossary() -> list[Entry]:
    found = []
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\| ([^|(]+?)(?: \(([^)]*)\))? \| ([^|]+) \| (\d\d) \|", line):
            forms = tuple(match[2].split(", ")) if match[2] else ()
            found.append(Entry(match[1], forms, match[3], match[4]))
    return found


def texts(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def boxed(text: str) -> Iterator[tuple[str, int]]:
    """Yield the words that a text explains in boxes, `> **Word.** ...`, and where; words in italics count as well."""
    for box in BOX.finditer(text):
        line = box[0]
        for match in [*BOLD.finditer(line), *ITALIC.finditer(line)]:
            for word in re.split(r", ", match[1]):
                yield word.strip("`").lower(), box.start()


def heads(text: str) -> set[str]:
    """The words that a box begins with."""
    found = [re.match(r"> \*\*([^*\n]+?)[.:]?\*\*", box[0]) for box in BOX.finditer(text)]
    return {word.lower() for match in found if match for word in re.split(r", ", match[1]) if word[0].isalpha()}


def early_uses(entry: Entry, lessons: dict[str, list[str]]) -> list[str]:
    """Where a word is used before its box: in an earlier lesson, or earlier in its own after the opening cell."""
    found = []
    for number, cells in sorted(lessons.items()):
        for place, text in enumerate(cells):
            explained = [start for word, start in boxed(text) if entry.pattern.fullmatch(word)]
            before = text[: min(explained)] if explained else text
            if (place > 0 or number != entry.lesson) and (match := entry.pattern.search(NOT_READ.sub(" ", before))):
                around = NOT_READ.sub(" ", before)[max(0, match.start() - 30) : match.end() + 30].replace("\n", " ")
                found.append(f"lesson {number}: {around}")
            if explained:
                return found
    return found


def test_the_glossary_is_in_order() -> None:
    """Sorted, each word once, each meaning one sentence; every row of the table was read."""
    entries = glossary()
    rows = [line for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert len(entries) == len(rows) - 1
    words = [entry.word.lower() for entry in entries]
    assert words == sorted(set(words))
    assert [entry.word for entry in entries if not re.fullmatch(r"[A-Z][^.!?]*(?:\.\w[^.!?]*)*\.", entry.meaning)] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_box_is_in_the_glossary(path: Path) -> None:
    """The words that a lesson explains in a box are there, with this lesson or an earlier one."""
    entries = glossary()
    missing = []
    for word in sorted(set().union(*map(heads, texts(path)))):
        if not any(entry.pattern.fullmatch(word) and entry.lesson <= path.name[:2] for entry in entries):
            missing.append(word)
    assert missing == []


@pytest.mark.parametrize("entry", glossary(), ids=lambda entry: entry.word)
def test_a_word_is_explained_where_it_is_first_used(entry: Entry) -> None:
    """The lesson of the glossary has the box, and no lesson uses the word before it, but in its everyday sense."""
    lessons = {path.name[:2]: texts(path) for path in LESSONS}
    if entry.lesson in lessons:
        explained = {word for text in lessons[entry.lesson] for word, _start in boxed(text)}
        assert [word for word in explained if entry.pattern.fullmatch(word)], f"lesson {entry.lesson} has no box for it"
    uses = [use for use in early_uses(entry, lessons) if (use[7:9], entry.word) not in EARLY]
    assert uses == [] or entry.word in EVERYDAY


def test_an_early_word_is_found() -> None:
    """In an earlier lesson, in the same lesson before its box; not in code, a heading, a link, or the opening cell."""
    epoch = Entry("epoch", (), "One pass.", "01")
    box = "> **Epoch.** One pass over all examples."
    fine = ["Opening: an epoch is explained.", f"## Epochs\n`n_epochs` and [epochs](a.md).\n\n{box} An epoch more.", "epoch"]
    assert early_uses(epoch, {"00": ["Opening."], "01": fine}) == []
    assert early_uses(epoch, {"00": ["Opening.", "Two epochs of it."], "01": fine}) == ["lesson 00: Two epochs of it."]
    assert len(early_uses(epoch, {"01": ["Opening.", f"An epoch.\n\n{box}"]})) == 1
    assert dict(boxed("> **Batch, step.** A *few* rows")) == {"batch": 0, "step": 0, "few": 0}
