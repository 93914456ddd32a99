"""Which label was taken for which.

Left out: precision, recall and their mean; the table holds all that they are made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

MOST = 10  # labels; more make no table that one can read
REPEATED = 4  # how often a label occurs on average, at least: else these are texts, not labels

OTHER = "other"


def labels(references: Sequence[str]) -> list[str]:
    """List the labels, sorted, if the references are labels: 2 to 10 different ones, each four times on average."""
    found = sorted({reference.strip() for reference in references})
    return found if 2 <= len(found) <= min(MOST, len(references) // REPEATED) else []


def confusion(references: Sequence[str], answers: Sequence[str]) -> pd.DataFrame:
    """Count how often each label was answered with each label.

    Parameters
    ----------
    references
        The right labels; one row of the table each.
    answers
        What the model answered. What is none of the labels is counted in the last column, `other`.

    Returns
    -------
    DataFrame
        Empty if the references are no labels.
    """
    import pandas as pd

    known = labels(references)
    if not known:
        return pd.DataFrame()
    name = OTHER if OTHER not in known else f"{OTHER} (no label)"
    pairs = zip((text.strip() for text in references), (text.strip() for text in answers), strict=True)
    counted = Counter((reference, answer if answer in known else name) for reference, answer in pairs)
    return pd.DataFrame(
        [[counted[reference, answer] for answer in (*known, name)] for reference in known],
        index=pd.Index(known, name="reference"),
        columns=pd.Index([*known, name], name="answer"),
    )
