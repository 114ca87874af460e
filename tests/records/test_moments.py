"""A date and a time mean one instant, or none."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.moments import occurred_at

CHINA = ZoneInfo("Asia/Shanghai")
WIDE = str.maketrans("0123456789:/-", "０１２３４５６７８９：／－")


@given(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)))  # noqa: DTZ001 (a wall clock's reading)
def test_every_spelling_of_a_date_means_the_same_instant(moment: datetime) -> None:
    """Three spellings, full width, one cell or two; with seconds or without."""
    moment = moment.replace(second=0, microsecond=0)
    expected = moment.replace(tzinfo=CHINA).astimezone(UTC)
    hour = f"{moment:%H:%M}"
    for day in (
        f"{moment:%Y-%m-%d}",
        f"{moment.year}-{moment.month}-{moment.day}",
        f"{moment.year}/{moment.month}/{moment.day}",
        f"{moment.year}年{moment.month}月{moment.day}日",
        f"{moment.year}.{moment.month}.{moment.day}",
        f"{moment:%Y%m%d}",
        f"{moment:%Y-%m-%d} 00:00:00",
    ):
        for written in (day, day.translate(WIDE), f" {day} "):
            assert occurred_at(written, hour, CHINA) == expected, written
            assert occurred_at(written, f"{hour}:00".translate(WIDE), CHINA) == expected
    if hour != "00:00":
        assert occurred_at(f"{moment:%Y-%m-%d} {hour}", "", CHINA) == expected
        assert occurred_at(f"{moment:%Y-%m-%d}T{hour}:00", "", CHINA) == expected


@pytest.mark.parametrize(
    ("hour", "minutes"),
    [
        ("9:05", 545),
        ("09:05:59", 545),
        ("9时5分", 545),
        ("9点05分", 545),
        ("上午9:05", 545),
        ("下午2:30", 870),
        ("2:30 PM", 870),
        ("12:10 AM", 10),
        ("下午14:30", 870),
        ("中午12:30", 750),
        ("1899-12-30 09:05:00", 545),
    ],
)
def test_times_are_read_as_people_and_spreadsheets_write_them(hour: str, minutes: int) -> None:
    """The forms of Chinese spreadsheets included."""
    at = occurred_at("2026-03-02", hour, CHINA)
    assert at is not None
    local = at.astimezone(CHINA)
    assert local.hour * 60 + local.minute == minutes


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        ("2026-13-45", "09:15"),
        ("2026-02-29", "09:15"),
        ("2026/3-2", "09:15"),
        ("02/03/2026", "09:15"),
        ("26-3-2", "09:15"),
        ("3月2日", "09:15"),
        ("0026-03-02", "09:15"),
        ("2026-03-02 明天", "09:15"),
        ("46083", "09:15"),
        ("=TODAY()", "09:15"),
        ("", "09:15"),
        ("2026-03-02", ""),
        ("2026-03-02", "24:00"),
        ("2026-03-02", "9"),
        ("2026-03-02", "09:60"),
        ("2026-03-02", "明天"),
        ("2026-03-02 00:00:00", ""),
    ],
)
def test_what_means_no_instant_or_two_is_none(day: str, hour: str) -> None:
    """Whoever registered first holds (A3), so a missing time is not made up."""
    assert occurred_at(day, hour, CHINA) is None
