from pathlib import Path

from ftwidgets.data.readers import OpenSource, open_source
from ftwidgets.data.rows import TrainingRow


def opened(tmp_path: Path, text: str, **options: object) -> OpenSource:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    found = open_source(tmp_path / "a.csv", columns={"conversation": "talk"}, **options)  # type: ignore[arg-type]
    assert isinstance(found, OpenSource), found
    return found


def test_neighbouring_rows_of_one_value_are_one_conversation(tmp_path: Path) -> None:
    """Their turns stand in order under the first row's system prompt; a row without a value stands for itself."""
    text = "talk,System,Prompt,Completion\n1,Be brief.,hi,hello\n1,,more?,yes\n2,,x,y\n,,alone,too\n,,and,again\n"
    items = list(opened(tmp_path, text).read())
    rows = [item for item in items if isinstance(item, TrainingRow)]
    assert [(item.row.line, item.prompt, item.completion) for item in rows] == [
        (2, "user: hi\nassistant: hello\nuser: more?", "yes"),
        (4, "x", "y"),
        (5, "alone", "too"),
        (6, "and", "again"),
    ]
    assert [(turn["role"], turn["content"]) for turn in rows[0].example["messages"]] == [
        ("system", "Be brief."),
        ("user", "hi"),
        ("assistant", "hello"),
        ("user", "more?"),
        ("assistant", "yes"),
    ]
    assert rows[1].source_example is None


def test_a_value_that_comes_back_is_another_conversation_and_said(tmp_path: Path) -> None:
    """As a warning on its first row."""
    rows = list(opened(tmp_path, "talk,Prompt,Completion\n1,a,b\n2,c,d\n1,e,f\n1,g,h\n").read())
    remarks = [[fault.id for fault in item.remarks] for item in rows if isinstance(item, TrainingRow)]
    assert remarks == [[], [], ["conversation-interrupted"]]


def test_a_conversation_with_a_turn_missing_is_left_out_whole(tmp_path: Path) -> None:
    """The finding is on the row at fault and says so; the conversations around it are untouched."""
    items = list(opened(tmp_path, "talk,Prompt,Completion\n1,a,b\n2,c,d\n2,e,\n2,g,h\n3,i,j\n").read())
    assert [item.prompt if isinstance(item, TrainingRow) else [f.line for f in item] for item in items] == ["a", [4], "i"]
    assert isinstance(items[1], list)
    assert 'The conversation "2" is left out' in items[1][0].message


def test_conversations_are_found_again_by_the_place_of_their_first_row(tmp_path: Path) -> None:
    """All turns of them, and nothing of the next."""
    source = opened(tmp_path, "talk,Prompt,Completion\n1,a,b\n1,c,d\n2,e,f\n2,g,h\n")
    rows = [item for item in source.read() if isinstance(item, TrainingRow)]
    places = [item.row._replace(values=None) for item in rows]
    assert list(source.reread(places[::-1])) == rows[::-1]
