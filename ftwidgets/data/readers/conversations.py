"""Neighbouring rows of a table that are the turns of one conversation, told by a column, as one example.

Left out: conversations that a file mixes row by row; a value that comes back later is another conversation, and said.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ftwidgets.data.findings import Finding
from ftwidgets.data.readers.plain_values import Overall
from ftwidgets.data.readers.source import Item, Mend
from ftwidgets.data.readers.table import CellReader, text_of, value_at
from ftwidgets.data.rows import Fault, Row, TrainingRow
from ftwidgets.data.text import quote


@dataclass
class TurnReader(CellReader):
    """What makes an example of the rows of one conversation: its values of the column `conversation` are the same."""

    def fresh(self, mend: Mend | None = None) -> "TurnReader":
        """Return the same reader as it was before it took a row."""
        return replace(self, overall=Overall())

    def units(self, rows: Iterator[Row | list[Finding]]) -> Iterator[Item]:
        """Yield an example or findings for each conversation; a row without a value stands for itself."""
        seen: set[int] = set()
        held: list[Item] = []
        name: str | None = None
        for row in rows:
            if isinstance(row, list):
                yield from self._closed(held, name, seen)
                held, name = [], None
                yield row
                continue
            value = text_of(value_at(row.values, self.places["conversation"])).strip()
            item = self.take(row)
            if held and value == name:
                held.append(item)
                continue
            yield from self._closed(held, name, seen)
            if not value:
                held, name = [], None
                yield item
            else:
                held, name = [item], value
        yield from self._closed(held, name, seen)

    def _closed(self, held: list[Item], name: str | None, seen: set[int]) -> Iterator[Item]:
        """Yield the conversation of the rows held back; findings if one of them cannot be used."""
        if not held or name is None:
            return
        key = hash(name)
        remarks = (self._interrupted(name),) if key in seen else ()
        seen.add(key)
        faults = [finding for item in held if isinstance(item, list) for finding in item]
        if any(finding.level == "error" for finding in faults):
            left_out = f" The conversation {quote(name)} is left out with it."
            yield [
                replace(finding, message=finding.message + left_out) if finding.level == "error" else finding
                for finding in faults
            ]
            return
        if faults:
            yield faults
        turns = [item for item in held if isinstance(item, TrainingRow)]
        if turns:
            yield _joined(turns, remarks)

    def _interrupted(self, name: str) -> Fault:
        message = f"The conversation {quote(name)} was there before, with other rows between; this is another example."
        fix = "Sort the rows so that those of one conversation stand together, or give it a name of its own."
        return Fault("conversation-interrupted", "warning", message, fix, self.columns["conversation"], name[:60])


def _joined(turns: list[TrainingRow], remarks: tuple[Fault, ...]) -> TrainingRow:
    """Return the turns as one example: the system prompt, the group and the split are those of the first row."""
    first, last = turns[0], turns[-1]
    remarks += tuple(fault for turn in turns for fault in turn.remarks)
    if len(turns) == 1:
        return first._replace(remarks=remarks)
    messages = [] if first.system is None else [{"role": "system", "content": first.system}]
    for turn in turns:
        messages += [{"role": "user", "content": turn.prompt}, {"role": "assistant", "content": turn.completion}]
    before = messages[:-1] if first.system is None else messages[1:-1]
    prompt = "\n".join(f"{message['role']}: {message['content']}" for message in before)
    return first._replace(prompt=prompt, completion=last.completion, source_example={"messages": messages}, remarks=remarks)
