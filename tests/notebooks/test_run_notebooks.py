"""What the tool that runs the lessons leaves in their files."""

import importlib.util
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

TOOL = Path(__file__).parents[2] / "tools" / "run_notebooks.py"
WIDGET = "application/vnd.jupyter.widget-view+json"

PANEL = """from ftwidgets.widgets.base.panel import Panel

class Counter(Panel):
    n = 0
    code = "1"
    def static_text(self):
        return f"count {self.n}"

counter = Counter("A counter", [])
counter"""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_notebooks", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(path: Path, *cells: str) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, path)
    return path


def test_a_panel_is_stored_as_its_plain_form_at_the_end(tool: ModuleType, tmp_path: Path) -> None:
    """What a later cell did to a panel stands in the earlier cell's output; no view, no state, nothing of this run."""
    path = written(tmp_path / "a.ipynb", PANEL, "counter.n = 7", "import os; print(os.getcwd() + '/x.csv', object())")
    _seconds, faults = tool.run(path)
    assert faults == []
    stored = nbformat.read(path, as_version=4)
    assert len(stored.cells) == 3
    (only,) = stored.cells[0].outputs
    assert only.data == {
        "text/plain": "A counter\ncount 7",
        "text/html": '<section class="ftw-static" aria-label="A counter">'
        "<p><strong>A counter</strong></p><pre>count 7</pre></section>",
    }
    assert stored.cells[2].outputs[0].text == "x.csv <object object at 0x...>\n"
    assert set(stored.metadata) == {"kernelspec", "language_info"}


def test_a_bare_widget_is_dropped_and_named(tool: ModuleType, tmp_path: Path) -> None:
    """A widget with nothing to show without a kernel is a fault of the lesson: cell and widget are named."""
    path = written(tmp_path / "b.ipynb", "1", "import ipywidgets\nipywidgets.IntText(description='n')")
    _seconds, faults = tool.run(path)
    assert len(faults) == 1
    assert faults[0].startswith("cell 1: a widget without a plain form: IntText(value=0, description='n')")
    assert nbformat.read(path, as_version=4).cells[1].outputs == []


def test_stderr_goes_and_the_rest_stays(tool: ModuleType) -> None:
    """Warnings of one machine are not stored; prints, tables, pictures and tags are."""
    outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="a warning"),
        nbformat.v4.new_output("stream", name="stdout", text="hello"),
        nbformat.v4.new_output("display_data", data={"image/png": "aGk=", "text/plain": "<Figure size 1x1>"}),
        nbformat.v4.new_output("execute_result", data={"text/html": "<b>1</b>", WIDGET: {"model_id": "m"}}, execution_count=1),
    ]
    cell = nbformat.v4.new_code_cell("x", outputs=outputs, metadata={"tags": ["a"], "collapsed": True})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# t"), cell], metadata={"widgets": {}})
    assert tool.clean(notebook) == []
    assert [out.get("text") or list(out.data) for out in cell.outputs] == ["hello", ["image/png", "text/plain"], ["text/html"]]
    assert dict(cell.metadata) == {"tags": ["a"]}
    assert "widgets" not in notebook.metadata
