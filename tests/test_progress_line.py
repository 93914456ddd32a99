"""The line that says how far a long call is: in a notebook, on a terminal, in a file, and nowhere."""

import io
import threading
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from ftwidgets import progress_line
from ftwidgets.progress_line import ProgressLine, find_place, format_seconds

SHOWN = """from ftwidgets.progress_line import ProgressLine
with ProgressLine() as line:
    for step in range(3):
        line.show(f"step {step} of 3")
    line.finish("All 3 steps are done.")"""

IN_A_THREAD = """import threading
thread = threading.Thread(target=lambda: ProgressLine().show("nobody sees this"))
thread.start()
thread.join()"""


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def test_a_notebook_keeps_one_sentence() -> None:
    """The updates replace each other, and another thread shows nothing."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SHOWN), nbformat.v4.new_code_cell(IN_A_THREAD)])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    (only,) = notebook.cells[0].outputs
    assert dict(only.data) == {"text/plain": "All 3 steps are done."}
    assert notebook.cells[1].outputs == []


def test_a_terminal_is_updated_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each text begins where the last one did and covers it; the line ends once."""
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("COLUMNS", "21")
    with ProgressLine() as line:
        line.show("a long, long text that is cut")
        line.show("short")
        line.show("short")
        line.finish("done")
    assert stream.getvalue() == f"\ra long, long text th\r{'short':<20}\r{'done':<20}\n"


def test_an_error_ends_the_line_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed next begins on a line of its own."""
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    with suppress(ValueError), ProgressLine() as line:
        line.show("half")
        raise ValueError
    assert stream.getvalue().endswith("\n")


def test_a_file_gets_the_last_sentence_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, so that what the program prints stays as it is."""
    with ProgressLine() as line:
        line.show("half")
        line.finish("done")
    assert tuple(capsys.readouterr()) == ("", "done\n")


def test_nothing_is_shown_where_nothing_is_wanted(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Not if it is switched off, in the first seconds, in another thread, or where there is no stream."""
    for line in (ProgressLine(wanted=False), ProgressLine(after=60)):
        with line:
            line.show("half")
            line.finish("done")
    assert tuple(capsys.readouterr()) == ("", "")
    places: list[str] = []
    thread = threading.Thread(target=lambda: places.append(find_place()))
    thread.start()
    thread.join()
    monkeypatch.setattr("sys.stderr", None)
    assert [*places, find_place()] == ["nowhere", "nowhere"]


def test_it_needs_no_notebook() -> None:
    """IPython is used only where it runs already."""
    source = Path(progress_line.__file__).read_text(encoding="utf-8")
    assert "\nfrom IPython" not in source
    assert "\nimport IPython" not in source


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (41.6, "42 s"), (99.4, "99 s"), (99.6, "2 min"), (600, "10 min")])
def test_times_are_short(seconds: float, text: str) -> None:
    """Seconds below a hundred, then minutes."""
    assert format_seconds(seconds) == text
