"""What holds for every test: no deadline, no bytes in a name, the bundled model alone, memory given back after each file."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# On a busy machine the first example of a test pays for imports and would miss a deadline.
settings.register_profile("ftwidgets", deadline=None)
settings.load_profile("ftwidgets")

GROWTH = 20  # MB that a file may leave behind before it is worth looking for garbage
_megabytes = 0


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named after their argument: an archive holds the second it was made in, and each worker collects anew."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True, scope="session")
def _no_installed_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the user has added with `ftwidgets models add` changes no result; a test may name a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FTWIDGETS_MODELS", str(tmp_path_factory.mktemp("models")))
        yield


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After a file of tests, give its memory back: the C library would keep it, and the suite would take twice as much."""
    global _megabytes
    if sys.platform != "linux" or (nextitem is not None and nextitem.path == item.path) or _resident() < _megabytes + GROWTH:
        return
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    _megabytes = _resident()


def _resident() -> int:
    """MB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 // 1_000_000


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Add a random base model called "tiny", a token a byte, as a user would; its folder."""
    from ftwidgets import models
    from tests.models.checkpoints import hugging_face_weights, write_folder

    monkeypatch.setenv("FTWIDGETS_MODELS", str(tmp_path / "models"))
    folder = models.add(write_folder(tmp_path / "published", hugging_face_weights()), name="tiny").folder
    assert folder is not None
    return folder
