"""The composition root: the only place that builds things."""

import asyncio
from functools import partial
from pathlib import Path

from contracts.registry import WorkerRegistered
from registry import authority, backfill, erasure_list, erasures, identity_port, place_tables, roster_runs, upkeep
from registry.consumers import consumer
from registry.settings import Settings
from registry.vault import Vault, open_vault
from shared.clock import utc_now
from shared.database import Database
from shared.service import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def make_service(settings: Settings, vault: Vault) -> Service:
    """The registry as one process: consumer, roster runs, upkeep, and the identity port on the loopback interface."""
    service: Service
    forgotten = asyncio.Event()

    def database() -> Database:
        return service.database

    def put_off(seconds: float) -> None:
        service.relay.put_off(WorkerRegistered.entry.topic, seconds)

    service = Service(
        "registry",
        settings,
        consumer=consumer,
        migrations=MIGRATIONS,
        http=identity_port.make_app(database, vault, settings.registry_identity_token, forgotten.is_set),
        http_port=settings.identity_port,
        background=[
            partial(_prepare_and_run, settings=settings, vault=vault, forgotten=forgotten, put_off=put_off),
            partial(upkeep.keep_for_ever, vault=vault),
        ],
    )
    return service


async def run(settings: Settings) -> None:
    """Run until asked to stop."""
    vault = await open_vault(settings.key_store_url, settings.master_keys())
    try:
        await make_service(settings, vault).run()
    finally:
        await vault.database.close()


async def _prepare_and_run(
    database: Database,
    stop: asyncio.Event,
    *,
    settings: Settings,
    vault: Vault,
    forgotten: asyncio.Event,
    put_off: roster_runs.PutOff,
) -> None:
    """Nothing takes effect and nobody is shown before those who were erased are erased again."""
    async with database.transaction() as tx:
        await place_tables.load(tx)
        today = await authority.today(tx, utc_now())
    told = await erasure_list.read(settings, stop)
    await erasures.reapply(database, vault, now=utc_now(), today=today, told=told)
    forgotten.set()
    await backfill.run(database, vault, stop)
    await roster_runs.run_for_ever(database, stop, vault=vault, put_off=put_off)
