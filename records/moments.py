"""When something was said to happen, as a register writes it: 2026-03-02, 2026/3/2 or 2026年3月2日, and 09:15.

- Digits may be full width; a date may carry its time, as spreadsheets write both into one cell.
- What could be read two ways (02/03/2026, 26-3-2) is no date; a date without a time is no instant.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

_EARLIEST_YEAR = 1980  # Before that nobody kept a register in a spreadsheet; a slip of the finger reads 0026 or 1926.
_DATE = re.compile(
    r"'?(?:(?P<y>[0-9]{4})(?:-(?P<m>[0-9]{1,2})-|/(?P<m2>[0-9]{1,2})/|\.(?P<m3>[0-9]{1,2})\.|年(?P<m4>[0-9]{1,2})月)"
    r"(?P<d>[0-9]{1,2})[日号]?|(?P<y8>[0-9]{4})(?P<m8>[0-9]{2})(?P<d8>[0-9]{2}))(?:(?:[T,]|\s|(?<=[日号]))\s*(?P<time>\S.*))?"
)
_TIME = re.compile(
    r"'?(?:(?P<half>上午|下午|晚上|中午|am|pm)\s*)?(?P<h>[0-9]{1,2})(?:[:时点](?P<min>[0-9]{1,2})分?(?::?(?P<s>[0-9]{2})(?:\.0+)?秒?)?)"
    r"(?:\s*(?P<after>am|pm))?",
    re.IGNORECASE,
)
_NOON = 12


def occurred_at(day: str, hour: str, zone: tzinfo) -> datetime | None:
    """Read the instant that a date and a time of day mean in a zone, as UTC; none if they mean none.

    Without a time of its own, the one that stands behind the date counts; midnight there is what a spreadsheet
    writes for a date alone, so it is no time.
    """
    read = _read_date(day)
    if read is None:
        return None
    at, with_date = read
    of_day = _read_time(hour) if hour else with_date
    return None if of_day is None else datetime.combine(at, of_day, zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def _read_date(written: str) -> tuple[date, time | None] | None:
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", written).strip())
    if found is None:
        return None
    month = found["m"] or found["m2"] or found["m3"] or found["m4"] or found["m8"]
    try:
        day = date(int(found["y"] or found["y8"]), int(month), int(found["d"] or found["d8"]))
    except ValueError:
        return None
    if day.year < _EARLIEST_YEAR:
        return None
    if found["time"] is None:
        return day, None
    of_day = _read_time(found["time"])
    # A tail that is no time leaves the whole cell without a meaning.
    return None if of_day is None else (day, None if of_day == time.min else of_day)


@lru_cache(maxsize=4096)
def _read_time(written: str) -> time | None:
    text = unicodedata.normalize("NFKC", written).strip()
    found = _TIME.fullmatch(text)
    if found is None:
        behind = _DATE.fullmatch(text)
        found = _TIME.fullmatch(behind["time"]) if behind and behind["time"] else None
    if found is None or (found["half"] and found["after"]):
        return None
    half = (found["half"] or found["after"] or "").lower()
    hour = int(found["h"])
    if half in {"下午", "晚上", "pm"} or (half == "中午" and hour < _NOON - 1):
        hour = hour if hour >= _NOON else hour + _NOON
    elif half in {"上午", "am"} and hour == _NOON:
        hour = 0
    try:
        return time(hour, int(found["min"]), int(found["s"] or 0))
    except ValueError:
        return None
