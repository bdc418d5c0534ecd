"""A clinic's own system: it reads its feed, knows its day, and reports what its desks found."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, cast
from uuid import UUID

from contracts import clinics
from contracts.base import Event
from contracts.fields import Station
from demo import findings
from demo.edge import Caller
from demo.ledger import Ledger

LABORATORY_DAYS = 2
PAGE = 2_000
PROPOSALS_AT_ONCE = 200
ABSENT, REFUSED, AMENDED = 0.06, 0.002, 0.005


@dataclass(slots=True)
class Booking:
    """An appointment as the feed told it."""

    visit_id: UUID
    worker_id: UUID
    session_id: UUID
    day: date
    start: int
    stations: list[str]


@dataclass
class ClinicSystem:
    """One clinic: its caller, its place in the feed, and what it has still to report."""

    clinic_id: str
    caller: Caller
    ledger: Ledger
    random: Random
    cursor: int = 0
    booked: dict[UUID, Booking] = field(default_factory=dict)
    laboratory: dict[date, list[Booking]] = field(default_factory=lambda: defaultdict(list))
    proposed: set[str] = field(default_factory=set)
    concluded: dict[UUID, int] = field(default_factory=dict)
    signed: set[UUID] = field(default_factory=set)
    follow_ups: list[dict[str, Any]] = field(default_factory=list)
    attended: set[UUID] = field(default_factory=set)

    async def work(self, day: date) -> list[str]:
        """One day of the clinic; returns the receipts of its attendance, which scheduling has to take that day."""
        await self.read_feed()
        came = await self.examine(day)
        await self.report_laboratory(day)
        await self.conclude(day)
        await self.amend_and_follow_up(day)
        return came

    async def read_feed(self) -> None:
        """Catch up with the feed from the last sequence number seen."""
        while True:
            page = await self.caller.get(f"/clinics/{self.clinic_id}/feed", after=self.cursor, limit=PAGE)
            for entry in page["entries"]:
                self._take(entry["type"].removeprefix("vn.khamdoan.").rpartition(".")[0], entry["data"])
                self.ledger.delivered += 1
                if entry["sequence"] != self.cursor + 1:
                    raise AssertionError(f"feed of {self.clinic_id}: {entry['sequence']} after {self.cursor}")
                self.cursor = entry["sequence"]
            if self.cursor == page["last"]:
                return

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        if kind in {"scheduling.appointment.made", "scheduling.appointment.moved"}:
            self._book(data)
        elif kind == "scheduling.appointment.cancelled":
            self.booked.pop(UUID(data["appointment_id"]), None)
        elif kind == "results.class.proposed":
            self.proposed.add(data["visit_id"])
        elif kind == "results.follow-up.opened":
            self.follow_ups.append(data)

    def _book(self, data: dict[str, Any]) -> None:
        visit_id = UUID(data["appointment_id"])
        self.booked.pop(visit_id, None)
        if data.get("clinic_id") == self.clinic_id:
            self.booked[visit_id] = Booking(
                visit_id, UUID(data["worker_id"]), UUID(data["session_id"]), date.fromisoformat(data["day"]),
                data["start"], data["stations"],
            )  # fmt: skip

    async def examine(self, day: date) -> list[str]:
        """The exam day: attendance of everybody booked, and one record per desk of those who came."""
        today = [booking for booking in self.booked.values() if booking.day == day]
        if not today:
            return []
        statuses = [self._status() for _ in today]
        attendance = [self._attendance(b, status) for b, status in zip(today, statuses, strict=True)]
        receipts = await self.caller.say(attendance)
        came = [booking for booking, status in zip(today, statuses, strict=True) if status == "present"]
        self.ledger.attended(today, statuses)
        self.attended |= {booking.visit_id for booking in came}
        sections: list[Event] = [
            self._section(booking, station, day)
            for station in ("MEA", "EYE", "ENT", "DEN", "INT", "SUR", "GYN", "ECG", "AUD", "SPI")
            for booking in came
            if station in booking.stations
        ]
        await self.caller.say(sections)
        self.laboratory[day + timedelta(days=LABORATORY_DAYS)] += came
        for booking in today:
            del self.booked[booking.visit_id]
        return receipts

    def _status(self) -> str:
        return self.random.choices(("absent", "refused", "present"), (ABSENT, REFUSED, 1 - ABSENT - REFUSED))[0]

    def _attendance(self, booking: Booking, status: str) -> clinics.AttendanceRecorded:
        return clinics.AttendanceRecorded.model_validate({
            "visit_id": booking.visit_id, "session_id": booking.session_id, "worker_id": booking.worker_id,
            "clinic_id": self.clinic_id, "day": booking.day, "status": status,
        })  # fmt: skip

    def _section(self, booking: Booking, station: str, day: date) -> clinics.SectionRecorded:
        return clinics.SectionRecorded.model_construct(
            visit_id=booking.visit_id,
            clinic_id=self.clinic_id,
            station=cast("Station", station),
            recorded_at=datetime.combine(day, time(3), UTC),
            examiner_licence=f"00{self.random.randrange(1000, 9999)}/TQ-GPHN",
            findings=findings.section(self.random, station, female="GYN" in booking.stations),
            not_done=None,
        )

    async def report_laboratory(self, day: date) -> None:
        """Laboratory and X-ray results of the visits two days ago."""
        due = [d for d in self.laboratory if d <= day]
        reports: list[Event] = []
        for booking in (booking for d in due for booking in self.laboratory.pop(d)):
            reports += [self._report(booking, s, day) for s in findings.LABORATORY if s in booking.stations]
        await self.caller.say(reports)

    def _report(self, booking: Booking, station: str, day: date) -> clinics.LaboratoryReported:
        return clinics.LaboratoryReported.model_validate({
            "visit_id": booking.visit_id, "clinic_id": self.clinic_id, "station": station,
            "reported_at": datetime.combine(day, time(9), UTC), "rows": findings.laboratory(self.random, station),
        })  # fmt: skip

    async def conclude(self, day: date) -> list[str]:
        """The concluding doctor signs every visit whose class has been proposed."""
        conclusions: list[Event] = []
        for proposal in await self._proposals():
            proposed, visit_id = proposal["if_no_tumour"], UUID(proposal["visit_id"])
            self.concluded[visit_id] = proposed or 3
            self.signed.add(visit_id)
            conclusions.append(
                clinics.ExaminationConcluded(
                    visit_id=visit_id, clinic_id=self.clinic_id, concluded_on=day, doctor_licence="000777/TQ-GPHN",
                    final_class=proposed or 3, override_reason=None if proposed else "thiếu chỉ số, kết luận lâm sàng",
                    restrictions=["không làm việc trên cao"] if (proposed or 3) >= 4 else [],
                )
            )  # fmt: skip
        return await self.caller.say(conclusions)

    async def _proposals(self) -> list[dict[str, Any]]:
        """The proposed classes that the feed announced, with what was found; the feed itself carries no findings."""
        wanted = sorted(visit for visit in self.proposed if UUID(visit) not in self.signed)
        self.proposed.clear()
        found: list[dict[str, Any]] = []
        for first in range(0, len(wanted), PROPOSALS_AT_ONCE):
            asked = {"visit_ids": wanted[first : first + PROPOSALS_AT_ONCE]}
            found += await self.caller.ask("/visits/proposals", asked)
        return found

    async def amend_and_follow_up(self, day: date) -> list[str]:
        """Correct a few signed conclusions, and close the follow-ups that are old enough."""
        events: list[Event] = []
        for visit_id in list(self.concluded):
            final = self.concluded.pop(visit_id)
            if self.random.random() < AMENDED:
                events.append(
                    clinics.ExaminationAmended(
                        visit_id=visit_id, clinic_id=self.clinic_id, amended_on=day, doctor_licence="000777/TQ-GPHN",
                        final_class=min(final + 1, 5), reason="đọc lại phim X-quang",
                    )
                )  # fmt: skip
                self.ledger.amended += 1
        closable, self.follow_ups = self.follow_ups, []
        for follow_up in closable:
            if self.random.random() < 0.8:
                events.append(
                    clinics.FollowUpClosed(
                        follow_up_id=follow_up["follow_up_id"], visit_id=follow_up["visit_id"],
                        clinic_id=self.clinic_id, closed_on=day, outcome="đã khám lại",
                    )
                )  # fmt: skip
                self.ledger.follow_ups_closed += 1
        return await self.caller.say(events)
