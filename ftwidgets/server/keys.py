"""Keys: how they are made, kept apart from what is stored of them, read from a file and masked in a message.

A key is stored only as its SHA-256 digest. A keys file is CSV, a line a key: `name,key`, or `name,key,admin` for a teacher;
lines that are empty or begin with `#` are skipped.
Left out: who holds which key (`register`).
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox.ids import Ids

SHORTEST_KEY = 16
LONGEST_NAME = 40
PREFIX, ADMIN_PREFIX = "sk-sandbox-", "sk-admin-"
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another when read from a board


@dataclass(frozen=True)
class KeyLine:
    """A line of a keys file."""

    name: str
    key: str
    admin: bool = False


def new_key(ids: Ids, *, admin: bool = False) -> str:
    """Make a key that nobody can guess: 40 random letters and digits behind a prefix."""
    return ids.new(ADMIN_PREFIX if admin else PREFIX, 40)


def new_code(ids: Ids) -> str:
    """Make a join code of eight letters and digits, in two groups, easy to read from a board."""
    letters = [letter for letter in ids.new("", 400).upper() if letter in _CODE_LETTERS][:8]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def digest(key: str) -> str:
    """Give what is stored of a key. Keys are long and random, so a plain SHA-256 cannot be turned back."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def masked(key: str) -> str:
    """Show a key as the service does in its messages: `sk-sa****9xyz`."""
    return f"{key[:5]}****{key[-4:]}" if len(key) >= SHORTEST_KEY else f"{key[:2]}****"


def plain_name(text: str) -> str:
    """Tidy the name of a person.

    Raises
    ------
    FtwidgetsError
        If nothing is left of it, it is too long or has signs that cannot be shown.
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not name:
        raise FtwidgetsError("The name is empty. Write the name you are known by in class.")
    if len(name) > LONGEST_NAME:
        raise FtwidgetsError(f"The name has {len(name)} characters; at most {LONGEST_NAME} are taken. Shorten it.")
    if not name.isprintable():
        raise FtwidgetsError("The name has signs that cannot be shown. Use letters, digits and blanks.")
    return name


def read_keys(path: Path) -> list[KeyLine]:
    """Read a keys file.

    Raises
    ------
    FtwidgetsError
        If it cannot be read, has no line, or a line is no name and key. The message never shows a key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise FtwidgetsError(f'the keys file "{path}" cannot be read ({error}).') from error
    found: list[KeyLine] = []
    rows = csv.reader(text.splitlines())
    for row in rows:
        if "".join(row).strip() and not row[0].lstrip().startswith("#"):
            found.append(_line(row, f"keys file, line {rows.line_num}"))
    if not found:
        raise FtwidgetsError(f'the keys file "{path}" has no key. Write a line a person: name,key')
    for what, values in (("name", [line.name.casefold() for line in found]), ("key", [line.key for line in found])):
        if len(set(values)) < len(values):
            raise FtwidgetsError(f"keys file: a {what} stands there twice. Each line needs its own.")
    return found


def _line(row: list[str], where: str) -> KeyLine:
    cells = [cell.strip() for cell in row]
    if len(cells) == 3 and cells[2] != "admin":
        raise FtwidgetsError(f"{where}: the third cell is for a teacher, and may only be admin: name,key,admin.")
    if len(cells) not in (2, 3):
        raise FtwidgetsError(f"{where}: expected name,key or name,key,admin; there are {len(cells)} cells.")
    if len(cells[1]) < SHORTEST_KEY or not cells[1].isascii() or not cells[1].isprintable() or " " in cells[1]:
        raise FtwidgetsError(
            f"{where}: the key of {cells[0]!r} has {len(cells[1])} characters; it needs at least {SHORTEST_KEY} letters, "
            "digits or signs, and no blank."
        )
    try:
        return KeyLine(plain_name(cells[0]), cells[1], admin=len(cells) == 3)
    except FtwidgetsError as error:
        raise FtwidgetsError(f"{where}: {error}") from error
