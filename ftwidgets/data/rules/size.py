"""Too little of everything: what a service refuses, and what is few. Left out: every rule about what rows say."""

from ftwidgets.data.findings import Finding
from ftwidgets.data.text import pluralize

FEWEST = 10  # the services refuse a training file with fewer
ADVISED = 50  # where their guides begin to promise an effect


def size(n_examples: int, where: str, n_rows: int = 0) -> list[Finding]:
    """Return the finding for too few examples; `where` names what holds them, `n_rows` how many rows there are to mend."""
    have = f"{where} has {pluralize(n_examples, 'usable example')}"
    if n_examples < FEWEST:
        message = f"{have}; a service refuses fewer than {FEWEST}."
        fix = f"Add rows; {ADVISED} or more are advised."
        if n_rows >= FEWEST:
            missing = pluralize(n_rows - n_examples, "row")
            fix = f"Mend the {missing} that cannot be used, or add rows. {ADVISED} or more are advised."
        return [Finding(id="too-few-rows", level="error", message=message, fix=fix)]
    if n_examples < ADVISED:
        message = f"{have}; that is few."
        fix = f"It will run; from {ADVISED} to 100 good examples an effect can be expected."
        return [Finding(id="few-rows", level="warning", message=message, fix=fix)]
    return []
