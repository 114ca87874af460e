"""By when what people report of their own work is handed in, and whether it was (J14 J25): by the clock alone.

- A day's diary is due by the end of the rulebook's time after that day; a week's report on the day of that week that
  the rulebook names. Where it names none, nothing is due, and nothing late or missing.
- What counts is when the first version was handed in: a correction makes nothing late, and nothing right.
- A day that is no working day asks for no diary; whoever writes one all the same has handed it in.
- Each day and week is judged by the edition that was in force on it.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from claims.deadlines import is_working_day, monday_of

if TYPE_CHECKING:
    from datetime import datetime

    from claims.rulebook import Rulebook

DIARY: Final = "diary.days"
REPORT: Final = "weekly_report.day"
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class HandedIn(StrEnum):
    """Where the diary of a day, or the report of a week, stands with somebody (上交情况)."""

    DUE = "due"
    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"


def diary_due(rulebook: Rulebook, day: date) -> date | None:
    """Give the last day on which a day's diary is in time; None where the rulebook asks for none by a time."""
    edition = rulebook.on(day)
    window = edition.window(DIARY)
    return None if window is None else edition.last_day(day, window)


def report_due(rulebook: Rulebook, week: date) -> date | None:
    """Give the day on which a week's report is due, the week named by its Monday; None where it is not."""
    named = rulebook.on(week).word(REPORT)
    return week + timedelta(days=_WEEKDAYS.index(named)) if named in _WEEKDAYS else None


def is_late(rulebook: Rulebook, due: date | None, handed_in: datetime) -> bool:
    """Say whether something was handed in after the day on which it was due."""
    return due is not None and rulebook.day(handed_in) > due


def state_of(rulebook: Rulebook, due: date | None, handed_in: datetime | None, now: datetime) -> HandedIn | None:
    """Say where it stands; None: nobody asks for it, and it is not there."""
    if handed_in is not None:
        return HandedIn.LATE if is_late(rulebook, due, handed_in) else HandedIn.ON_TIME
    if due is None:
        return None
    return HandedIn.MISSING if rulebook.day(now) > due else HandedIn.DUE


def diary_asked(rulebook: Rulebook, day: date) -> date | None:
    """Give by when a day's diary is asked of whoever has not written it: of working days that have begun."""
    return diary_due(rulebook, day) if is_working_day(day) else None


def week_of(day: date) -> date:
    """Give the Monday that names a day's week."""
    return monday_of(day)
