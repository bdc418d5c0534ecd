"""A clinic's schedule as an iCalendar (RFC 5545): local times of Asia/Ho_Chi_Minh, and numbers instead of names."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from icalendar import Calendar, Event

LONG_AGO = date(1970, 1, 1)
# Vietnam has kept UTC+7 without daylight saving since 1975, so no time zone rules need to travel along.
LOCAL = timezone(timedelta(hours=7))
WINDOW_MINUTES = 30


def of_clinic(clinic_id: str, sessions: Sequence[dict[str, Any]], windows: Sequence[dict[str, Any]]) -> bytes:
    """All-day entries for sessions, and one entry per arrival window with the number of people expected."""
    calendar = Calendar()
    calendar.add("prodid", "-//Khám Đoàn//gateway//VI")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"Khám đoàn {clinic_id}")
    for session in sessions:
        calendar.add_component(_session(session))
    for window in windows:
        calendar.add_component(_window(window))
    return bytes(calendar.to_ical())


def _session(session: dict[str, Any]) -> Event:
    event = _event(f"{session['session_id']}@khamdoan", session["day"], session["site"])
    event.add("dtstart", session["day"])
    event.add("dtend", session["day"] + timedelta(days=1))
    event.add("summary", f"Đoàn khám lưu động: {session['booked']}/{session['seats']} chỗ")
    event.add("status", {"confirmed": "CONFIRMED", "planned": "TENTATIVE"}.get(session["status"], "CANCELLED"))
    return event


def _window(window: dict[str, Any]) -> Event:
    begins = datetime.combine(window["day"], time(), LOCAL) + timedelta(minutes=window["start"])
    event = _event(f"{window['session_id']}-{window['window']}@khamdoan", window["day"], window["site"])
    event.add("dtstart", begins.astimezone(UTC))
    event.add("dtend", (begins + timedelta(minutes=WINDOW_MINUTES)).astimezone(UTC))
    event.add("summary", f"Khám sức khỏe: {window['people']} người")
    return event


def _event(uid: str, day: date, site: str) -> Event:
    event = Event()
    event.add("uid", uid)
    # The stamp follows from the entry, so that an unchanged calendar has an unchanged ETag.
    event.add("dtstamp", datetime.combine(day, time(), UTC))
    event.add("location", site)
    return event
