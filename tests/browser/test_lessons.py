import shutil
from pathlib import Path

import pytest

from . import lab

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.browser
@pytest.mark.parametrize("lesson", sorted(path.name for path in NOTEBOOKS.glob("*.ipynb")))
def test_runs_in_jupyterlab(lesson: str, tmp_path: Path) -> None:
    """Opened in a real JupyterLab and run to the bottom: every cell succeeds, and neither page nor outputs show an error."""
    shutil.copy(NOTEBOOKS / lesson, tmp_path)
    with lab.server(tmp_path) as address, lab.page() as shown:
        lab.open_notebook(shown, address, lesson)
        assert lab.run_all(shown)
        assert shown.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        assert shown.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
        assert shown.locator(".jp-OutputArea-output").count() > 5
        assert shown.complaints == []
