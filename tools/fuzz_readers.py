"""Feed broken files to the readers and to `check`, guided by what code they reach, until one ends in a traceback.

    python tools/fuzz_readers.py --minutes 5 --crashes crashes

needs atheris (Linux, CPython): `pip install atheris`. The first byte of an input chooses the file's suffix, the rest is
the file. It starts from the labelled set of the tests. Each new kind of crash is written to the folder as a file with its
suffix, which can be checked as it is and kept in `tests/data/fuzzed/`. Left out: `apply`, `prepare` and the widgets.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ftwidgets.data"]):
    from ftwidgets.data import check
    from ftwidgets.data.readers import open_source as _source  # noqa: F401
    from ftwidgets.data.schema import parse_row as _parse  # noqa: F401 - imported where it is used, and so not instrumented else

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".xlsx", "")
LABELLED = Path(__file__).parents[1] / "tests" / "data" / "labelled"
LARGEST = 4096


class Found:
    """The crashes so far, one of each kind; a kind is the place in our code that raised.

    Parameters
    ----------
    folder
        Where they are written.
    until
        When to stop, as `time.monotonic` has it.
    """

    def __init__(self, folder: Path, until: float) -> None:
        self.folder, self.until = folder, until
        self.kinds: set[tuple[str, int]] = set()
        self.runs = 0
        self.scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))

    def once(self, data: bytes) -> None:
        """Check one file; write it down if that raises anything. Ends the process when the time is over."""
        if time.monotonic() > self.until:
            print(f"{self.runs:,} files checked; {len(self.kinds)} kinds of crash in {self.folder}", flush=True)
            os._exit(0)  # an exception would be taken for a crash of what is fuzzed
        self.runs += 1
        suffix = SUFFIXES[data[0] % len(SUFFIXES)] if data else ""
        file = self.scratch / f"a{suffix}"
        file.write_bytes(data[1:])
        try:
            report = check(file)
            assert str(report)
            assert report.examples or not report.ok
        except Exception as error:
            self._note(error, data[1:], suffix)

    def _note(self, error: Exception, data: bytes, suffix: str) -> None:
        last = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in last if "ftwidgets" in frame.filename] or list(last)
        kind = (Path(ours[-1].filename).name, ours[-1].lineno or 0)
        if kind not in self.kinds:
            self.kinds.add(kind)
            name = f"{Path(kind[0]).stem}-{kind[1]}-{type(error).__name__}{suffix}"
            (self.folder / name).write_bytes(data)
            print(f"{name}: {error!r}"[:200], flush=True)


def seeds(folder: Path) -> Path:
    """Write the beginnings of the labelled cases as inputs, each under every suffix that suits it."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in sorted(LABELLED.iterdir()):
        if case.suffix in SUFFIXES and not case.name.endswith(".labels.json"):
            first = bytes([SUFFIXES.index(case.suffix)])
            (folder / case.name).write_bytes((first + case.read_bytes())[:LARGEST])
            (folder / f"{case.name}.short").write_bytes((first + case.read_bytes())[:300])
    return folder


def main() -> None:
    """Fuzz for the minutes given, in this one process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--crashes", type=Path, default=Path("crashes"), help="folder for the files that crash")
    parser.add_argument("--corpus", type=Path, help="folder of inputs, kept between runs (default: a new one)")
    given = parser.parse_args()
    given.crashes.mkdir(parents=True, exist_ok=True)
    corpus = seeds(given.corpus or Path(tempfile.mkdtemp(prefix="corpus-")))
    found = Found(given.crashes, time.monotonic() + 60 * given.minutes)
    atheris.Setup([sys.argv[0], f"-max_len={LARGEST}", "-timeout=20", "-rss_limit_mb=2000", str(corpus)], found.once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
