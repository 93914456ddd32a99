"""Keys and join codes: made, hashed for storage, shortened for a message, read from a keys file, explained to a user.

A key is stored only as its SHA-256 digest. A keys file is CSV with one key a line: `name,key`, or `name,key,admin` for a
teacher; empty lines and lines that begin with `#` are skipped. `users` knows which key belongs to whom.
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ftwidgets.errors import FtwidgetsError
from ftwidgets.sandbox.ids import Ids

MIN_KEY = 16  # characters
MAX_NAME = 40  # characters
PREFIX, ADMIN_PREFIX = "sk-sandbox-", "sk-admin-"
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without those that look alike on a board: 0 and O, 1, I and L


@dataclass(frozen=True)
class KeyLine:
    """A line of a keys file."""

    name: str
    key: str
    admin: bool = False


def make_key(ids: Ids, *, admin: bool = False) -> str:
    """Make a key that nobody can guess: 40 random letters and digits after a prefix."""
    return ids.new(ADMIN_PREFIX if admin else PREFIX, 40)


def make_join_code(ids: Ids) -> str:
    """Make a join code of eight letters and digits, in two groups, easy to read from a board."""
    letters = [letter for letter in ids.new("", 400).upper() if letter in _CODE_LETTERS][:8]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def key_digest(key: str) -> str:
    """Hash a key for storage. Keys are long and random, so a plain SHA-256 cannot be reversed."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def shorten_key(key: str) -> str:
    """Shorten a key for a message: `sk-sa****9xyz`. Four stars, so that not even the key's length is shown."""
    return f"{key[:5]}****{key[-4:]}" if len(key) >= MIN_KEY else f"{key[:2]}****"


def connection_instructions(base_url: str, key: str) -> str:
    """Return the lines that connect a program to a server, to be copied as they are."""
    return (
        f"Base URL: {base_url}\n"
        f"Key:      {key}\n"
        "\n"
        "In Python:\n"
        f'  client = ftwidgets.connect(base_url="{base_url}", api_key="{key}")\n'
        "or, for any program that uses the openai package, in the terminal:\n"
        f"  export OPENAI_BASE_URL={base_url}\n"
        f"  export OPENAI_API_KEY={key}"
    )


def normalize_name(text: str) -> str:
    """Normalize the Unicode and the whitespace of a person's name.

    Raises
    ------
    FtwidgetsError
        If nothing is left of it, it is too long, or it has characters that cannot be shown.
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if not name:
        raise FtwidgetsError("The name is empty. Write the name you are known by in class.")
    if len(name) > MAX_NAME:
        raise FtwidgetsError(f"The name has {len(name)} characters; at most {MAX_NAME} are allowed. Shorten it.")
    if not name.isprintable():
        raise FtwidgetsError("The name has characters that cannot be shown. Use letters, digits and spaces.")
    return name


def read_keys_file(path: Path) -> list[KeyLine]:
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
    lines: list[KeyLine] = []
    rows = csv.reader(text.splitlines())
    for row in rows:
        if "".join(row).strip() and not row[0].lstrip().startswith("#"):
            lines.append(_parse_line(row, f"keys file, line {rows.line_num}"))
    if not lines:
        raise FtwidgetsError(f'the keys file "{path}" has no key. Write one line for each person: name,key')
    for column, values in (("name", [line.name.casefold() for line in lines]), ("key", [line.key for line in lines])):
        if len(set(values)) < len(values):
            raise FtwidgetsError(f"keys file: a {column} appears twice. Each line needs its own.")
    return lines


def _parse_line(row: list[str], place: str) -> KeyLine:
    cells = [cell.strip() for cell in row]
    if len(cells) == 3 and cells[2] != "admin":
        raise FtwidgetsError(f"{place}: the third cell is for a teacher, and may only be admin: name,key,admin.")
    if len(cells) not in (2, 3):
        raise FtwidgetsError(f"{place}: expected name,key or name,key,admin; there are {len(cells)} cells.")
    if len(cells[1]) < MIN_KEY or not cells[1].isascii() or not cells[1].isprintable() or " " in cells[1]:
        raise FtwidgetsError(
            f"{place}: the key of {cells[0]!r} has {len(cells[1])} characters; it needs at least {MIN_KEY} letters, "
            "digits or punctuation marks, and no space."
        )
    try:
        return KeyLine(normalize_name(cells[0]), cells[1], admin=len(cells) == 3)
    except FtwidgetsError as error:
        raise FtwidgetsError(f"{place}: {error}") from error
