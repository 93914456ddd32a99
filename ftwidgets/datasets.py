"""Find and load the datasets that come with the kit."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.errors import DatasetNotFound

if TYPE_CHECKING:
    import pandas as pd

# In an installed wheel the files are inside the package; in a checkout they are beside it.
_FOLDERS = (Path(__file__).parent / "_datasets", Path(__file__).parent.parent / "datasets")

# Files to try `check` on, named in full; they are not listed as datasets to train on.
BROKEN = ("broken_on_purpose.csv", "broken_on_purpose.jsonl")


def names() -> list[str]:
    """Return the sorted names of the bundled datasets, without the files in `BROKEN`."""
    return sorted(file.stem for file in _folder().glob("*.csv") if file.name not in BROKEN)


def path(name: str) -> Path:
    """Return the CSV file of the dataset called `name`, or a file in `BROKEN` by its full name."""
    if name in BROKEN:
        return _folder() / name
    known = names()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f' Did you mean "{close[0]}"?' if close else ""
        raise DatasetNotFound(f'no bundled dataset is called "{name}".{hint} There are: {", ".join(known) or "none"}')
    return _folder() / f"{name}.csv"


def load(name: str, split: str | None = None) -> "pd.DataFrame":
    """Return a dataset as a DataFrame of texts, or only its rows of one split (`train` or `held-out`).

    The rows keep the order of the file and are numbered from 0. A cell with "NA" stays the text "NA".
    """
    import pandas as pd

    frame = pd.read_csv(path(name), dtype=str, keep_default_na=False, encoding="utf-8")
    if split is None:
        return frame
    splits = sorted(frame["Split"].unique()) if "Split" in frame else []
    if split not in splits:
        known = "its splits are: " + ", ".join(splits) if splits else "it is not split"
        raise ValueError(f'{name} has no split "{split}"; {known}')
    return frame[frame["Split"] == split].reset_index(drop=True)


def _folder() -> Path:
    return next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[-1])
