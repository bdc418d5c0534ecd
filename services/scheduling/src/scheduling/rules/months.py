"""Months of the civil calendar."""

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of a month that is too short for it."""
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
