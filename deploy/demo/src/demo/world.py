"""Everybody who takes part, gathered around one edge."""

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from demo import park, province, sessions
from demo.clinics import ClinicSystem
from demo.display import Display
from demo.edge import Caller, Edge
from demo.land import Land, Line, made_id
from demo.ledger import Ledger
from demo.scenario import Scenario
from demo.union import UnionSide

CAMPAIGNS = {"hagiang": "2026-H2", "park": "park-2026"}
BUILDERS = {"hagiang": province.build, "park": park.build}


@dataclass
class World:
    """The parties of one scenario; `figures` collects what the edge told stage by stage."""

    scenario: Scenario
    edge: Edge
    display: Display
    land: Land
    union: UnionSide
    union_officer: Caller
    authority: Caller
    operations: Caller
    clinics: list[ClinicSystem]
    ledger: Ledger
    campaign_id: UUID
    today: date = date.min
    figures: dict[str, Any] = field(default_factory=dict)
    line_of: dict[UUID, Line] = field(default_factory=dict)


async def gather(scenario: Scenario, edge: Edge, display: Display) -> World:
    """Give every party its token and its part of the land."""
    land = BUILDERS[scenario.name](scenario)
    ledger = Ledger()
    portal = await edge.party("unions", str(land.root_id), "officer A of the federation")
    union = UnionSide(edge, scenario, land, portal, ledger, Random(scenario.seed + 1))
    systems = [
        ClinicSystem(clinic, await edge.party("clinics", clinic, f"system of {clinic}"), ledger, Random(clinic))
        for clinic in sessions.clinic_ids(scenario)
    ]
    return World(
        scenario=scenario,
        edge=edge,
        display=display,
        land=land,
        campaign_id=made_id("campaign", CAMPAIGNS[scenario.name]),
        union=union,
        union_officer=await edge.party("unions", str(land.root_id), "officer B of the federation", "officer"),
        authority=await edge.party("health", scenario.authority, "officer of the health department", "officer"),
        operations=await edge.party("operations", "demo", "operator", "operator"),
        clinics=systems,
        ledger=ledger,
    )
