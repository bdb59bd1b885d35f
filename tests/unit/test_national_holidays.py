"""The national holidays kept as data are those of the law."""

from __future__ import annotations

from datetime import date

import pytest
from holidays import country_holidays

from desk.policies.national import NATIONAL, national_holidays


@pytest.mark.parametrize("year", NATIONAL)
def test_the_data_are_what_the_library_knows(year: int) -> None:
    """Of every year kept, each holiday stands in the data, substitute days too, and no other day."""
    assert national_holidays([year]) == frozenset(country_holidays("JP", years=[year]))


def test_labour_thanksgiving_day_is_a_holiday() -> None:
    """23 November 2026 is a national holiday."""
    assert date(2026, 11, 23) in national_holidays([2026])


def test_a_year_nobody_looked_up_is_an_error() -> None:
    """No year is taken to have no holidays."""
    with pytest.raises(LookupError):
        national_holidays([1999])
