"""What became of something is told for the months of the setting; the same event is known again for ever."""

from datetime import date
from uuid import uuid4

from gateway_builders import Clients, a_declaration, an_organisation, because, cloudevent, post, told_by

from contracts.rosters import RosterRead
from gateway import retention
from gateway.consumers import make_consumer
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()


async def _age(database: Database, months: int) -> None:
    for table, columns in {
        "receipts": ("accepted_at", "answered_at"),
        "answers": ("at",),
        "causation": ("at",),
    }.items():
        for column in columns:
            await database.pool.execute(
                f"UPDATE {table} SET {column} = {column} - make_interval(months => $1, days => 2)",
                months,
            )


async def test_a_receipt_asked_for_after_its_time_says_so_and_the_event_is_still_known(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    unit = uuid4()
    union, sent = await as_.union(unit), cloudevent(a_declaration(unit))
    receipt = (await post(union, sent)).json()["receipt_id"]
    source = f"unions/{unit}"
    await deliver(CONSUMER, database, [told_by(a_declaration(unit), source, sent["id"])])
    await deliver(CONSUMER, database, [because(an_organisation(unit), f"{source}#{sent['id']}")])
    await _age(database, retention.months_on(date.max))

    gone = await retention.prune(database)
    asked = await union.get(f"/receipts/{receipt}")
    traced = await union.get(f"/receipts/{receipt}/trace")
    listed = (await union.get("/receipts")).json()["items"]
    again = await post(union, sent)

    assert gone == 4
    assert [(answer.status_code, answer.json()["code"]) for answer in (asked, traced)] == [(410, "receipt.ended")] * 2
    assert listed == []
    assert again.json() == {"id": sent["id"], "status": "repeated", "receipt_id": receipt}
    assert await database.pool.fetchval("SELECT count(*) FROM answers") == 0
    assert await database.pool.fetchval("SELECT count(*) FROM causation") == 0


async def test_what_is_open_or_within_its_time_is_kept(as_: Clients, database: Database, deliver: Deliver) -> None:
    old, young = uuid4(), uuid4()
    unanswered = (await post(await as_.union(old), a_declaration(old))).json()["receipt_id"]
    await _age(database, retention.months_on(date.max))
    sent = cloudevent(a_declaration(young))
    await post(await as_.union(young), sent)
    await deliver(CONSUMER, database, [because(an_organisation(young), f"unions/{young}#{sent['id']}")])

    gone = await retention.prune(database)

    assert gone == 0
    assert (await (await as_.union(old)).get(f"/receipts/{unanswered}")).json()["state"] == "accepted"


async def test_what_an_open_receipt_led_to_is_kept_with_it_however_old(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    unit, over = uuid4(), uuid4()
    union = await as_.union(unit)
    open_, answered = cloudevent(a_declaration(unit)), cloudevent(a_declaration(over))
    receipt = (await post(union, open_)).json()["receipt_id"]
    await post(await as_.union(over), answered)
    await deliver(CONSUMER, database, [because(_a_consequence(), f"unions/{unit}#{open_['id']}")])
    first = await database.pool.fetchval("SELECT source || '#' || id FROM causation")
    await deliver(CONSUMER, database, [because(_a_consequence(), first)])
    await deliver(CONSUMER, database, [told_by(a_declaration(unit), f"unions/{unit}", open_["id"])])
    await deliver(CONSUMER, database, [because(an_organisation(over), f"unions/{over}#{answered['id']}")])
    before = (await union.get(f"/receipts/{receipt}/trace")).json()
    await _age(database, retention.months_on(date.max))

    gone = await retention.prune(database)
    after = (await union.get(f"/receipts/{receipt}/trace")).json()

    assert gone == 3, "a receipt, its answer and its link"
    assert [(link["ref"], link["depth"]) for link in after] == [(link["ref"], link["depth"]) for link in before]
    assert [link["depth"] for link in after] == [0, 1, 2]
    assert await database.pool.fetchval("SELECT count(*) FROM causation") == 3


def _a_consequence() -> RosterRead:
    return RosterRead(roster_id=uuid4(), rows=1)


def test_the_setting_of_a_day_before_the_first_is_the_first() -> None:
    assert retention.months_on(date(2000, 1, 1)) == retention.months_on(date(2026, 1, 1)) > 0
