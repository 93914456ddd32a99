"""The table of lesson 01: what was measured here a moment ago, and below it the recorded runs of the same task.

Scores come with Wilson's 95 % interval for that many held-out rows; of several recorded runs (seeds) the mean is shown. The
records are made by `tools/record_ladder.py`. Left out: intervals over seeds; the lesson's claims are tested over those.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd

    from ftwidgets.evaluation.result import Evaluation

FILE = Path("data", "ladder.csv")
_NAMES = {"nano": "nano", "smollm2": "SmolLM2"}
_METHODS = {"prompt": "with an instruction", "few-shot": "{rows} examples in the chat", "tuned": "tuned on {rows} rows"}


def ladder(task: str, here: Evaluation, *, file: Path = FILE) -> pd.DataFrame:
    """Return the scores of a task, those measured here first, then the recorded ones.

    Parameters
    ----------
    task
        Its name in the record: `"orders"`, `"greeting"`, `"faq"` or `"reviews"`.
    here
        What `ftwidgets.evaluate` has just returned; the recorded runs used the same held-out rows.
    file
        The record.

    Returns
    -------
    DataFrame
        One row a method: how many are right, the share with its interval, and where it was measured.
    """
    import pandas as pd

    scores = here.by_row[here.metric]
    rows = [(name, float(scores[name].sum()), len(scores), "here") for name in here.models]
    recorded = pd.read_csv(file)
    recorded = recorded[recorded["task"] == task].sort_values(["base", "method", "rows"], key=_order, kind="stable")
    for (base, method, n_rows), runs in recorded.groupby(["base", "method", "rows"], sort=False):
        name = f"{_NAMES[str(base)]}, {_METHODS[str(method)].format(rows=n_rows)}"
        many = f", mean of {len(runs)} runs" if len(runs) > 1 else ""
        rows.append((name, runs["right"].mean(), int(runs["n"].iloc[0]), f"recorded {runs['date'].max()}{many}"))
    table = [(name, f"{right:.1f} of {n}".replace(".0 ", " "), _share(right, n), where) for name, right, n, where in rows]
    shown = pd.DataFrame(table, columns=["method", "right", "share (95 % interval)", "measured"]).set_index("method")
    return shown.rename_axis(None)  # a name of the index would be a second line of the header


def _order(column: pd.Series[Any]) -> pd.Series[Any]:
    """Put the bases and the methods of the record in the order of the ladder."""
    rungs = [*_NAMES, *_METHODS]
    return column.map(lambda value: rungs.index(value) if value in rungs else value)


def _share(right: float, n: int) -> str:
    low, high = wilson(round(right), n)
    return f"{right / n:.2f} ({low:.2f} to {high:.2f})"
