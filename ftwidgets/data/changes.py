"""Go through a source once more, do the chosen fixes, and log what became of each row that was touched.

Left out: which fixes there are for a report, and the new file itself (`fixes`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ftwidgets.data import rules, schema
from ftwidgets.data.findings import Finding
from ftwidgets.data.jsonl import line
from ftwidgets.data.rows import Example, Row, TrainingRow
from ftwidgets.data.text import normalize

if TYPE_CHECKING:
    from ftwidgets.data.readers import OpenSource

Write = Callable[[bytes], object]


class Changes:
    """The fixes on their way through the rows.

    Parameters
    ----------
    names
        Of the fixes to be done.
    corrections
        Mistyped labels, and what they should be.
    """

    def __init__(self, names: Collection[str], corrections: Mapping[str, str]) -> None:
        self.n_changed = self.n_left_out = 0
        self.write: Write = lambda _line: None
        self._names, self._corrections = names, corrections
        self._repairs = [(name, repair) for name, repair in rules.REPAIRS.items() if name in names]
        self._mended: list[str] = []
        self._first: dict[int, str] = {}  # where a row was first said, by the hash of what it says

    def made(self, opened: "OpenSource") -> Iterator[TrainingRow]:
        """Yield every usable row with the fixes done, in the order of the source."""
        for item in opened.read(self._mend):
            mended, self._mended = self._mended, []
            if not isinstance(item, TrainingRow):
                self._leave_out(item)
            elif (twin := self._twin(item)) is not None:
                self.n_left_out += 1
                self._log(item.row, "drop-repeats", left_out=True, message=f"says the same as {twin}")
            else:
                yield self._changed(item, mended)

    def _mend(self, value: Any) -> Any:
        """Return a row of JSON with the chosen repairs of its form done, and remember which."""
        mended, names = schema.repair_row(value)
        chosen = [name for name in names if name in self._names]
        if not chosen:
            return value
        self._mended = chosen
        return mended if len(chosen) == len(names) else schema.repair_row(value, only=self._names)[0]

    def _twin(self, item: TrainingRow) -> str | None:
        """Return where the same was said before, if it was and repeats are to go."""
        if "drop-repeats" not in self._names:
            return None
        key = hash((normalize(item.prompt), normalize(item.completion), normalize(item.system or "")))
        first = self._first.setdefault(key, item.row.where)
        return None if first == item.row.where else first

    def _changed(self, item: TrainingRow, mended: list[str]) -> TrainingRow:
        changed = item
        for name in mended:
            self._log(item.row, name)
        done = bool(mended)
        if "drop-outer-quotes" in self._names:
            changed = self._with(changed, "drop-outer-quotes", _unquoted)
        for name, repair in self._repairs:
            changed = self._with(changed, name, repair)
        if "mend-labels" in self._names and item.completion in self._corrections:
            label = self._corrections[item.completion]
            changed = self._with(changed, "mend-labels", lambda text: label if text == item.completion else text)
        self.n_changed += done or changed is not item
        return changed

    def _with(self, item: TrainingRow, name: str, repair: Callable[[str], str]) -> TrainingRow:
        """Return a row with every text repaired; the row itself if nothing changed."""
        changes: list[tuple[str, str, str]] = []

        def change(field: str, text: str) -> str:
            after = repair(text)
            if after != text:
                changes.append((field, text, after))
            return after

        if item.source_example is None:
            repaired = item._replace(
                prompt=change("prompt", item.prompt),
                completion=change("completion", item.completion),
                system=None if item.system is None else change("system", item.system),
            )
        else:
            repaired = item._replace(source_example=_through(item.source_example, change))
        for field, before, after in changes:
            self._log(item.row, name, field=field, before=None if name.startswith("redact") else before, after=after)
        return repaired if changes else item

    def _leave_out(self, findings: list[Finding]) -> None:
        self.n_left_out += 1
        first = findings[0]
        place = Row(first.order, first.line, first.row if first.row is not None else first.order, None)
        self._log(place, "cannot be used", left_out=True, message=" ".join(finding.message for finding in findings))

    def _log(self, row: Row, change: str, **more: object) -> None:
        entry = {"line": row.line, "row": row.label, "change": change, **more}
        self.write(line(entry))


def _unquoted(text: str) -> str:
    """Return a text without the quotes that a blank before them made part of it."""
    bare = text.strip()
    if text[:1] in (" ", "\t") and len(bare) > 1 and bare.startswith('"') and bare.endswith('"'):
        return bare[1:-1].replace('""', '"')
    return text


def _through(example: Example, change: Callable[[str, str], str]) -> Example:
    """Return an example with every text of its messages passed through `change`, which is told the field."""
    if "messages" in example:
        return {**example, "messages": _messages(example["messages"], "messages", change)}
    given = example["input"]
    return {
        **example,
        "input": {**given, "messages": _messages(given["messages"], "input.messages", change)},
        **{side: _messages(example[side], side, change) for side in ("preferred_output", "non_preferred_output")},
    }


def _messages(messages: list[dict[str, Any]], field: str, change: Callable[[str, str], str]) -> list[dict[str, Any]]:
    return [_message(message, f"{field}[{i}].content", change) for i, message in enumerate(messages)]


def _message(message: dict[str, Any], field: str, change: Callable[[str, str], str]) -> dict[str, Any]:
    content = message.get("content")
    if isinstance(content, str):
        return {**message, "content": change(field, content)}
    if isinstance(content, list):
        return {**message, "content": [_part(part, f"{field}[{i}].text", change) for i, part in enumerate(content)]}
    return message


def _part(part: dict[str, Any], field: str, change: Callable[[str, str], str]) -> dict[str, Any]:
    return {**part, "text": change(field, part["text"])} if isinstance(part.get("text"), str) else part
