"""What a schedule's portals say: scripts drawn by seed from where the world stands, so that all five services work."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5

import asyncpg
from e2e_campaign import PROVINCE, SINCE, SITE, STATIONS, Campaign, people, workday
from ledger_portals import NAMESPACE, Script, Upload

from contracts import clinics, health, operations, unions
from contracts.base import Event
from contracts.fields import Window
from contracts.organisations import Reach
from demo import findings, rosters

LABORATORY = ("BLD", "URI", "XRY")
ROSTER_ROWS = 8
VISITS = 5


@dataclass
class Standing:
    """Where the world stands before a schedule, as scheduling and results know it."""

    today: date
    open: list[UUID] = field(default_factory=list)
    refused: list[UUID] = field(default_factory=list)
    booked: list[Any] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)
    plans: list[UUID] = field(default_factory=list)
    follow_ups: list[Any] = field(default_factory=list)


async def read(scheduling_url: str, results_url: str, campaign_id: UUID) -> Standing:
    """Ask the databases; nothing is under way."""
    scheduling = await asyncpg.connect(scheduling_url)
    results = await asyncpg.connect(results_url)
    try:
        in_state = "SELECT worker_id FROM health_checks WHERE state = $2 AND campaign_id = $1 ORDER BY worker_id"
        booked = "SELECT * FROM appointments WHERE state = 'booked' ORDER BY appointment_id"
        proposed = "SELECT plan_id FROM plan_runs WHERE state = 'proposed'"
        listed = "SELECT * FROM sessions WHERE status = 'confirmed' AND campaign_id = $1 ORDER BY session_id"
        return Standing(
            today=await scheduling.fetchval("SELECT today FROM calendar"),
            open=[row["worker_id"] for row in await scheduling.fetch(in_state, campaign_id, "open")],
            refused=[row["worker_id"] for row in await scheduling.fetch(in_state, campaign_id, "refused")],
            booked=list(await scheduling.fetch(booked)),
            sessions=list(await scheduling.fetch(listed, campaign_id)),
            plans=[row["plan_id"] for row in await scheduling.fetch(proposed)],
            follow_ups=list(await results.fetch(
                "SELECT f.*, v.clinic_id FROM follow_ups AS f JOIN visits AS v USING (visit_id)"
                " WHERE closed_on IS NULL ORDER BY follow_up_id LIMIT 50"
            )),
        )  # fmt: skip
    finally:
        await scheduling.close()
        await results.close()


@dataclass
class Agenda:
    """Draws the scripts of one schedule; the day that begins in it is the day after `standing.today`."""

    campaign: Campaign
    clinic_ids: list[str]
    standing: Standing
    random: Random
    label: str
    scripts: list[Script] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.day = self.standing.today + timedelta(days=1)
        self.free = self.random.sample(self.standing.open, len(self.standing.open))
        self.to_come = [row for row in self.standing.booked if row["day"] > self.day]
        self.random.shuffle(self.to_come)
        self.ahead = [row for row in self.standing.sessions if row["day"] > self.day]

    def draw(self) -> list[Script]:
        """Every kind of work once or more."""
        self._day()
        self._visits()
        self._walk_ins()
        self._bookings()
        self._changes()
        self._sessions()
        self._people()
        self._agreements()
        self._declarations()
        self._intruder()
        self._second_thoughts()
        return self.scripts

    def _add(self, kind: str, party: str, person: str, said: list[Any], **more: Any) -> None:
        if said:
            self.scripts.append(Script(f"{self.label}/{kind}/{len(self.scripts)}", party, person, said, **more))

    def _union(self, kind: str, said: list[Any], **more: Any) -> None:
        self._add(kind, f"unions/{self.campaign.root_id}", "officer A", said, begins=self._soon(), **more)

    def _clinic(self, kind: str, clinic_id: str, said: list[Any]) -> None:
        self._add(kind, f"clinics/{clinic_id}", f"system of {clinic_id}", said, begins=self._soon())

    def _soon(self) -> float:
        return self.random.uniform(0, 2.5)

    def _id(self, *of: Any) -> UUID:
        return uuid5(NAMESPACE, f"{self.label}/{of}")

    def _day(self) -> None:
        said = [operations.DaySimulated(day=self.day)]
        begins = self.random.uniform(0.2, 1.5)
        self._add("day", "operations/trial", "operator", said, role="operator", begins=begins, insists=True)

    def _visits(self) -> None:
        today = [row for row in self.standing.booked if row["day"] == self.day]
        self.random.shuffle(today)
        for place, row in enumerate(today):
            status = self.random.choices(("present", "absent", "refused"), (80, 13, 7))[0]
            if place >= VISITS and status == "present":
                status = "absent"
            said: list[Event] = [self._attendance(row, status)]
            if status == "present":
                said += self._records(row)
            self._clinic("visit", row["clinic_id"], said)

    def _attendance(self, row: Any, status: str) -> Event:
        facts = {name: row[name] for name in ("session_id", "worker_id", "clinic_id", "day")}
        return clinics.AttendanceRecorded(visit_id=row["appointment_id"], status=status, **facts)  # type: ignore[arg-type]

    def _records(self, row: Any) -> list[Event]:
        visit = {"visit_id": row["appointment_id"], "clinic_id": row["clinic_id"]}
        at = datetime.combine(row["day"], time(3), UTC)
        desks = [s for s in row["stations"] if s not in (*LABORATORY, "REC")]
        said: list[Event] = [
            clinics.SectionRecorded.model_validate({
                **visit, "station": station, "recorded_at": at, "examiner_licence": "001234/TQ-GPHN",
                "findings": findings.section(self.random, station, female=False),
            })
            for station in self.random.sample(desks, len(desks))
        ]  # fmt: skip
        said += [
            clinics.LaboratoryReported.model_validate({
                **visit, "station": station, "reported_at": at, "rows": findings.laboratory(self.random, station),
            })
            for station in LABORATORY if station in row["stations"]
        ]  # fmt: skip
        said.append(clinics.ExaminationConcluded(
            **visit, concluded_on=row["day"], doctor_licence="000777/TQ-GPHN",
            final_class=self.random.choice((1, 2, 3, 4)), override_reason="kết luận lâm sàng",
        ))  # fmt: skip
        if self.random.random() < 0.3:
            said.append(clinics.ExaminationAmended(
                **visit, amended_on=row["day"], doctor_licence="000777/TQ-GPHN", final_class=5, reason="đọc lại phim",
            ))  # fmt: skip
        return said

    def _walk_ins(self) -> None:
        self._walk_in(self._take(2))

    def _walk_in(self, worker_ids: list[UUID]) -> None:
        for row in [row for row in self.standing.sessions if row["day"] == self.day][:1]:
            for worker_id in worker_ids:
                facts = {"worker_id": worker_id, "clinic_id": row["clinic_id"], "session_id": row["session_id"]}
                attendance = clinics.AttendanceRecorded(
                    visit_id=self._id("walk-in", worker_id), day=self.day, status="present", walk_in=True, **facts
                )
                self._clinic("walk-in", row["clinic_id"], [attendance])

    def _take(self, number: int) -> list[UUID]:
        taken, self.free = self.free[:number], self.free[number:]
        return taken

    def _intruder(self) -> None:
        """A clinic reports on another's visit, which the edge refuses."""
        for row in self.to_come[-1:]:
            other = next(clinic_id for clinic_id in self.clinic_ids if clinic_id != row["clinic_id"])
            facts = {name: row[name] for name in ("session_id", "worker_id", "day")}
            self._clinic("intruder", other, [clinics.AttendanceRecorded(
                visit_id=row["appointment_id"], clinic_id=other, status="absent", **facts,
            )])  # fmt: skip

    def _bookings(self) -> None:
        if not self.ahead:
            return
        soonest = min(self.ahead, key=lambda row: row["day"])
        few = [soonest, *self.random.sample(self.ahead, min(2, len(self.ahead)))]  # so that seats are competed for
        for worker_id in self._take(12):
            wanted = [self.random.choice(few) for _ in range(self.random.choice((1, 1, 2)))]
            said = [
                unions.BookingRequested(
                    request_id=self._id("booking", worker_id, n), worker_id=worker_id, session_id=row["session_id"]
                )
                for n, row in enumerate(wanted)
            ]
            self._union("booking", said)
        for worker_id in self._take(1):
            request = unions.BookingRequested(
                request_id=self._id("crowd", worker_id), worker_id=worker_id, session_id=few[0]["session_id"]
            )
            self._union("crowd", [request], at_once=50)

    def _changes(self) -> None:
        for n, row in enumerate(self.to_come[:7]):
            request: Event
            worker = {"request_id": self._id("change", n), "worker_id": row["worker_id"]}
            if n < 4:
                target = self.random.choice(self.ahead)["session_id"] if self.ahead and n % 2 else None
                request = unions.MoveRequested(**worker, appointment_id=row["appointment_id"], session_id=target)
            elif n < 6:
                request = unions.AbsenceReported(**worker, first_day=row["day"], last_day=row["day"])
            else:
                request = unions.RefusalReported(**worker, campaign_id=row["campaign_id"])
            self._union("change", [request])

    def _second_thoughts(self) -> None:
        """Of those who refused some day one withdraws it and one comes unasked; another does both in one breath."""
        who = self.random.sample(self.standing.refused, min(2, len(self.standing.refused)))
        for worker_id in who[:1]:
            self._union("second thought", [self._refusal(unions.RefusalWithdrawn, worker_id)])
        self._walk_in(who[1:])
        for worker_id in self._take(1):
            kinds = (unions.RefusalReported, unions.RefusalWithdrawn)
            self._union("second thought", [self._refusal(kind, worker_id) for kind in kinds])

    def _refusal(self, kind: type[Any], worker_id: UUID) -> Event:
        request_id = self._id(kind.__name__, worker_id)
        return kind(request_id=request_id, worker_id=worker_id, campaign_id=self.campaign.campaign_id)  # type: ignore[no-any-return]

    def _sessions(self) -> None:
        clinic_id = self.random.choice(self.clinic_ids)
        session_id, day = self._id("session"), workday(self.day + timedelta(days=4))
        windows = [
            Window.model_validate({"start": 450 + 30 * n, "total": seats, "capacity": dict.fromkeys(STATIONS, seats)})
            for n, seats in enumerate((3, 4))
        ]
        offered = clinics.SessionOffered(
            session_id=session_id, clinic_id=clinic_id, campaign_id=self.campaign.campaign_id, site=SITE, day=day,
            bnn=True, open_cost=100, windows=windows,
        )  # fmt: skip
        permit = health.PermitGranted(
            permit_id=self._id("permit"), clinic_id=clinic_id, sites=[SITE], valid_from=day, valid_to=day,
            licensed_stations=list(STATIONS), bnn=True,
        )  # fmt: skip
        self._clinic("session", clinic_id, [offered])
        self._authority("permit", [permit])

    def _authority(self, kind: str, said: list[Any], begins: float | None = None) -> None:
        self._add(
            kind, "health/syt-08", "officer of the department", said, role="officer",
            begins=self._soon() if begins is None else begins,
        )  # fmt: skip

    def _people(self) -> None:
        unit = f"unions/{self.campaign.unit_id}"
        roster_id = self._id("roster")
        parameters = {
            "roster_id": roster_id, "unit_id": self.campaign.unit_id, "employer_id": self.campaign.employer_id,
            "line_id": self.campaign.line_id, "campaign_id": self.campaign.campaign_id,
            "reference_date": self.standing.today,
        }  # fmt: skip
        upload = Upload(roster_id, rosters.as_csv(people(ROSTER_ROWS)), {k: str(v) for k, v in parameters.items()})
        self._add("roster", unit, "officer of the unit", [upload], begins=self._soon())
        leaver = [row["worker_id"] for row in self.to_come[7:8]] + self._take(1)
        left = [
            unions.LeavingConfirmed(unit_id=self.campaign.unit_id, worker_ids=[one], left_on=self.standing.today)
            for one in leaver[:1]
        ]
        self._add("leaving", unit, "officer of the unit", left, begins=self._soon())

    def _agreements(self) -> None:
        officer = (f"unions/{self.campaign.root_id}", "officer B")
        for n in range(3):
            programme_id, at = self._id("programme", n), self.random.uniform(0, 1)
            proposed = unions.ProgrammeProposed(
                programme_id=programme_id, title="Chương trình thử", union_unit_id=self.campaign.root_id,
                authority_id="syt-08", valid_from=SINCE, valid_to=date(2035, 12, 31),
            )  # fmt: skip
            self._add("programme", *officer, [proposed], role="officer", begins=at, insists=True)
            self._authority("approval", [health.ProgrammeApproved(programme_id=programme_id)], begins=at + 1.5)
        for plan_id in self.standing.plans:
            agreed = {"plan_id": plan_id, "campaign_id": self.campaign.campaign_id}
            self._add("plan", *officer, [unions.PlanApproved(**agreed)], role="officer", begins=self._soon())
            self._authority("plan", [health.PlanApproved(**agreed)])
        for row in self.random.sample(self.standing.follow_ups, min(2, len(self.standing.follow_ups))):
            closed = clinics.FollowUpClosed(
                follow_up_id=row["follow_up_id"], visit_id=row["visit_id"], clinic_id=row["clinic_id"],
                closed_on=self.day, outcome="đã khám lại",
            )  # fmt: skip
            self._clinic("follow-up", row["clinic_id"], [closed])

    def _declarations(self) -> None:
        unit_id, line_id = self._id("unit"), self._id("line")
        unit = unions.OrganisationDeclared(
            organisation_id=unit_id, kind="CDCS", name=f"CĐCS {self.label}", code=f"T-{unit_id.hex[:8]}",
            parent_id=self.campaign.commune_union_id, province_code=PROVINCE, valid_from=SINCE,
        )  # fmt: skip
        lines = [
            unions.LineDeclared(
                line_id=line_id, unit_id=unit_id, name="Tổ thử", site=SITE, shifts_from=date(2026, 1, 5),
                shifts=[(450, 990)] * 5 + [None, None], headcount=headcount, max_absent_pct=30,
                reaches=[Reach(site=SITE, minutes=5)],
            )
            for headcount in (10, 11, 12)
        ]  # fmt: skip
        self._union("unit", [unit], insists=True)
        self._union("line", [*lines])
