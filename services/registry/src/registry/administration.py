"""What a person does to the vault by hand: `python -m registry.administration erase|rewrap|verify`, said in JSON."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from uuid import UUID

from pydantic_core import to_json

from registry import accesses, authority, erasures, vault
from registry.settings import Settings
from registry.vault import Vault
from shared.clock import utc_now
from shared.database import Database


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one thing and print what came of it; 1 where there was nobody to erase or the access log was tampered with."""
    given = parser().parse_args(arguments)
    outcome, good = asyncio.run(run(given, Settings()))
    sys.stdout.write(to_json(outcome).decode() + "\n")
    return 0 if good else 1


async def erase(database: Database, keys: Vault, given: argparse.Namespace) -> tuple[dict[str, object], bool]:
    """Destroy who a worker is; the running service tells the others that the worker left."""
    now = utc_now()
    async with database.transaction() as tx:
        today = await authority.today(tx, now)
    had_key = await erasures.erase(database, keys, given.worker_id, who=given.who, why=given.why, now=now, today=today)
    return {"worker_id": given.worker_id, "erased": had_key}, had_key


async def rewrap(_database: Database, keys: Vault, _given: argparse.Namespace) -> tuple[dict[str, object], bool]:
    """Wrap every key with the first master key; afterwards the others can be thrown away."""
    return {"rewrapped": await vault.rewrap(keys), "master_key": keys.masters.current}, True


async def verify(database: Database, _keys: Vault, _given: argparse.Namespace) -> tuple[dict[str, object], bool]:
    """Compute the access log's chain of hashes again."""
    async with database.transaction() as tx:
        broken = await accesses.first_break(tx)
    return {"broken_at": broken}, broken is None


async def run(given: argparse.Namespace, settings: Settings) -> tuple[dict[str, object], bool]:
    """Do what was asked, on the service's own databases."""
    database = Database(settings.database_url, max_connections=2)
    await database.open()
    keys = await vault.open_vault(settings.key_store_url, settings.master_keys())
    try:
        act = {"erase": erase, "rewrap": rewrap, "verify": verify}[given.act]
        return await act(database, keys, given)
    finally:
        await keys.database.close()
        await database.close()


def parser() -> argparse.ArgumentParser:
    """What can be asked."""
    described = argparse.ArgumentParser(prog="python -m registry.administration")
    acts = described.add_subparsers(dest="act", required=True, metavar="ACT")
    erasing = acts.add_parser("erase", help="destroy the key of a worker's identity")
    erasing.add_argument("worker_id", type=UUID)
    erasing.add_argument("--who", required=True, help="who decided it")
    erasing.add_argument("--why", required=True, help="the request or duty behind it")
    acts.add_parser("rewrap", help="wrap every key with the current master key")
    acts.add_parser("verify", help="check the chain of the access log")
    return described


if __name__ == "__main__":
    sys.exit(main())
