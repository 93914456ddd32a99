"""`check`: read training data, pass every row through every rule, and report what is wrong.

The rules on single rows and on all rows together are in `rules`; what can be wrong with a file, a table or a JSON row is found
while it is read (`readers`, `schema`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.report import Report
from ftwidgets.data.scan import Examples, FindingCollector, RowIndex, collect_final_findings, scan
from ftwidgets.data.text import join_names, pluralize, printable

if TYPE_CHECKING:
    from ftwidgets.data.readers import OpenSource, Source
    from ftwidgets.data.rows import Rule
    from ftwidgets.data.rules import Duplicates, Labels, NearDuplicates
    from ftwidgets.data.tokens.row_counter import RowCounter

OTHER_KEYS = FindingType(
    "other-keys", "warning", title="Rows in a form that services do not read",
    why="The rows are Alpaca, ShareGPT or Hugging Face records. They are read here and can be trained on, but a "
        "service rejects the file as it is.",
    fix="Upload what `report.apply` or `ftwidgets.prepare` writes: there the rows are in the form that services expect.",
)  # fmt: skip
TOO_FEW_ROWS = FindingType(
    "too-few-rows", "error", title="Fewer than ten examples",
    why="Services reject a training file with fewer than ten.",
    fix="Add rows; 50 or more are recommended.",
)  # fmt: skip
FEW_ROWS = FindingType(
    "few-rows", "warning", title="Fewer than fifty examples",
    why="Training will run. The guides of the services expect an effect from 50 to 100 good examples on.",
    fix="Add good rows if the result is not yet what you want.",
)  # fmt: skip

MIN_EXAMPLES = 10  # services reject a training file with fewer examples
ADVISED_EXAMPLES = 50  # from here on their guides expect an effect


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
        Of a text file, where the automatic detection is wrong: `";"`, `"cp1252"`.
    validation
        A file or DataFrame that is to be the validation set: its rows are looked for among those of `source`.
    model
        A base model's name: rows longer than it reads are found, and tokens are counted with its tokenizer. It is the
        sandbox's, one that was added to it (`ftwidgets models add`), or OpenAI's.
    near
        Whether to look for near-duplicates too, which takes about as long as everything else.
    tokens
        Whether to count tokens in the same pass; else they are counted when `report.tokens` is first asked for.

    Returns
    -------
    Report
        Findings with line numbers, and the usable rows as examples. An unreadable source is a finding too.
    """
    columns = column_mapping(prompt=prompt, completion=completion, system=system_column, conversation=conversation, group=group)
    options = CheckOptions(columns, system, delimiter, encoding, model, near, tokens)
    checked = check_source(source, options)
    if isinstance(checked, UnreadableSource):
        return checked.report()
    checked.check_size()
    report = checked.report()
    if validation is None:
        return report
    other = with_source(check_source(validation, options), checked.name)
    if isinstance(other, UnreadableSource):
        report = replace(report, unreadable=(other.name,))
    else:
        find_leaks(checked, other)
    return merge_reports(report, [checked.collector, other.collector])


@dataclass(frozen=True)
class CheckOptions:
    """How a source is read and checked: the arguments of `check`."""

    columns: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    model: str | None = None
    near: bool = True
    tokens: bool = False
    fixes: frozenset[str] = frozenset()  # names of automatic fixes, done while the source is read


@dataclass
class UnreadableSource:
    """A source that cannot be read as training data, and the findings that say why."""

    name: str
    collector: FindingCollector

    def report(self) -> Report:
        """Return the report: nothing but the findings."""
        collector = self.collector
        return Report(
            findings=collector.findings,
            source=self.name,
            totals=dict(collector.totals),
            repairs=dict(collector.repairs),
            unreadable=(self.name,),
        )


@dataclass
class CheckedSource:
    """A source whose rows have passed through every rule."""

    name: str
    source: "OpenSource"
    index: RowIndex
    collector: FindingCollector
    repeats: "Duplicates"
    near: "NearDuplicates"
    labels: "Labels"
    counting: "RowCounter"

    @property
    def n_usable(self) -> int:
        """Usable rows, repeated ones not counted."""
        return len(self.index) - len(self.repeats.dropped)

    @property
    def examples(self) -> Examples:
        """The usable rows as examples, repeated ones left out."""
        return Examples(self.index, self.repeats.dropped)

    def check_size(self) -> None:
        """Add the finding on too few examples."""
        for finding in size_findings(self.n_usable, self.name, self.source.n_rows):
            self.collector.add(finding)

    def report(self) -> Report:
        """Return the report, with the findings sorted by their place."""
        return Report(
            findings=sorted(self.collector.findings, key=lambda finding: finding.order),
            examples=self.examples,
            source=self.name,
            n_rows=self.source.n_rows,
            columns=dict(self.source.columns),
            form=self.source.format,
            totals=dict(self.collector.totals),
            repairs=dict(self.collector.repairs),
            labels=self.labels.counts,
            corrections=dict(self.labels.corrections),
            roles=self.counting.roles,
            encoding=self.counting.encoding,
            counted_tokens=self.counting.tokens(self.repeats.dropped),
        )


def size_findings(n_examples: int, where: str, n_rows: int = 0) -> list[Finding]:
    """Return the finding for too few examples; `where` names what holds them, `n_rows` how many rows there are to repair."""
    have = f"{where} has {pluralize(n_examples, 'usable example')}"
    if n_examples < MIN_EXAMPLES:
        message = f"{have}; a service rejects fewer than {MIN_EXAMPLES}."
        fix = f"Add rows; {ADVISED_EXAMPLES} or more are advised."
        if n_rows >= MIN_EXAMPLES:
            missing = pluralize(n_rows - n_examples, "row")
            fix = f"Repair the {missing} that cannot be used, or add rows. {ADVISED_EXAMPLES} or more are advised."
        return [TOO_FEW_ROWS(message, fix)]
    if n_examples < ADVISED_EXAMPLES:
        message = f"{have}; that is few."
        fix = f"It will run; from {ADVISED_EXAMPLES} to 100 good examples an effect can be expected."
        return [FEW_ROWS(message, fix)]
    return []


def column_mapping(**names: str | None) -> dict[str, str]:
    """Return the column names that were given, by part."""
    return {part: name for part, name in names.items() if name is not None}


def check_source(source: "Source", options: CheckOptions) -> CheckedSource | UnreadableSource:
    """Read a source and apply every rule that does not depend on what the rows are for."""
    from ftwidgets.data import rules  # here, since `import ftwidgets` alone does not need them
    from ftwidgets.data.model_specs import find_model
    from ftwidgets.data.readers import open_source
    from ftwidgets.data.tokens.row_counter import RowCounter

    opened = open_source(
        source, columns=options.columns, system=options.system, delimiter=options.delimiter, encoding=options.encoding
    )
    collector = FindingCollector()
    for finding in opened if isinstance(opened, list) else opened.findings:
        collector.add(finding)
    if isinstance(opened, list):
        is_path = isinstance(source, (str, Path))
        name = printable(Path(str(source)).name or str(source)) if is_path else type(source).__name__
        return UnreadableSource(name, collector)
    if options.fixes:
        opened = _repair(source, opened, options)
    repeats, near, labels = rules.Duplicates(), rules.NearDuplicates(near=options.near), rules.Labels()
    counting = RowCounter(count_tokens=options.tokens)
    all_rules: list[Rule] = [repeats, near, labels, counting]
    if options.model is not None:
        counting.encoding = find_model(options.model).encoding
        all_rules.append(rules.TooLong(options.model))
    all_rules += [rules.SystemPrompts(opened.columns.get("system")), rules.TextRules(), rules.Outliers(), rules.Languages()]
    index = scan(opened, all_rules, collector)
    for finding in _check_keys(index):
        collector.add(finding)
    return CheckedSource(opened.name, opened, index, collector, repeats, near, labels, counting)


def _repair(source: "Source", opened: "OpenSource", options: CheckOptions) -> "OpenSource":
    """Return an open source whose rows come with the fixes of the options done."""
    from ftwidgets.data.repaired import RepairedSource

    corrections: Mapping[str, str] = {}
    if "mend-labels" in options.fixes:  # which labels are mistyped shows only when all rows have been read
        first = check_source(source, replace(options, fixes=frozenset(), near=False, tokens=False))
        corrections = {} if isinstance(first, UnreadableSource) else first.labels.corrections
    return RepairedSource(opened, options.fixes, corrections)


def _check_keys(index: RowIndex) -> list[Finding]:
    """Return the warning on rows that are read as examples, but that no service would read as they stand."""
    first = index.read([0])[0] if len(index) else None
    if first is None or first.source_example is None or not isinstance(first.row.values, dict):
        return []
    found, expected = first.row.values.keys(), first.source_example.keys()
    older = index.source.format == "completion" and found == {"prompt", "completion"}
    if older or found == expected or "messages" in found:
        return []
    message = f"The rows have the keys {join_names(found)}; services expect {join_names(expected)}."
    fix = "They are read here; report.apply(path) or ftwidgets.prepare writes them in the form that services expect."
    return [OTHER_KEYS(message, fix)]


def find_leaks(train: CheckedSource, validation: CheckedSource) -> None:
    """Add to the findings of `validation` which of its rows, or of its groups, are also in `train`."""
    from ftwidgets.data.rules import find_leaked_groups, find_leaked_prompts

    index, collector, name = validation.index, validation.collector, validation.name
    collect_final_findings(find_leaked_prompts(train.near, train.index, validation.near, index), index, collector, name)
    if "group" in train.source.columns:
        train_groups, groups = ([row.group for row in checked.index.read_all()] for checked in (train, validation))
        collect_final_findings(find_leaked_groups(train_groups, groups, train.index), index, collector, name)


def with_source(checked: CheckedSource | UnreadableSource, other: str) -> CheckedSource | UnreadableSource:
    """Return the validation source with its name in each finding: its line 3 is not the line 3 of the `other` source."""
    checked.name = checked.name if checked.name != other else f"{checked.name} (validation)"
    checked.collector.findings = [replace(finding, source=checked.name) for finding in checked.collector.findings]
    return checked


def merge_reports(report: Report, collectors: Sequence[FindingCollector]) -> Report:
    """Return a report with the findings of several collectors: what concerns the whole first, then each by its lines."""
    merged = FindingCollector()
    for collector in collectors:
        collector.findings.sort(key=lambda finding: finding.order)
        merged.merge(collector)
    return replace(report, findings=merged.findings, totals=merged.totals)
