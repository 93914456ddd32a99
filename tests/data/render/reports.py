"""A report put together by hand, with everything in it that a view could get wrong."""

import numpy as np

from ftwidgets.data import Finding, Report

EVIL = '<img src=x onerror="alert(1)"> | `code` [a](b) **bold** & @ada #12 https://x.y'


def empty_cells(n: int) -> list[Finding]:
    """Findings of one kind, on the lines from 2 on."""
    fix = "Fill it in or delete the row."
    message = '"Completion" is empty.'
    return [
        Finding(id="empty-cell", level="error", line=i, row=i - 1, message=message, fix=fix, order=i) for i in range(2, n + 2)
    ]


def evil() -> Report:
    """A report in which every text that could come from the data is markup."""
    found = Finding(id="near-duplicate", level="warning", line=40, row=38, message=EVIL, fix=EVIL, excerpt=EVIL[::-1], order=40)
    return Report(
        [Finding(id="missing-column", level="note", message=EVIL, field=EVIL, source=EVIL), *empty_cells(30), found],
        [{"messages": []}] * 300,
        EVIL,
        1310,
        {"prompt": EVIL},
        "table",
        totals={"missing-column": ("note", 1), "empty-cell": ("error", 1280), "near-duplicate": ("warning", 1)},
        repairs={"drop-repeats": 3},
        labels={EVIL: 200, "neutral": 5},
        roles={"user": 300, EVIL: 300},
        counted_tokens=np.arange(5, 305, dtype=np.int32),
    )


def clean() -> Report:
    """A report without findings."""
    tokens = np.array([7, 9], dtype=np.int32)
    return Report(
        [], [{"messages": []}] * 2, "a.csv", 2, form="table", roles={"user": 2, "assistant": 2}, counted_tokens=tokens
    )
