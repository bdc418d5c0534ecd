"""The whole service on real servers: what goes in through Kafka comes out through Kafka; administration beside it."""

from pathlib import Path

import pytest
from registry_builders import UNIT, a_federation, a_person, a_roster, a_sheet, an_organisation, says

from contracts.registry import WorkerLeft, WorkerRegistered
from contracts.rosters import RosterAssessed
from registry import administration, app, intake_keys
from registry.master_keys import MasterKeyError
from registry.settings import Settings
from registry.vault import open_vault
from shared.clock import new_id, utc_now
from shared.database import Database
from shared.testing import Topics, running

pytestmark = pytest.mark.stack

TOKEN = "a token that both were given"


def settings_for(database: Database, kafka: Topics, key_file: Path) -> Settings:
    kernel = kafka.settings(database).model_dump()
    return Settings(**kernel, khamdoan_master_key_file=key_file, registry_identity_token=TOKEN)


async def test_a_roster_goes_through_kafka_and_its_worker_can_be_erased(
    database: Database, kafka: Topics, tmp_path: Path
) -> None:
    settings = settings_for(database, kafka, tmp_path / "master.key")
    vault = await open_vault(settings.key_store_url, settings.master_keys())
    async with vault.database.transaction() as tx:
        key = await intake_keys.current(tx, vault.masters, now=utc_now(), new_id=new_id())
    manifest, *chunks = map(says, a_roster(key, a_sheet(a_person(1))).events)

    await kafka.create("registry.organisations", "registry.workers", "registry.rosters")
    async with running(app.make_service(settings, vault)):
        await kafka.say(says(a_federation()), says(an_organisation()), *chunks, manifest)
        (registered,) = await kafka.hear("registry.workers", 1)
        answered = await kafka.hear("registry.rosters", 2)
        worker = WorkerRegistered.model_validate_json(registered.value or b"")
        given = administration.parser().parse_args(["erase", str(worker.worker_id), "--who", "dpo", "--why", "asked"])
        outcome, good = await administration.run(given, settings)
        left = (await kafka.hear("registry.workers", 2))[-1]
    await vault.database.close()

    assert registered.headers["ce_causationid"] == manifest.headers["ce_source"] + "#" + manifest.headers["ce_id"]
    assert RosterAssessed.model_validate_json(answered[-1].value or b"").registered == 1
    assert (outcome["erased"], good) == (True, True)
    assert WorkerLeft.model_validate_json(left.value or b"").unit_id == UNIT


async def test_administration_says_whether_the_access_log_is_whole(
    database: Database, kafka: Topics, tmp_path: Path
) -> None:
    settings = settings_for(database, kafka, tmp_path / "master.key")

    outcome, good = await administration.run(administration.parser().parse_args(["verify"]), settings)
    rewrapped, _ = await administration.run(administration.parser().parse_args(["rewrap"]), settings)

    assert (outcome, good) == ({"broken_at": None}, True)
    assert rewrapped == {"rewrapped": 2, "master_key": "1"}


async def test_production_does_not_start_without_a_master_key(
    database: Database, kafka: Topics, tmp_path: Path
) -> None:
    kernel = kafka.settings(database, khamdoan_environment="production").model_dump()
    missing = Settings(**kernel, khamdoan_master_key_file=tmp_path / "none.key", registry_identity_token=TOKEN)
    none = Settings(**kernel, registry_identity_token=TOKEN)

    for settings in (missing, none):
        with pytest.raises(MasterKeyError):
            settings.master_keys()
