import csv
import io
from pathlib import Path

import pandas as pd
import pytest

import ftwidgets
from ftwidgets.lessons.exercises import table_repaired
from ftwidgets.lessons.exercises.repair import _EXPECTED

FILE = Path(__file__).parents[3] / "notebooks" / "data" / "second_mess.csv"


def glued(cells: list[str]) -> list[str]:
    """What a reader does who looks at the two lines with a comma too many."""
    return [", ".join(cells[:2]), cells[2]] if cells[0] == "My plan changed" else [cells[0], ", ".join(cells[1:])]


def read(glue: object = glued) -> pd.DataFrame:
    options = {"engine": "python", "skipinitialspace": True, "keep_default_na": False, "encoding": "utf-8-sig"}
    return pd.read_csv(FILE, on_bad_lines=glue, **options).apply(lambda column: column.str.strip())


def solved() -> pd.DataFrame:
    table = read()
    table = table[table["Completion"] != ""]
    return table[~table["Prompt"].str.lower().duplicated(keep="last")]


def test_the_solution_is_right(tmp_path: Path) -> None:
    """The repaired table, in any order and dress, and the file written from it."""
    table = solved()
    assert len(table) == len(_EXPECTED) == 12
    assert table_repaired(table).state == "right"
    dressed = table.sample(frac=1, random_state=1).rename(columns={"Prompt": " prompt"}).assign(Agent="Ada")
    assert table_repaired(dressed).state == "right"
    assert table_repaired(pd.concat([table, table[["Prompt"]]], axis=1)).state == "right"
    made = ftwidgets.prepare(table, tmp_path, validation=0, system="Be brief.")
    assert table_repaired(made.train_file).state == "right"
    assert table_repaired(str(made.train_file)).state == "right"


def test_the_untouched_cell_is_not_attempted() -> None:
    """The `...` of the lesson is no wrong answer."""
    assert table_repaired(...).state == "not attempted"


def wrong() -> dict[str, tuple[object, str]]:
    right = solved()
    oldest = read()[lambda table: table["Completion"] != ""]
    oldest = oldest[~oldest["Prompt"].str.lower().duplicated(keep="first")]
    machine = read(lambda cells: [cells[0], ", ".join(cells[1:])])
    machine = machine[machine["Completion"] != ""]
    machine = machine[~machine["Prompt"].str.lower().duplicated(keep="last")]
    quotes = pd.DataFrame([row[:2] for row in csv.reader(io.StringIO(FILE.read_text(encoding="utf-8-sig"))) if any(row)][1:])
    quotes.columns = ["Prompt", "Completion"]
    quotes = quotes[quotes["Completion"].str.strip() != ""].drop_duplicates("Prompt", keep="last")
    return {
        "all rows": (read(), "has no answer"),
        "empty rows stay as NaN": (right.reindex([*right.index, 99]), "still an empty row"),
        "repeats stay": (pd.concat([right, right.head(2)]), "more than once, with the same answer"),
        "both answers stay": (read()[lambda t: t["Completion"] != ""].drop_duplicates(), "Which of them is the newer one"),
        "the older answer": (oldest, "Look at line 7"),
        "glued by machine": (machine, "Look at line 19"),
        "bad lines skipped": (right[~right["Prompt"].str.contains("puncture|plan")], "look at line 8"),
        "quotes in the text": (quotes, "quotes of the file"),
        "one row lost": (right.iloc[:-1], "1 row that can be used or repaired are missing: look at line 20"),
    }


@pytest.mark.parametrize("name", wrong())
def test_plausible_wrong_answers_are_told_where_to_look(name: str) -> None:
    """Each says what was seen, and never an answer of the file that the learner did not hand in."""
    answer, words = wrong()[name]
    outcome = table_repaired(answer)
    assert outcome.state == "not yet"
    assert words in outcome.message
    for prompt, completion in solved().itertuples(index=False):
        assert completion not in outcome.message
        assert prompt not in outcome.message or any(prompt.lower() == p.lower() for p in answer["Prompt"].dropna())


def test_each_wrong_answer_gets_a_message_of_its_own() -> None:
    """Nine mistakes, nine messages."""
    assert len({table_repaired(answer).message for answer, _ in wrong().values()}) == len(wrong())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "NoneType"),
        (12, "is a int"),
        (["a row"], "is a list"),
        (pd.DataFrame(), "no column for the completion and the prompt"),
        (pd.DataFrame({"Prompt": [], "Completion": []}), "is empty"),
        ("nowhere.jsonl", "There is no file"),
        (FILE, "is no training file"),
        (pd.DataFrame({"Prompt": [1, {}], "Completion": [None, 2.5]}), "has no answer"),
        (pd.DataFrame({"Prompt": ["a"], "Completion": [[]]}), "differs from the file"),
        (pd.DataFrame({"Prompt": ["\ud800"], "Completion": ["b"]}), "differs from the file"),
    ],
    ids=lambda value: None,
)
def test_nonsense_is_answered_in_words(answer: object, words: str) -> None:
    """Whatever is handed in: not yet, and why; never a traceback."""
    outcome = table_repaired(answer)
    assert outcome.state == "not yet"
    assert words in outcome.message


@pytest.mark.parametrize("content", ["null", "3", "[1]"])
def test_a_file_with_other_things_than_texts_is_answered_in_words(content: str, tmp_path: Path) -> None:
    """No traceback, whatever the messages hold."""
    file = tmp_path / "x.jsonl"
    turns = ", ".join(f'{{"role": "{role}", "content": {content}}}' for role in ("user", "assistant"))
    file.write_text(f'{{"messages": [{turns}]}}')
    assert table_repaired(file).state == "not yet"
