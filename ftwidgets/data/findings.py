"""Findings: what a check reports. Each kind is declared once, as a `FindingType`, beside the rule that yields it.

    EMPTY_CELL = FindingType(
        "empty-cell",
        "error",
        title="A required cell is empty",
        why="Without a prompt or a completion the row is no example. It is left out.",
        fix="Fill it in or delete the row.",
    )

    yield EMPTY_CELL('"Completion" is empty.', "Fill it in.", field="Completion")

Reports, `docs/findings.md` and the list of automatic fixes are made from these declarations. A `fix` says in words what to do;
a `repair` is the automatic fix that `Report.apply` does.
"""

import dataclasses
import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

Level = Literal["error", "warning", "note"]

# The order in which a reader wants them.
LEVELS: tuple[Level, ...] = ("error", "warning", "note")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing found in the data: what is wrong, where, how bad it is, and what to do.

    Parameters
    ----------
    id
        Stable name of the kind, such as `empty-cell`.
    level
        `error` (a service would reject it, or train or measure wrongly), `warning` or `note`.
    message, fix
        What is wrong, with the value; what to do about it.
    field
        Name of the column, as the source has it.
    excerpt
        The beginning of the text at fault.
    repair
        Name of the automatic fix that `Report.apply` has for it; None where a person must decide.
    line
        Line of the file on which the row begins, counted from 1 as an editor does; None for a DataFrame.
    row
        For a file, the number of the row, counted from 1 after the header; for a DataFrame, its index label.
    source
        Name of the file or table, where a report covers two of them.
    order
        Position in the source, for sorting; 0 for what concerns the whole of it.
    """

    id: str
    level: Level
    message: str
    fix: str = ""
    field: str | None = None
    excerpt: str | None = None
    repair: str | None = None
    line: int | None = None
    row: int | str | None = None
    source: str | None = None
    order: int = dataclasses.field(default=0, compare=False, repr=False)

    @property
    def where(self) -> str:
        """`line 14` in a file, `row 14` in a DataFrame, empty for the whole; with the source where it is known."""
        place = ""
        if self.line is not None:
            place = f"line {self.line}"
        elif self.row is not None:
            place = f"row {self.row}"
        return ", ".join(part for part in (self.source, place) if part)

    @property
    def command_line_fix(self) -> str:
        """`fix` in the words of `ftwidgets check`: `--prompt "..."` in place of the argument `prompt="..."`."""
        kind = _FINDING_TYPES.get(self.id)
        text = self.fix
        for name in kind.arguments if kind is not None else ():
            text = text.replace(f'{name}="', f'--{name.replace("_", "-")} "')
        return text

    def __str__(self) -> str:
        text = f"{self.message} {self.fix}".strip()
        return f"{self.where}: {text}" if self.where else text


@dataclasses.dataclass(frozen=True)
class FixType:
    """A safe automatic fix, declared once beside the code that does it: its stable name, and what it does.

    With `requires_opt_in` it is done only if the user names it, because what it changes may be right as it is.
    """

    name: str
    title: str
    requires_opt_in: bool = False

    def __post_init__(self) -> None:
        _register(_FIX_TYPES, self.name, self)


@dataclasses.dataclass(frozen=True)
class FindingType:
    """A kind of finding. Calling it makes a `Finding` of that kind.

    Two kinds cannot share an `id`. Some findings of the kind may have `other_level` instead of `level`. `title`, `why` and
    `fix` say in words what it is, why it matters, and what to do. `repair` is the automatic fix of every finding of the kind,
    `optional_repairs` are those that only some of them have. `arguments` are arguments of `check` that its remedies name, as in
    `prompt="..."`; options of the command are made of them.
    """

    id: str
    level: Level
    title: str
    why: str
    fix: str
    repair: FixType | None = None
    optional_repairs: tuple[FixType, ...] = ()
    other_level: Level | None = None
    arguments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _register(_FINDING_TYPES, self.id, self)

    def __call__(
        self,
        message: str,
        fix: str = "",
        field: str | None = None,
        excerpt: str | None = None,
        *,
        repair: FixType | None = None,
        level: Level | None = None,
        line: int | None = None,
        source: str | None = None,
    ) -> Finding:
        """Return a finding of this kind; its place is usually added by whoever knows the row (`Row.found`).

        `repair` is one of `optional_repairs`, where one of them settles this finding; `level` may be `other_level`.
        """
        done_by = repair or self.repair
        return Finding(
            id=self.id,
            level=level or self.level,
            message=message,
            fix=fix,
            field=field,
            excerpt=excerpt,
            repair=None if done_by is None else done_by.name,
            line=line,
            source=source,
        )


_FINDING_TYPES: dict[str, FindingType] = {}
_FIX_TYPES: dict[str, FixType] = {}
_Type = TypeVar("_Type", FindingType, FixType)


def _register(types: dict[str, _Type], name: str, new: _Type) -> None:
    # A notebook that reloads a module declares the same once more: that is no duplicate.
    if types.setdefault(name, new) != new:
        raise ValueError(f"{name!r} is declared twice: {types[name]} and {new}.")


def finding_type(name: str) -> FindingType | None:
    """Return the declaration of the kind with this id; None if there is no such kind."""
    return _FINDING_TYPES.get(name) or finding_types().get(name)


def finding_types() -> Mapping[str, FindingType]:
    """Return all kinds of findings by id, in alphabetical order."""
    _import_declarations()
    return dict(sorted(_FINDING_TYPES.items()))


def fix_type(name: str) -> FixType:
    """Return the declaration of the automatic fix with this name."""
    return _FIX_TYPES.get(name) or fix_types()[name]


def fix_types() -> Mapping[str, FixType]:
    """Return all automatic fixes by name, in alphabetical order."""
    _import_declarations()
    return dict(sorted(_FIX_TYPES.items()))


def _import_declarations() -> None:
    """Import every module of `ftwidgets.data`, so that all that they declare is registered."""
    import pkgutil

    for module in pkgutil.walk_packages([str(Path(__file__).parent)], "ftwidgets.data."):
        importlib.import_module(module.name)
