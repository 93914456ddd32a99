"""What holds for every test: no deadline in Hypothesis, no bytes in a test's name."""

from hypothesis import settings

# On a busy machine the first example of a test pays for imports and would miss a deadline.
settings.register_profile("ftwidgets", deadline=None)
settings.load_profile("ftwidgets")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named after their argument: an archive holds the second it was made in, and each worker collects anew."""
    return argname if isinstance(val, bytes) else None
