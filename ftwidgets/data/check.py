"""Look at training data and say everything that is wrong with it. Left out: changing any of it, and how (`examine`)."""

from typing import TYPE_CHECKING

from ftwidgets.data.report import Report

if TYPE_CHECKING:
    from ftwidgets.data.readers import Source


def check(
    source: "Source",
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
    conversation: str | None = None,
    group: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    validation: "Source | None" = None,
    model: str | None = None,
    near: bool = True,
    tokens: bool = False,
) -> Report:
    """Check training data: CSV, TSV, XLSX, JSON or JSON Lines, or a DataFrame.

    Parameters
    ----------
    source
        Path of a file or a pandas DataFrame; neither is ever changed. Tables have a prompt and a completion column; JSON
        Lines are chat, preference, prompt/completion, Alpaca or ShareGPT rows.
    prompt, completion, system_column
        Names of the columns, where they are not called Prompt, Completion and System in some case.
    system
        A system prompt (the text itself) for every row that has none.
    conversation
        A column whose value is the same in neighbouring rows that are turns of one conversation.
    group
        A column (customer, document) whose value must not be on both sides of a split; compared with `validation`.
    delimiter, encoding
        Of a text file, where what is found by looking is not right: `";"`, `"cp1252"`.
    validation
        A file or DataFrame that is to be the validation set: its rows are looked for among those of `source`.
    model
        A base model's name: rows longer than it reads are found.
    near
        Whether to look for near-duplicates too, which takes about as long as everything else.
    tokens
        Whether to count tokens in the same pass; else they are counted when `report.tokens` is first asked for.

    Returns
    -------
    Report
        Findings with line numbers, and the usable rows as examples. An unreadable source is a finding too.
    """
    from ftwidgets.data.examine import Options, compare, examine, joined, mapped, named

    columns = mapped(prompt=prompt, completion=completion, system=system_column, conversation=conversation, group=group)
    options = Options(columns, system, delimiter, encoding, model, near, tokens)
    examined = examine(source, options)
    examined.count()
    report = examined.report()
    if validation is None or not examined.readable:
        return report
    other = named(examine(validation, options), examined.name)
    compare(examined, other)
    return joined(report, [examined.tally, other.tally])
