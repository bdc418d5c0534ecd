"""Lists come in pages, behind cursors that only the gateway gives out."""

from base64 import urlsafe_b64encode
from json import dumps
from typing import Any
from uuid import UUID, uuid4

import pytest
from gateway_builders import Clients, an_organisation, made

from gateway import pages
from gateway.consumers import make_consumer
from gateway.problems import Refusal
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()


async def test_pages_neither_skip_nor_repeat(as_: Clients, database: Database, deliver: Deliver) -> None:
    unit = uuid4()
    booked = [made(unit_id=unit, start=420 + n) for n in range(25)]
    await deliver(CONSUMER, database, [an_organisation(unit), *booked])
    union = await as_.union(unit)
    seen: list[str] = []
    cursor: str | None = None

    while True:
        params: dict[str, Any] = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        page = (await union.get("/appointments", params=params)).json()
        seen += [item["appointment_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert len(seen) == 25
    assert set(seen) == {str(item.appointment_id) for item in booked}


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WzFd", "W10="])
async def test_a_cursor_that_was_not_given_out_is_refused(as_: Clients, cursor: str) -> None:
    answer = await (await as_.union(uuid4())).get("/receipts", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "cursor.invalid")


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
async def test_a_cursor_beyond_the_calendar_is_refused(as_: Clients, time: str) -> None:
    made_up = urlsafe_b64encode(dumps([time, str(UUID(int=0))]).encode()).decode()

    answer = await (await as_.union(uuid4())).get("/receipts", params={"cursor": made_up})

    assert (answer.status_code, answer.json()["code"]) == (422, "cursor.invalid")


def test_a_number_that_the_database_cannot_hold_is_no_cursor() -> None:
    with pytest.raises(Refusal, match=r"cursor\.invalid"):
        pages.start(urlsafe_b64encode(b"[2147483648]").decode(), -1)
