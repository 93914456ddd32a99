import tracemalloc
from pathlib import Path

import pytest

from ftwidgets.data.readers import OpenSource, open_source, text_file
from ftwidgets.data.rows import TrainingRow

TABLE = b"Prompt,Completion\r\n"
ROW = b'%d question,"' + b"word, " * 400 + b'answer"\r\n'
LINE = b'{"prompt": "%d question", "completion": "' + b"word, " * 400 + b'answer"}\n'


@pytest.mark.parametrize(
    ("name", "head", "row"),
    [
        ("a.csv", TABLE, ROW),
        ("mac.csv", TABLE.replace(b"\r\n", b"\r"), ROW.replace(b"\r\n", b"\r")),
        ("windows.csv", TABLE, ROW.replace(b"answer", b"answ\xe9r")),
        ("a.jsonl", b"", LINE),
    ],
)
def test_a_file_is_read_in_less_memory_than_it_has_bytes(
    name: str, head: bytes, row: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sixth of them here, and no more for a larger file: blocks are read, also where the text is rewritten first."""
    monkeypatch.setattr(text_file, "IN_MEMORY", 1 << 20)
    file = tmp_path / name
    with file.open("wb") as rows:
        rows.write(head)
        rows.writelines(row % n for n in range(10_000))
    size = file.stat().st_size
    assert size > 24_000_000
    tracemalloc.start()
    try:
        source = open_source(file, columns={})
        assert isinstance(source, OpenSource)
        n_rows = sum(isinstance(item, TrainingRow) for item in source.read())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n_rows == 10_000
    assert peak < size / 6
