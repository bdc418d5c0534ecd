"""What a backup brings back is forgotten again: with a real copy of the database's files, and with Kafka's list."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from registry_builders import UNIT, Register, a_federation, a_person, a_roster, a_sheet, an_organisation, says

from contracts.registry import WorkerErased, WorkerRegistered
from registry import administration, app, erasure_list, erasures, identity_port, intake_keys, persons
from registry.settings import Settings
from registry.vault import Vault, open_vault
from shared.clock import new_id, utc_now
from shared.database import Database
from shared.testing import PATIENCE, Deliver, Templates, Topics, running

pytestmark = pytest.mark.stack

TOKEN = "a token that both were given"


@pytest.fixture
def settings(database: Database, kafka: Topics, tmp_path: Path) -> Settings:
    kernel = kafka.settings(database).model_dump()
    return Settings(**kernel, khamdoan_master_key_file=tmp_path / "master.key", registry_identity_token=TOKEN)


class Backups:
    """Copies of a database's files, made by PostgreSQL itself while nobody is connected."""

    def __init__(self, templates: Templates, database: Database) -> None:
        self.templates, self.name = templates, urlsplit(database.url).path.removeprefix("/")

    async def make(self) -> str:
        copy = f"{self.name}_backup"
        await self.templates.run(f'CREATE DATABASE "{copy}" TEMPLATE "{self.name}" STRATEGY FILE_COPY')
        return copy

    async def restore(self, copy: str) -> None:
        await self.templates.drop(self.name)
        await self.templates.run(f'CREATE DATABASE "{self.name}" TEMPLATE "{copy}" STRATEGY FILE_COPY')
        await self.templates.drop(copy)


@pytest.mark.slow
async def test_a_restored_backup_that_lost_the_list_forgets_the_erased_before_anybody_is_shown(
    database: Database, kafka: Topics, settings: Settings, database_templates: Templates
) -> None:
    backups = Backups(database_templates, database)
    keys = await open_vault(settings.key_store_url, settings.master_keys())
    async with keys.database.transaction() as tx:
        key = await intake_keys.current(tx, keys.masters, now=utc_now(), new_id=new_id())
    manifest, *chunks = map(says, a_roster(key, a_sheet(a_person(1), a_person(2))).events)
    await kafka.create("registry.organisations", "registry.workers", "registry.rosters", "registry.erasures")
    async with running(app.make_service(settings, keys)):
        await kafka.say(says(a_federation()), says(an_organisation()), *chunks, manifest)
        heard = await kafka.hear("registry.workers", 2)
    erased, kept = (WorkerRegistered.model_validate_json(arrival.value or b"").worker_id for arrival in heard)
    await keys.database.close()
    await database.close()
    backup = await backups.make()

    keys = await open_vault(settings.key_store_url, settings.master_keys())
    async with running(app.make_service(settings, keys)):
        given = administration.parser().parse_args(["erase", str(erased), "--who", "dpo", "--why", "asked"])
        assert (await administration.run(given, settings))[1]
        (listed,) = await kafka.hear("registry.erasures", 1)
    await keys.database.close()
    await backups.restore(backup)
    restored = Database(settings.database_url, max_connections=2)
    await restored.open()
    lists = await restored.pool.fetchval(
        "SELECT (SELECT count(*) FROM erasures) + (SELECT count(*) FROM vault.erasures)"
    )
    keys = await open_vault(settings.key_store_url, settings.master_keys())
    came_back = set(await keys.keys([erased, kept]))
    service = app.make_service(settings, keys)
    async with running(service), httpx.AsyncClient(base_url=await _url_of(service), headers=_by(erased)) as port:
        answer = await _when_shown(port, [str(erased), str(kept)])

    assert WorkerErased.model_validate_json(listed.value or b"").worker_id == erased
    assert (lists, came_back) == (0, {erased, kept})
    assert set(await keys.keys([erased, kept])) == {kept}
    assert {shown["worker_id"]: shown["full_name"] is None for shown in answer} == {str(erased): True, str(kept): False}
    async with restored.transaction() as tx:
        assert set(await persons.open_identities(tx, keys, [erased, kept])) == {kept}
    retired = await restored.pool.fetchval("SELECT retired_at FROM vault.intake_keys WHERE key_id = $1", key.key_id)
    assert retired is not None
    await keys.database.close()
    await restored.close()


async def _url_of(service: object) -> str:
    port = await service._http.bound_port()  # type: ignore[attr-defined]
    return f"http://127.0.0.1:{port}"


def _by(_: object) -> dict[str, str]:
    return {
        "authorization": f"Bearer {TOKEN}", "x-party": f"unions/{UNIT}", "x-actor": "clerk", "x-purpose": "check",
    }  # fmt: skip


async def _when_shown(port: httpx.AsyncClient, worker_ids: list[str]) -> list[dict[str, object]]:
    """The identities, as soon as the port shows any; before that it refuses."""
    async with asyncio.timeout(PATIENCE):
        asked = {"worker_ids": worker_ids}
        while (answer := await port.post("/identities", json=asked)).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()["identities"]
    return found


async def erase(register: Register, worker_id: UUID, now: datetime) -> None:
    today = now.date()
    await erasures.erase(register.database, register.vault, worker_id, who="dpo", why="asked", now=now, today=today)


async def test_the_list_is_read_to_its_end(kafka: Topics, settings: Settings) -> None:
    told = [WorkerErased(worker_id=uuid4(), erased_at=utc_now()) for _ in range(25)]
    await kafka.create("registry.erasures", partitions=3)
    await kafka.say(*told)

    read = await erasure_list.read(settings, asyncio.Event())

    assert {event.worker_id for event in read} == {event.worker_id for event in told}


async def test_nobody_is_shown_before_the_erased_are_forgotten(register: Register) -> None:
    worker_id = (await (await register.with_units()).take(a_person(1))).worker_ids[0]
    ready = False
    port = identity_port.make_app(lambda: register.database, register.vault, TOKEN, lambda: ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=port), base_url="http://port") as client:
        asked = {"worker_ids": [str(worker_id)]}
        before = await client.post("/identities", json=asked, headers=_by(worker_id))
        ready = True
        after = await client.post("/identities", json=asked, headers=_by(worker_id))

    assert (before.status_code, after.status_code) == (503, 200)


async def test_what_was_sealed_before_an_erasure_is_unreadable_a_week_later(register: Register) -> None:
    worker_id = (await (await register.with_units()).take(a_person(1))).worker_ids[0]
    now = utc_now()

    await erase(register, worker_id, now)
    async with register.vault.database.transaction() as tx:
        fresh = await intake_keys.current(tx, register.vault.masters, now=now, new_id=new_id())
        await intake_keys.destroy_old(tx, now=now + timedelta(days=7))

    assert fresh.key_id != register.key.key_id
    assert (await register.vault.intake_keys([register.key.key_id, fresh.key_id])).keys() == {fresh.key_id}


async def test_erasing_a_merged_person_erases_every_record_of_theirs(register: Register) -> None:
    await register.with_units()
    ids = (await register.take(a_person(1), a_person(2))).worker_ids
    await register.database.pool.execute("INSERT INTO merges VALUES ($1, $2, 1)", max(ids), min(ids))

    now = utc_now()
    await erase(register, max(ids), now)

    assert await register.vault.keys(ids) == {}
    assert await register.database.pool.fetchval("SELECT count(*) FROM persons") == 0


async def test_a_told_erasure_takes_effect_where_the_list_was_lost(register: Register, deliver: Deliver) -> None:
    worker_id = (await (await register.with_units()).take(a_person(1))).worker_ids[0]

    await register.hear(WorkerErased(worker_id=worker_id, erased_at=utc_now()))

    async with register.database.transaction() as tx:
        assert await persons.open_identities(tx, register.vault, [worker_id]) == {}


async def test_a_running_service_follows_a_rotation_of_the_master_key(register: Register, settings: Settings) -> None:
    file = settings.khamdoan_master_key_file
    assert file is not None
    running_keys = settings.master_keys()
    first = file.read_text(encoding="ascii").strip()
    url = register.database.url
    service = Vault(register.vault.database, running_keys, register.vault.index)
    await _take_over(register, service)
    at_work = await Register.open(register.database, service, register.deliver)
    before = (await (await at_work.with_units()).take(a_person(1))).worker_ids

    file.write_text(f"2:{'A' * 43}=,{first}\n", encoding="ascii")
    given = administration.parser().parse_args(["rewrap"])
    rewrapped, _ = await administration.run(given, settings.model_copy(update={"database_url": url}))
    during = (await at_work.take(a_person(2))).worker_ids
    seen = set(await service.keys([*before, *during]))
    again, _ = await administration.run(given, settings.model_copy(update={"database_url": url}))
    file.write_text(f"2:{'A' * 43}=\n", encoding="ascii")
    running_keys.refresh()

    assert (rewrapped["master_key"], seen) == ("2", {*before, *during})
    assert again["rewrapped"] == 2
    assert set(await service.keys([*before, *during])) == {*before, *during}


async def _take_over(register: Register, service: Vault) -> None:
    """Let the service's own master keys wrap everything, as if they always had."""
    ours = register.vault.masters
    async with register.vault.database.transaction() as tx:
        for table, id_, owner in (
            ("vault.index_keys", "name", lambda row: row["name"].encode()),
            ("vault.intake_keys", "key_id", lambda row: row["key_id"].encode()),
        ):
            for row in await tx.fetch(f"SELECT {id_}, master_key_id, wrapped FROM {table}"):
                secret = ours.unwrap(row["master_key_id"], row["wrapped"], owner(row))
                wrapped = service.masters.wrap(secret, owner(row))
                await tx.execute(f"UPDATE {table} SET wrapped = $2 WHERE {id_} = $1", row[0], wrapped)
