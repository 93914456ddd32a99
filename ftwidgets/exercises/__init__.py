"""The automatic checks of the lessons' exercises: each takes an answer and gives an `Outcome`."""

from ftwidgets.exercises.outcome import Outcome as Outcome

__all__ = ["Outcome"]
