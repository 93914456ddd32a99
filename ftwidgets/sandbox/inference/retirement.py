"""The dates on which models are shut down, and the error from then on; models tuned from a base model retire with it.

No model of the sandbox has a date by itself; a test or a lesson sets one (`faults`). A date lasts until the sandbox closes.
"""

from __future__ import annotations

import datetime

from ftwidgets.sandbox.api_errors import not_found
from ftwidgets.sandbox.clock import Clock
from ftwidgets.sandbox.ids import base_of

LEARN_MORE = "https://platform.openai.com/docs/deprecations"


class Retirement:
    """The dates on which models are shut down.

    Parameters
    ----------
    clock
        Tells what day it is (in UTC).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._dates: dict[str, datetime.date] = {}

    def set_date(self, model: str, day: datetime.date | None) -> None:
        """Set the date of a model, or remove it.

        Parameters
        ----------
        model
            The name of a base model, or of one tuned model.
        day
            The first day on which it is gone; None for never.
        """
        if day is None:
            self._dates.pop(model, None)
        else:
            self._dates[model] = day

    def clear(self) -> None:
        """Remove every date."""
        self._dates.clear()

    def date(self, model: str) -> datetime.date | None:
        """Find the date of a model: its own or that of its base, whichever comes first."""
        days = [day for name in {model, base_of(model)} if (day := self._dates.get(name)) is not None]
        return min(days, default=None)

    def is_retired(self, model: str) -> bool:
        """Say whether a model is gone by now."""
        day = self.date(model)
        return day is not None and datetime.datetime.fromtimestamp(self._clock.time(), datetime.UTC).date() >= day

    def check(self, model: str) -> None:
        """Reject a model that is gone, in the words of the service as users have published them.

        Raises
        ------
        ApiError
            A 404 with the code `model_not_found`.
        """
        if self.is_retired(model):
            message = f"The model `{model}` has been deprecated, learn more here: {LEARN_MORE}"
            raise not_found(message, code="model_not_found")
