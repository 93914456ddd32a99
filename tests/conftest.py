"""Hypothesis has no deadline here: on a busy machine the first example of a test pays for imports and would fail it."""

from hypothesis import settings

settings.register_profile("ftwidgets", deadline=None)
settings.load_profile("ftwidgets")
