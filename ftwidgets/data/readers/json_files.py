"""Read the records of a JSON Lines file, or of a JSON file: a list of them, or an object with such a list under `data`.

orjson parses where it is installed, and Python's own module whatever orjson rejects, so both accept the same lines and read the
same values: NaN and Infinity, lone surrogates, repeated keys (the last one counts), numbers of any length.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.columns import IGNORED_COLUMNS
from ftwidgets.data.readers.file_formats import NOT_READABLE, other_format
from ftwidgets.data.readers.in_memory import RowsInMemory
from ftwidgets.data.readers.source import RowOrFindings, UnreadableError
from ftwidgets.data.readers.text_file import TextFile
from ftwidgets.data.rows import Row
from ftwidgets.data.text import pluralize, quote

NOT_JSON = FindingType(
    "not-json", "error", title="A line is not JSON",
    why="Single quotes, a comma too many, a line that broke off: a service rejects the whole file.",
    fix="Repair the line. A program that writes JSON (`json.dumps`) does not make this mistake.",
)  # fmt: skip
BLANK_LINE = FindingType(
    "blank-line", "note", title="Lines with nothing in them",
    why="They are skipped here. Some programs that read JSON Lines stop at them.",
    fix="Nothing, if you upload what `report.apply` or `ftwidgets.prepare` writes: that has none.",
)  # fmt: skip
TOO_LARGE_FILE = FindingType(
    "too-large-file", "error", title="The file is larger than a service takes",
    why="Services reject training files over 512 MB.",
    fix="Split it, or leave out repeated and very long rows; a smaller set of good examples trains as well.",
)  # fmt: skip
BYTE_ORDER_MARK = FindingType(
    "byte-order-mark", "note", title="The file begins with a byte order mark",
    why="Some services stop at it and report that line 1 is not JSON; Azure asks for one.",
    fix="Nothing, if you upload what `report.apply` or `ftwidgets.prepare` writes: that has none.",
)  # fmt: skip

MAX_FILE = 512 * 1024 * 1024  # bytes of JSON Lines; what the services take as one file
MAX_DEPTH = 100  # levels of lists and objects
MAX_DOCUMENT = 200 * 1024 * 1024  # bytes of JSON that are read at once
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_LIST_KEYS = ("data", "train", "rows", "examples")
_RECORD_KEYS = {"messages", "conversations", "prompt", "instruction", "input"}

# What Python's json module says, and the words we use for it.
_REASONS = (
    ("Expecting property name", "a name in double quotes is expected"),
    ("Illegal trailing comma", "there is a comma before the closing bracket"),
    ("Extra data", "more follows after the end of the value"),
    ("Unterminated string", "a text is not closed"),
    ("Invalid control character", "there is a control character in a text"),
    ("Invalid \\escape", "there is a backslash before a character that needs none"),
    ("Invalid \\uXXXX", "\\u is not followed by four hexadecimal digits"),
    ("Expecting ',' delimiter", "a comma or a closing bracket is expected"),
    ("Expecting ':' delimiter", "a colon is expected"),
    ("Expecting value", "a value is expected"),
    ("Unexpected UTF-8 BOM", "there is a byte order mark in the middle of the file"),
)


@dataclass
class JsonLines:
    """The rows of a JSON Lines file."""

    text: TextFile
    from_file: bool = True
    n_rows: int = 0
    n_blank: int = 0
    first_blank: int = 0

    def __post_init__(self) -> None:
        self.name, self.path, self.size = self.text.name, self.text.path, self.text.size
        self._parse = json_parser(long_numbers=self.text.statistics.long_numbers)

    def read(self) -> Iterator[RowOrFindings]:
        """Yield all rows."""
        self.n_rows = self.n_blank = self.first_blank = 0
        with self.text.open() as file:
            for row in self._rows(file, Row(1, 1, 1, None, self.text.start), count_blank=True):
                self.n_rows += 1
                yield row

    def read_from(self, places: Sequence[Row]) -> Iterator[Iterator[RowOrFindings]]:
        """Yield, for each place, the rows from there on."""
        with self.text.open(random_access=True) as file:
            for place in places:
                yield self._rows(file, place)

    def final_findings(self) -> list[Finding]:
        """Return the note about blank lines, if there are any."""
        if not self.n_blank:
            return []
        first = "line" if self.n_blank == 1 else "the first is line"
        message = f"{quote(self.name)} has {pluralize(self.n_blank, 'blank line')} ({first} {self.first_blank:,})."
        fix = "Delete them; they are skipped here, and some services reject them."
        return [BLANK_LINE(message, fix, line=self.first_blank)]

    def first_findings(self) -> list[Finding]:
        """Return what is known about the whole file before it is read."""
        findings = []
        if self.size > MAX_FILE:
            message = f"{quote(self.name)} has {self.size / 2**20:,.0f} MB; services take up to {MAX_FILE // 2**20} MB a file."
            fix = "Leave out rows: a good selection trains as well as all of them."
            findings.append(TOO_LARGE_FILE(message, fix))
        if self.text.has_bom:
            message = f"{quote(self.name)} begins with a byte order mark, which some services ask for and others reject."
            fix = "If a service rejects the file, save it as UTF-8 without a byte order mark."
            findings.append(BYTE_ORDER_MARK(message, fix))
        return findings

    def first_value(self) -> Any:
        """Return the first value that is JSON among the first hundred rows, None if there is none."""
        return next((row.values for row, _ in zip(self.read(), range(100), strict=False) if isinstance(row, Row)), None)

    def _rows(self, file: BinaryIO, place: Row, *, count_blank: bool = False) -> Iterator[RowOrFindings]:
        order, line, offset = place.order - 1, (place.line or 1) - 1, place.offset
        file.seek(offset)
        parse, new = self._parse, tuple.__new__
        for raw in file:
            line += 1
            start = offset
            offset += len(raw)
            try:
                value = parse(raw)
            except (ValueError, RecursionError) as error:
                if raw.strip():
                    order += 1
                    yield [Row(order, line, order, None, start).found(not_json(raw, error))]
                elif count_blank:
                    self.n_blank += 1
                    self.first_blank = self.first_blank or line
                continue
            order += 1
            yield new(Row, (order, line, order, value, start))  # half the time of Row(...)


def open_json_lines(text: TextFile) -> JsonLines:
    """Return the rows of a JSON Lines file; raise UnreadableError if one of its lines is too long."""
    if long_line := text.statistics.long_line:
        description = f"JSON with a line of more than 64 MB, number {long_line:,}"
        raise UnreadableError(other_format(text.name, description, "Write each record on a line of its own.", line=long_line))
    return JsonLines(text)


def read_json_document(text: TextFile) -> RowsInMemory:
    """Return the records of a JSON file; raise UnreadableError if it is too large, not JSON, or not a list of records."""
    name, size = text.name, text.size
    if size > MAX_DOCUMENT:
        message = f"{quote(name)} is one JSON document of {size / 2**20:,.0f} MB, more than can be read at once."
        fix = "Write it as JSON Lines: one record a line."
        raise UnreadableError(NOT_READABLE(message, fix))
    with text.open() as file:
        file.seek(text.start)
        raw = file.read()
    try:
        value = json_parser(long_numbers=text.statistics.long_numbers)(raw)
    except (ValueError, RecursionError) as error:
        message = not_json(raw, error).message.replace("The line", quote(name), 1)
        line = raw.decode("utf-8", "replace").count("\n", 0, getattr(error, "pos", 0)) + 1
        finding = NOT_JSON(message, "Repair the file there.", line=line)
        raise UnreadableError(finding) from error
    records = value if isinstance(value, list) else None
    if isinstance(value, dict):  # a list of records under one of the usual keys, or a single record
        records = next((value[key] for key in _LIST_KEYS if _is_list_of_records(value.get(key))), None)
        if records is None and _RECORD_KEYS & set(value):
            records = [value]
    if records is None or any(not isinstance(record, dict) for record in records[:1]):
        fix = 'Write a list of records, [{"messages": [...]}, ...], or JSON Lines: one record a line.'
        raise UnreadableError(other_format(name, "JSON, but not a list of records", fix))
    findings = _other_lists(name, value, records)
    return RowsInMemory(name, records, path=text.path, size=size, from_file=True, findings=findings)


def _is_list_of_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _other_lists(name: str, document: Any, records: list[Any]) -> list[Finding]:
    """Return the note about other lists of records beside those that are read, such as those of a split."""
    lists = {key: inner for key, inner in document.items() if _is_list_of_records(inner)} if isinstance(document, dict) else {}
    read = next((key for key, inner in lists.items() if inner is records), None)
    others = [f"{quote(key)} ({pluralize(len(inner), 'record')})" for key, inner in lists.items() if inner is not records]
    if read is None or not others:
        return []
    message = f"{quote(name)} is read under {quote(read)}; not used: {', '.join(others[:5])}."
    fix = "Write each list into a file of its own, if it is to be checked too."
    return [IGNORED_COLUMNS(message, fix)]


def not_json(raw: bytes, error: Exception) -> Finding:
    """Return the finding of a line that is not JSON, with where and why."""
    whole = raw.decode("utf-8", "replace")
    text = whole.strip()
    if isinstance(error, RecursionError):
        message = f"The line nests lists and objects deeper than {MAX_DEPTH} levels."
        return NOT_JSON(message, "Use less nesting; a row is a list of messages with texts.", excerpt=text[:60])
    position, reason = 0, "it cannot be read"
    if isinstance(error, json.JSONDecodeError):
        position = error.pos
        reason = next((words for start, words in _REASONS if error.msg.startswith(start)), error.msg.lower())
    rest = whole[position:].rstrip()
    near = f", before {quote(rest[:20], 20)}" if rest else ", at its end"
    message = f"The line is not JSON: {reason} at character {position + 1:,}{near}."
    fix = "Repair the line, or delete it; each line is one JSON object."
    if text.startswith(("{'", "{ '")):
        fix = 'Write names and texts in double quotes: {"messages": [...]}; json.dumps does.'
    elif text in ("[", "]", "{", "}", "],", "},") or text.endswith(("{", "[")):
        fix = "Write each record on one line, without brackets around all of them."
    elif text.endswith("},"):
        fix = "Delete the comma at the end of the line; each line is an object by itself."
    return NOT_JSON(message, fix, excerpt=text[:60])


def json_parser(*, long_numbers: bool = True) -> Callable[[bytes], Any]:
    """Return a function that parses a line of JSON; it raises ValueError or RecursionError for any other line.

    `long_numbers` tells whether the file may hold numbers of 19 digits or more, which orjson rounds.
    """
    try:
        import orjson
    except ImportError:
        return _parse_carefully
    loads = orjson.loads

    def parse(raw: bytes) -> Any:
        if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH or (long_numbers and _LONG_NUMBER.search(raw)):
            return _parse_carefully(raw)
        try:
            return loads(raw)
        except ValueError:
            return _parse_carefully(raw)

    return parse


def _parse_carefully(raw: bytes) -> Any:
    def parse_int(digits: str) -> int | float:
        # An integer that is longer than Python turns into text again becomes the nearest float.
        return int(digits) if len(digits) < 4300 else float(digits)

    value = json.loads(raw.decode("utf-8"), parse_int=parse_int)
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise RecursionError
    return value


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level:
        inner: list[object] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list):
                inner += item
        depth += any(isinstance(item, (dict, list)) for item in level)
        level = inner
    return depth
