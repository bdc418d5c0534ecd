"""A small campaign: one unit under its province, one clinic, both parties; each step is a method, in order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count, islice, product
from random import Random
from typing import Any, Self
from uuid import UUID, uuid4

from vietnam_provinces import Province, Ward

from contracts import clinics, health, unions
from contracts.base import Event
from contracts.fields import Window
from contracts.organisations import Reach
from demo import agreement, days, rosters
from demo.clinics import ClinicSystem
from demo.edge import Caller, Edge
from demo.ledger import Ledger
from demo.people import FAMILY, GIVEN, MIDDLE, Person
from scheduling.terms import is_holiday

PROVINCE = "08"
SINCE = date(2026, 1, 1)
FIRST_DAY = date(2026, 6, 15)
LATEST_CONCLUSIONS = timedelta(days=14)
OFFICE_WEEK = [(450, 990)] * 5 + [None, None]
STATIONS = ("REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR", "GYN", "ECG", "AUD", "SPI")
SITE = min(f"{int(w.code.value):05d}" for w in Ward.iter_by_province(
    next(p.code for p in Province.iter_all() if int(p.code.value) == int(PROVINCE))
))  # fmt: skip

GROUPS, CLINICS = count(1), count(1)
"""People of different campaigns share neither number nor birthday, or they would be the same people; nor do clinics."""

A_MAN = Person(
    name="Nguyễn Văn Thử", born="14/02/1988", sex="Nam", cccd="002088500001", phone="0361234567",
    department="Văn phòng", job="Nhân viên", hazards="", conditions="Bình thường", since="01/03/2015", last_check="",
    disabled="",
)  # fmt: skip


def people(number: int) -> list[Person]:
    """Workers whom nobody knows yet, who are due at once and need no more than the basic stations; 1,092 at most."""
    group = next(GROUPS)
    born = f"{date(1988, 1, 1) + timedelta(days=group):%d/%m/%Y}"
    names = islice(product(FAMILY, MIDDLE["Nam"], GIVEN["Nam"]), number)
    return [
        replace(A_MAN, name=" ".join(name), born=born, cccd=f"002088{serial:06d}", phone=f"036{serial:07d}")
        for serial, name in enumerate(names, group * 1_100)
    ]


def workday(day: date) -> date:
    """The day, or the next on which exams are held."""
    while is_holiday(day):
        day += timedelta(days=1)
    return day


class PunctualClinic(ClinicSystem):
    """A clinic to which everybody comes."""

    def _status(self) -> str:
        return "present"


@dataclass
class Campaign:
    """A campaign and its parties; `today` is the business date when it began."""

    edge: Edge
    today: date
    portal: Caller
    union_officer: Caller
    authority: Caller
    operations: Caller
    clinic: ClinicSystem
    root_id: UUID
    commune_union_id: UUID = field(default_factory=uuid4)
    unit_id: UUID = field(default_factory=uuid4)
    employer_id: UUID = field(default_factory=uuid4)
    line_id: UUID = field(default_factory=uuid4)
    campaign_id: UUID = field(default_factory=uuid4)
    roster_ids: list[UUID] = field(default_factory=list)
    session_ids: list[UUID] = field(default_factory=list)

    @classmethod
    async def begin(cls, edge: Edge, clinic: type[ClinicSystem] = PunctualClinic) -> Self:
        """A province of its own, on the first day that nobody has started yet."""
        root_id, clinic_id = uuid4(), f"{next(CLINICS):05d}"
        operations = await edge.party("operations", "trial", "operator", "operator")
        last = (await operations.get("/day"))["day"]
        system = await edge.party("clinics", clinic_id, f"system of {clinic_id}")
        campaign = cls(
            edge=edge,
            today=date.fromisoformat(last) if last else FIRST_DAY - timedelta(days=1),
            portal=await edge.party("unions", str(root_id), "officer A"),
            union_officer=await edge.party("unions", str(root_id), "officer B", "officer"),
            authority=await edge.party("health", "syt-08", "officer of the department", "officer"),
            operations=operations,
            clinic=clinic(clinic_id, system, Ledger(), Random(7)),
            root_id=root_id,
        )
        await campaign.start(campaign.today + timedelta(days=1))
        return campaign

    @classmethod
    async def prepared(cls, edge: Edge, members: int, clinic: type[ClinicSystem] = PunctualClinic) -> Self:
        """A campaign whose scope is frozen with so many people, and which has no session yet."""
        campaign = await cls.begin(edge, clinic)
        await campaign.organise(members)
        await campaign.agree()
        await campaign.send_roster(people(members))
        await campaign.close_rosters()
        return campaign

    @property
    def period(self) -> tuple[date, date]:
        """First and last day of the campaign, as agreed."""
        return self._period

    async def start(self, day: date) -> None:
        """Start a business day; what is proposed on it is approved by both parties."""
        await days.start(self, day)  # type: ignore[arg-type]

    async def organise(self, members: int) -> None:
        """The union side declares its tree and one line, all of whose people may be away at once."""
        nodes: list[Event] = [
            self._node(self.root_id, "LDLD_TINH", "LĐLĐ tỉnh", None),
            self._node(self.commune_union_id, "CD_XA", "Công đoàn xã", self.root_id),
            self._node(self.unit_id, "CDCS", "CĐCS thử", self.commune_union_id),
            self._node(self.employer_id, "EMPLOYER", "Công ty thử", None),
            unions.LineDeclared(
                line_id=self.line_id, unit_id=self.unit_id, employer_id=self.employer_id, name="Toàn đơn vị", site=SITE,
                shifts_from=date(2026, 1, 5), shifts=OFFICE_WEEK, headcount=max(members, 5), max_absent_pct=100,
                reaches=[Reach(site=SITE, minutes=5)],
            ),
        ]  # fmt: skip
        await self.portal.answered(await self.portal.say(nodes))

    def _node(self, identity: UUID, kind: Any, name: str, parent: UUID | None) -> unions.OrganisationDeclared:
        return unions.OrganisationDeclared(
            organisation_id=identity, kind=kind, name=name, code=f"T-{identity.hex[:8]}", parent_id=parent,
            province_code=PROVINCE, valid_from=SINCE,
        )  # fmt: skip

    async def agree(self, length: int = 21) -> None:
        """Both parties sign a programme and open the campaign, which begins tomorrow."""
        self._period = (self.today + timedelta(days=1), self.today + timedelta(days=length))
        programme_id = uuid4()
        programme = unions.ProgrammeProposed(
            programme_id=programme_id, title="Chương trình thử", union_unit_id=self.root_id, authority_id="syt-08",
            valid_from=SINCE, valid_to=date(2035, 12, 31),
        )  # fmt: skip
        proposal = unions.CampaignProposed(
            campaign_id=self.campaign_id, programme_id=programme_id, title="Đợt khám thử", coverage_pct=90,
            scope_unit_ids=[self.root_id], period_from=self._period[0], period_to=self._period[1],
            rosters_due=self._period[0] + timedelta(days=5),
        )  # fmt: skip
        for union_word, health_word in (
            (programme, health.ProgrammeApproved(programme_id=programme_id)),
            (proposal, health.CampaignApproved(campaign_id=self.campaign_id)),
        ):
            await self.union_officer.answered(await self.union_officer.say([union_word]))
            await self.authority.answered(await self.authority.say([health_word]))

    async def send_roster(self, members: Sequence[Person], **parameters: Any) -> str:
        """The unit uploads a CSV and sees it assessed; returns the receipt."""
        roster_id = uuid4()
        unit = await self.edge.party("unions", str(self.unit_id), "officer of the unit")
        receipt: str = (
            await unit.post_roster(
                rosters.as_csv(members), roster_id=roster_id, unit_id=self.unit_id, employer_id=self.employer_id,
                line_id=self.line_id, campaign_id=self.campaign_id, reference_date=self.today, **parameters,
            )
        )["receipt_id"]  # fmt: skip
        self.roster_ids.append(roster_id)
        await unit.answered([receipt])
        return receipt

    async def close_rosters(self) -> None:
        """The unit's rosters are complete; waits for the frozen scope and for every due check in it."""
        closed = unions.RosterClosed(unit_id=self.unit_id, campaign_id=self.campaign_id, roster_ids=self.roster_ids)
        await self.portal.answered(await self.portal.say([closed]))
        await days.until(self._is("frozen"), "the frozen scope")
        await days.until(self._shows_who_is_due, "the due checks")

    async def _shows_who_is_due(self) -> bool:
        return len(await self.workers()) == (await self.campaign())["due"]

    def _is(self, state: str) -> Any:
        async def look() -> bool:
            return bool((await self.campaign())["state"] == state)

        return look

    async def campaign(self) -> dict[str, Any]:
        """The campaign as the authority reads it."""
        found: dict[str, Any] = await self.authority.get(f"/campaigns/{self.campaign_id}")
        return found

    async def offer(self, seats: int, *, in_days: int = 7, windows: int = 1) -> UUID:
        """The clinic offers a session with a permit for it; returns it listed and confirmed."""
        session_id, day = uuid4(), workday(self.today + timedelta(days=in_days))
        offered = clinics.SessionOffered(
            session_id=session_id, clinic_id=self.clinic.clinic_id, campaign_id=self.campaign_id, site=SITE, day=day,
            bnn=True, open_cost=100,
            windows=[_window(450 + 30 * n, seats // windows) for n in range(windows)],
        )  # fmt: skip
        permit = health.PermitGranted(
            permit_id=uuid4(), clinic_id=self.clinic.clinic_id, sites=[SITE], valid_from=day, valid_to=day,
            licensed_stations=list(STATIONS), bnn=True,
        )  # fmt: skip
        await self.clinic.caller.answered(await self.clinic.caller.say([offered]))
        await self.authority.answered(await self.authority.say([permit]))
        self.session_ids.append(session_id)
        return session_id

    async def exam_day(self) -> date:
        """The day of the session offered first."""
        sessions = await self.authority.pages("/sessions", campaign_id=self.campaign_id)
        return min(date.fromisoformat(session["day"]) for session in sessions)

    async def workers(self) -> list[UUID]:
        """Everybody with a due check in the campaign, as the union reads them."""
        checks = await self.portal.pages("/health-checks", campaign_id=self.campaign_id)
        return [UUID(check["worker_id"]) for check in checks]

    async def examine(self) -> None:
        """Move to the exam day, then to the laboratory's; everybody comes and every class is concluded."""
        await self.until_told()
        day = await self.exam_day()
        await self.start(day)
        await self.clinic.caller.answered(await self.clinic.examine(day))
        await self.start(day + timedelta(days=2))
        await self.clinic.report_laboratory(self.today)
        await days.until(self._is_concluded, "the conclusions")

    async def until_told(self) -> None:
        """Wait until the clinic's feed has told of every appointment published: topics have no common order."""
        await days.until(self._is_told, "the appointments in the feed")

    async def _is_told(self) -> bool:
        await self.clinic.read_feed()
        plans = await days.plans(self, "published")  # type: ignore[arg-type]
        return len(self.clinic.booked) >= sum(plan["published_appointments"] for plan in plans)

    async def _is_concluded(self) -> bool:
        await self.clinic.read_feed()
        await self.clinic.caller.answered(await self.clinic.conclude(self.today))
        return self.clinic.attended <= self.clinic.signed

    async def close(self) -> dict[str, Any]:
        """Pass the last day for conclusions and sign; returns the closed campaign."""
        day = self._period[1] + LATEST_CONCLUSIONS
        while (await self.campaign())["state"] == "frozen":
            day += timedelta(days=1)
            await self.start(day)
        await agreement.sign_closing(self, (await self.campaign())["digest"])  # type: ignore[arg-type]
        await days.until(self._is("closed"), "the closed campaign")
        return await self.campaign()


def _window(start: int, seats: int) -> Window:
    return Window.model_validate({"start": start, "total": seats, "capacity": dict.fromkeys(STATIONS, seats)})
