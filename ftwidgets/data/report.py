"""`Report`, what `check` returns: the results, and the ways to show them and to write a repaired file."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ftwidgets.data.results import Applied, Fix, Results


class Report(Results):
    """The outcome of a check; its fields are those of `Results`."""

    def apply(
        self, path: "str | os.PathLike[str]", fixes: "Sequence[Fix | str] | None" = None, *, force: bool = False
    ) -> Applied:
        """Write the usable rows, repaired, to a new file, and a log of every change beside it.

        Parameters
        ----------
        path
            Where to: a name in `.jsonl`, or in `.csv`. Never the source.
        fixes
            Which of `report.fixes`, or their names. By default all but those that must be named (`Fix.requires_opt_in`),
            such as taking out e-mail addresses, which may be the shop's own. `report.fixes` itself is all of them.
        force
            Whether an existing file may be replaced.

        Returns
        -------
        Applied
            The file, its log, and what was done.

        Raises
        ------
        DataError
            If there is nothing to write, the name has another ending, the path is the source, the file exists and `force`
            is not given, the source has changed since the check, or a row does not fit the format.
        """
        from ftwidgets.data.fixes import apply

        return apply(self, Path(path), fixes, force=force)

    def to_html(self, path: "str | os.PathLike[str]") -> Path:
        """Write the whole report as one self-contained HTML page; return the path."""
        from ftwidgets.data.export import atomic_write
        from ftwidgets.data.render import html

        with atomic_write(path) as file:
            file.write(html.page(self).encode("utf-8", "replace"))
        return Path(path)

    def to_markdown(self) -> str:
        """Return the whole report as Markdown."""
        from ftwidgets.data.render import markdown

        return markdown.text(self)

    def for_command_line(self) -> "Report":
        """Return the report with remedies that name the options of `ftwidgets check` in place of Python's arguments."""
        return replace(self, findings=[replace(finding, fix=finding.command_line_fix) for finding in self.findings])

    def __repr__(self) -> str:
        return f"<Report ok={self.ok} {self.summary}>"

    def __str__(self) -> str:
        from ftwidgets.data.render import short

        return short.text(self)

    def _repr_html_(self) -> str:
        from ftwidgets.data.render import short

        return short.html(self)
