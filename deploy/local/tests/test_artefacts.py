"""Downloads: what is said when Maven is not there, and when it cannot download."""

import stat
from pathlib import Path

import pytest

from khamdoan import artefacts
from khamdoan.errors import SetupError
from khamdoan.java import Java

JAVA = Java(Path("/usr/bin/java"), 17)


def test_a_machine_without_maven_is_told_so_in_one_sentence_per_language(tmp_path: Path, program_folder: Path) -> None:
    with pytest.raises(SetupError) as refusal:
        artefacts.fetch(tmp_path / "cache", tmp_path / "programs", JAVA)

    assert refusal.value.code == "maven-missing"
    assert "mvn" in refusal.value.vi
    assert "mvn" in refusal.value.en
    assert "\n" not in refusal.value.vi + refusal.value.en


def test_a_failed_download_is_not_taken_for_a_finished_one(tmp_path: Path, program_folder: Path) -> None:
    maven = program_folder / "mvn"
    maven.write_text("#!/bin/sh\necho no network\nexit 1\n")
    maven.chmod(maven.stat().st_mode | stat.S_IXUSR)

    codes = []
    for _ in range(2):
        with pytest.raises(SetupError) as refusal:
            artefacts.fetch(tmp_path / "cache", tmp_path / "programs", JAVA)
        codes.append(refusal.value.code)

    assert codes == ["download-failed", "download-failed"]
    assert "no network" in refusal.value.en


def test_what_is_in_the_cache_needs_no_maven(tmp_path: Path, program_folder: Path) -> None:
    cache, programs = tmp_path / "cache", tmp_path / "programs"
    (cache / f"kafka-{artefacts.KAFKA_VERSION}").mkdir(parents=True)
    (cache / f"zipkin-{artefacts.ZIPKIN_VERSION}").mkdir()
    (cache / f"zipkin-{artefacts.ZIPKIN_VERSION}" / "zipkin-server-x.jar").touch()
    (programs / artefacts.POSTGRES_VERSION).mkdir(parents=True)

    found = artefacts.fetch(cache, programs, JAVA)

    assert found.postgres == programs / artefacts.POSTGRES_VERSION
