"""One JupyterLab and one browser for all tests of a file: each takes seconds to start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from . import lab


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Lab]:
    """A JupyterLab on an empty folder (`jupyter.root`)."""
    with lab.server(tmp_path_factory.mktemp("root")) as running:
        yield running


@pytest.fixture(scope="module")
def browser_page(jupyter: lab.Lab) -> Iterator[Any]:
    """A page that `lab_page` opens notebooks in."""
    with lab.page() as shown:
        yield shown


@pytest.fixture
def lab_page(jupyter: lab.Lab, browser_page: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """`lab_page(*cells, width=1300, height=900, run=True)`: a new notebook of these cells, opened and run; gives the page.

    Kernel and notebook end with the test, the server and the browser stay for the next one.
    """

    def open_cells(*cells: str, width: int = 1300, height: int = 900, run: bool = True) -> Any:
        name = "".join(letter if letter.isalnum() else "_" for letter in request.node.name) + ".ipynb"
        lab.notebook(jupyter.root, *cells, name=name)
        return open_path(name, width=width, height=height, run=run)

    def open_path(name: str, *, width: int, height: int, run: bool) -> Any:
        if browser_page.anew:
            lab.open_notebook(browser_page, jupyter, name)
        else:
            lab.open_another(browser_page, name)
        lab.resize(browser_page, width, height)
        if run:
            assert lab.run_all(browser_page), lab.errors(browser_page)
        return browser_page

    yield open_cells
    lab.theme(browser_page, dark=False)
    lab.close_all(browser_page)
