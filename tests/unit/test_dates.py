"""The person's clock: which day a promise falls on, and how it is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.domain.dates import (
    business_days_after,
    ceiling_date,
    due_after,
    era_date,
    is_business_day,
    long_date,
    on_day,
    start_of,
    suit_date,
    target_date,
)
from desk.policies import policies

POLICY = policies().in_force(date(2026, 11, 22))
DAYS, HOLIDAYS = POLICY.days, POLICY.holidays
TOKYO = timezone(timedelta(hours=9))

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
counts = st.integers(0, 60)
closures = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40)


def test_a_request_of_1_april_may_go_to_court_from_16_april() -> None:
    """Two whole weeks must pass after the day of arrival (Art. 39(1))."""
    assert suit_date(datetime(2026, 4, 1, 23, 59, tzinfo=TOKYO), DAYS) == date(2026, 4, 16)


def test_the_day_of_arrival_is_the_day_in_tokyo() -> None:
    """A request that comes in late in the evening of Greenwich has arrived on the next day here."""
    late = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    assert (on_day(late - timedelta(seconds=1)), on_day(late)) == (date(2026, 11, 22), date(2026, 11, 23))
    assert target_date(late, DAYS) == date(2026, 12, 7)
    assert ceiling_date(late, DAYS) == date(2026, 12, 23)


def test_an_instant_without_a_zone_has_no_day() -> None:
    """A naive time is refused rather than guessed."""
    with pytest.raises(ValueError, match="time zone"):
        on_day(datetime(2026, 11, 22))  # noqa: DTZ001 - the case in question


@given(instants)
def test_target_suit_and_ceiling_follow_in_order(arrived: datetime) -> None:
    """The desk means to have answered before a suit may be brought, and always before its ceiling."""
    assert on_day(arrived) < target_date(arrived, DAYS) < suit_date(arrived, DAYS) < ceiling_date(arrived, DAYS)


@given(days)
def test_a_day_starts_when_it_becomes_that_day(day: date) -> None:
    """The start of a day is its first instant at the office."""
    assert on_day(start_of(day)) == day
    assert on_day(start_of(day) - timedelta(microseconds=1)) == day - timedelta(days=1)
    assert start_of(day).tzinfo is UTC


@given(instants, counts)
def test_a_timer_fires_at_the_start_of_its_day(since: datetime, count: int) -> None:
    """Something due after so many days is due from the start of that day, so never later than so many times 24 hours."""
    due = due_after(since, count)
    assert due == start_of(on_day(since) + timedelta(days=count))
    assert since + timedelta(days=count - 1) < due <= since + timedelta(days=count)


@given(days, counts, closures)
def test_a_deadline_in_business_days_falls_on_an_open_day(day: date, count: int, closed: frozenset[date]) -> None:
    """Exactly so many open days lie after the day, up to and with the deadline, which is one of them."""
    deadline = business_days_after(day, count, closed)
    after = [day + timedelta(days=n) for n in range(1, (deadline - day).days + 1)]
    assert sum(is_business_day(each, closed) for each in after) == count
    assert count == 0 or is_business_day(deadline, closed)


def test_business_days_leave_out_weekends_holidays_and_closures() -> None:
    """From Monday 28 December the second business day is Tuesday 5 January."""
    assert business_days_after(date(2026, 12, 28), 2, HOLIDAYS) == date(2027, 1, 5)
    assert not is_business_day(date(2026, 11, 22), HOLIDAYS)
    assert not is_business_day(date(2026, 11, 23), HOLIDAYS)
    assert is_business_day(date(2026, 11, 24), HOLIDAYS)


def test_business_days_are_counted_forwards() -> None:
    """A negative number of business days is a mistake."""
    with pytest.raises(ValueError, match="forwards"):
        business_days_after(date(2026, 11, 24), -1, HOLIDAYS)


def test_a_date_is_written_out_in_both_languages() -> None:
    """Letters write the month and the day without leading zeros."""
    assert long_date(date(2026, 11, 22), "ja") == "2026年11月22日"
    assert long_date(date(2026, 3, 4), "en") == "4 March 2026"


@pytest.mark.parametrize(
    ("day", "written"),
    [
        (date(2026, 11, 22), "令和8年11月22日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1873, 1, 1), "明治6年1月1日"),
        (date(1872, 12, 31), "1872年12月31日"),
    ],
)
def test_a_date_by_era(day: date, written: str) -> None:
    """An era begins on its own day, its first year is 元年, and before the solar calendar no era is given."""
    assert era_date(day) == written


@given(days)
def test_an_era_date_keeps_month_and_day(day: date) -> None:
    """Only the year is counted differently."""
    assert era_date(day).endswith(f"年{day.month}月{day.day}日")
