"""The lessons by number: their titles, and which module here has their exercises."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from ftwidgets.errors import FtwidgetsError
from ftwidgets.lessons.exercises.exercise import Exercise


@dataclass(frozen=True)
class Topic:
    """A lesson of the course: its number, its title, and the name of the module with its `EXERCISES`."""

    number: str
    title: str
    module: str

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises of the lesson; empty if it has none yet."""
        name = f"{__package__}.{self.module}"
        if importlib.util.find_spec(name) is None:
            return ()
        found: tuple[Exercise, ...] = tuple(getattr(importlib.import_module(name), "EXERCISES", ()))
        return found


TOPICS = (
    Topic("00", "Start here", "start"),
    Topic("01", "Do you need it", "need"),
    Topic("02", "Prepare your data", "repair"),
    Topic("03", "Launch a job", "launch"),
    Topic("04", "Watch it train", "watch"),
    Topic("05", "Try your model", "try_model"),
    Topic("06", "Measure it", "measure"),
    Topic("07", "What transfer buys", "transfer"),
    Topic("08", "Spot the leak", "leak"),
    Topic("09", "When the API says no", "retries"),
    Topic("10", "Costs and moving on", "costs"),
)


def find_topic(lesson: object) -> Topic:
    """Find a lesson by its number (`"03"`, `"3"` or `3`) or its file's name; an FtwidgetsError lists the lessons."""
    wanted = "" if isinstance(lesson, bool) else str(lesson).strip().split("_")[0]
    for topic in TOPICS:
        if wanted and topic.number == wanted.zfill(2):
            return topic
    raise FtwidgetsError(f"there is no lesson {lesson!r:.40}; the lessons are {', '.join(topic.number for topic in TOPICS)}.")
