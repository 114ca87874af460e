"""Count days, weeks and working days to the last day of a window.

- A window of N days from day D covers D+N to its end; D is day 0.
- N working days end with the N-th working day after D, by the official Chinese calendar (民法典 201).
- A last day that is a holiday is still the last day, unless the rulebook rolls it over (民法典 203).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_WEEKDAYS = 5
_ONE_DAY = timedelta(days=1)


class Window(NamedTuple):
    """A length of time in days or working days."""

    length: int
    working: bool = False


def is_working_day(day: date) -> bool:
    """Ask the official Chinese calendar; in a year without one, Monday to Friday."""
    import chinese_calendar  # noqa: PLC0415 - most rulings count no working days, and the calendar is slow to load

    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < _WEEKDAYS


def working_days_after(day: date, count: int) -> date:
    """Give the last day of a deadline; its first day is not counted (民法典 201)."""
    while count > 0 and day < date.max:
        day += _ONE_DAY
        count -= is_working_day(day)
    return day


def days_after(day: date, count: int) -> date:
    """Give the last day of a window of that many days."""
    return day + timedelta(days=min(count, (date.max - day).days))


def last_day(day: date, window: Window, *, rolls_over: bool = False) -> date:
    """Give the last day of a window that begins on that day."""
    last = working_days_after(day, window.length) if window.working else days_after(day, window.length)
    while rolls_over and last < date.max and not is_working_day(last):
        last += _ONE_DAY
    return last


def next_day(day: date) -> date:
    """Give the day after; the last day of all has none and is given back."""
    return day if day == date.max else day + _ONE_DAY


def start_of(day: date, zone: ZoneInfo) -> datetime | None:
    """Give the first instant of a day, in UTC; none where the calendar ends."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return None


def monday_of(day: date) -> date:
    """Give the Monday of that day's week."""
    return day - timedelta(days=day.weekday())
