"""The union side: the province declares its tree and lines, grassroots units send rosters, members ask for things."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID, uuid4

from contracts import unions
from contracts.base import Event
from demo import rosters
from demo.edge import Caller, Edge
from demo.ledger import Ledger
from demo.province import Unit, WholeProvince, made_id
from demo.scenario import Scenario

TREE_SINCE = date(2026, 1, 1)
OFFICE_WEEK = [(450, 990)] * 5 + [None, None]
SIX_DAYS = [(420, 960)] * 6 + [None]
MONDAY = date(2026, 1, 5)
UPLOADS_AT_ONCE = 12


@dataclass
class UnionSide:
    """The provincial federation's portal, and those of its grassroots unions."""

    edge: Edge
    scenario: Scenario
    province: WholeProvince
    portal: Caller
    ledger: Ledger
    random: Random
    roster_ids: dict[UUID, list[UUID]] = field(default_factory=dict)

    async def declare(self) -> list[str]:
        """The tree of unions and employers, then every line with its shifts and reach."""
        receipts = await self.portal.say([*self._tree()])
        return receipts + await self.portal.say([self._line(unit) for unit in self.province.units])

    def _tree(self) -> list[Event]:
        root = self.province.root_id
        nodes: list[Event] = [self._node(root, "LDLD_TINH", "Liên đoàn Lao động tỉnh Tuyên Quang", "08", None, None)]
        for commune in self.province.communes:
            nodes.append(
                self._node(commune.union_id, "CD_XA", f"Công đoàn {commune.name}", commune.code, root, commune.code)
            )
        for unit in self.province.units:
            commune = unit.commune
            nodes.append(self._node(unit.unit_id, "CDCS", unit.name, unit.code, commune.union_id, commune.code))
            employer = unit.name.removeprefix("CĐCS ").partition(",")[0]
            nodes.append(
                self._node(unit.employer_id, "EMPLOYER", employer, f"E{unit.code}", None, commune.code)
            )
        return nodes

    def _node(
        self, identity: UUID, kind: Any, name: str, code: str, parent: UUID | None, commune: str | None
    ) -> unions.OrganisationDeclared:
        return unions.OrganisationDeclared(
            organisation_id=identity,
            kind=kind,
            name=name,
            code=code,
            parent_id=parent,
            province_code=self.scenario.province_code,
            commune_code=commune,
            valid_from=TREE_SINCE,
        )

    def _line(self, unit: Unit) -> unions.LineDeclared:
        return unions.LineDeclared(
            line_id=unit.line_id,
            unit_id=unit.unit_id,
            employer_id=unit.employer_id,
            name="Toàn đơn vị",
            site=unit.commune.code,
            shifts_from=MONDAY,
            shifts=SIX_DAYS if "Khoáng sản" in unit.name else OFFICE_WEEK,
            headcount=max(unit.members, 5),
            max_absent_pct=15,
            reaches=[unions.Reach(site=to.code, minutes=by) for to, by in self.province.reaches(unit.commune)],
        )

    async def send_rosters(self, campaign_id: UUID, reference: date, progress: Any) -> list[str]:
        """Every unit sends its roster as a file, with a token of its own; some send real-looking, faulty files."""
        gate = asyncio.Semaphore(UPLOADS_AT_ONCE)

        async def send(unit: Unit, content: bytes) -> str:
            async with gate:
                caller = await self.edge.party("unions", str(unit.unit_id), f"officer of {unit.code}")
                receipt = await self.upload(caller, unit, content, campaign_id, reference)
                progress(1)
                return receipt

        jobs = []
        for number, unit in enumerate(self.province.units):
            self.ledger.roster_rows += unit.members
            jobs.append(send(unit, self._file(number, unit)))
        return list(await asyncio.gather(*jobs))

    def _file(self, number: int, unit: Unit) -> bytes:
        if unit.file:
            return rosters.sample(unit.file)
        as_workbook = number % 40 == 7
        return rosters.as_workbook(unit.people, unit.name) if as_workbook else rosters.as_csv(unit.people)

    async def upload(
        self,
        caller: Caller,
        unit: Unit,
        content: bytes,
        campaign_id: UUID,
        reference: date,
        *,
        complete: bool = False,
    ) -> str:
        """Post one roster of a unit; returns its receipt."""
        roster_id = uuid4()
        answer = await caller.post_roster(
            content, roster_id=roster_id, unit_id=unit.unit_id, employer_id=unit.employer_id,
            line_id=unit.line_id, campaign_id=campaign_id, reference_date=reference, complete=complete,
        )  # fmt: skip
        self.roster_ids.setdefault(unit.unit_id, []).append(roster_id)
        self.ledger.rosters += 1
        return str(answer["receipt_id"])

    async def close_rosters(self, campaign_id: UUID) -> list[str]:
        """Every unit states that its rosters are complete."""
        return await self.portal.say([
            unions.RosterClosed(unit_id=unit_id, campaign_id=campaign_id, roster_ids=ids)
            for unit_id, ids in self.roster_ids.items()
        ])  # fmt: skip

    async def ask_for_things(self, campaign_id: UUID, appointments: Sequence[dict[str, Any]]) -> list[str]:
        """Some of the members booked a week ahead are away, ask for another day, or refuse in confidence."""
        asked: list[Event] = []
        for booked in appointments:
            dice = self.random.random()
            worker_id, request_id = UUID(booked["worker_id"]), uuid4()
            day = date.fromisoformat(booked["day"])
            if dice < 0.004:
                asked.append(
                    unions.AbsenceReported(request_id=request_id, worker_id=worker_id, first_day=day, last_day=day)
                )
            elif dice < 0.007:
                asked.append(
                    unions.MoveRequested(
                        request_id=request_id, worker_id=worker_id, appointment_id=UUID(booked["appointment_id"])
                    )
                )
            elif dice < 0.009:
                asked.append(
                    unions.RefusalReported(request_id=request_id, worker_id=worker_id, campaign_id=campaign_id)
                )
        for event in asked:
            name = type(event).__name__
            self.ledger.requests[name] = self.ledger.requests.get(name, 0) + 1
        return await self.portal.say(asked)


def programme_id() -> UUID:
    """The cooperation programme of the scenario."""
    return made_id("programme", "2026-2030")
