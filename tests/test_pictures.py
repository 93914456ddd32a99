"""The pictures of the README and the docs show what is there."""

import re
from pathlib import Path

from tools import screenshots

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


def test_no_picture_is_older_than_what_it_shows() -> None:
    """The code that a picture shows is as it was when the picture was taken; else: `just screenshots`."""
    record = screenshots.read_record()
    assert [name for name, now in screenshots.fingerprints().items() if record.get(name) != now] == []


def test_each_picture_is_shown_and_each_that_is_shown_can_be_taken() -> None:
    """No picture without a command that takes it anew, none that no page shows, none that is missing."""
    shown = {name for page in PAGES for name in re.findall(r"images/([\w-]+)\.png\)", page.read_text(encoding="utf-8"))}
    there = {path.stem for path in screenshots.IMAGES.glob("*.png")}
    assert shown == there == set(screenshots.fingerprints())
