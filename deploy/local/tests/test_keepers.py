"""A child that dies is started again, and not in a hot loop."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from khamdoan import keepers
from khamdoan.keepers import FIRST_PAUSE, Keeper
from khamdoan.processes import Nursery, Program

LASTING = [sys.executable, "-c", "import time; time.sleep(60)"]
FAILING = [sys.executable, "-c", "raise SystemExit(3)"]


def a_keeper(logs: Path, command: list[str], said: list[str]) -> Keeper:
    nursery = Nursery(logs)
    return Keeper(nursery.spawn(Program("ward", command)), nursery, said.append)


def test_a_killed_child_is_started_again_and_that_is_said(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    said: list[str] = []
    keeper = a_keeper(tmp_path, LASTING, said)
    first = keeper.child

    os.kill(first.pid, signal.SIGKILL)
    wait_until(keeper.tend)

    assert keeper.child.alive
    assert keeper.child.pid != first.pid
    assert [sentence.split(" ")[0] for sentence in said] == ["ward", "ward"]
    assert f"pid {first.pid}) ended with -9" in said[0]
    keeper.child.stop()


def test_a_child_that_goes_on_dying_is_started_ever_later(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    keeper = a_keeper(tmp_path, FAILING, [])

    pauses = []
    for _ in range(2):
        pauses.append(keeper.pause)
        wait_until(keeper.tend)

    keeper.child.process.wait()
    assert pauses == [FIRST_PAUSE, FIRST_PAUSE * 2]


def test_a_death_beside_a_full_disk_names_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepers.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=0))
    said: list[str] = []
    keeper = a_keeper(tmp_path, FAILING, said)
    keeper.child.process.wait()

    keeper.tend()

    assert f"the disk is nearly full, maybe therefore: {tmp_path}, 0 MiB" in said[-1]


def test_a_child_that_lives_is_left_alone(tmp_path: Path) -> None:
    keeper = a_keeper(tmp_path, LASTING, [])

    replaced = [keeper.tend() for _ in range(3)]

    assert replaced == [False, False, False]
    keeper.child.stop()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("khamdoan.keepers.LONGEST_PAUSE", 1.0)
