"""What the operators say: in trials they move time by starting days; production refuses it."""

from datetime import date

from contracts.base import Event, Public


class DaySimulated(
    Event,
    name="operations.day.simulated",
    topic="operations.days",
    key="calendar",
    readers=("coordination", "gateway"),
    answered_by=("coordination.day.started.v1", "coordination.day.refused.v1"),
):
    """The next business date is to start now, whatever the clock says."""

    day: Public[date]
    calendar: Public[str] = "VN"
