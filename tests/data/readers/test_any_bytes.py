import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftwidgets.data import Finding, check, prepare
from ftwidgets.data.readers import OpenSource, column_names, open_source
from ftwidgets.data.rows import TrainingRow
from ftwidgets.errors import DataError

_CSV = 'Prompt,Completion,System\r\n"a ""b""\n",c,d\r\n\r\nWie spät?;x\t"y\n'.encode() * 2 + b"e,f,g\n" * 9
_LINES = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n' * 12
_PIECES = [
    *(
        b'"',
        b",",
        b";",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"{",
        b"[",
        b"<html>",
        b"PK\x03\x04",
        b',"',
    ),
    *(b"\\ud800", b"NaN", b"}", b"]", b"\x81", b"'", b"[" * 300, b"sep=;\n", b"|"),
]


def damaged(rng: random.Random, start: bytes) -> bytes:
    data = bytearray(start if rng.random() < 0.8 else rng.randbytes(rng.randrange(200)))
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(data) + 1)
        data[at : at + rng.randrange(4)] = rng.choice(_PIECES)
    return bytes(data)


def read_through(file: Path, **options: str) -> set[str]:
    """Read a source every way there is, and return the ids of what was found."""
    assert isinstance(column_names(file), list | Finding)
    source = open_source(file, columns={}, **options)  # type: ignore[arg-type]
    if isinstance(source, list):
        assert source
        assert all(finding.level == "error" and finding.message and finding.fix for finding in source)
        return {finding.id for finding in source}
    assert isinstance(source, OpenSource)
    items = list(source.read())
    rows = [item for item in items if isinstance(item, TrainingRow)]
    assert all(item.example and str(item.row.where) for item in rows)
    places = [item.row._replace(values=None) for item in rows]
    assert [item[:8] for item in source.reread(places)] == [item[:8] for item in rows]
    return {finding.id for item in items if isinstance(item, list) for finding in item}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a"])
@pytest.mark.parametrize("start", [_CSV, _LINES])
def test_damaged_files_end_in_findings_or_rows(name: str, start: bytes, tmp_path: Path) -> None:
    """Never in a traceback; and whatever row is usable is found again by its place."""
    rng = random.Random(0)
    outcomes: set[str] = set()
    for n in range(150):
        file = tmp_path / f"{n}-{name}"
        file.write_bytes(damaged(rng, start))
        outcomes |= read_through(file, **({"encoding": "utf-16"} if n % 15 == 14 else {}))
    if (name, start) == ("a.csv", _CSV):
        assert {"open-quote", "wrong-encoding", "missing-column", "too-many-cells", "empty-cell"} <= outcomes
    if (name, start) == ("a.jsonl", _LINES):
        assert {"not-json", "wrong-encoding", "unknown-key"} <= outcomes


@given(data=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-16", "surrogatepass")))
def test_noise_ends_in_findings_or_rows(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the bytes are."""
    file = tmp_path_factory.mktemp("noise") / "a.csv"
    file.write_bytes(data)
    read_through(file)


def test_any_bytes_end_in_a_report(tmp_path: Path) -> None:
    """Damaged files and noise give findings with a place or rows, never a traceback."""
    rng = random.Random(1)
    file = tmp_path / "a.csv"
    for _ in range(30):
        file.write_bytes(damaged(rng, _CSV))
        report = check(file)
        assert str(report)
        assert report._repr_html_()
        assert report.examples or not report.ok


def test_what_cannot_be_read_is_a_finding_of_check_and_an_error_of_prepare(tmp_path: Path) -> None:
    """The same sentence; nothing is written."""
    for data, words in (
        (b"", "is empty"),
        (b'Prompt,Completion\na,b\nc,"d\n', r"line 3: A double quote"),
        (b"%PDF-1.7", "PDF"),
    ):
        (tmp_path / "a.csv").write_bytes(data)
        (finding,) = check(tmp_path / "a.csv").findings
        assert finding.level == "error"
        with pytest.raises(DataError, match=words):
            prepare(tmp_path / "a.csv", tmp_path / "out")
        assert not (tmp_path / "out").exists()
    with pytest.raises(DataError, match="There is no file"):
        prepare(tmp_path / "nothing.csv", tmp_path / "out")
