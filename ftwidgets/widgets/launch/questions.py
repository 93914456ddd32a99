"""What is to be looked at before a job is launched: values that are allowed but unwise, and what the service may reject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ftwidgets.data.text import pluralize

if TYPE_CHECKING:
    from ftwidgets.widgets.launch.estimate import FileCount
    from ftwidgets.widgets.launch.job_settings import JobSettings

LARGE_MULTIPLIER, SMALL_MULTIPLIER = 100, 0.001
MANY_EPOCHS = 25  # the most that "auto" ever takes


def unwise_values(settings: JobSettings, count: FileCount | None, *, is_factor: bool) -> dict[str, str]:
    """Return a question for each value that hardly anybody wants, by the name of its field; empty for a sensible job.

    Parameters
    ----------
    settings
        Of the job.
    count
        Of its training file, if that could be counted.
    is_factor
        Whether the service takes the multiplier as a factor, and not as the learning rate itself.
    """
    found: dict[str, str] = {}
    rate, epochs, batch = settings.learning_rate_multiplier, settings.n_epochs, settings.batch_size
    if is_factor and rate is not None and rate >= LARGE_MULTIPLIER:
        found["learning_rate_multiplier"] = (
            f"{rate:g} times the usual rate? The steps get so large that a model usually forgets all it knew. "
            "Most jobs use 0.1 to 10."
        )
    elif is_factor and rate is not None and rate < SMALL_MULTIPLIER:
        found["learning_rate_multiplier"] = (
            f"{rate:g} times the usual rate? The model will hardly change. Most jobs use 0.1 to 10."
        )
    if epochs is not None and epochs > MANY_EPOCHS:
        found["n_epochs"] = (
            f"{epochs} passes over every example? The model will probably learn them by heart. Auto never takes more than "
            f"{MANY_EPOCHS}."
        )
    if count is not None and batch is not None and count.examples >= 10 and batch > count.examples:
        found["batch_size"] = (
            f"{batch} in a step, of {pluralize(count.examples, 'example')}? An epoch is then a single step. Auto takes 4 or 8."
        )
    return found
