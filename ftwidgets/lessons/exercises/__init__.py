"""The lessons' exercises and guesses: `lesson("03")` returns a lesson's handle; each check returns an `Outcome`."""

from ftwidgets.lessons.exercises.decisions import three_errors as three_errors
from ftwidgets.lessons.exercises.exercise import Exercise as Exercise
from ftwidgets.lessons.exercises.lesson_handle import Lesson as Lesson
from ftwidgets.lessons.exercises.lesson_handle import lesson as lesson
from ftwidgets.lessons.exercises.outcome import Outcome as Outcome
from ftwidgets.lessons.exercises.overview import progress as progress
from ftwidgets.lessons.exercises.watch import three_jobs as three_jobs
from ftwidgets.lessons.recorded import live_or_recorded as live_or_recorded
from ftwidgets.lessons.tables import show_texts as show_texts
