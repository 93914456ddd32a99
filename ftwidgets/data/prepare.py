"""Turn training data into the two files a fine-tuning job takes: checked, split, written, and said what became of each row.

Left out: how (`parting`), and repairing anything. A row that cannot be used is skipped and named.
"""

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ftwidgets.data.report import Report
from ftwidgets.data.text import pluralize

if TYPE_CHECKING:
    from ftwidgets.data.readers import Source


@dataclass(frozen=True)
class Prepared:
    """The files written, how many examples each holds, and the report on the source.

    `validation_file` is None if nothing was held out. `report.ok` is False if something was found that a service
    would refuse or that would make the result wrong; the usable rows are written all the same.
    """

    train_file: Path
    validation_file: Path | None
    report: Report
    n_train: int
    n_validation: int

    def __str__(self) -> str:
        return f"{self.report}\n{self._files()}"

    def _repr_html_(self) -> str:
        return f"{self.report._repr_html_()}<p>{escape(self._files())}</p>"

    def _files(self) -> str:
        train = f"{pluralize(self.n_train, 'example')} in {self.train_file}"
        if self.validation_file is None:
            return f"Written: {train}; none held out."
        return f"Written: {train}, {self.n_validation:,} in {self.validation_file}."


def prepare(
    source: "Source",
    folder: "str | os.PathLike[str]",
    *,
    prompt: str | None = None,
    completion: str | None = None,
    system_column: str | None = None,
    system: str | None = None,
    conversation: str | None = None,
    group: str | None = None,
    split_column: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    validation: float = 0.2,
    validation_source: "Source | None" = None,
    split: str = "grouped",
    seed: int = 0,
) -> Prepared:
    """Check training data and write `train.jsonl` and `validation.jsonl` into `folder`.

    Parameters
    ----------
    source
        Path of a file or a pandas DataFrame, as `check` takes them; neither is ever changed.
    folder
        Where the files go; made if need be. Files of those names from an earlier run are replaced.
    prompt, completion, system_column, system, conversation, delimiter, encoding
        As for `check`.
    group
        A column (customer, document) whose rows stay on one side of the split.
    split_column
        A column that says of each row whether it is to train on or held out (`train`, `validation`, `test`, ...).
    validation
        How much is held out: a fraction from 0 to below 1, or a number of examples. Not used if there is a
        `validation_source` or a `split_column`.
    validation_source
        A file or a DataFrame of its own that holds the validation rows.
    split
        `grouped`: prompts that are the same or nearly the same stay on one side. `stratified`: the same, and each label
        has its share on both sides. `random`: row by row, refused where near-duplicates would be on both sides.
    seed
        Another seed holds out other rows.

    Returns
    -------
    Prepared
        The files, the numbers, and the report.

    Raises
    ------
    DataError
        If the source cannot be read as training data, has no usable row, or a random split would leak.
    """
    from ftwidgets.data import parting
    from ftwidgets.data.examine import Options, mapped

    parting.refuse_way(split)
    names = {"prompt": prompt, "completion": completion, "system": system_column, "conversation": conversation}
    columns = mapped(**names, group=group, split=split_column)
    options = Options(columns, system, delimiter, encoding)
    made = parting.part(source, Path(folder), options, validation_source, parting.Wish(validation, split, seed))
    return Prepared(
        train_file=made.train,
        validation_file=made.validation if made.n_validation else None,
        report=made.report,
        n_train=made.n_train,
        n_validation=made.n_validation,
    )
