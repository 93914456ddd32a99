import builtins
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftwidgets.data import Finding
from ftwidgets.data.readers import OpenSource, column_names, json_files, open_source, text_file
from ftwidgets.data.readers.json_files import MAX_DEPTH, json_parser
from ftwidgets.data.rows import TrainingRow

CHAT = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}'
PAIR = '{"prompt": "a", "completion": "b"}'
ALPACA = '{"instruction": "a", "input": "", "output": "b"}'
SHAREGPT = '{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}'
PREFERENCE = (
    '{"input": {"messages": [{"role": "user", "content": "a"}]}, '
    '"preferred_output": [{"role": "assistant", "content": "b"}], '
    '"non_preferred_output": [{"role": "assistant", "content": "c"}]}'
)


def opened(tmp_path: Path, text: str | bytes, name: str = "a.jsonl", **options: Any) -> OpenSource:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = open_source(file, **{"columns": {}, **options})
    assert isinstance(found, OpenSource), found
    return found


def usable(source: OpenSource) -> list[TrainingRow]:
    return [item for item in source.read() if isinstance(item, TrainingRow)]


def faults(source: OpenSource) -> list[tuple[int | None, str]]:
    return [(f.line, f.id) for item in source.read() if isinstance(item, list) for f in item]


@pytest.mark.parametrize(
    ("row", "form"),
    [(CHAT, "chat"), (PAIR, "completion"), (ALPACA, "alpaca"), (SHAREGPT, "sharegpt"), (PREFERENCE, "preference")],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_every_form_is_read_from_lines(row: str, form: str, name: str, tmp_path: Path) -> None:
    """Whatever the file is called, each line is a row with its number, its place and its texts."""
    source = opened(tmp_path, f"{row}\n{row}\r\n{row}", name)
    assert source.format == form
    assert [(item.row.line, item.prompt, item.completion) for item in usable(source)] == [(n, "a", "b") for n in (1, 2, 3)]
    assert usable(source)[0].source_example is not None
    assert source.n_rows == 3
    places = [item.row._replace(values=None) for item in usable(source)]
    assert list(source.reread(places[::-1])) == usable(source)[::-1]


def test_blank_lines_are_one_note_and_lines_at_fault_have_one_each(tmp_path: Path) -> None:
    """Line numbers count the blank lines, row numbers do not; the note comes last."""
    source = opened(tmp_path, f"{CHAT}\n\n  \n{{'a': 1}}\n[1]\n{{}}\n{CHAT}\n")
    assert faults(source) == [(4, "not-json"), (5, "not-an-object"), (6, "missing-messages"), (2, "blank-line")]
    assert [(item.row.line, item.row.label) for item in usable(source)] == [(1, 1), (7, 5)]
    notes = [f for item in source.read() if isinstance(item, list) for f in item if f.id == "blank-line"]
    assert "2 blank lines (the first is line 2)" in notes[0].message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{'messages': []}", "a name in double quotes is expected at character 2"),
        ('{"messages": [}', "a value is expected at character 15"),
        (CHAT + ",", "more follows after the end of the value at character 88"),
        (CHAT + CHAT, "more follows after the end"),
        (CHAT[:-4], "character"),
        ("[", "Write each record on one line"),
        ("[" * 5000, "The line"),  # too deep or not closed: Python's versions differ in which they see first
        ("[" * 150 + "]" * 150, "deeper than 100 levels"),
        ("messages", "a value is expected at character 1"),
        ("\ufeff" + CHAT, "there is a byte order mark in the middle of the file"),
    ],
)
def test_a_line_that_is_no_json_says_where_and_why(line: str, words: str, tmp_path: Path) -> None:
    """With the character and what was expected there, and what to do."""
    source = opened(tmp_path, f"{CHAT}\n{line}\n{CHAT}\n")
    (finding,) = [f for item in source.read() if isinstance(item, list) for f in item]
    assert (finding.id, finding.level, finding.line) == ("not-json", "error", 2)
    assert words in str(finding)
    assert len(usable(source)) == 2


def test_rows_of_another_kind_than_the_first_are_left_out(tmp_path: Path) -> None:
    """Forms that become the same may be mixed: ShareGPT is chat, Alpaca is prompt and completion."""
    assert faults(opened(tmp_path, f"{CHAT}\n{SHAREGPT}\n")) == []
    source = opened(tmp_path, f"{CHAT}\n{PREFERENCE}\n{CHAT}\n{PAIR}\n")
    assert faults(source) == [(2, "mixed-forms"), (4, "mixed-forms")]
    assert len(usable(source)) == 2


def test_flat_records_are_mapped_by_their_keys(tmp_path: Path) -> None:
    """Named, they are the columns of a table; not named, the finding lists the keys and says how."""
    text = '{"q": "a", "a": "b", "by": "me"}\n{"q": "c"}\n{"a": 5, "q": "d"}\n[1]\n{{\n'
    source = opened(tmp_path, text, columns={"prompt": "q", "completion": "a", "group": "by"})
    assert [(item.prompt, item.completion, item.group) for item in usable(source)] == [("a", "b", "me"), ("d", "5", None)]
    assert faults(source)[:3] == [(2, "empty-cell"), (4, "not-an-object"), (5, "not-json")]
    assert (source.format, source.columns["prompt"], source.header) == ("table", "q", ("q", "a", "by"))
    assert column_names(tmp_path / "a.jsonl") == ["q", "a", "by"]
    unmapped = [f for item in opened(tmp_path, text).read() if isinstance(item, list) for f in item]
    assert unmapped[0].id == "unknown-shape"
    assert '"q", "a", "by"' in unmapped[0].message
    assert 'prompt="..."' in unmapped[0].fix
    (missing, *_) = open_source(tmp_path / "a.jsonl", columns={"prompt": "nope", "completion": "a"})  # type: ignore[misc]
    assert (missing.id, missing.field) == ("missing-column", "nope")


def test_group_and_side_of_chats_are_taken_out_of_the_example(tmp_path: Path) -> None:
    """A service would refuse the keys; not named, they are unknown."""
    row = CHAT[:-1] + ', "by": "me", "part": "train"}'
    source = opened(tmp_path, row, columns={"group": "by", "split": "part"})
    (item,) = usable(source)
    assert (item.group, item.split, item.example) == ("me", "train", json.loads(CHAT))
    assert {rule for _, rule in faults(opened(tmp_path, row))} == {"unknown-key"}


def test_a_value_is_repaired_before_it_is_judged(tmp_path: Path) -> None:
    """What `items` is given goes over the value of each row; the source itself stays as it is."""
    source = opened(tmp_path, CHAT.replace('"user"', '"User"'))
    assert usable(source) == []
    repaired = list(source.read(repair=lambda value: json.loads(json.dumps(value).replace("User", "user"))))
    assert [item.prompt for item in repaired if isinstance(item, TrainingRow)] == ["a"]


def test_a_byte_order_mark_is_a_note_and_a_system_prompt_is_added(tmp_path: Path) -> None:
    """The mark is no part of the first row; rows without a system prompt get the one that is given."""
    source = opened(tmp_path, b"\xef\xbb\xbf" + CHAT.encode(), system="Be brief.")
    assert [finding.id for finding in source.findings] == ["byte-order-mark"]
    assert usable(source)[0].example["messages"][0] == {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize("text", [f"[{CHAT}, {CHAT}]", f"[\n{CHAT},\n{CHAT}\n]", f'{{"data": [{CHAT}, {CHAT}]}}'])
def test_a_json_document_with_a_list_of_records_is_read(text: str, tmp_path: Path) -> None:
    """On one line or many, or under a key; its rows have numbers and no lines."""
    for name in ("a.json", "a.txt"):
        source = opened(tmp_path, text, name)
        assert [(item.row.where, item.prompt) for item in usable(source)] == [("row 1", "a"), ("row 2", "a")]


def test_a_json_file_with_one_record_a_line_is_json_lines(tmp_path: Path) -> None:
    """Some name them so."""
    assert len(usable(opened(tmp_path, f"{CHAT}\n{CHAT}\n", "a.json"))) == 2


def test_a_broken_document_says_where(tmp_path: Path) -> None:
    """As one finding with its line."""
    (tmp_path / "a.json").write_text(f"[\n{CHAT},\n{CHAT}\n", encoding="utf-8")
    found = open_source(tmp_path / "a.json", columns={})
    assert isinstance(found, list)
    assert [(finding.id, finding.line) for finding in found] == [("not-json", 4)]


_TRICKY = [
    "NaN",
    "[Infinity, -Infinity]",
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '{"a": 1, "a": 2}',
    "123456789012345678901234567890",
    "18446744073709551616",
    "-9223372036854775809",
    "1e999",
    "-0",
    "-0.0",
    "1.0",
    '"a\x7f\u2028"',
    "01",
    "+1",
    "1.",
    ".5",
    "'a'",
    '"\t"',
    "nul",
    "\x0c1",
    "[1,]",
    '{"a":1,}',
    "[" * MAX_DEPTH + "]" * MAX_DEPTH,
    "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    '{"a":' * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1),
    "[" * 900 + "]" * 900,
    "[" * 100_000,
    "\ufeff1",
    "1 2",
    "",
    "9" * 5000,
]


def outcome(parse: Any, raw: bytes) -> str:
    try:
        return repr(parse(raw))
    except (ValueError, RecursionError) as error:
        return "no" if isinstance(error, ValueError) else "deep"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The parser where orjson is not installed."""
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "orjson":
            raise ImportError(name)
        return real(name, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        return json_parser()


@pytest.mark.parametrize("text", _TRICKY)
def test_with_and_without_orjson_the_same_lines_are_read_as_the_same(text: str, slow: Any) -> None:
    """What orjson refuses and Python reads is read; what it would round is not rounded."""
    raw = text.encode("utf-8", "surrogatepass")
    assert slow is not json_parser()
    assert outcome(json_parser(), raw) == outcome(slow, raw)
    if len(text) < 4000 and text != "\ufeff1" and "[" * 101 not in text and '{"a":' * 101 not in text:
        assert (outcome(slow, raw) == "no") == (outcome(json.loads, raw) == "no")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(_JSON, st.booleans())
def test_any_value_is_read_as_json_reads_it(value: Any, ascii_only: bool) -> None:
    """Written by the json module, with and without escapes."""
    raw = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return  # no file in UTF-8 holds it
    assert repr(json_parser()(raw)) == repr(json.loads(raw))


def test_a_file_that_no_service_takes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on what is uploaded as it is, so on JSON Lines; the rows are read all the same."""
    monkeypatch.setattr(json_files, "MAX_FILE", 50)
    source = opened(tmp_path, CHAT)
    assert [finding.id for finding in source.findings] == ["too-large-file"]
    assert len(usable(source)) == 1


def test_no_line_is_longer_than_memory_allows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is too long to be read is named; it is not read into memory to find that out."""
    monkeypatch.setattr(text_file, "_MAX_RECORD", 9 << 20)
    for name, start in (("a.jsonl", CHAT + '\n{"messages": "'), ("a.csv", "Prompt,Completion\nx,")):
        (tmp_path / name).write_text(start + "x" * (10 << 20), encoding="utf-8")
        found = open_source(tmp_path / name, columns={})
        assert isinstance(found, list)
        assert [finding.id for finding in found] == ["other-format"]
        assert isinstance(found[0], Finding)
        assert found[0].line == 1 + start.count("\n")
        assert f"{found[0].line}" in found[0].message


def test_a_row_may_hold_pictures(tmp_path: Path) -> None:
    """A record of nine megabytes, such as one with a picture in it, is a row among others."""
    url = "data:image/png;base64," + "A" * (9 << 20)
    picture = {"type": "image_url", "image_url": {"url": url}}
    row = {"messages": [{"role": "user", "content": [picture]}, {"role": "assistant", "content": "A cat."}]}
    source = opened(tmp_path, f"{CHAT.rstrip()}\n{json.dumps(row)}\n{CHAT}")
    assert len(usable(source)) == 3


def test_the_words_at_fault_are_those_of_the_line(tmp_path: Path) -> None:
    """The place in a line counts its blanks, and what is quoted stands there."""
    source = opened(tmp_path, CHAT + '\n  {"messages": oops}\n')
    (finding,) = next(item for item in source.read() if isinstance(item, list))
    assert 'a value is expected at character 16, before "oops}"' in finding.message


def test_lists_beside_the_one_that_is_read_are_said(tmp_path: Path) -> None:
    """A document with a list for each side of a split is read under the first name known, and nothing is lost in silence."""
    source = opened(tmp_path, f'{{"train": [{CHAT}, {CHAT}], "test": [{CHAT}], "version": [1]}}', "a.json")
    assert len(usable(source)) == 2
    assert [(f.id, f.message) for f in source.findings] == [
        ("ignored-columns", '"a.json" is read under "train"; not used: "test" (1 record).')
    ]
    assert opened(tmp_path, f'{{"data": [{CHAT}]}}', "b.json").findings == []
