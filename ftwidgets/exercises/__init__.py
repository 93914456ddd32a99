"""The automatic checks of the lessons' exercises: each takes an answer and gives an `Outcome`."""

from ftwidgets.exercises.api import retry_loop as retry_loop
from ftwidgets.exercises.launch import job_to_order as job_to_order
from ftwidgets.exercises.leak import leak_closed as leak_closed
from ftwidgets.exercises.measure import tell_apart as tell_apart
from ftwidgets.exercises.outcome import Outcome as Outcome
from ftwidgets.exercises.prepare import table_repaired as table_repaired
from ftwidgets.exercises.start import one_epoch as one_epoch
from ftwidgets.exercises.transfer import step_saving as step_saving
from ftwidgets.exercises.try_model import tuned_is_worse as tuned_is_worse
from ftwidgets.exercises.watch import diagnose as diagnose
from ftwidgets.exercises.watch import three_jobs as three_jobs

__all__ = [
    "Outcome",
    "diagnose",
    "job_to_order",
    "leak_closed",
    "one_epoch",
    "retry_loop",
    "step_saving",
    "table_repaired",
    "tell_apart",
    "three_jobs",
    "tuned_is_worse",
]
