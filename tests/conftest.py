"""What holds for every test: no deadline in Hypothesis, no bytes in a test's name, no models but the bundled one."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

# On a busy machine the first example of a test pays for imports and would miss a deadline.
settings.register_profile("ftwidgets", deadline=None)
settings.load_profile("ftwidgets")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named after their argument: an archive holds the second it was made in, and each worker collects anew."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(autouse=True, scope="session")
def _no_installed_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the user has added with `ftwidgets models add` changes no result; a test may name a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FTWIDGETS_MODELS", str(tmp_path_factory.mktemp("models")))
        yield
