import csv
import random
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftwidgets.data import Finding
from ftwidgets.data.readers import OpenSource, column_names, open_source
from ftwidgets.data.readers.csv import split_malformed_line, split_quoted_line
from ftwidgets.data.rows import Row, TrainingRow

MAPPED = {"prompt": "Question", "completion": "Answer"}


def written(tmp_path: Path, text: str, name: str = "a.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(text.encode())
    return file


def table(tmp_path: Path, text: str, **options: object) -> OpenSource:
    found = open_source(written(tmp_path, text), **{"columns": {}, **options})  # type: ignore[arg-type]
    assert isinstance(found, OpenSource), found
    return found


def usable(opened: OpenSource) -> list[TrainingRow]:
    return [item for item in opened.read() if isinstance(item, TrainingRow)]


def found(opened: OpenSource) -> list[Finding]:
    return [finding for item in opened.read() if isinstance(item, list) for finding in item]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_physical_lines_whatever_ends_them(tmp_path: Path, end: str) -> None:
    """Quoted line breaks and blank lines are counted, so that a finding points where an editor does."""
    rows = ["", "Prompt,Completion", "a,b", '"one', 'two","three', "", 'four"', "", "c,d"]
    opened = table(tmp_path, end.join(rows))
    assert [(item.row.line, item.row.label) for item in usable(opened)] == [(3, 1), (4, 2), (9, 3)]
    assert usable(opened)[1][1:3] == ("one\ntwo", "three\n\nfour")
    assert opened.n_rows == 3


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "\x1f"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    """Comma, semicolon, tab, bar and rarer ones are told apart, even where the texts hold the others."""
    text = f'Topic{delimiter}"Prompt"{delimiter}Completion\nx{delimiter}"a, b; c\td|"{delimiter}e\n'
    opened = table(tmp_path, text)
    assert opened.header == ("Topic", "Prompt", "Completion")
    assert usable(opened)[0].row.values == ["x", "a, b; c\td|", "e"]


def test_the_delimiter_is_found_without_known_names(tmp_path: Path) -> None:
    """Where no column has a known name, the delimiter that makes a regular table wins."""
    file = written(tmp_path, "Question, or query;Answer\nHi, there, you;Hello\nBye;So long\n")
    assert column_names(file) == ["Question, or query", "Answer"]


def test_a_given_delimiter_is_used(tmp_path: Path) -> None:
    """Whatever the text looks like; a word for it will do, and what is no delimiter is refused."""
    assert table(tmp_path, "Prompt:Completion\na:b, c\n", delimiter=":").header == ("Prompt", "Completion")
    assert table(tmp_path, "Prompt\tCompletion\na\tb\n", delimiter="tab").header == ("Prompt", "Completion")
    for wrong in ("", ";;", '"', "\n"):
        with pytest.raises(ValueError, match="the delimiter is one character"):
            table(tmp_path, "Prompt,Completion\n", delimiter=wrong)


def test_excel_s_own_first_line_names_the_delimiter(tmp_path: Path) -> None:
    """`sep=;` is no header."""
    opened = table(tmp_path, "sep=|\r\nPrompt|Completion\r\na|b\r\n")
    assert [(item.prompt, item.row.line) for item in usable(opened)] == [("a", 3)]


def test_many_blank_lines_may_come_first(tmp_path: Path) -> None:
    """The header is the first line with something in it, wherever that is."""
    opened = table(tmp_path, "\n" * 30 + ";;\nPrompt;Completion\na;b\n")
    assert (opened.header, usable(opened)[0].row.line) == (("Prompt", "Completion"), 33)
    far = table(tmp_path, "\n" * 100_000 + "Prompt;Completion\na;b\n")
    assert usable(far)[0].row.line == 100_002


@pytest.mark.parametrize("after", ["", "\n"])
def test_doubled_quotes_and_a_quoted_last_cell_are_fine(tmp_path: Path, after: str) -> None:
    """A closed quote at the very end of the file is not taken for an open one."""
    opened = table(tmp_path, f'Prompt,Completion\n"say ""hi""","""hi"", he said"{after}')
    assert usable(opened)[0].row.values == ['say "hi"', '"hi", he said']


@pytest.mark.parametrize("tail", ["\ne,f\n", "", "x" * 200_000])
def test_a_quote_left_open_is_reported_where_it_opens(tmp_path: Path, tail: str) -> None:
    """It would swallow the rest of the file in silence; no row is taken."""
    (finding,) = open_source(written(tmp_path, f'Prompt,Completion\na,b\nc,"d{tail}'), columns={})  # type: ignore[misc]
    assert (finding.id, finding.line) == ("open-quote", 3)


@pytest.mark.parametrize("rows", ["e,f\n" * 3, "e,f\n" * 100_000])
def test_an_open_quote_among_stray_quotes_ends_the_reading_with_its_line(tmp_path: Path, rows: str) -> None:
    """Where the number of quotes does not give it away, the rows above are read, and the finding comes last."""
    opened = table(tmp_path, f'Prompt,Completion\n5" pipe,b\nc,"d\n{rows}')
    items = list(opened.read())
    assert [item.prompt for item in items[:-1] if isinstance(item, TrainingRow)] == ['5" pipe']
    assert isinstance(items[-1], list)
    assert [(finding.id, finding.line, finding.level) for finding in items[-1]] == [("open-quote", 3, "error")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_quote_closed_in_the_middle_of_a_text_swallows_no_rows_in_silence(end: str, tmp_path: Path) -> None:
    """The rows between two stray quotes are one cell to every reader of CSV; that is an error with both lines."""
    opened = table(tmp_path, end.join(["Prompt,Completion", "a,b", 'c,"d', "e,f", 'g,"h', "i,j", ""]))
    assert [(item.prompt, item.row.line, item.row.label) for item in usable(opened)] == [("a", 2, 1), ("i", 6, 3)]
    (finding,) = found(opened)
    assert (finding.id, finding.line, finding.row) == ("open-quote", 3, 2)
    assert "on line 5, is in the middle of a text" in finding.message
    assert [item.prompt for item in opened.reread([usable(opened)[1].row])] == ["i"]


def test_text_behind_a_closing_quote_belongs_to_the_cell(tmp_path: Path) -> None:
    """As it does for the csv module: quotes inside a quoted cell are often not doubled."""
    line = '"say "hi" to her","b" c'
    opened = table(tmp_path, f"Prompt,Completion\n{line}\n")
    assert [item.row.values for item in usable(opened)] == list(csv.reader([line]))


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('"Say "hello" number 0","Hello, 0",S', ["Prompt"]),
        ('a,"he said "hi"",S', ["Completion"]),
        ('"a "b" c","d "e" f","g "h" i"', ["System", "Prompt", "Completion"]),
        ('"Ferns" and ivy,b,S', ["Prompt"]),
        (f'"{"x" * 200_000} "y" z",b,S', ["Prompt"]),
        ('"Say ""hello"" number 0","Hello, 0",S', []),
        ('"""a""","""","S"', []),
        ('27" wide,say "aye",S "T"', []),
        ('"a" ,"b"\t,"S" ', []),
        (f'"{"x" * 200_000} ""y"" z",b,S', []),
    ],
)
def test_a_quote_that_is_not_doubled_is_said(line: str, fields: list[str], tmp_path: Path) -> None:
    """Where reading changed a text, with the text that came of it; not where quotes, or blanks behind them, did no harm."""
    opened = table(tmp_path, f"Prompt,Completion,System\na,b,S\n{line}\n")
    (_, item) = usable(opened)
    assert [(fault.id, fault.level, fault.field) for fault in item.remarks] == [("stray-quote", "warning", f) for f in fields]
    read = {"Prompt": item.prompt, "Completion": item.completion, "System": item.system or ""}
    assert [fault.excerpt for fault in item.remarks] == [read[name][:60] for name in fields]
    assert {type(text) for text in read.values()} == {str}
    assert list(opened.reread([item.row])) == [item]


def test_a_stray_quote_is_told_beside_the_error_it_made(tmp_path: Path) -> None:
    """Where it let a comma part the text, or the row is left out for another reason."""
    opened = table(tmp_path, 'Prompt,Completion\n"She said "yes", then left",b\n"a "b" c",\n')
    assert [(f.line, f.id) for f in found(opened)] == [
        (2, "too-many-cells"),
        (2, "stray-quote"),
        (3, "empty-cell"),
        (3, "stray-quote"),
    ]
    assert 'reading made it "She said yes"".' in found(opened)[1].message


def test_a_very_long_cell_is_read(tmp_path: Path) -> None:
    """On one line a cell may be longer than the csv module takes; a finding would be wrong."""
    text = 'say ""hi"" ' * 20_000
    opened = table(tmp_path, f'Prompt,Completion\n"{text}",b\nc,d\n')
    assert [len(item.prompt) for item in usable(opened)] == [len(text.replace('""', '"')), 1]


_CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=8)
_QUOTED = st.text(st.sampled_from('",;\n x'), max_size=8)


@given(rows=st.lists(st.tuples(_CELLS | _QUOTED, _CELLS | _QUOTED, _QUOTED), max_size=8), style=st.sampled_from([0, 1, 2, 3]))
def test_whatever_the_csv_module_writes_is_read_as_it_was(
    rows: list[tuple[str, str, str]], style: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any cells, with line breaks and quotes, with every cell quoted or few; and every row is found again by its place."""
    file = tmp_path_factory.mktemp("any") / "a.csv"
    delimiter = ",;\t|"[style]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, delimiter=delimiter, quoting=style % 2, lineterminator="\r\n" if style > 1 else "\n")
        writer.writerows([("Prompt", "Completion", "Note"), *rows])
    opened = open_source(file, columns={}, delimiter=delimiter)
    assert isinstance(opened, OpenSource)
    expected = [list(cells) for cells in rows]
    took = [item.row.values for item in opened.read() if isinstance(item, TrainingRow)]
    full = [cells for cells in expected if cells[0].strip() and cells[1].strip()]
    assert took == full
    assert opened.n_rows == len(rows)
    places = [item.row._replace(values=None) for item in opened.read() if isinstance(item, TrainingRow)]
    assert [item.row.values for item in opened.reread(places[::-1])] == full[::-1]
    with file.open(encoding="utf-8", newline="") as again:
        lines_of = _lines(again.read(), delimiter)[1:]
    assert [place.line for place in places] == [lines_of[place.order - 1] for place in places]


def _lines(text: str, delimiter: str) -> list[int]:
    """The line on which each record begins, by the module's own count."""
    reader = csv.reader([line + "\n" for line in text.split("\n")], delimiter=delimiter)
    starts, start = [], 1
    for cells in reader:
        if cells:
            starts.append(start)
        start = reader.line_num + 1
    return starts


@given(st.text(st.sampled_from('",;x \t'), max_size=20))
def test_a_line_is_split_as_the_csv_module_splits_it(line: str) -> None:
    """The quick way leaves to the module what it cannot do, and never differs from it; so does the way for long cells."""
    (expected,) = list(csv.reader([line + "\n"])) or [[]]
    open_quote = _is_open(line)
    if '"' in line and (cells := split_quoted_line(line, ",")) is not None:
        assert cells == expected
        assert not open_quote
    if line and not open_quote:
        assert split_malformed_line(line, ",") == expected
    elif line:
        assert split_malformed_line(line, ",") is None


def _is_open(line: str) -> bool:
    """Tell whether a quote is still open at the end: a mark on the next line becomes part of the cell then."""
    return list(csv.reader([line + "\n", "MARK"]))[-1] != ["MARK"]


def test_pandas_reads_the_same_rows(tmp_path: Path) -> None:
    """A file that pandas writes, with line breaks, quotes and letters of many scripts, gives the frame's own texts."""
    rng = random.Random(0)
    words = ["quick", 'the "fox"', "a, b", "line\nbreak", "Straße", "日本語", "☕", "x" * 50, "'", ";"]
    texts = [[" ".join(rng.choices(words, k=6)).strip() for _ in range(2)] for _ in range(500)]
    frame = pd.DataFrame(texts, columns=["Prompt", "Completion"])
    frame.to_csv(tmp_path / "a.csv", index=False)
    opened = open_source(tmp_path / "a.csv", columns={})
    assert isinstance(opened, OpenSource)
    back = pd.read_csv(tmp_path / "a.csv")
    assert [
        [item.prompt, item.completion] for item in opened.read() if isinstance(item, TrainingRow)
    ] == back.to_numpy().tolist()


def test_rows_of_every_fault_are_told_apart(tmp_path: Path) -> None:
    """Ragged, short, blank and empty rows each have their finding, with line, field and repair."""
    rows = ["Prompt,Completion", "Only", "a,b,c", "a,b,,", ",", "  ,b", "What?,", 'x, "y"']
    opened = table(tmp_path, "\n".join(rows) + "\n")
    assert [(f.line, f.id, f.field, f.repair) for f in found(opened)] == [
        (2, "empty-cell", "Completion", None),
        (3, "too-many-cells", None, None),
        (5, "blank-row", None, "drop-blank-rows"),
        (6, "blank-cell", "Prompt", None),
        (7, "empty-cell", "Completion", None),
    ]
    assert [(item.prompt, [fault.repair for fault in item.remarks]) for item in usable(opened)] == [
        ("a", []),
        ("x", ["drop-outer-quotes"]),
    ]


def test_group_and_split_columns_come_along(tmp_path: Path) -> None:
    """Only where they are named, without blanks around them; a name that is no column is a finding."""
    text = "Customer,part,Question,Answer\n 7 ,train,a,b\n,test,c,d\n"
    opened = table(tmp_path, text, columns={**MAPPED, "group": "customer", "split": "part"})
    assert [(item.group, item.split) for item in usable(opened)] == [("7", "train"), (None, "test")]
    assert opened.columns == {"prompt": "Question", "completion": "Answer", "group": "Customer", "split": "part"}
    assert opened.findings == []
    plain = table(tmp_path, text, columns=MAPPED)
    assert [(item.group, item.split) for item in usable(plain)] == [(None, None)] * 2
    assert [finding.id for finding in plain.findings] == ["ignored-columns"]
    (missing,) = open_source(written(tmp_path, text), columns={**MAPPED, "group": "client"})  # type: ignore[misc]
    assert (missing.id, missing.field) == ("missing-column", "client")
    assert 'group="..."' in missing.fix


def test_what_concerns_all_rows_is_said_last_and_not_with_the_rows_alone(tmp_path: Path) -> None:
    """Numbers among texts are counted; each reading counts anew. What system prompts say together is no source's affair."""
    opened = open_source(pd.DataFrame({"System": ["S", None], "Prompt": ["a", 7], "Completion": ["b", "d"]}), columns={})
    assert not isinstance(opened, list)
    for _ in range(2):
        (finding,) = found(opened)
        assert finding.id == "numbers-as-text"
        assert '1 cell of type int; they are written as text, "7" for example (row 1)' in finding.message
    assert all(isinstance(item, TrainingRow) for item in opened.read(rows_alone=True))


def test_a_place_is_a_row_without_values(tmp_path: Path) -> None:
    """The place that a row names is enough to read it anew, in any order and more than once."""
    opened = table(tmp_path, 'Prompt,Completion\na,b\n"c\nd",e\nf,g\n')
    rows = usable(opened)
    places = [Row(item.row.order, item.row.line, item.row.label, None, item.row.offset) for item in rows]
    chosen = [2, 0, 1, 1]
    assert list(opened.reread([places[i] for i in chosen])) == [rows[i] for i in chosen]
