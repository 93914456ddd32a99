"""Join neighbouring rows of a table that are the turns of one conversation, told by a column, into one example.

Left out: conversations whose rows are mixed in the file; a value that comes back later is another conversation, with a warning.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.readers.source import ParseResult, Repair, RowOrFindings
from ftwidgets.data.readers.table import CellParser, text_of, value_at
from ftwidgets.data.rows import TrainingRow
from ftwidgets.data.text import quote

CONVERSATION_INTERRUPTED = FindingType(
    "conversation-interrupted", "warning", title="A conversation goes on after rows of another",
    why="Rows of one conversation are turns only where they follow each other. Its rows further down become a conversation of "
        "their own that begins in the middle.",
    fix="Sort the table by the conversation, keeping the order of its turns.",
)  # fmt: skip


@dataclass
class ConversationParser(CellParser):
    """Makes an example of neighbouring rows with the same value in the column `conversation`."""

    def restarted(self, repair: Repair | None = None) -> "ConversationParser":
        """Return the same parser in its first state."""
        return replace(self, plain_values={})

    def parse(self, rows: Iterator[RowOrFindings]) -> Iterator[ParseResult]:
        """Yield an example or findings for each conversation; a row without a value is one by itself."""
        seen: set[int] = set()
        turns: list[ParseResult] = []
        name: str | None = None
        for row in rows:
            if isinstance(row, list):
                yield from self._finish(turns, name, seen)
                turns, name = [], None
                yield row
                continue
            value = text_of(value_at(row.values, self.positions["conversation"])).strip()
            turn = self.parse_row(row)
            if turns and value == name:
                turns.append(turn)
                continue
            yield from self._finish(turns, name, seen)
            if not value:
                turns, name = [], None
                yield turn
            else:
                turns, name = [turn], value
        yield from self._finish(turns, name, seen)

    def _finish(self, turns: list[ParseResult], name: str | None, seen: set[int]) -> Iterator[ParseResult]:
        """Yield a conversation whose last row has been read; findings if one of its rows cannot be used."""
        if not turns or name is None:
            return
        key = hash(name)
        remarks: tuple[Finding, ...] = ()
        if key in seen:
            message = f"The conversation {quote(name)} was there before, with other rows between; this is another example."
            fix = "Sort the rows so that those of one conversation are together, or give each conversation a name of its own."
            remarks = (CONVERSATION_INTERRUPTED(message, fix, self.columns["conversation"], name[:60]),)
        seen.add(key)
        findings = [finding for turn in turns if isinstance(turn, list) for finding in turn]
        if any(finding.level == "error" for finding in findings):
            left_out = f" The conversation {quote(name)} is left out with it."
            yield [
                replace(finding, message=finding.message + left_out) if finding.level == "error" else finding
                for finding in findings
            ]
            return
        if findings:
            yield findings
        usable = [turn for turn in turns if isinstance(turn, TrainingRow)]
        if usable:
            yield _join_turns(usable, remarks)


def _join_turns(turns: list[TrainingRow], remarks: tuple[Finding, ...]) -> TrainingRow:
    """Return the turns as one example: the system prompt, the group and the split are those of the first row."""
    first, last = turns[0], turns[-1]
    remarks += tuple(finding for turn in turns for finding in turn.remarks)
    if len(turns) == 1:
        return first._replace(remarks=remarks)
    messages = [] if first.system is None else [{"role": "system", "content": first.system}]
    for turn in turns:
        messages += [{"role": "user", "content": turn.prompt}, {"role": "assistant", "content": turn.completion}]
    before = messages[:-1] if first.system is None else messages[1:-1]
    prompt = "\n".join(f"{message['role']}: {message['content']}" for message in before)
    return first._replace(prompt=prompt, completion=last.completion, source_example={"messages": messages}, remarks=remarks)
