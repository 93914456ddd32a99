"""The table of coverage in DIFFERENCES.md, made from what the tests go by. Left out: writing it (`tools/coverage_table.py`)."""

from tests.contract.filters import ALL_PARAMETERS, GIVEN_BY_THE_CHECK
from tests.contract.surface import CALLS, Call, methods

BEGIN, END = "<!-- coverage: begin -->", "<!-- coverage: end -->"
INTRODUCTION = """\
Made by `just coverage-table` from the tables that the tests go by (`tests/contract/surface.py`, `parameters.py`, `filters.py`):
each call is made, each parameter is sent. *Source*: where the rules come from, as above. *Shown by*: a check of the journey
(`tests/contract/journey`) or a test (`tests/contract/test_surface.py`).
"""
# These are other ways to call one that is in the table with its parameters.
SAME = {
    "chat.completions.parse": "chat.completions.create",
    "chat.completions.stream": "chat.completions.create",
    "fine_tuning.checkpoints.permissions.retrieve": "fine_tuning.checkpoints.permissions.list",
    "responses.parse": "responses.create",
    "responses.stream": "responses.create",
}


def coverage() -> str:
    """Make the table: operation, method of the client, parameters, source, test."""
    lines = [INTRODUCTION, "| operation | method of the client | parameters | source | shown by |", "|---|---|---|---|---|"]
    known = methods()
    for call in CALLS:
        said = _not_served(call) if call.not_served else _parameters(call, known[call.name])
        lines.append(f"| `{call.http}` | `{call.name}` | {said} | {call.source} | `{call.shown}` |")
    served = sum(not call.not_served for call in CALLS)
    lines += ["", f"{served} of the {len(CALLS)} methods that the client has in these areas are answered."]
    return "\n".join(lines)


def with_coverage(text: str) -> str:
    """Put the table between its marks.

    Raises
    ------
    ValueError
        The text does not have the two marks, each once and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in after:
        raise ValueError(f"The text needs the marks {BEGIN} and {END}, each once, in this order.")
    return f"{before}{BEGIN}\n{coverage()}\n{END}{after}"


def _not_served(call: Call) -> str:
    return f"not served: {call.not_served}"


def _parameters(call: Call, names: list[str]) -> str:
    if call.name in SAME:
        return f"as `{SAME[call.name]}`"
    table = ALL_PARAMETERS.get(call.name)
    if table is None:
        given = GIVEN_BY_THE_CHECK.get(call.name, [])
        kinds = {"needs": [name for name in names if name not in given], "honoured": given}
    else:
        kinds = {
            "needs": list(table.needed),
            "honoured": list(table.honoured),
            "honoured without a JSON schema": list(table.in_part),
            "without effect": list(table.ignored),
            "refused": [name for name in table.refused if name not in table.in_part],
        }
    return "; ".join(filter(None, (_listed(kind, found) for kind, found in kinds.items()))) or "none"


def _listed(kind: str, names: list[str]) -> str:
    return f"{kind}: {', '.join(f'`{name}`' for name in names)}" if names else ""
