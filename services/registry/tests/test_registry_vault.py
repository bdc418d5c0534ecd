"""Nothing personal lies open anywhere, and whoever is erased is erased from everywhere."""

from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from registry_builders import NOON, REFERENCE, UNIT, Register, a_person, a_roster, a_sheet, says

from contracts.registry import WorkerLeft
from contracts.roster_cells import Cell
from registry import erasures, intake_keys, master_keys, persons, vault
from registry.master_keys import MasterKeyError, MasterKeys
from registry.vault import Vault
from shared.clock import new_id, utc_now
from shared.database import Database
from shared.testing import Deliver, Templates

pytestmark = pytest.mark.stack

CANARY = "Kanarienvogel"
CANARIES = (CANARY, "002171987654", "0912345678", "+84912345678", "1971-02-03", "03/02/1971", "NV-KANARI")


def a_canary() -> list[Cell]:
    return a_person(
        1, name=f"Nguyễn Thị {CANARY}", birth="03/02/1971", cccd="002171987654", phone="0912345678", code="NV-KANARI"
    )


async def everything(database: Database) -> str:
    """All rows of all tables as text, bytes also as their characters."""
    pages = []
    tables = await database.pool.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    for table in tables:
        for row in await database.pool.fetch(f"SELECT * FROM {table['name']}"):
            pages += [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row.values()]
    return "\n".join(pages)


async def identity_of(register: Register, worker_id: UUID) -> persons.Identity | None:
    async with register.database.transaction() as tx:
        return (await persons.open_identities(tx, register.vault, [worker_id])).get(worker_id)


async def test_no_table_holds_anything_personal_in_the_clear(register: Register) -> None:
    await register.with_units()
    await register.take(a_canary())
    waiting = a_roster(register.key, a_sheet(a_canary()), unit_id=UUID(int=404))
    await register.hear(*map(says, waiting.events))

    text = await everything(register.database)

    assert [canary for canary in CANARIES if canary in text] == []


async def test_nothing_that_is_said_holds_anything_personal(register: Register) -> None:
    await register.with_units()
    await register.take(a_canary(), a_canary(), a_person(2, name="Mai 1"))

    said = b"\n".join(row.value + str(row.headers).encode() for row in register.heard).decode()

    assert [canary for canary in CANARIES if canary in said] == []


async def test_the_vault_gives_back_what_was_read_and_what_was_written(register: Register) -> None:
    await register.with_units()
    worker_id = (await register.take(a_canary())).worker_ids[0]

    identity = await identity_of(register, worker_id)

    assert identity is not None
    assert (identity["full_name"], identity["identifiers"]) == (f"Nguyễn Thị {CANARY}", {"cccd": "002171987654"})
    assert identity["source"]["birth_date"] == "03/02/1971"


async def test_an_erased_worker_is_nobody_and_has_left(register: Register) -> None:
    await register.with_units()
    worker_id = (await register.take(a_canary())).worker_ids[0]

    erased = await erasures.erase(
        register.database, register.vault, worker_id, who="dpo", why="asked", now=NOON, today=REFERENCE
    )

    assert erased
    assert await identity_of(register, worker_id) is None
    assert register.heard[-1].event == WorkerLeft(worker_id=worker_id, unit_id=UNIT, left_on=REFERENCE)
    rows = await register.database.pool.fetch("SELECT FROM identifiers WHERE worker_id = $1", worker_id)
    assert rows == []
    assert (await register.take(a_canary())).worker_ids[0] != worker_id


async def test_a_restored_backup_forgets_the_erased_again(register: Register) -> None:
    await register.with_units()
    worker_id = (await register.take(a_canary())).worker_ids[0]
    backup = await register.database.pool.fetchrow("SELECT * FROM persons WHERE worker_id = $1", worker_id)
    key = await register.database.pool.fetchrow("SELECT * FROM vault.subject_keys WHERE worker_id = $1", worker_id)
    assert backup is not None
    assert key is not None
    await erasures.erase(
        register.database, register.vault, worker_id, who="dpo", why="asked", now=NOON, today=REFERENCE
    )
    places = ", ".join(f"${number + 1}" for number in range(len(backup)))
    await register.database.pool.execute(f"INSERT INTO persons VALUES ({places})", *backup)
    await register.database.pool.execute("INSERT INTO vault.subject_keys VALUES ($1, $2, $3, $4)", *key)
    await register.database.pool.execute("DELETE FROM erasures")

    returned = await erasures.reapply(register.database, register.vault, now=NOON, today=REFERENCE)

    assert returned == 1
    assert await identity_of(register, worker_id) is None
    assert await register.database.pool.fetchval("SELECT count(*) FROM persons") == 0


async def test_a_new_master_key_takes_over_and_the_old_one_can_be_thrown_away(register: Register) -> None:
    await register.with_units()
    worker_id = (await register.take(a_canary())).worker_ids[0]
    both = MasterKeys({"2": bytes(32), "1": bytes(range(32))})

    changed = await vault.rewrap(Vault(register.vault.database, both, register.vault.index))

    only_new = Vault(register.vault.database, MasterKeys({"2": bytes(32)}), register.vault.index)
    assert changed == 4
    assert (await only_new.keys([worker_id])).keys() == {worker_id}
    assert (await only_new.intake_keys([register.key.key_id])).keys() == {register.key.key_id}
    with pytest.raises(MasterKeyError):
        await register.vault.keys([worker_id])


async def test_a_second_start_finds_the_keys_of_the_first(register: Register, masters: MasterKeys) -> None:
    again = await vault.open_vault(register.database.url, masters)

    async with again.database.transaction() as tx:
        key = await intake_keys.current(tx, masters, now=utc_now(), new_id=new_id())

    assert key.key_id == register.key.key_id
    assert again.index.of("number", 1) == register.vault.index.of("number", 1)
    await again.database.close()


async def test_the_keys_may_lie_in_a_database_of_their_own(
    register: Register, masters: MasterKeys, database_templates: Templates, deliver: Deliver
) -> None:
    url = await database_templates.clone(None)
    apart = await vault.open_vault(url, masters)
    elsewhere = await Register.open(register.database, apart, deliver)
    await elsewhere.with_units()

    worker_id = (await elsewhere.take(a_canary())).worker_ids[0]

    assert (await apart.keys([worker_id])).keys() == {worker_id}
    assert await register.vault.keys([worker_id]) == {}
    await apart.database.close()
    await database_templates.drop(url.rpartition("/")[2])


async def test_an_intake_key_is_used_for_thirty_days(register: Register) -> None:
    masters, began = register.vault.masters, utc_now()
    async with register.vault.database.transaction() as tx:
        used = [
            (await intake_keys.current(tx, masters, now=began + timedelta(days=days), new_id=new_id())).key_id
            for days in (0, 29, 31)
        ]

    assert used[0] == used[1] == register.key.key_id
    assert used[2] != used[0]


async def test_an_intake_key_is_rotated_and_its_private_half_destroyed_a_week_later(register: Register) -> None:
    masters, later = register.vault.masters, utc_now() + intake_keys.IN_USE_FOR
    async with register.vault.database.transaction() as tx:
        fresh = await intake_keys.current(tx, masters, now=later, new_id=new_id())
        within_a_week = await intake_keys.destroy_old(tx, now=later + timedelta(days=6, hours=23))
        after_a_week = await intake_keys.destroy_old(tx, now=later + timedelta(days=7))

    assert fresh.key_id != register.key.key_id
    assert (within_a_week, after_a_week) == ([], [register.key.key_id])
    assert (await register.vault.intake_keys([register.key.key_id, fresh.key_id])).keys() == {fresh.key_id}


async def test_a_roster_sealed_before_a_rotation_is_still_opened(register: Register) -> None:
    await register.with_units()
    sending = a_roster(register.key, a_sheet(a_person(1)))
    async with register.vault.database.transaction() as tx:
        later = utc_now() + intake_keys.IN_USE_FOR
        await intake_keys.current(tx, register.vault.masters, now=later, new_id=new_id())

    said = await register.hear(*map(says, sending.events))

    assert [event.registered for event in said if hasattr(event, "registered")] == [1]


def test_a_master_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"

    made = master_keys.from_file(path, create=True)
    again = master_keys.from_file(path, create=False)

    assert again.unwrap("1", made.wrap(b"secret", b"owner"), b"owner") == b"secret"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "short", "1:AAAA", b64encode(bytes(31)).decode(), "a:b:c"])
def test_what_is_no_master_key_is_refused(text: str) -> None:
    with pytest.raises(MasterKeyError):
        master_keys.parse(text)


def test_a_wrapped_key_belongs_to_its_owner(masters: MasterKeys) -> None:
    wrapped = masters.wrap(b"secret", b"one")

    with pytest.raises(MasterKeyError):
        masters.unwrap("1", wrapped, b"other")
