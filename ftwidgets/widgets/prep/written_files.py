"""What DatasetPrep has written: the sentence about it, its choices, what else is in its folder, and what comes next."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftwidgets.data.text import pluralize
from ftwidgets.errors import FtwidgetsError
from ftwidgets.widgets.base import markup
from ftwidgets.widgets.base.next_step import find_client
from ftwidgets.widgets.prep import outcome
from ftwidgets.widgets.prep.target_folder import Stamp, holds_the_same, occupied, stamps

if TYPE_CHECKING:
    from ftwidgets.data import Prepared
    from ftwidgets.widgets.launch import JobLauncher
    from ftwidgets.widgets.prep.preparation import Preparation

_EARLIER = "<p class='ftw-stale-note'>Written with earlier choices than those above: write them again.</p>"


class WrittenFiles:
    """What was written last; `sentence` says it without a full stop, and is empty before."""

    def __init__(self) -> None:
        self.sentence = self._end = ""
        self._choices: Mapping[str, Any] = {}
        self._own: dict[Path, Stamp] = {}  # all files that the form has written

    def record(self, prepared: Prepared, choices: Mapping[str, Any], *, tokens: str, changed: bool) -> None:
        """Keep what was written just now; `changed` says that the data had changed since it was checked."""
        self._own |= stamps([prepared.train_file, prepared.validation_file])
        news = " The data had changed since it was checked; what is shown is what it holds now." if changed else ""
        self.sentence = outcome.written_text(prepared, tokens)
        self._end = f", at {datetime.datetime.now():%H:%M}.{news}"
        self._choices = choices

    def html(self, choices: Mapping[str, Any]) -> str:
        """Return the sentence, marked as earlier where the form now holds other choices; empty before."""
        if not self.sentence:
            return ""
        written = f'<p class="ftw-ok">{escape(self.sentence + self._end)}</p>'
        return written if choices == self._choices else f'<div class="ftw-stale">{_EARLIER}{written}</div>'

    def in_the_way(self, folder: Path, source: Path | None, data: Preparation | None) -> str:
        """Return in a sentence what a folder holds that is not the form's own; empty if it is free.

        `source` is the file that the data came from, `data` what would be written; files that hold just that are no hindrance.
        """
        found = occupied(folder, self._own, [source] if source is not None else [])
        is_split = data is not None and len(data.in_validation) == len(data.report.examples)  # else writing tells what is wrong
        same = data is not None and is_split and holds_the_same(folder, data.report.examples, data.in_validation)
        return f"The folder {folder.as_posix()} is in use: {found}." if (found.replaced or found.others) and not same else ""


def next_form(prepared: Prepared) -> tuple[str, str, Callable[[], JobLauncher], str]:
    """Return what comes after writing, as `NextStep.offer` takes it: a launcher with the files, on the notebook's client."""
    files = [path.as_posix() for path in (prepared.train_file, prepared.validation_file) if path is not None]
    name, client = find_client()
    made = "" if client is not None else "import ftwidgets\n\nclient = ftwidgets.connect()  # the sandbox on this machine\n"
    call = ", ".join([name, *map(markup.literal, files)])
    code = f"from ftwidgets.widgets import JobLauncher\n{made}\nlauncher = JobLauncher({call})\nlauncher"

    def launcher() -> JobLauncher:
        from ftwidgets.widgets.launch import JobLauncher

        found = find_client()[1]
        if found is None:
            raise FtwidgetsError(
                "this notebook has no client yet. Run client = ftwidgets.connect() in a cell, and press again."
            )
        return JobLauncher(found, *files)

    sentence = f"train a model on {files[0]} ({pluralize(prepared.n_train, 'example')})."
    return sentence, "Train a model", launcher, code
