"""What the terms say of days that nobody has announced yet."""

from datetime import date

import pytest
from structlog.testing import capture_logs

from contracts.coordination import DayStarted
from scheduling import terms
from scheduling.consumers import consumer
from shared.database import Database
from shared.testing import Deliver


@pytest.mark.parametrize(
    ("day", "holiday"),
    [
        (date(2027, 2, 8), True),
        (date(2027, 3, 8), False),
        (date(2041, 1, 1), True),
        (date(2041, 4, 30), True),
        (date(2041, 9, 2), True),
        (date(2041, 2, 1), False),
    ],
)
def test_of_a_year_without_an_announcement_the_days_of_the_law_are_holidays(day: date, holiday: bool) -> None:
    assert terms.is_holiday(day) is holiday


@pytest.mark.stack
async def test_each_day_says_which_years_holidays_are_missing(database: Database, deliver: Deliver) -> None:
    with capture_logs() as early:
        await deliver(consumer, database, [DayStarted(day=date(2027, 3, 1), simulated=True)])
    with capture_logs() as late:
        await deliver(consumer, database, [DayStarted(day=date(2040, 8, 1), simulated=True)])

    missing = [(line["event"], line["year"]) for line in [*early, *late] if line["event"] == "holidays not announced"]
    assert missing == [("holidays not announced", 2041)]
