"""Models with a date on which they are shut down."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import openai
import pytest

from ftwidgets.sandbox.api_errors import ApiError
from ftwidgets.sandbox.clock import SystemClock
from ftwidgets.sandbox.inference.retirement import Retirement

BASE, UNTRAINED = "nano-2026-11", "nano-untrained-2026-11"
TUNED = f"ft:{BASE}:personal:sums:abcdefgh"
DAY = date(2027, 1, 14)
ASK: Any = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}


class StandingClock(SystemClock):
    """A clock that stands at some moment."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def time(self) -> float:
        """Tell the seconds since 1970."""
        return self.moment.timestamp()


@pytest.mark.parametrize(
    ("moment", "over"),
    [("2026-11-23T12:00Z", False), ("2027-01-13T23:59:59Z", False), ("2027-01-14T00:00Z", True), ("2030-01-01T00:00Z", True)],
)
def test_a_model_is_gone_from_its_day_on(moment: str, over: bool) -> None:
    """From midnight, in UTC; what was tuned from it goes with it, and nothing else."""
    dates = Retirement(StandingClock(datetime.fromisoformat(moment)))
    dates.set_date(BASE, DAY)
    for name, gone in (
        (BASE, over),
        (TUNED, over),
        (TUNED + ":ckpt-step-3", over),
        (UNTRAINED, False),
        ("ft", False),
        ("", False),
    ):
        assert dates.is_retired(name) is gone
        if not gone:
            dates.check(name)
            continue
        with pytest.raises(ApiError) as caught:
            dates.check(name)
        # The service's words, as the logs of its users quote them for text-davinci-003, gpt-3.5-turbo-0301 and others.
        wanted = f"The model `{name}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
        assert (caught.value.status, caught.value.code, str(caught.value)) == (404, "model_not_found", wanted)


def test_the_earlier_of_two_dates_counts() -> None:
    """A tuned model may have one of its own; a date can be taken away again."""
    dates = Retirement(StandingClock(datetime(2026, 1, 1, tzinfo=UTC)))
    assert dates.date(TUNED) is None
    dates.set_date(TUNED, DAY)
    assert (dates.date(TUNED), dates.date(BASE)) == (DAY, None)
    dates.set_date(BASE, DAY - timedelta(days=1))
    assert dates.date(TUNED) == DAY - timedelta(days=1)
    dates.set_date(BASE, DAY + timedelta(days=1))
    assert dates.date(TUNED) == DAY
    dates.set_date(TUNED, None)
    assert dates.date(TUNED) == DAY + timedelta(days=1)
    dates.clear()
    assert dates.date(TUNED) is None


def test_a_date_is_shown_and_then_the_model_is_gone(client: openai.OpenAI, sandbox: Any, clock: Any, world: Any) -> None:
    """Everything works until the day; from then on asking is a 404, a new job a 400, and the list still shows why."""
    assert [model.shutdown_date for model in client.models.list()] == [None, None]
    file = world.upload(client, world.rows())
    settings: Any = {"n_epochs": 1, "batch_size": 10}
    job = client.fine_tuning.jobs.create(model=BASE, training_file=file, hyperparameters=settings)
    tuned = world.wait_for_end(client, job.id).fine_tuned_model
    day = datetime.fromtimestamp(clock.time(), UTC).date() + timedelta(days=1)
    sandbox.faults.shut_down(BASE, day)
    shown = {model.id: model.shutdown_date for model in client.models.list()}
    assert shown == {BASE: day.isoformat(), UNTRAINED: None, tuned: day.isoformat()}
    client.chat.completions.create(model=tuned, **ASK)
    clock.ahead = 24 * 3600
    for name in (BASE, tuned):
        with pytest.raises(openai.NotFoundError, match=f"`{name}` has been deprecated") as caught:
            client.chat.completions.create(model=name, **ASK)
        assert caught.value.code == "model_not_found"
        with pytest.raises(openai.BadRequestError, match="not available for fine-tuning") as refused:
            client.fine_tuning.jobs.create(model=name, training_file=file)
        assert refused.value.code == "model_not_available"
        assert client.models.retrieve(name).shutdown_date == day.isoformat()
    client.chat.completions.create(model=UNTRAINED, **ASK)
    sandbox.faults.clear()
    client.chat.completions.create(model=tuned, **ASK)
