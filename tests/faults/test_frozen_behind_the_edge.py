"""PostgreSQL frozen while requests come in: it keeps every connection open and answers nothing; the edge says so."""

from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from uuid import uuid4

import httpx
import pytest
from fault_report import Figure
from fault_servers import OwnServers
from gateway_builders import SECRET, Clients, a_declaration, cloudevent, post, post_batch

from gateway.app import MIGRATIONS, make_app
from gateway.edge import make_edge
from gateway.settings import Settings
from shared.database import Database
from shared.testing import Templates

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("own servers")]

PATIENCE = 1.0


@pytest.fixture
async def behind_the_edge(own_servers: OwnServers, own_templates: Templates) -> AsyncIterator[Database]:
    """The gateway's tables on the server that may be broken."""
    database = Database(await own_templates.clone(Path(MIGRATIONS)), max_connections=4)
    await database.open()
    yield database
    await database.close()


async def test_requests_to_a_frozen_database_are_refused_in_time_and_taken_once_it_goes_on(
    own_servers: OwnServers, behind_the_edge: Database, figure: Figure
) -> None:
    settings = Settings(
        database_url=behind_the_edge.url, kafka_bootstrap_servers="127.0.0.1:1", khamdoan_dev_secret=SECRET,
        otel_exporter_otlp_endpoint="", database_patience_seconds=PATIENCE,
    )  # fmt: skip
    clients = Clients(httpx.ASGITransport(make_app(make_edge(settings, behind_the_edge))))
    unit = uuid4()
    union, said = await clients.union(unit), cloudevent(a_declaration(unit))
    before = (await post(union, a_declaration(unit))).json()["receipt_id"]

    own_servers.postgres.freeze()
    begun = monotonic()
    refused = [
        await post(union, said),
        await post(union, said, **{"idempotency-key": "once"}),
        *[await post_batch(union, [said]) for _ in range(6)],
        await union.get(f"/receipts/{before}"),
        await union.get("/receipts"),
    ]
    longest = (monotonic() - begun) / len(refused)
    own_servers.postgres.thaw()
    taken = await post(union, said)
    await clients.close()

    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(503, "database.away")}
    assert taken.status_code == 202
    # Those that were given up may have been stored after all, and then were the same event.
    assert await behind_the_edge.pool.fetchval("SELECT count(*) FROM receipts") == 2
    figure("PostgreSQL: frozen behind the edge", requests=len(refused), refused_after_seconds=round(longest, 2))
