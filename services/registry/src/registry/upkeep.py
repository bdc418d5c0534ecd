"""What the registry does on the side: rotate intake keys, destroy old ones, drop what nobody can open or builds on."""

import asyncio
from functools import partial

import structlog

from registry import authority, erasures, field_changes, intake_keys, rosters
from registry.vault import Vault
from shared import background
from shared.clock import new_id, utc_now
from shared.database import Database

log = structlog.get_logger(__name__)

EVERY_SECONDS = 3_600.0


async def keep_for_ever(database: Database, stop: asyncio.Event, *, vault: Vault) -> None:
    """Once an hour, until `stop`."""
    await background.repeat(partial(keep, database, vault), stop, name="upkeep", every=EVERY_SECONDS)


async def keep(database: Database, vault: Vault) -> None:
    """Rotate and destroy intake keys; forget the chunks that were sealed to destroyed ones, and changes of long ago."""
    now = utc_now()
    vault.masters.refresh()
    async with vault.database.transaction() as tx:
        await intake_keys.current(tx, vault.masters, now=now, new_id=new_id())
        destroyed = await intake_keys.destroy_old(tx, now=now)
    async with database.transaction() as tx:
        today = await authority.today(tx, now)
    await erasures.reapply(database, vault, now=now, today=today)
    async with database.transaction() as tx:
        await rosters.forget_chunks(tx, now - intake_keys.IN_USE_FOR - intake_keys.DESTROYED_AFTER)
        await field_changes.forget(tx, now)
    if destroyed:
        log.info("intake keys destroyed", keys=len(destroyed))
