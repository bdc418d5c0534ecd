"""Migrations are applied once, in order, and never changed afterwards."""

import asyncio
from pathlib import Path

import pytest

from shared.database import Database
from shared.migrations import MigrationChangedError


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


async def test_files_are_applied_once_and_in_the_order_of_their_names(database: Database, tmp_path: Path) -> None:
    write(tmp_path, b2="ALTER TABLE things ADD size int", b1="CREATE TABLE things (id int)")

    first = await database.migrate("things", tmp_path)
    second = await database.migrate("things", tmp_path)

    assert first == ["things/b1.sql", "things/b2.sql"]
    assert second == []


async def test_a_file_that_fails_leaves_nothing_behind(database: Database, tmp_path: Path) -> None:
    write(tmp_path, a1="CREATE TABLE things (id int); SELECT 1/0")

    with pytest.raises(Exception, match="division by zero"):
        await database.migrate("things", tmp_path)

    assert await database.pool.fetchval("SELECT to_regclass('things')") is None


async def test_a_file_that_was_applied_and_changed_is_refused(database: Database, tmp_path: Path) -> None:
    await database.migrate("things", write(tmp_path, a1="CREATE TABLE things (id int)"))

    with pytest.raises(MigrationChangedError):
        await database.migrate("things", write(tmp_path, a1="CREATE TABLE things (id bigint)"))


async def test_replicas_that_start_together_migrate_once(database: Database, tmp_path: Path) -> None:
    write(tmp_path, a1="CREATE TABLE things (id int)")

    applied = await asyncio.gather(*(database.migrate("things", tmp_path) for _ in range(4)))

    assert sorted(applied) == [[], [], [], ["things/a1.sql"]]
