"""Times of services: shown in local time, and nothing at all where they are none."""

import time

import pytest

from ftwidgets.jobs.times import clock, seconds_of, when


@pytest.mark.parametrize("nonsense", [-5, 0, 1e18, 253_402_300_799, float("nan"), float("inf"), "1700000000", None, [1], {}])
def test_what_is_no_time_is_shown_as_nothing(nonsense: object) -> None:
    """A text, a negative number, a year that no calendar has: no exception, an empty text, and first when sorted."""
    assert (seconds_of(nonsense), clock(nonsense, "%H:%M"), when(nonsense)) == (0.0, "", "")


def test_a_time_is_as_long_as_it_has_to_be() -> None:
    """Of today the clock alone; else the day; of another year the year as well."""
    now = time.localtime()
    assert when(time.time()) == time.strftime("%H:%M")
    another_day = time.mktime((now.tm_year, 7 if now.tm_mon != 7 else 8, 3, 14, 5, 0, 0, 0, -1))
    assert when(another_day) == f"03 {'Jul' if now.tm_mon != 7 else 'Aug'} 14:05"
    assert when(time.mktime((2001, 2, 3, 4, 5, 0, 0, 0, -1))) == "03 Feb 2001 04:05"
