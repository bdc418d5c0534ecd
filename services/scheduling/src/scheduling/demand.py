"""What is due in a campaign: derived per unit once its rosters are closed and all its workers are known."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from contracts.registry import RosterClosed, WorkerFacts
from contracts.scheduling import DemandDeclared, Ground, HealthCheckBecameDue
from scheduling import demand_store, merge_store, merges
from scheduling.appointment_store import need_of
from scheduling.floor import Renewal
from scheduling.model import Need
from scheduling.rules import due, rule_sets
from scheduling.rules import workers as facts_of
from scheduling.rules.rule_sets import RuleSet
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

Cause = Message[Any]


async def close_rosters(tx: Transaction, batch: Batch[RosterClosed]) -> None:
    """A unit's rosters are complete: its demand can be declared as soon as its workers are known."""
    campaigns = await demand_store.get_campaigns(tx, {closed.campaign_id for closed in batch.events})
    early = [m for m in batch if m.event.campaign_id not in campaigns]
    await waiting.hold(tx, early, "campaign", [m.event.campaign_id for m in early])
    causes = {m.event.unit_id: m for m in batch if m.event.campaign_id in campaigns}
    await merge_store.lock_as_deriver(tx)
    await demand_store.lock_units(tx, causes)
    await demand_store.put_closings(tx, [m.event for m in causes.values()])
    await merges.join_checks_of(tx, await declare(tx, causes))


async def declare(tx: Transaction, causes: Mapping[UUID, Cause]) -> dict[UUID, Cause]:
    """Derive the due checks of units whose workers have all been seen, and say how many.

    The caller excludes mergers and holds the units. Returns whose checks are new, with the cause.
    """
    new: dict[UUID, Cause] = {}
    complete = await demand_store.declare_complete(tx, causes)
    for campaign_id in {closing["campaign_id"] for closing in complete}:
        closings = {c["unit_id"]: c for c in complete if c["campaign_id"] == campaign_id}
        checks = await _derive(tx, closings)
        counted = Counter(check.unit_id for check in checks if not check.late_joiner)
        declared = [
            DemandDeclared(unit_id=unit, campaign_id=campaign_id, workers=closing["workers"], due=counted[unit])
            for unit, closing in closings.items()
        ]
        said: list[HealthCheckBecameDue | DemandDeclared] = [*checks, *declared]
        await outbox.append(tx, [causes[event.unit_id].leads_to(event) for event in said])
        new |= {check.worker_id: causes[check.unit_id] for check in checks}
    return new


async def add_late_joiners(tx: Transaction, causes: Mapping[UUID, Cause]) -> dict[UUID, Cause]:
    """Whoever became known, by worker, after the unit's demand was declared is due as a late joiner; returns these.

    The caller excludes mergers and holds the units.
    """
    new: dict[UUID, Cause] = {}
    declared = await demand_store.declared_campaigns(tx, [m.event.unit_id for m in causes.values()])
    for campaign_id in {campaign["campaign_id"] for campaign in declared}:
        campaigns = {c["unit_id"]: c for c in declared if c["campaign_id"] == campaign_id}
        checks = await _derive(tx, campaigns, causes)
        await outbox.append(tx, [causes[check.worker_id].leads_to(check) for check in checks])
        new |= {check.worker_id: causes[check.worker_id] for check in checks}
    return new


async def follow_facts(
    tx: Transaction, check_ids: Iterable[UUID], causes: Mapping[UUID, Cause], today: date
) -> dict[UUID, Cause]:
    """Those of these checks that nobody has a place for follow the facts: another job, another package and deadline.

    The caller holds them. Whoever left and is listed again is due again; returns these.
    """
    checks, rows, back = [], [], {}
    for known in await demand_store.get_checks(tx, check_ids, ("open", "joined", "left")):
        as_of = max(known["period_from"], today)
        facts, rules = causes[known["worker_id"]].event, rule_sets.in_force(as_of)
        found = due_check(facts, known["last_check"], as_of, rules)
        if found is None:
            continue
        if known["state"] == "left":
            back[known["worker_id"]] = causes[known["worker_id"]]
        elif not _differs(found, known, since=known["last_check"] or facts.employed_since):
            continue
        check = became_due(found, known, known)
        checks.append(check)
        rows.append(demand_store.row_of(check, _need(found)))
    await demand_store.change_checks(tx, rows)
    await outbox.append(tx, [causes[check.worker_id].leads_to(check) for check in checks])
    return back


async def renewals(tx: Transaction, check_ids: Iterable[UUID], today: date) -> dict[UUID, Renewal]:
    """What these checks would be if they were due again today, each that may still be: a refusal can be withdrawn.

    The caller holds the checks. None of who left, and none in a campaign that is closing.
    """
    found = {}
    for known in await demand_store.get_checks(tx, check_ids, ("open", "booked", "refused")):
        as_of = max(known["period_from"], today)
        facts, rules = WorkerFacts.model_validate_json(known["facts"]), rule_sets.in_force(as_of)
        check = due_check(facts, known["last_check"], as_of, rules)
        if check is not None and known["left_on"] is None and known["closing_on"] is None:
            state: Literal["open", "joined"] = "joined" if known["joined_to"] else "open"
            found[known["health_check_id"]] = Renewal(became_due(check, known, known), _need(check), state)
    return found


def _differs(found: due.DueCheck, known: Record, *, since: date | None) -> bool:
    """Whether the facts ask for another exam or day; one counted from today only ever comes nearer, not later."""
    if _need(found) != need_of(known):
        return True
    if since is None:
        return bool(found.legal_deadline < known["legal_deadline"])
    return bool(found.legal_deadline != known["legal_deadline"])


def _need(found: due.DueCheck) -> Need:
    package = found.package
    return Need(package.id, tuple(package.stations), tuple(package.timing), package.bnn, package.cycle_minutes)


async def _derive(
    tx: Transaction, by_unit: Mapping[UUID, Record], worker_ids: Iterable[UUID] | None = None
) -> list[HealthCheckBecameDue]:
    """Add the checks that fall due in one campaign among workers of some units; `by_unit` has the campaign's terms."""
    campaign = next(iter(by_unit.values()))
    as_of = max(campaign["period_from"], await demand_store.today(tx))
    rules = rule_sets.in_force(as_of)
    checks, rows = [], []
    for worker in await demand_store.get_unchecked_workers(tx, campaign["campaign_id"], by_unit, worker_ids):
        found = due_check(WorkerFacts.model_validate_json(worker["facts"]), worker["last_check"], as_of, rules)
        if found is not None and found.soft_due <= campaign["period_to"]:
            check = became_due(found, worker, by_unit[worker["unit_id"]])
            checks.append(check)
            rows.append((*demand_store.row_of(check, _need(found)), check.campaign_id, check.worker_id, check.unit_id,
                         check.late_joiner))  # fmt: skip
    await demand_store.add_checks(tx, rows)
    return checks


def due_check(worker: WorkerFacts, last_check: date | None, as_of: date, rules: RuleSet) -> due.DueCheck | None:
    """The next check of a worker as the register describes them; `last_check` is the last one concluded."""
    earliest, latest = facts_of.born_between(worker.born)
    return due.due_check(
        facts_of.WorkerFacts(
            sex=worker.sex,
            born_earliest=earliest,
            born_latest=latest,
            disabled=worker.disabled,
            heavy_class=worker.heavy_class,
            hazards=tuple((e.hazard, e.since) for e in worker.exposures if e.hazard in rules.packages.hazards),
            employed_since=worker.employed_since,
            last_check=last_check,
        ),
        as_of=as_of,
        rules=rules,
    )


def became_due(found: due.DueCheck, worker: Record, campaign: Record) -> HealthCheckBecameDue:
    """The event of a due check in a campaign, with its grounds."""
    return HealthCheckBecameDue(
        health_check_id=demand_store.check_id_of(campaign["campaign_id"], worker["worker_id"]),
        worker_id=worker["worker_id"],
        unit_id=worker["unit_id"],
        campaign_id=campaign["campaign_id"],
        package=found.package.id,
        stations=list(found.package.stations),
        interval_months=found.interval_months,
        due_on=found.soft_due,
        legal_deadline=found.legal_deadline,
        priority=found.priority,
        late_joiner=campaign["late"],
        grounds=[
            Ground(rule=r.rule, version=r.version, legal_source=r.legal_source, text_vi=r.vi, text_en=r.en)
            for r in found.reasons
        ],
    )
