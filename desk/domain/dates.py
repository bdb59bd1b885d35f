"""The person's clock: every date a request is promised by, and how a date is written.

Days are days at the office, Asia/Tokyo. The first day is never counted (Civil Code Arts. 139-140). The clock never pauses: work may
rest while papers or money are awaited, the dates of the law and of the policy do not move.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from desk.domain.case import Language
from desk.domain.policy import Days

TOKYO = ZoneInfo("Asia/Tokyo")
SATURDAY = 5
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1873, 1, 1), "明治"),  # the first day of the solar calendar: 明治6年1月1日
)
MEIJI_YEAR_ONE = 1868


def on_day(instant: datetime) -> date:
    """The day it is at the office at this instant; an instant without a time zone is a ValueError."""
    if instant.tzinfo is None:
        message = "an instant needs a time zone"
        raise ValueError(message)
    return instant.astimezone(TOKYO).date()


def start_of(day: date) -> datetime:
    """The first instant of a day at the office, in UTC."""
    return datetime.combine(day, time.min, TOKYO).astimezone(UTC)


def target_date(arrived: datetime, days: Days) -> date:
    """The day by which the desk means to have answered, a figure of the policy for 遅滞なく (Art. 33(2), policy 5)."""
    return on_day(arrived) + timedelta(days=days.target)


def ceiling_date(arrived: datetime, days: Days) -> date:
    """The last day the desk allows itself for an answer, even with notice of delay (N07)."""
    return on_day(arrived) + timedelta(days=days.ceiling)


def suit_date(arrived: datetime, days: Days) -> date:
    """The first day a suit may be brought: two weeks have passed since arrival (Art. 39(1)); arrives 1 April, from 16 April."""
    return on_day(arrived) + timedelta(days=days.suit)


def due_after(since: datetime, days: int) -> datetime:
    """The start, in UTC, of the day this many calendar days after the day of an instant."""
    return start_of(on_day(since) + timedelta(days=days))


def is_business_day(day: date, holidays: Collection[date]) -> bool:
    """Whether the office is open: no Saturday, no Sunday, no national holiday, no closure of its own."""
    return day.weekday() < SATURDAY and day not in holidays


def business_days_after(day: date, n: int, holidays: Collection[date]) -> date:
    """The nth business day after a day, that day not counted; a negative n is a ValueError, and 0 is the day itself."""
    if n < 0:
        message = "business days are counted forwards"
        raise ValueError(message)
    for _ in range(n):
        day = _next_open(day, holidays)
    return day


def long_date(day: date, language: Language) -> str:
    """A date as it stands in a letter: 2026年11月22日, or 22 November 2026."""
    return f"{day.year}年{day.month}月{day.day}日" if language == "ja" else f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def era_date(day: date) -> str:
    """A date by Japanese era: 令和8年11月22日, 令和元年5月1日; before 1873 there is only the western year."""
    for first, era in ERAS:
        if day >= first:
            year = day.year - (MEIJI_YEAR_ONE if era == "明治" else first.year) + 1
            return f"{era}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return long_date(day, "ja")


def _next_open(day: date, holidays: Collection[date]) -> date:
    day += timedelta(days=1)
    while not is_business_day(day, holidays):
        day += timedelta(days=1)
    return day
