"""The original files of the lessons: from the installed package, or in a checkout from git's last commit."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ftwidgets.errors import FtwidgetsError


class Pristine(Protocol):
    """The original files of the lessons; paths are relative to the lessons' folder."""

    source: str

    def names(self) -> Sequence[str]:
        """List the files."""

    def read(self, name: str) -> bytes:
        """Return the content of a file."""


class Bundled:
    """The lessons inside the installed package."""

    source = "the installed package"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Sequence[str]:
        """List the files."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return sorted(path.relative_to(self._folder).as_posix() for path in files)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return (self._folder / name).read_bytes()


class GitHead:
    """The lessons of a checkout, as they are in git's last commit."""

    source = "git's last commit"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Sequence[str]:
        """List the files."""
        listed = self._git("ls-tree", "-r", "-z", "--name-only", "HEAD", ".").decode("utf-8")
        return sorted(name for name in listed.split("\0") if name)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return self._git("cat-file", "--filters", f"HEAD:./{name}")

    def _git(self, *arguments: str) -> bytes:
        command = ["git", "-C", str(self._folder), *arguments]
        try:
            return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise FtwidgetsError(
                "the original lessons cannot be found: this is a checkout, and git does not show its last commit. "
                "Install git, or get the lessons again: `git clone`, or `pip install` without -e and `ftwidgets lab`."
            ) from error
