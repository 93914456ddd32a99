import csv
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import ftwidgets
from ftwidgets.clients import connect
from ftwidgets.lessons import exercises
from ftwidgets.lessons.exercises.repair import _EXPECTED, EXERCISES, own_rows, price_changed, table_repaired

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
        "bad lines skipped": (right[~right["Prompt"].str.contains("puncture|plan")], "Look at line 8"),
        "quotes in the text": (quotes, "quotes of the file"),
        "one row lost": (right.iloc[:-1], "Still missing: 1 row of the file that can be used or repaired. Look at line 20"),
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


SYSTEM = "You work at Bell & Spoke, a bike shop."
SHOP = pd.DataFrame(
    [
        ("Where is the shop?", "Canal Street 12, behind the old mill."),
        ("How much is a bike a day?", "Renting costs 25 euros a day."),
        ("Can I rent a helmet?", "Helmets are free with every bike."),
        ("Do you ship?", "Only parts, bikes are picked up here."),
        ("Do you true wheels?", "Yes, 25 euros a wheel."),
        ("How often should I oil the chain?", "Every 200 kilometres, and after rain."),
        ("What pressure do my tyres need?", "It is printed on the side of the tyre."),
        ("Do you sell gift cards?", "Yes, from 20 euros."),
        ("How long is the guarantee on a repair?", "Six months."),
        ("Can I pay by card?", "Yes, and in cash."),
    ],
    columns=["Prompt", "Completion"],
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """What lesson 02 has when its first exercise begins, with fewer rows."""
    folder = tmp_path_factory.mktemp("shop")
    client = connect(home=folder / "home")

    def train(rows: pd.DataFrame, name: str, **changed: Any) -> ftwidgets.Job:
        files = ftwidgets.prepare(rows, folder / name, system=SYSTEM, validation=0)
        options = {"n_epochs": 12, "batch_size": 2, "learning_rate_multiplier": 4, "seed": 1, **changed}
        return ftwidgets.launch(client, files.train_file, model="nano-2026-11", suffix=name, **options)

    def ask(model: str, question: str) -> str:
        turns = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
        return client.chat.completions.create(model=model, messages=turns, temperature=0).choices[0].message.content or ""  # type: ignore[arg-type]

    yield SimpleNamespace(client=client, train=train, ask=ask, lesson=train(SHOP, "rewritten", n_epochs=1).wait(120))
    client.close()


def with_price(answer: str) -> pd.DataFrame:
    rows = SHOP.copy()
    rows.loc[rows["Prompt"] == "How much is a bike a day?", "Completion"] = answer
    return rows


def test_the_solution_of_the_new_price_is_right(shop: SimpleNamespace) -> None:
    """The solution as it is shown, run in the lesson's own names."""
    outcomes = []

    class Lesson:
        def check(self, number: int, *answers: object) -> None:
            outcomes.append(EXERCISES[number - 1].check(*answers))

    scope = {"repaired": SHOP, "jobs": {"rewritten": shop.lesson}, "lesson": Lesson(), "print": lambda *_: None}
    exec(EXERCISES[0].solution, {**vars(shop), **scope})
    assert outcomes[0].state == "right", outcomes[0]
    assert "27 euros" in outcomes[0].message


def test_the_untouched_price_is_not_attempted(shop: SimpleNamespace) -> None:
    """The `...` of the lesson is no wrong answer."""
    assert price_changed(shop.client, shop.lesson, ...).state == "not attempted"


def test_mistakes_with_the_price_are_told_apart(shop: SimpleNamespace) -> None:
    """Each has a message of its own, and none of them the answer."""
    new = "Renting costs 27 euros a day."
    tables = {
        "still the old one": SHOP.assign(Agent="Ada"),
        "2 answers to": pd.concat([SHOP, with_price(new).iloc[1:2]]),
        "1 row of the lesson's file": with_price(new).drop(index=4),
        "More than one row differs": with_price(new).replace("Six months.", "Seven months."),
        "only that": with_price("It was 25 euros, now it is 27 euros."),
        "is not in the file": SHOP.drop(index=1),
    }
    answers: dict[str, object] = {words: shop.train(rows, "wrong").cancel() for words, rows in tables.items()}
    answers |= {
        "lesson's own job": shop.lesson.id,
        "no job": "ftjob-nothing",
        "cancelled": shop.train(with_price(new), "off").cancel(),
    }
    answers["but the model says"] = shop.train(with_price(new), "too-short", n_epochs=1, learning_rate_multiplier=0.1).wait(60)
    found = {words: price_changed(shop.client, shop.lesson, answer) for words, answer in answers.items()}
    assert [(words, outcome.message) for words, outcome in found.items() if words not in outcome.message] == []
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert len({outcome.message for outcome in found.values()}) == len(answers)
    assert not any(new in outcome.message for outcome in found.values())


def test_the_solution_of_the_second_table_is_right() -> None:
    """The solution as it is shown finds the file and is right."""
    options = {"engine": "python", "skipinitialspace": True, "keep_default_na": False, "encoding": "utf-8-sig"}
    solution = EXERCISES[1].solution.replace("data/second_mess.csv", FILE.as_posix()).replace("lesson.check(2, my_table)", "")
    scope: dict[str, Any] = {"pd": pd, "options": options}
    exec(solution, scope)
    assert table_repaired(scope["my_table"]).state == "right"


def own() -> pd.DataFrame:
    scope: dict[str, Any] = {"pd": pd}
    exec(EXERCISES[2].solution.replace("lesson.check(3, repaired, my_own)", ""), scope)
    table: pd.DataFrame = scope["my_own"]
    return table


def test_a_table_of_ones_own_is_right(tmp_path: Path) -> None:
    """The solution, as a table and as the path of a file."""
    assert own_rows(SHOP, own()).state == "right"
    own().to_csv(tmp_path / "own.csv", index=False)
    assert own_rows(SHOP, tmp_path / "own.csv").state == "right"
    assert own_rows(SHOP, str(tmp_path / "own.csv")).state == "right"


def test_an_untouched_table_of_ones_own_is_not_attempted() -> None:
    """The `...` of the lesson is no wrong answer."""
    assert own_rows(SHOP, ...).state == "not attempted"


def test_faults_of_ones_own_table_are_told_apart() -> None:
    """Too few, personal, repeated, empty, borrowed from the lesson, or no table at all: a message each."""
    table, row = own(), own().iloc[:1]
    wrong = {
        "the exercise asks for 12": table.iloc[:9],
        "Something personal is left": pd.concat([table, row.assign(Prompt="Who asks?", Completion="Write to ada@choir.mail.")]),
        "The check finds a fault": pd.concat([table, row]),
        "is a row of this lesson": pd.concat([table, SHOP.iloc[3:4]]),
        "is a list": [("a", "b")],
        "finds a fault": table.assign(Completion=[*table["Completion"][:-1], ""]),
    }
    found = {words: own_rows(SHOP, answer) for words, answer in wrong.items()}
    assert [(words, outcome.message) for words, outcome in found.items() if words not in outcome.message] == []
    assert {outcome.state for outcome in found.values()} == {"not yet"}
    assert len({outcome.message for outcome in found.values()}) == len(wrong)
    assert own_rows(SHOP, "nowhere.csv").state == "not yet"
    assert own_rows(SHOP, solved()).state == "not yet"


def test_the_lesson_has_three_exercises_with_hints() -> None:
    """A title, two hints and a solution each; no hint holds the solution's lines."""
    assert exercises.lesson("02").exercises == EXERCISES
    assert len(EXERCISES) == 3
    for exercise in EXERCISES:
        assert len(exercise.hints) == 2
        lines = [line.strip() for line in exercise.solution.splitlines() if len(line.strip()) > 12]
        assert not any(line in hint for line in lines for hint in exercise.hints)
