"""The table of lesson 01: what was measured here, then the recorded runs of the same task."""

from pathlib import Path

import pandas as pd

from ftwidgets import Evaluation
from ftwidgets.lessons.ladder import ladder

RECORD = """task,method,base,rows,seed,right,n,seconds,date,wording
orders,prompt,nano,0,0,0,4,17,2026-11-29,x
orders,tuned,smollm2,30,1,3,4,60,2026-11-29,
orders,tuned,smollm2,30,2,4,4,61,2026-11-30,
reviews,prompt,nano,0,0,1,4,17,2026-11-30,x
"""


def test_what_was_measured_here_comes_first_then_the_records_of_that_task(tmp_path: Path) -> None:
    """Runs that differ by their seed only are one row, with their mean; each share has Wilson's interval."""
    file = tmp_path / "ladder.csv"
    file.write_text(RECORD, encoding="utf-8")
    answers = pd.DataFrame({"row": range(1, 5), "prompt": "?", "reference": "x", "rule": "x"})
    here = Evaluation(answers, {"exact_match": pd.DataFrame({"rule": [1.0, 1.0, 1.0, 0.0]})}, "exact_match")
    table = ladder("orders", here, file=file)
    assert table.index.tolist() == ["rule", "nano, with an instruction", "SmolLM2, tuned on 30 rows"]
    assert table["right"].tolist() == ["3 of 4", "0 of 4", "3.5 of 4"]
    assert table["measured"].tolist() == ["here", "recorded 2026-11-29", "recorded 2026-11-30, mean of 2 runs"]
    assert table["share (95 % interval)"].iloc[0] == "0.75 (0.30 to 0.95)"
    header, first, *_ = table.to_string().splitlines()
    assert header.split() == ["right", "share", "(95", "%", "interval)", "measured"]  # in one line
    assert first.startswith("rule")
