"""Count days, weeks and working days."""

from __future__ import annotations

from datetime import date, timedelta

_WEEKDAYS = 5


def is_working_day(day: date) -> bool:
    """Ask the official Chinese calendar; in a year without one, Monday to Friday."""
    import chinese_calendar  # noqa: PLC0415 - most rulings count no working days, and the calendar is slow to load

    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < _WEEKDAYS


def working_days_after(day: date, count: int) -> date:
    """Give the last day of a deadline; its first day is not counted (民法典 201)."""
    while count > 0:
        if day == date.max:
            return day
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def days_after(day: date, count: int) -> date:
    """Give the last day of a window of that many days."""
    return day + timedelta(days=min(count, (date.max - day).days))


def monday_of(day: date) -> date:
    """Give the Monday of that day's week."""
    return day - timedelta(days=day.weekday())
