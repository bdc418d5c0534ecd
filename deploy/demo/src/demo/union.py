"""The union side: the federation declares its tree and lines, grassroots units send rosters, members ask for things."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID, uuid4

from contracts import unions
from contracts.base import Event
from contracts.organisations import Reach
from demo import rosters
from demo.edge import Caller, Edge
from demo.land import Land, Line, Unit, made_id
from demo.ledger import Ledger
from demo.scenario import Scenario

TREE_SINCE = date(2026, 1, 1)
UPLOADS_AT_ONCE = 12


@dataclass
class UnionSide:
    """The federation's portal, and those of its grassroots unions, with the rosters sent so far."""

    edge: Edge
    scenario: Scenario
    land: Land
    portal: Caller
    ledger: Ledger
    random: Random
    roster_ids: dict[UUID, list[UUID]] = field(default_factory=dict)
    lines_of_rosters: dict[UUID, Line] = field(default_factory=dict)

    async def declare(self) -> list[str]:
        """The tree of unions and employers, then every line with its shifts and reach."""
        receipts = await self.portal.say([*self._tree()])
        return receipts + await self.portal.say([self._line(unit, line) for unit, line in self.land.lines])

    def _tree(self) -> list[Event]:
        root, province = self.land.root_id, self.scenario.province_code
        nodes: list[Event] = [self._node(root, "LDLD_TINH", self.land.root_name, province, None, None)]
        for place in self.land.places:
            nodes.append(self._node(place.union_id, place.union_kind, place.union_name, place.site, root, place.code))
        for unit in self.land.units:
            place = unit.place
            nodes.append(self._node(unit.unit_id, "CDCS", unit.name, unit.code, place.union_id, place.code))
            nodes.append(self._node(unit.employer_id, "EMPLOYER", unit.employer, f"E{unit.code}", None, place.code))
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

    def _line(self, unit: Unit, line: Line) -> unions.LineDeclared:
        return unions.LineDeclared(
            line_id=line.line_id,
            unit_id=unit.unit_id,
            employer_id=unit.employer_id,
            name=line.name,
            site=unit.place.site,
            shifts_from=line.shifts_from,
            shifts=list(line.shifts),
            headcount=line.headcount,
            max_absent_pct=line.max_absent_pct,
            reaches=[Reach(site=site, minutes=minutes) for site, minutes in unit.place.reaches.items()],
        )

    async def send_rosters(self, campaign_id: UUID, reference: date, progress: Any) -> list[str]:
        """Every unit sends a file per line, with a token of its own; some send real-looking, faulty files."""
        gate = asyncio.Semaphore(UPLOADS_AT_ONCE)

        async def send(unit: Unit, line: Line, content: bytes) -> str:
            async with gate:
                caller = await self.edge.party("unions", str(unit.unit_id), f"officer of {unit.code}")
                receipt = await self.upload(caller, unit, content, campaign_id, reference, line=line)
                progress(1)
                return receipt

        jobs = []
        for number, (unit, line) in enumerate(self.land.lines):
            self.ledger.roster_rows += line.members
            jobs.append(send(unit, line, self._file(number, unit, line)))
        return list(await asyncio.gather(*jobs))

    def _file(self, number: int, unit: Unit, line: Line) -> bytes:
        if line.file:
            return rosters.sample(line.file)
        as_workbook = number % 40 == 7
        return rosters.as_workbook(line.people, unit.name) if as_workbook else rosters.as_csv(line.people)

    async def upload(
        self,
        caller: Caller,
        unit: Unit,
        content: bytes,
        campaign_id: UUID,
        reference: date,
        *,
        line: Line | None = None,
        complete: bool = False,
    ) -> str:
        """Post one roster of a unit's line, the first where none is named; returns its receipt."""
        roster_id, on_line = uuid4(), line or unit.lines[0]
        answer = await caller.post_roster(
            content, roster_id=roster_id, unit_id=unit.unit_id, employer_id=unit.employer_id,
            line_id=on_line.line_id, campaign_id=campaign_id, reference_date=reference, complete=complete,
        )  # fmt: skip
        self.roster_ids.setdefault(unit.unit_id, []).append(roster_id)
        self.lines_of_rosters[roster_id] = on_line
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
