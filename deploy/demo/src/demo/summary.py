"""What happened, read back through the public edge, and held against the parties' own books."""

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from demo import incidents, story
from demo.world import World

PLAN = ("appointments", "unassigned", "sessions_used", "cost", "lower_bound", "cost_parts", "explanation_vi")
STATES = ("examined", "no_show", "refused", "deferred", "left")


class ReconciliationError(Exception):
    """The system's figures and the parties' books do not agree."""


async def collect(world: World) -> dict[str, Any]:
    """The summary: counts and durations per stage, visits and people apart, services, reconciliation."""
    statistics = await world.operations.get("/statistics")
    coverage = await story.coverage_of_everybody(world)
    figures = coverage["figures"] if coverage else {}
    ledger, durations = world.ledger, world.display.durations
    total, rosters = sum(durations.values()), durations["rosters_posted"] + durations["rosters_answered"]
    half_year, from_plan_on = durations["half_year"], durations["plan"] + durations["half_year"]
    examined = _count(statistics, "clinics.section.recorded") + _count(statistics, "clinics.laboratory.reported")
    stages = {
        "posted": _stage(sum(world.edge.counts.posted.values()), total),
        "stored": _stage(sum(statistics["receipts"].values()), total),
        "registered": _stage(world.figures["rosters"]["registered"], rosters),
        "refused": _stage(world.figures["rosters"]["refused"], rosters),
        "due": _stage(figures.get("in_scope", 0), durations["scope"]),
        "planned": _stage(world.figures["first_plan"]["appointments"], durations["plan"]),
        "appointed": _stage(_count(statistics, "scheduling.appointment.made"), from_plan_on),
        "attended": _stage(_count(statistics, "scheduling.appointment.kept"), half_year),
        "missed": _stage(_count(statistics, "scheduling.appointment.missed"), half_year),
        "sections": _stage(examined, half_year),
        "concluded": _stage(_count(statistics, "results.examination.concluded"), half_year),
        "delivered": _stage(ledger.delivered, half_year),
        "covered": _stage(figures.get("examined", 0), half_year),
    }
    return {
        "scenario": world.scenario.name,
        "units": len(world.land.units),
        "roster_rows": ledger.roster_rows,
        "codes_on_refused_rows": ledger.refused_rows,
        "requests": ledger.requests,
        "amended": ledger.amended,
        "follow_ups_closed": ledger.follow_ups_closed,
        "refusals": {name: number for name, number in statistics["types"].items() if ".refused." in name},
        "visits": figures.get("visits"),
        "people": {name: figures.get(name) for name in ("in_scope", *STATES, "pending")},
        "late_joiners": {name: figures.get(name) for name in ("late_joiners", "late_joiners_examined")},
        "stages": stages,
        "durations_s": {name: round(seconds, 2) for name, seconds in durations.items()},
        "parts_of_half_year_s": {name: round(seconds, 2) for name, seconds in world.display.parts.items()},
        "total_s": round(sum(durations.values()), 1),
        "services": {service["service"]: service for service in statistics["services"]},
        "campaign": world.figures["campaign"],
        "monthly_coverage": world.figures.get("monthly", {}),
        "lines": world.figures.get("lines"),
        "incidents": incidents.told(world),
        "first_plan": {name: world.figures["first_plan"][name] for name in PLAN},
    }


def _stage(count: int, seconds: float) -> dict[str, float]:
    return {"count": count, "duration_s": round(seconds, 2), "per_s": round(count / seconds, 1) if seconds else 0.0}


def _count(statistics: dict[str, Any], event_type: str) -> int:
    return int(statistics["types"].get(f"vn.khamdoan.{event_type}.v1", 0))


def reconcile(world: World, summary: dict[str, Any]) -> list[str]:
    """Hold the closed campaign against the books; returns what agrees, raises ReconciliationError if anything differs.

    examined + no-show + refused + deferred + left = everybody in the frozen scope.
    """
    people, closed = summary["people"], summary["campaign"]
    checks = {
        "everybody in scope has exactly one final state": (
            people["in_scope"], sum(people[state] for state in STATES),
        ),
        "nobody is pending": (0, people["pending"]),
        "every visit that clinics reported is counted": (world.ledger.visits, summary["visits"]),
        "every person who came is examined": (
            len(world.ledger.examined_people),
            people["examined"] + summary["late_joiners"]["late_joiners_examined"],
        ),
        "every visit was concluded": (world.ledger.visits, summary["stages"]["concluded"]["count"]),
        "the signed figures are those of the coverage": (
            {name: closed["closing_figures"][name] for name in STATES}, {name: people[name] for name in STATES},
        ),
        "no line had more people away at once than its ceiling": (
            0, (summary["lines"] or {}).get("lines_beyond", 0),
        ),
        "nothing is parked": (0, sum(service["parked"] for service in summary["services"].values())),
    }  # fmt: skip
    wrong = [f"{what}: {ours} here, {theirs} there" for what, (ours, theirs) in checks.items() if ours != theirs]
    if wrong:
        raise ReconciliationError("; ".join(wrong))
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(closed["public_key"]))
    key.verify(bytes.fromhex(closed["signature"]), bytes.fromhex(closed["digest"]))
    return [*checks, "the signature over the digest is valid"]


def write(summary: dict[str, Any], folder: Path) -> Path:
    """Keep the summary as a file; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "summary.json"
    path.write_text(json.dumps(summary, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")
    return path
