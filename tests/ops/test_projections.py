"""Every table of a service is declared as a projection, which topics can make again, or as state of record."""

from urllib.parse import urlsplit

import asyncpg
import pytest

from coordination import projections as coordination
from gateway import projections as gateway
from results import projections as results
from scheduling import projections as scheduling
from shared.projections import Projections
from shared.testing import Templates

DECLARED = [part.PROJECTIONS for part in (coordination, gateway, results, scheduling)]
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"

services = pytest.mark.parametrize("declared", DECLARED, ids=lambda declared: declared.service)


async def tables_of(templates: Templates, declared: Projections | None) -> set[str]:
    """What the migrations make."""
    url = await templates.clone(declared.migrations if declared else None)
    connection = await asyncpg.connect(url)
    try:
        return {row["tablename"] for row in await connection.fetch(TABLES)}
    finally:
        await connection.close()
        await templates.drop(urlsplit(url).path.removeprefix("/"))


@services
async def test_every_table_is_a_projection_or_state_of_record(
    database_templates: Templates, declared: Projections
) -> None:
    own = await tables_of(database_templates, declared) - await tables_of(database_templates, None)

    undeclared = own - declared.tables.keys() - declared.records.keys()
    assert undeclared == set(), f"say in {declared.service}/projections.py what these are"
    assert declared.tables.keys() | declared.records.keys() == own
    assert not declared.tables.keys() & declared.records.keys()


@services
def test_every_projection_is_filled_by_the_handlers_of_what_feeds_it(declared: Projections) -> None:
    for name, table in declared.tables.items():
        assert table.fed_by, name
        assert set(table.fed_by) <= declared.handlers.keys(), name


def test_every_read_model_of_the_gateway_is_declared() -> None:
    feeding = {
        event_class
        for name, table in gateway.PROJECTIONS.tables.items()
        if name != "causation"
        for event_class in table.fed_by
    }

    assert {event_class for event_class, fill in gateway.FILLS.items() if fill is not None} == feeding
