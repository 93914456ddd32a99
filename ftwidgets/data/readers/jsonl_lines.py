"""JSON Lines of any size: each line a value, with its line number and its place in the file.

Left out: what the values mean (`records`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.json_values import not_json, parser
from ftwidgets.data.readers.source import Walk
from ftwidgets.data.readers.text_file import Text
from ftwidgets.data.readers.unsupported import other_format
from ftwidgets.data.rows import Row
from ftwidgets.data.text import pluralize, quote

LARGEST = 512 * 1024 * 1024  # bytes; what the services take as one file


@dataclass
class JsonLines:
    """The rows of a JSON Lines file."""

    text: Text
    from_file: bool = True
    n_rows: int = 0
    n_blank: int = 0
    first_blank: int = 0

    def __post_init__(self) -> None:
        self.name, self.path, self.size = self.text.name, self.text.path, self.text.stamp.size
        self._parse = parser(long_numbers=self.text.long_numbers)

    @contextmanager
    def reading(self, *, apart: bool = False) -> Iterator[Walk]:
        """Open the file; see `opened.Rows`."""
        with self.text.open(apart=apart) as file:
            yield lambda place: self._walk(file, place)

    def remarks(self) -> list[Finding]:
        """Return the note about blank lines, if there are any."""
        if not self.n_blank:
            return []
        first = "line" if self.n_blank == 1 else "the first is line"
        message = f"{quote(self.name)} has {pluralize(self.n_blank, 'blank line')} ({first} {self.first_blank:,})."
        fix = "Delete them; they are skipped here, and some services refuse them."
        return [Finding(id="blank-line", level="note", message=message, fix=fix, line=self.first_blank)]

    def findings(self) -> list[Finding]:
        """Return what is to be said of the whole file before it is read."""
        found = []
        if self.size > LARGEST:
            message = f"{quote(self.name)} has {self.size / 2**20:,.0f} MB; services take up to {LARGEST // 2**20} MB a file."
            fix = "Leave out rows: a good selection trains as well as all of them."
            found.append(Finding(id="too-large-file", level="error", message=message, fix=fix))
        if self.text.marked:
            message = f"{quote(self.name)} begins with a byte order mark, which some services ask for and others refuse."
            fix = "If a service refuses the file, save it as UTF-8 without a byte order mark."
            found.append(Finding(id="byte-order-mark", level="note", message=message, fix=fix))
        return found

    def first(self) -> Any:
        """Return the first value that is JSON among the first hundred rows, None if there is none."""
        with self.reading() as walk:
            for row, _ in zip(walk(None), range(100), strict=False):
                if isinstance(row, Row):
                    return row.values
        return None

    def _walk(self, file: BinaryIO, place: Row | None) -> Iterator[Row | list[Finding]]:
        order, line, offset = (
            (0, 0, self.text.start) if place is None else (place.order - 1, (place.line or 1) - 1, place.offset)
        )
        n_blank, first_blank = 0, 0
        file.seek(offset)
        parse, new = self._parse, tuple.__new__
        try:
            for raw in file:
                line += 1
                start = offset
                offset += len(raw)
                try:
                    value = parse(raw)
                except (ValueError, RecursionError) as error:
                    if not raw.strip():
                        n_blank += 1
                        first_blank = first_blank or line
                        continue
                    order += 1
                    yield [Row(order, line, order, None, start).found(not_json(raw, error))]
                    continue
                order += 1
                yield new(Row, (order, line, order, value, start))  # half the time of Row(...)
        finally:
            if place is None:
                self.n_rows, self.n_blank, self.first_blank = order, n_blank, first_blank


def look(text: Text) -> JsonLines | Finding:
    """Return the rows of a JSON Lines file, or the finding that says why it is none."""
    if text.long_line:
        what = f"JSON with a line of more than 64 MB, number {text.long_line:,}"
        return other_format(text.name, what, "Write each record on a line of its own.", line=text.long_line)
    return JsonLines(text)
