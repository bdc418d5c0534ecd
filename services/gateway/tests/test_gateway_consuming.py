"""What events become: receipts that close, read models, causation, parked messages."""

import asyncio
from dataclasses import replace
from uuid import uuid4

import pytest
from gateway_builders import (
    CLINIC,
    DAY,
    NOW,
    Clients,
    a_campaign,
    a_day,
    a_declaration,
    a_due_check,
    a_proposal,
    a_section,
    a_session,
    an_organisation,
    because,
    cloudevent,
    made,
    post,
    post_batch,
    told_by,
)

from contracts import coordination, deliveries, scheduling, unions
from contracts import rosters as roster_events
from gateway import feeds
from gateway.consumers import make_consumer
from gateway.edge import Edge
from shared import outbox
from shared.database import Database
from shared.delivery import Delivery
from shared.testing import PATIENCE, Deliver, arrival_of, until

CONSUMER = make_consumer()


async def test_a_receipt_goes_from_accepted_to_stored_to_answered(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    unit = uuid4()
    union, event = await as_.union(unit), a_declaration(unit)
    sent = cloudevent(event)
    receipt = (await post(union, sent)).headers["location"]
    source = f"unions/{unit}"

    accepted = (await union.get(receipt)).json()
    await deliver(CONSUMER, database, [told_by(event, source, sent["id"])])
    stored = (await union.get(receipt)).json()
    registered = because(an_organisation(unit), f"{source}#{sent['id']}")
    await deliver(CONSUMER, database, [registered])
    answered = (await union.get(receipt)).json()

    assert [accepted["state"], stored["state"], answered["state"]] == ["accepted", "stored", "answered"]
    assert answered["answers"][0]["type"] == "vn.khamdoan.registry.organisation.registered.v1"
    assert answered["answers"][0]["data"]["organisation_id"] == str(unit)
    tree = (await union.get("/organisations")).json()["items"]
    assert [node["organisation_id"] for node in tree] == [str(unit)]


async def test_an_answer_that_is_faster_than_the_way_back_from_kafka_is_not_undone(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    unit = uuid4()
    union, event = await as_.union(unit), a_declaration(unit)
    sent = cloudevent(event)
    receipt = (await post(union, sent)).headers["location"]
    ref = f"unions/{unit}#{sent['id']}"

    await deliver(CONSUMER, database, [because(an_organisation(unit), ref)])
    await deliver(CONSUMER, database, [told_by(event, f"unions/{unit}", sent["id"])])

    state = (await union.get(receipt)).json()
    assert state["state"] == "answered"
    assert state["stored_at"] is not None


async def test_one_proposal_answers_every_record_that_went_into_it_without_a_finding(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    visit = uuid4()
    clinic = await as_.clinic()
    sent = [cloudevent(a_section(visit, station=station)) for station in ("MEA", "EYE", "INT")]
    ids = [outcome["receipt_id"] for outcome in (await post_batch(clinic, sent)).json()["outcomes"]]

    refs = [f"clinics/{CLINIC}#{event['id']}" for event in sent]
    await deliver(CONSUMER, database, [because(a_proposal(visit, refs), refs[-1])])

    status = (await clinic.post("/receipts/status", json={"ids": ids})).json()
    assert (status["counts"], status["done"], status["open"]) == ({"answered": 3}, True, [])
    answer = (await clinic.get(f"/receipts/{ids[0]}")).json()["answers"][0]["data"]
    assert answer == {"visit_id": str(visit), "clinic_id": CLINIC, "rule_set": "qd1613"}


async def test_an_event_that_is_no_terminal_answer_leaves_the_receipt_open(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    visit = uuid4()
    clinic = await as_.clinic()
    sent = cloudevent(a_section(visit))
    receipt = (await post(clinic, sent)).headers["location"]

    await deliver(CONSUMER, database, [because(a_session(uuid4(), uuid4()), f"clinics/{CLINIC}#{sent['id']}")])

    assert (await clinic.get(receipt)).json()["state"] == "accepted"


async def test_many_receipts_are_counted_at_once_and_the_open_ones_are_named(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    root = uuid4()
    union = await as_.union(root)
    units = [uuid4() for _ in range(20)]
    sent = [cloudevent(a_declaration(unit, root)) for unit in units]
    ids = [outcome["receipt_id"] for outcome in (await post_batch(union, sent)).json()["outcomes"]]
    answers = [
        because(an_organisation(unit, root), f"unions/{root}#{event['id']}")
        for unit, event in zip(units[:15], sent[:15], strict=True)
    ]

    await deliver(CONSUMER, database, answers)

    status = (await union.post("/receipts/status", json={"ids": [*ids, str(uuid4())]})).json()
    assert status["counts"] == {"answered": 15, "accepted": 5}
    assert sorted(status["open"]) == sorted(ids[15:])
    assert (status["unknown"], status["done"]) == (1, False)


async def test_a_message_that_a_service_parks_shows_in_its_receipt_until_it_is_replayed(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    sent = cloudevent(a_declaration(unit))
    receipt = (await post(union, sent)).headers["location"]
    letter = {"dead_letter_id": uuid4(), "ref": f"unions/{unit}#{sent['id']}", "type": sent["type"], "at": NOW,
              "reason": "handler_failed"}  # fmt: skip

    await deliver(CONSUMER, database, [deliveries.of("registry").parked.model_validate(letter)])
    parked = (await union.get(receipt)).json()
    replayed = deliveries.of("registry").replayed.model_validate({**letter, "who": "a", "why": "fixed"})
    await deliver(CONSUMER, database, [replayed])
    after = (await union.get(receipt)).json()

    assert (parked["state"], parked["deliveries"][0]["service"]) == ("parked", "registry")
    assert (after["state"], after["deliveries"][0]["state"]) == ("stored", "replayed")


async def test_operations_find_parked_messages_by_service_reason_type_and_time(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    letters = [
        {"dead_letter_id": uuid4(), "ref": f"x#{n}", "type": f"vn.khamdoan.x.y-{n}.z.v1", "at": NOW, "reason": reason}
        for n, reason in enumerate(("handler_failed", "invalid_event"))
    ]
    for service, letter in zip(("registry", "results"), letters, strict=True):
        await deliver(CONSUMER, database, [deliveries.of(service).parked.model_validate(letter)])
    client = await as_.operations()

    async def found(**wanted: str) -> list[str]:
        answer = await client.get("/deliveries", params=wanted)
        return sorted(letter["ref"] for letter in answer.raise_for_status().json())

    assert await found(service="registry") == await found(reason="handler_failed") == await found(type="y-0") == ["x#0"]
    assert await found(since=NOW.isoformat()) == ["x#0", "x#1"]
    assert await found(until=NOW.isoformat()) == await found(service="registry", reason="invalid_event") == []
    assert (await client.get("/deliveries", params={"type": "\0"})).status_code == 422


async def test_a_union_follows_what_its_units_said_and_no_others_do(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    root, unit, other = uuid4(), uuid4(), uuid4()
    tree = [an_organisation(root), an_organisation(unit, root), an_organisation(other, root)]
    await deliver(CONSUMER, database, tree)
    receipt = (await post(await as_.union(unit), a_declaration(uuid4(), unit))).headers["location"]

    codes = {
        name: (await client.get(receipt)).status_code
        for name, client in {
            "above": await as_.union(root),
            "own": await as_.union(unit),
            "sibling": await as_.union(other),
            "authority": await as_.health(),
            "operations": await as_.operations(),
        }.items()
    }

    assert codes == {"above": 200, "own": 200, "sibling": 404, "authority": 404, "operations": 200}


async def test_the_trace_of_a_receipt_names_every_event_it_led_to_through_several_causes(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    campaign, session = uuid4(), uuid4()
    offer = scheduling.SessionListed(
        session_id=session, clinic_id=CLINIC, campaign_id=campaign, site="1", day=DAY, status="planned", seats=1
    )
    clinic = await as_.clinic()
    sent = cloudevent(a_section(uuid4()))
    receipt = (await post(clinic, sent)).headers["location"]
    first = because(offer, f"clinics/{CLINIC}#{sent['id']}")
    first_ref = f"scheduling#{first.headers['ce_id']}"
    plan = outbox.because_of([first_ref, "scheduling#another"], a_day())

    await deliver(CONSUMER, database, [told_by(a_section(uuid4()), f"clinics/{CLINIC}", sent["id"])])
    await deliver(CONSUMER, database, [first, plan])

    links = (await clinic.get(f"{receipt}/trace")).json()
    assert [(link["depth"], link["type"].split(".")[-3]) for link in links] == [
        (0, "section"),
        (1, "session"),
        (2, "day"),
    ]
    assert links[1]["cause"] == f"clinics/{CLINIC}#{sent['id']}"


async def test_the_same_batch_delivered_twice_changes_nothing(database: Database, deliver: Deliver) -> None:
    batch = [because(made(), "x#1"), because(a_due_check(), "x#2")]

    await deliver(CONSUMER, database, batch)
    await deliver(CONSUMER, database, batch)

    counts = """
        SELECT (SELECT count(*) FROM appointments), (SELECT count(*) FROM causation),
               (SELECT count(*) FROM feed_entries)
    """
    row = await database.pool.fetchrow(counts)
    assert row is not None
    assert tuple(row) == (1, 2, 1)


async def test_a_campaign_shows_how_far_it_has_come(as_: Clients, database: Database, deliver: Deliver) -> None:
    unit, campaign = uuid4(), uuid4()
    authority = await as_.health()
    stages = []

    async def look(*events: object) -> None:
        await deliver(CONSUMER, database, list(events))
        stages.append((await authority.get(f"/campaigns/{campaign}")).json()["state"])
        (listed,) = (await authority.get("/campaigns")).json()["items"]
        assert listed["state"] == stages[-1]

    proposal = unions.CampaignProposed.model_validate(
        a_campaign(campaign, [unit]).model_dump() | {"unit_targets": [], "funding": []}
    )
    figures = {"in_scope": 1, "examined": 1}
    digest = "0" * 64
    await look(told_by(proposal, f"unions/{unit}", str(uuid4())))
    await look(a_campaign(campaign, [unit]))
    await look(
        coordination.ScopeFrozen.model_validate(
            {"campaign_id": campaign, "on_day": DAY, "units": [{"unit_id": unit, "workers": 3, "due": 1}]}
        )
    )
    closing = {"campaign_id": campaign, "on_day": DAY, "figures": figures, "digest": digest}
    await look(coordination.ClosingProposed.model_validate(closing))
    await look(coordination.CampaignClosed.model_validate({**closing, "signature": "s", "public_key": "k"}))
    late = {"campaign_id": campaign, "on_day": DAY, "digest": digest, "examined_late": 2}
    await look(coordination.ClosingSupplemented.model_validate(late))

    assert stages == ["proposed", "open", "frozen", "closing", "closed", "closed"]
    shown = (await authority.get(f"/campaigns/{campaign}")).json()
    assert (shown["due"], shown["digest"], shown["closing_figures"]["examined"]) == (1, digest, 1)
    assert shown["examined_late"] == 2


@pytest.mark.parametrize("opened_first", [True, False])
async def test_a_campaign_is_open_whichever_topic_is_read_first(
    as_: Clients, database: Database, deliver: Deliver, *, opened_first: bool
) -> None:
    unit, campaign = uuid4(), uuid4()
    opened = a_campaign(campaign, [unit])
    proposed = unions.CampaignProposed.model_validate(opened.model_dump())
    order = [opened, proposed] if opened_first else [proposed, opened]

    for event in order:
        await deliver(CONSUMER, database, [event])

    shown = (await (await as_.health()).get(f"/campaigns/{campaign}")).json()
    assert (shown["state"], shown["units"]) == ("open", 1)


async def test_roster_answers_are_read_row_by_row(
    as_: Clients, database: Database, deliver: Deliver, edge: Edge
) -> None:
    unit, roster = uuid4(), uuid4()
    rows = [{"row": row, "outcome": "accepted", "effect": "registered", "worker_id": uuid4()} for row in range(2, 12)]
    rows.append({"row": 12, "outcome": "refused", "effect": "refused", "codes": ["cccd.bad_format", "name.missing"]})
    answered = roster_events.RosterRowsAnswered.model_validate({"roster_id": roster, "part": 0, "rows": rows})
    assessed = roster_events.RosterAssessed(
        roster_id=roster, unit_id=unit, dry_run=False, file_outcome="accepted", rows=11, registered=10, refused=1
    )

    await deliver(CONSUMER, database, [an_organisation(unit), answered, assessed])

    union = await as_.union(unit)
    refused = (await union.get(f"/rosters/{roster}/answers", params={"outcome": "refused"})).json()["items"]
    assert [(row["row"], row["codes"]) for row in refused] == [(12, ["cccd.bad_format", "name.missing"])]
    first = (await union.get(f"/rosters/{roster}/answers", params={"limit": 6})).json()
    rest = (await union.get(f"/rosters/{roster}/answers", params={"limit": 6, "cursor": first["next"]})).json()
    assert [row["row"] for row in first["items"] + rest["items"]] == list(range(2, 13))
    assert rest["next"] is None
    assert (await union.get(f"/rosters/{roster}")).json()["assessment"]["registered"] == 10


async def test_batches_that_tell_a_clinic_and_answer_one_another_do_not_deadlock(
    as_: Clients, database: Database
) -> None:
    unit = uuid4()
    union, event = await as_.union(unit), a_declaration(unit)
    sent = cloudevent(event)
    await post(union, sent)
    told = told_by(event, f"unions/{unit}", sent["id"])
    answer = because(an_organisation(unit), f"unions/{unit}#{sent['id']}")
    answering = Delivery(CONSUMER, database)
    taking_in = Delivery(CONSUMER, database)

    async def blocked(number: int) -> None:
        in_this_database = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        await until(database, f"SELECT count(*) = {number} {in_this_database}")

    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks, database.transaction() as feeds_taken:
        await feeds_taken.execute(feeds.LOCK)
        tasks.create_task(answering.deliver([arrival_of(made(), 0), arrival_of(answer, 1)]))
        await blocked(1)
        # Of other partitions: batches of the same ones never meet this far in.
        elsewhere = [replace(arrival_of(event, n), partition=1) for n, event in enumerate([told, made()])]
        tasks.create_task(taking_in.deliver(elsewhere))
        await blocked(2)

    retried = [d.metrics.batches_retried.labels("rivals")._value.get() for d in (answering, taking_in)]
    assert retried == [0, 0]
    assert await database.pool.fetchval("SELECT state FROM receipts") == "answered"
