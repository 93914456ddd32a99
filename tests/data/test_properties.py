"""What holds for any data at all, looked for by hypothesis: no traceback, nothing lost in silence, round trips."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ftwidgets.data import Report, check, export, prepare
from ftwidgets.data.scan import Examples
from ftwidgets.errors import DataError

LABELLED = Path(__file__).with_name("labelled")
CASES = sorted(file for file in LABELLED.iterdir() if file.suffix in {".csv", ".tsv", ".jsonl"})
FUZZED = sorted(Path(__file__).with_name("fuzzed").glob("*"))
SUFFIXES = [".csv", ".tsv", ".jsonl", ".json", ".xlsx", ".txt", ""]
SIZES = {"few-rows", "too-few-rows"}

settings.register_profile(
    "prep", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("prep")

# Texts that meet the rules: whole words, and pieces that something is found in.
PIECES = [
    *("Where is my parcel?", "It is on its way.", "yes", "no", "Yes", "yse", "NA", "null", "12", "=1+1", "<|endoftext|>"),
    *(" ", "\n", "\t", "\r\n", "\r", '"', '""', ",", ";", "'", "\\", "{", "["),
    *("\x07", "\x1b[31m", "\x00", "\u200b", "\u200d", "\ufeff", "\u202e", "\u2028", "\x85", "\ud83d", "\ude00"),
    *("😀", "👩\u200d⚕️", "\u0645\u06cc\u200c\u062e\u0648", "\ufffd", "cafÃ©", "itâ€™s", "\u017f", "Ω"),
    *("anna.keller@posteo.de", "name@example.com", "+49 151 23456789", "4111 1111 1111 1111", "4111 1111 1111 1112"),
    "gh" + "p_k7Qm2ZxV9bTn4Ls8WcRd1YfHj6Pa3GuE5XoB",
]
KEYS = [
    *("messages", "role", "content", "weight", "name", "tools", "tool_calls", "function", "arguments", "id", "type", "text"),
    *("image_url", "url", "functions", "prompt", "completion", "input", "preferred_output", "non_preferred_output"),
    *("instruction", "output", "conversations", "from", "value"),
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(st.characters(codec=None), max_size=30)
SOUND = [piece for piece in PIECES if piece.isprintable() and piece.strip()]
SOUND += ["order", "court", "fever", "router", "Grüße", "你好"]
GOOD = st.lists(st.sampled_from(SOUND), min_size=1, max_size=4).map(" ".join)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=25)


def frame_of(pairs: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["Prompt", "Completion"], dtype=object)


def chat(*turns: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": text} for role, text in turns], **more}


CHATS = st.builds(
    lambda system, pairs, weight: chat(
        *([("system", system)] if system else []),
        *[turn for ask, say in pairs for turn in (("user", ask), ("assistant", say))],
        **weight,
    ),
    st.none() | GOOD,
    st.lists(st.tuples(GOOD, GOOD), min_size=1, max_size=3),
    st.just({}),
)
PREFERENCES = st.builds(
    lambda ask, good, bad: {
        "input": chat(("user", ask)),
        "preferred_output": [{"role": "assistant", "content": good}],
        "non_preferred_output": [{"role": "assistant", "content": bad}],
    },
    GOOD,
    GOOD.map(lambda text: f"{text} in full"),
    GOOD,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("properties")


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The examples in a JSONL file, read without our reader."""
    return [json.loads(line) for line in file.read_bytes().decode("utf-8-sig").splitlines(keepends=False) if line]


def a_report(file: Path) -> Report:
    """Check a file and look at everything that the report offers."""
    report = check(file)
    assert str(report)
    assert report._repr_html_()
    assert all(str(finding) and finding.id and finding.level for finding in report.findings)
    assert report.examples or not report.ok
    return report


@given(data=st.binary(max_size=300), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes_end_in_a_report(folder: Path, data: bytes, suffix: str) -> None:
    """Noise under any name gives findings, never a traceback."""
    file = folder / f"noise{suffix}"
    file.write_bytes(data)
    a_report(file)


@given(
    case=st.sampled_from(CASES),
    suffix=st.sampled_from(SUFFIXES),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=6) | st.sampled_from(PIECES)), max_size=6),
)
def test_damaged_files_end_in_a_report(
    folder: Path, case: Path, suffix: str, cuts: list[tuple[float, int, bytes | str]]
) -> None:
    """Training data with pieces cut out and others put in, under any name."""
    data = bytearray(case.read_bytes()[:4000])
    for where, length, piece in cuts:
        at = int(where * len(data))
        data[at : at + length] = piece if isinstance(piece, bytes) else piece.encode("utf-8", "surrogatepass")
    file = folder / f"damaged{suffix}"
    file.write_bytes(data)
    a_report(file)


@given(
    members=st.dictionaries(
        st.sampled_from(
            ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml", "xl/sharedStrings.xml", "word/document.xml"]
        ),
        st.binary(max_size=80)
        | st.sampled_from([b"<a/>", b"<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>"]),
    ),
    keep=st.floats(0, 1),
)
def test_damaged_workbooks_end_in_a_report(folder: Path, members: dict[str, bytes], keep: float) -> None:
    """Archives that are no workbooks, and real workbooks with members replaced or cut off."""
    buffer = io.BytesIO()
    book = openpyxl.Workbook()
    for cells in [("Prompt", "Completion"), ("ask", "reply"), (1, None)]:
        book.active.append(cells)
    book.save(buffer)
    whole = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(whole, "w") as new:
        for name in {*old.namelist(), *members}:
            new.writestr(name, members[name] if name in members else old.read(name))
    data = whole.getvalue()
    for name, part in (("whole", data), ("cut", data[: int(keep * len(data))])):
        file = folder / f"{name}.xlsx"
        file.write_bytes(part)
        a_report(file)


@given(
    rows=st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(KEYS),
                    inner | st.sampled_from(["user", "assistant", "system", "tool", "function", "text", "image_url"]),
                    max_size=5,
                )
            ),
            max_leaves=12,
        ),
        max_size=6,
    )
)
def test_any_json_ends_in_a_report(folder: Path, rows: list[Any]) -> None:
    """Every value of every type where a message, a role or a tool is expected."""
    file = folder / "any.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    a_report(file)
    file.write_text("".join(json.dumps({"messages": row}) + "\n" for row in rows), encoding="utf-8")
    a_report(file)


@pytest.mark.parametrize("file", FUZZED, ids=lambda file: file.name)
def test_what_fuzzing_found_stays_repaired(file: Path) -> None:
    """Damaged files of the kinds that once ended in a traceback, or left the file open."""
    a_report(file)


@given(pairs=PAIRS)
def test_nothing_is_lost_or_reordered(pairs: list[tuple[str, str]]) -> None:
    """Every row is an example with its own texts, in order, or a finding says why not; together they are all rows."""
    frame = frame_of(pairs)
    report = check(frame)
    assert report.n_rows == len(frame)
    if not isinstance(report.examples, Examples):
        return
    used = [int(place.removeprefix("row ")) for place in report.examples.places()]
    assert used == sorted(set(used))
    for row, example in zip(used, report.examples, strict=True):
        assert [turn["content"] for turn in example["messages"]] == [*pairs[row]]
    found: dict[Any, set[str]] = {}
    for finding in report.findings:
        found.setdefault(finding.row, set()).add(finding.id)
    rest = set(range(len(frame))) - set(used)
    repeated = {row for row in rest if found.get(row, set()) & {"duplicate-row", "same-but-blanks"}}
    unusable = {
        row for row in rest if found.get(row, set()) & {"empty-cell", "blank-cell", "blank-row", "half-character", "not-text"}
    }
    assert repeated | unusable == rest
    assert len(used) + len(repeated) + len(unusable - repeated) == report.n_rows


@given(pairs=PAIRS, validation=st.sampled_from([0, 0.2, 0.5]), seed=st.integers(0, 5))
def test_what_prepare_writes_is_clean_and_whole(
    folder: Path, pairs: list[tuple[str, str]], validation: float, seed: int
) -> None:
    """Its files hold the examples of the report, each once, in order; checking them finds no error of form."""
    frame = frame_of(pairs)
    try:
        made = prepare(frame, folder / "made", validation=validation, seed=seed)
    except DataError:
        assume(False)
        return
    files = [file for file in (made.train_file, made.validation_file) if file is not None]
    written = [rows_of(file) for file in files]
    examples = [json.dumps(example) for example in check(frame).examples]
    texts = [[json.dumps(row) for row in rows] for rows in written]
    assert sorted(row for rows in texts for row in rows) == sorted(examples)
    for rows in texts:
        ours = iter(examples)
        assert all(row in ours for row in rows)  # in the order of the source
    about_what_is_said = {"secret", "card-number"}
    for file in files:
        errors = {finding.id for finding in check(file).findings if finding.level == "error"}
        assert errors <= {"too-few-rows"} | about_what_is_said


@given(
    pairs=st.lists(st.tuples(GOOD, GOOD), min_size=1, max_size=15),
    form=st.sampled_from(["csv", "prompt-completion", "chat"]),
    bom=st.booleans(),
)
def test_pairs_come_back_as_they_were(folder: Path, pairs: list[tuple[str, str]], form: str, bom: bool) -> None:
    """From a CSV, from prompt/completion JSONL and from chat JSONL, with a byte order mark or without."""
    examples = list(check(frame_of(pairs)).examples)
    assume(bool(examples))
    file = folder / ("back.csv" if form == "csv" else "back.jsonl")
    export(examples, file, form=form, bom=bom)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf") is bom
    assert list(check(file).examples) == examples


@given(examples=st.lists(CHATS, min_size=1, max_size=8, unique_by=json.dumps), bom=st.booleans())
def test_conversations_come_back_as_they_were(folder: Path, examples: list[dict[str, Any]], bom: bool) -> None:
    """Several turns and system prompts, with a byte order mark or without; a repeat is the only thing that may go."""
    file = export(examples, folder / "chat.jsonl", bom=bom)
    assert rows_of(file) == examples
    back = iter(examples)
    found = list(check(file).examples)
    assert all(example in back for example in found)
    assert len(found) + sum(f.id in {"duplicate-row", "same-but-blanks"} for f in check(file).findings) == len(examples)


@given(examples=st.lists(PREFERENCES, min_size=1, max_size=8, unique_by=json.dumps))
def test_preferences_come_back_as_they_were(folder: Path, examples: list[dict[str, Any]]) -> None:
    """Through the form that the services take."""
    assume(
        all(
            row["preferred_output"][0]["content"].strip() != row["non_preferred_output"][0]["content"].strip()
            for row in examples
        )
    )
    file = export(examples, folder / "preference.jsonl", form="preference")
    assert rows_of(file) == examples
    found = list(check(file).examples)
    back = iter(examples)
    assert all(example in back for example in found)
    assert len(found) + sum(f.id in {"duplicate-row", "same-but-blanks"} for f in check(file).findings) == len(examples)


def accounted(report: Report, target: Path, before: list[tuple[Any, Any]]) -> None:
    """Apply every fix; fail unless the log has each difference and the new file has nothing left to fix."""
    applied = report.apply(target, report.fixes, force=True)
    log = [json.loads(line) for line in applied.log.read_text(encoding="utf-8").splitlines()]
    touched = {entry["row"] for entry in log}
    gone = {entry["row"] for entry in log if entry.get("left_out")}
    written = rows_of(target)
    assert applied.n_written == len(written)
    assert applied.n_left_out == len(gone)
    assert applied.n_written + applied.n_left_out == report.n_rows
    kept = [(row, example) for row, example in before if row not in gone]
    assert len(kept) <= len(written)
    same = iter(written)
    assert all(example in same for row, example in kept if row not in touched)  # untouched, in order
    again = check(target)
    # A mark taken out from between two letters can leave two that look like mojibake: a finding of the new text.
    left = {str(finding) for finding in again.findings if finding.repair is not None and finding.id != "mojibake"}
    assert left == set()


def places_of(report: Report) -> list[tuple[Any, Any]]:
    assert isinstance(report.examples, Examples)
    return [(row.row.label, row.example) for row in report.examples.rows()]


@given(pairs=PAIRS)
def test_fixes_settle_what_they_are_for_and_log_the_rest(folder: Path, pairs: list[tuple[str, str]]) -> None:
    """Whatever was mixed into the texts; rows that the log does not name are written as they were."""
    report = check(frame_of(pairs))
    assume(isinstance(report.examples, Examples) and len(report.examples) > 0)
    accounted(report, folder / "fixed.jsonl", places_of(report))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fixes_of_the_labelled_set(case: Path, tmp_path: Path) -> None:
    """The same for every case of the labelled set."""
    file = tmp_path / case.name
    file.write_bytes(case.read_bytes().replace(b"{+}", b""))
    report = check(file)
    accounted(report, tmp_path / "fixed.jsonl", places_of(report))
