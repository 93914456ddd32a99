"""What only several rows together show: repeats, contradictions, leaks, gaps, and too little of everything.

Left out: near-duplicates and label typos.
"""

from collections.abc import Sequence

from ftwidgets.prep.columns import Columns
from ftwidgets.prep.findings import Finding
from ftwidgets.prep.rows import Usable, is_number
from ftwidgets.prep.table import Table
from ftwidgets.prep.words import counted, fold, quoted

FEWEST = 10  # the services refuse a training file with fewer
ADVISED = 50  # where their guides begin to promise an effect


def repeats(usable: Sequence[Usable]) -> tuple[list[Usable], list[Finding]]:
    """Return the rows with exact repeats left out, and a finding for each repeat."""
    first: dict[tuple[str, str, str | None], Usable] = {}
    findings = []
    for item in usable:
        original = first.setdefault((item.prompt, item.completion, item.system), item)
        if original is not item:
            message = f"The row says the same as {original.row.where}; it is used once."
            fix = "Delete one of them; a row that is there twice counts twice in training."
            findings.append(item.row.finding("duplicate-row", "warning", message, fix, excerpt=item.prompt[:60]))
    return list(first.values()), findings


def contradictions(usable: Sequence[Usable], field: str) -> list[Finding]:
    """Return a finding for each row that answers a prompt differently from the first row with that prompt."""
    first: dict[tuple[str, str], Usable] = {}
    findings = []
    for item in usable:
        original = first.setdefault(item.key, item)
        if fold(original.completion) != fold(item.completion):
            message = (
                f"The same prompt as {original.row.where} with another answer: "
                f"{quoted(item.completion, 40)} here, {quoted(original.completion, 40)} there."
            )
            fix = "Keep the better answer; two answers to one prompt teach the model to waver."
            found = item.row.finding("different-answers", "warning", message, fix, field=field, excerpt=item.prompt[:60])
            findings.append(found)
    return findings


def size(n_examples: int, where: str) -> list[Finding]:
    """Return the finding for too few examples; `where` names what holds them."""
    have = f"{where} has {counted(n_examples, 'usable example')}"
    if n_examples < FEWEST:
        message = f"{have}; a service refuses fewer than {FEWEST}."
        return [Finding(id="too-few-rows", level="error", message=message, fix=f"Add rows; {ADVISED} or more are advised.")]
    if n_examples < ADVISED:
        message = f"{have}; that is few."
        fix = f"It will run; from {ADVISED} to 100 good examples an effect can be expected."
        return [Finding(id="few-rows", level="warning", message=message, fix=fix)]
    return []


def shared(train: Sequence[Usable], validation: Sequence[Usable]) -> list[Finding]:
    """Return a finding for each validation row whose prompt is also trained on (case and blanks aside)."""
    trained = {fold(item.prompt): item for item in reversed(train)}  # reversed: the first one wins
    findings = []
    for item in validation:
        twin = trained.get(fold(item.prompt))
        if twin is not None:
            message = f"The prompt is also in the training rows ({twin.row.where}), so validation would look too good."
            fix = "Delete it from one of the two."
            findings.append(item.row.finding("shared-prompt", "error", message, fix, excerpt=item.prompt[:60]))
    return findings


def numbers_as_text(usable: Sequence[Usable], table: Table, columns: Columns) -> list[Finding]:
    """Return a note for each column with cells that are no text and are written as text."""
    findings = []
    for place, part in ((columns.prompt, "prompt"), (columns.completion, "completion")):
        cells = [item for item in usable if is_number(item.row, place)]
        if cells:
            kind, field = type(cells[0].row.values[place]).__name__, table.header[place]
            message = (
                f"{quoted(field)} holds {counted(len(cells), 'cell')} of type {kind}; "
                f"they are written as text, {quoted(getattr(cells[0], part))} for example ({cells[0].row.where})."
            )
            fix = "If that is not how they should read, turn the column into text first."
            findings.append(Finding(id="numbers-as-text", level="note", message=message, fix=fix, field=field))
    return findings


def blanks_before_quotes(usable: Sequence[Usable], table: Table, columns: Columns) -> list[Finding]:
    """Return a warning for each cell where a blank before a quote made the quotes part of the text."""
    findings = []
    for item in usable if table.from_file else ():
        for place, text in ((columns.prompt, item.prompt), (columns.completion, item.completion)):
            if text[0] in " \t" and text.lstrip().startswith('"') and text.rstrip().endswith('"'):
                message = f"{quoted(table.header[place])} has a blank before its opening quote, so the quotes became text."
                fix = "Delete the blank between the delimiter and the quote."
                found = item.row.finding(
                    "blank-before-quote", "warning", message, fix, field=table.header[place], excerpt=text[:60]
                )
                findings.append(found)
    return findings


def system_gaps(usable: Sequence[Usable], table: Table, columns: Columns, system: str | None) -> list[Finding]:
    """Return the finding for rows without a system prompt among rows with one."""
    if columns.system is None:
        return []
    gaps = [item for item in usable if not item.own_system]
    if not gaps or (len(gaps) == len(usable) and system is None):
        return []
    field = table.header[columns.system]
    message = f"{quoted(field)} is empty in {len(gaps):,} of {counted(len(usable), 'row')}, first on {gaps[0].row.where}"
    if system is not None:
        return [
            Finding(id="system-filled", level="note", message=f"{message}; the constant system prompt is used.", field=field)
        ]
    fix = "Fill them in, or give system= a text for them; the prompt at use should match the one in training."
    return [Finding(id="system-missing", level="warning", message=f"{message}; these get none.", fix=fix, field=field)]
