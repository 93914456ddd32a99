"""Read a source and let every rule see it: what `check` reports, and what `prepare` goes on with.

Which rule lives where: `sources` (files, encodings, tables), `form` (rows of JSON), `texts` (what a row says),
`groups` (what rows say together), `models` (too long for a model), `rules` (too few). Left out: writing anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ftwidgets.data import model_specs
from ftwidgets.data import rules as groups
from ftwidgets.data import rules as texts
from ftwidgets.data.collector import Tally
from ftwidgets.data.findings import Finding
from ftwidgets.data.lazy_examples import Examples
from ftwidgets.data.readers import OpenSource, Source, open_source
from ftwidgets.data.report import Report
from ftwidgets.data.rows import Example, Rule
from ftwidgets.data.rules import size
from ftwidgets.data.scan import Seen, kept, scan, settle
from ftwidgets.data.text import join_names, printable
from ftwidgets.data.tokens.counting import Counting


@dataclass(frozen=True)
class Options:
    """How a source is read and checked: the arguments of `check`."""

    columns: Mapping[str, str] = field(default_factory=dict)
    system: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    model: str | None = None
    near: bool = True
    tokens: bool = False


@dataclass
class Examined:
    """What is known of a source before its rows are counted against a minimum; without `opened`, it cannot be read."""

    name: str
    tally: Tally
    opened: OpenSource | None = None
    seen: Seen | None = None
    near: groups.Near = field(default_factory=groups.Near)
    labels: groups.Labels = field(default_factory=groups.Labels)
    repeats: groups.Repeats = field(default_factory=groups.Repeats)
    counting: Counting = field(default_factory=Counting)

    @property
    def readable(self) -> bool:
        """Whether the source could be read as training data at all."""
        return self.opened is not None

    @property
    def n_usable(self) -> int:
        """TrainingRow rows, repeats not counted again."""
        return 0 if self.seen is None else len(self.seen) - len(self.repeats.dropped)

    @property
    def system_column(self) -> str | None:
        """The name of the column with system prompts, if there is one."""
        return None if self.opened is None else self.opened.columns.get("system")

    @property
    def examples(self) -> Examples | list[Example]:
        """The usable rows as examples."""
        return [] if self.seen is None else Examples(self.seen, self.repeats.dropped)

    def report(self) -> Report:
        """Return the report, with the findings sorted by their place."""
        opened = self.opened
        return Report(
            findings=sorted(self.tally.findings, key=lambda finding: finding.order),
            examples=self.examples,
            source=self.name,
            n_rows=0 if opened is None else opened.n_rows,
            columns={} if opened is None else dict(opened.columns),
            form="" if opened is None else opened.format,
            totals=dict(self.tally.totals),
            repairs=dict(self.tally.repairs),
            labels=self.labels.counts,
            corrections=dict(self.labels.corrections),
            roles=self.counting.roles,
            encoding=self.counting.encoding,
            counted_tokens=self.counting.tokens(self.repeats.dropped),
        )

    def count(self) -> None:
        """Add the finding for too few examples."""
        if self.opened is not None:
            for finding in size.size(self.n_usable, self.name, self.opened.n_rows):
                self.tally.add(finding)


def mapped(**names: str | None) -> dict[str, str]:
    """Return the column names that the caller gave."""
    return {part: name for part, name in names.items() if name is not None}


def examine(source: Source, options: Options) -> Examined:
    """Read `source` and apply every rule that does not depend on what the rows are for."""
    opened = open_source(
        source, columns=options.columns, system=options.system, delimiter=options.delimiter, encoding=options.encoding
    )
    tally = Tally()
    if isinstance(opened, list):
        for finding in opened:
            tally.add(finding)
        return Examined(name=_name(source), tally=tally)
    for finding in opened.findings:
        tally.add(finding)
    examined = Examined(opened.name, tally, opened, near=groups.Near(near=options.near))
    examined.counting = Counting(count=options.tokens, encoding=model_specs.encoding(options.model))
    examined.seen = scan(opened, _rules(examined, options), tally)
    for finding in _other_keys(examined.seen):
        tally.add(finding)
    return examined


def _other_keys(seen: Seen) -> list[Finding]:
    """Return the warning for rows that are read as examples, but that no service would read as they stand."""
    first = seen.read([0])[0] if len(seen) else None
    if first is None or first.source_example is None or not isinstance(first.row.values, dict):
        return []
    theirs, ours = first.row.values.keys(), first.source_example.keys()
    older = seen.opened.format == "completion" and theirs == {"prompt", "completion"}
    if older or theirs == ours or "messages" in theirs:
        return []
    message = f"The rows have the keys {join_names(theirs)}; services want {join_names(ours)}."
    fix = "They are read here; report.apply(path) or ftwidgets.prepare writes them in the form that services want."
    return [Finding(id="other-keys", level="warning", message=message, fix=fix)]


def _rules(examined: Examined, options: Options) -> list[Rule]:
    """Return the rules for one source, repeats first."""
    found: list[Rule] = [examined.repeats, examined.near, examined.labels, examined.counting]
    if options.model is not None:
        found.append(model_specs.TooLong(options.model))
    return [*found, groups.Systems(examined.system_column), texts.RowTexts(), texts.SetTexts()]


def joined(report: Report, tallies: Sequence[Tally]) -> Report:
    """Return a report with the findings of several tallies: what concerns the whole first, then each by its lines."""
    found = Tally()
    for tally in tallies:
        tally.findings.sort(key=lambda finding: finding.order)
        found.take(tally)
    return replace(report, findings=found.findings, totals=found.totals)


def compare(train: Examined, held: Examined) -> None:
    """Put into the tally of `held` what it shares with `train`."""
    if train.seen is None or held.seen is None:
        return
    leaks = groups.leaks(train.near, train.seen, held.near, held.seen)
    settle(leaks, held.seen, held.tally, held.name)
    if train.opened is not None and "group" in train.opened.columns:
        of_train, of_held = ([row.group for row in kept(seen, ())] for seen in (train.seen, held.seen))
        settle(groups.shared_groups(of_train, of_held, train.seen), held.seen, held.tally, held.name)


def named(examined: Examined, other: str) -> Examined:
    """Return the validation source with its name in each finding: its line 3 is not the other line 3."""
    name = examined.name if examined.name != other else f"{examined.name} (validation)"
    examined.tally.findings = [replace(found, source=name) for found in examined.tally.findings]
    examined.name = name
    return examined


def _name(source: object) -> str:
    return printable(Path(str(source)).name or str(source)) if isinstance(source, (str, Path)) else type(source).__name__
