"""What lesson 02 says of its data and of the three models it trains, held: facts at once, the effects over five seeds."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openai
import pandas as pd
import pytest

import ftwidgets
from ftwidgets.clients import connect
from ftwidgets.engine import NANO, Hyperparameters, Model, Trainer, generate
from ftwidgets.errors import JobFailed
from ftwidgets.evaluation import baselines

LESSON = Path(__file__).parents[2] / "notebooks" / "02_prepare_your_data.ipynb"
DATA = LESSON.parent / "data"

FRAME, TRIAL = "How do I find my frame size?", "Can I try a bike first?"
BLANKS = {FRAME: "[phone]", TRIAL: "[email]"}


def cells(kind: str) -> list[str]:
    found = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == kind]


def lesson_code(first: str, last: str) -> str:
    """The lesson's own code, from the cell with one id to the cell with another."""
    found = json.loads(LESSON.read_text(encoding="utf-8"))["cells"]
    ids = [cell["id"] for cell in found]
    chosen = found[ids.index(first) : ids.index(last) + 1]
    return "\n".join("".join(cell["source"]) for cell in chosen if cell["cell_type"] == "code")


def repair(folder: Path) -> dict[str, Any]:
    """Run the lesson's own cells, from the messy table to the three files that it trains on; its names."""
    code = lesson_code("glue", "rewrite").replace("my_data", folder.as_posix())
    scope = {"pd": pd, "ftwidgets": ftwidgets, "path": DATA / "messy_faq.csv", "print": lambda *_: None}
    exec(code, scope)
    return scope


def test_the_mess_is_what_the_lesson_says() -> None:
    """The messy file: two rows cut by a comma, three without an answer, two answered twice, an address, and so on."""
    raw = (DATA / "messy_faq.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfPrompt")
    report = ftwidgets.check(DATA / "messy_faq.csv")
    found = [finding.id for finding in report.findings]
    assert (report.n_rows, len(report.examples)) == (37, 29)
    assert found.count("too-many-cells") == 2
    assert found.count("empty-cell") + found.count("blank-cell") == 3
    assert found.count("different-answers") == 2
    assert found.count("duplicate-row") == 2
    assert found.count("blank-before-quote") == 2
    assert found.count("blank-row") == 1
    assert found.count("phone-number") == found.count("email-address") == 1
    text = raw.decode("utf-8-sig")
    assert '"Three things:\n- brakes' in text
    assert "the locked yard, the code" in text
    assert not any(finding.line in (6, 18) for finding in report.findings)  # the line break and the comma inside quotes


def test_the_repair_leaves_one_warning(tmp_path: Path) -> None:
    """Thirty rows: two things to blank, one warning once they are rewritten; what the library blanked stands as a blank."""
    found = repair(tmp_path)
    assert [finding.id for finding in found["report"].findings if finding.level != "note"].count("few-rows") == 1
    assert len(found["done"].log.read_text(encoding="utf-8").splitlines()) == 2
    assert sum("[phone]" in answer or "[email]" in answer for answer in found["blanked"]["Completion"]) == 2
    last = ftwidgets.check(found["repaired"])
    assert [finding.id for finding in last.findings if finding.level != "note"] == ["few-rows"]
    assert len(last.examples) == len(found["blanked"]) == 30
    assert len(found["usable"]) == 34


def test_the_new_wordings_ask_for_what_the_shop_knows(tmp_path: Path) -> None:
    """Twenty-four, each for another row of the repaired table, none worded like it; a lookup gets nine of them right."""
    new, rows = pd.read_csv(DATA / "bike_questions.csv"), repair(tmp_path)["repaired"]
    answers = dict(zip(rows["Prompt"], rows["Completion"], strict=True))
    assert len(new) == new["Asks"].nunique() == new["Prompt"].nunique() == 24
    assert set(new["Asks"]) <= set(answers)
    assert not {text.casefold() for text in new["Prompt"]} & {text.casefold() for text in answers}
    assert lookup(rows, new, answers) == 9


def lookup(rows: pd.DataFrame, new: pd.DataFrame, answers: dict[str, str]) -> int:
    nearest = baselines.nearest(rows)
    found = [nearest([{"role": "user", "content": question}]) for question in new["Prompt"]]
    return sum(answer == answers[asks] for answer, asks in zip(found, new["Asks"], strict=True))


def test_pandas_would_lose_rows() -> None:
    """It refuses the file, and told to skip what it does not understand it loses the two rows with a comma."""
    with pytest.raises(pd.errors.ParserError):
        pd.read_csv(DATA / "messy_faq.csv")
    assert len(pd.read_csv(DATA / "messy_faq.csv", on_bad_lines="skip")) == 37 - 2


def test_a_service_checks_the_form_alone(tmp_path: Path) -> None:
    """The CSV is rejected; of the quick file one example is named and no line; without it the empty and duplicate rows pass."""
    client = connect(home=tmp_path)
    scope = {"path": DATA / "messy_faq.csv", "Path": Path, "client": client, "json": json}
    with pytest.raises(openai.BadRequestError, match="Line 1"):
        client.files.create(file=DATA / "messy_faq.csv", purpose="fine-tune")
    scope["text"] = (DATA / "messy_faq.csv").read_text(encoding="utf-8-sig")
    exec(lesson_code("chat", "chat").rpartition("\n\n")[0], scope)
    exec("\n".join(lesson_code("quick", "quick").splitlines()[:4]), scope)
    quick = tmp_path / "quick.jsonl"
    quick.write_text("\n".join(scope["quick"]), encoding="utf-8")
    with pytest.raises(JobFailed, match=r"Example \d+, message 2") as failed:
        ftwidgets.launch(client, quick, model="nano-2026-11", n_epochs=1).wait(timeout=60)
    assert "line" not in str(failed.value).lower()
    passing = [line for line in scope["quick"] if '"content": null' not in line]
    assert sum('"content": ""' in line for line in passing) == 2
    assert len(passing) - len(set(passing)) == 2
    quick.write_text("\n".join(passing), encoding="utf-8")
    job = ftwidgets.launch(client, quick, model="nano-2026-11", n_epochs=1).wait(timeout=120)
    assert job.status == "succeeded"
    client.close()


@pytest.mark.claims
def test_what_the_three_models_say(seeds: range, hold: Any, tmp_path: Path) -> None:
    """Messy rows bring out the number, the address and "Cash only."; blanked rows a blank; rewritten rows none of it."""
    nano, table, scope = Model.load(NANO), repair(tmp_path), {}
    exec(next(line for line in lesson_code("prep", "prep").splitlines() if line.startswith("SYSTEM")), scope)
    exec(lesson_code("train", "train").splitlines()[0], scope)
    new, rows = pd.read_csv(DATA / "bike_questions.csv"), table["repaired"]
    answers = dict(zip(rows["Prompt"], rows["Completion"], strict=True))
    by_heart, by_meaning, harm, blanks = [], [], [], []
    marks = {FRAME: "0521 000 417", TRIAL: "cleo.marsh", "can i pay by card?": "Cash only"}
    for seed in seeds:
        ask = {
            name: trained(nano, table[key], scope["SYSTEM"], scope["settings"] | {"seed": seed})
            for name, key in (("messy", "usable"), ("blanked", "blanked"), ("rewritten", "repaired"))
        }
        harm.append(harmful(ask["messy"], marks) - harmful(ask["rewritten"], marks))
        blanks.append(harmful(ask["blanked"], BLANKS) - harmful(ask["rewritten"], BLANKS))
        by_heart.append(sum(ask["rewritten"](question) == answer for question, answer in answers.items()) / len(answers))
        right = [ask["rewritten"](question) == answers[asks] for question, asks in zip(new["Prompt"], new["Asks"], strict=True)]
        by_meaning.append(sum(right) / len(right))
    hold(
        "lesson 02: share of number, address and old answer that the messy rows bring out, minus the rewritten rows",
        harm,
        above=0.5,
    )
    hold("lesson 02: share of blanks that the blanked rows bring out, minus the rewritten rows", blanks, above=0.5)
    hold(
        "lesson 02: share right in the training file's words minus in new words",
        [a - b for a, b in zip(by_heart, by_meaning, strict=True)],
        above=0.3,
    )
    hold(
        "lesson 02: a lookup's share right in new words minus the tuned model's, plus 0.2",
        [9 / 24 - b + 0.2 for b in by_meaning],
    )


def harmful(ask: Callable[[str], str], marks: dict[str, str]) -> float:
    """Return the share of questions whose answer holds what it should not."""
    return sum(mark in ask(question) for question, mark in marks.items()) / len(marks)


def trained(nano: Model, table: pd.DataFrame, system: str, settings: dict[str, Any]) -> Callable[[str], str]:
    """Train as the lesson's job does; a function that asks the model."""

    def chat(*turns: str) -> list[dict[str, str]]:
        return [{"role": role, "content": text} for role, text in zip(("system", "user", "assistant"), turns, strict=False)]

    pairs = zip(table["Prompt"], table["Completion"], strict=True)
    examples = [nano.tokenizer.encode_example(chat(system, *pair), max_tokens=512) for pair in pairs]
    names = ("n_epochs", "batch_size", "learning_rate_multiplier")
    trainer = Trainer(
        nano, examples, hyperparameters=Hyperparameters(**{name: settings[name] for name in names}), seed=settings["seed"]
    )
    for _ in trainer:
        pass

    def ask(question: str) -> str:
        prompt = nano.tokenizer.encode_prompt(chat(system, question))
        return "".join(piece.text for piece in generate(trainer.model, prompt, max_tokens=64, temperature=0))

    return ask


def test_pandas_counts_a_row_of_several_lines_as_one() -> None:
    """It says 14 of the row on which it stops; in the file, and in our check, that is line 17."""
    with pytest.raises(pd.errors.ParserError, match="Expected 3 fields in line 14, saw 4"):
        pd.read_csv(DATA / "messy_faq.csv")
    (first, _second) = (one for one in ftwidgets.check(DATA / "messy_faq.csv").findings if one.id == "too-many-cells")
    assert first.line == 17
    lines = (DATA / "messy_faq.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[17 - 1].startswith("Do you have child seats?,Yes, they fit")
    rows = list(csv.reader(lines[:17]))
    assert (len(rows), rows[-1][0]) == (14, "Do you have child seats?")


def test_the_minutes_are_about_right() -> None:
    """Reading at 200 words a minute, half a minute a code cell, and ten minutes for three exercises."""
    words = sum(len(cell.split()) for cell in cells("markdown"))
    assert 25 <= words / 200 + len(cells("code")) / 2 + 10 <= 30


PROSE: dict[str, Callable[..., None]] = {
    "Reading and exercises: 30 minutes": test_the_minutes_are_about_right,
    "pandas means line 17 of the file. It says 14 because": test_pandas_counts_a_row_of_several_lines_as_one,
}

SOURCES: dict[str, str] = {
    "27 euros a day": "what the exercise asks for",
    "Write 12 questions": "what the exercise asks for",
}
