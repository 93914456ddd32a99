"""The rule about the number of examples: too few for a service, or too few for an effect."""

from ftwidgets.data.findings import Finding, FindingType
from ftwidgets.data.text import pluralize

TOO_FEW_ROWS = FindingType(
    "too-few-rows", "error", title="Fewer than ten examples",
    why="Services reject a training file with fewer than ten.",
    todo="Add rows; 50 or more are recommended.",
)  # fmt: skip
FEW_ROWS = FindingType(
    "few-rows", "warning", title="Fewer than fifty examples",
    why="Training will run. The guides of the services expect an effect from 50 to 100 good examples on.",
    todo="Add good rows if the result is not yet what you want.",
)  # fmt: skip

FEWEST = 10  # services reject a training file with fewer examples
ADVISED = 50  # from here on their guides expect an effect


def size(n_examples: int, where: str, n_rows: int = 0) -> list[Finding]:
    """Return the finding for too few examples; `where` names what holds them, `n_rows` how many rows there are to mend."""
    have = f"{where} has {pluralize(n_examples, 'usable example')}"
    if n_examples < FEWEST:
        message = f"{have}; a service refuses fewer than {FEWEST}."
        fix = f"Add rows; {ADVISED} or more are advised."
        if n_rows >= FEWEST:
            missing = pluralize(n_rows - n_examples, "row")
            fix = f"Mend the {missing} that cannot be used, or add rows. {ADVISED} or more are advised."
        return [TOO_FEW_ROWS(message, fix)]
    if n_examples < ADVISED:
        message = f"{have}; that is few."
        fix = f"It will run; from {ADVISED} to 100 good examples an effect can be expected."
        return [FEW_ROWS(message, fix)]
    return []
