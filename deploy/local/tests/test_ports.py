"""Ports stay what they were, and a stranger on one of them is named."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from khamdoan import ports
from khamdoan.errors import SetupError

CLAIMING = """
import pathlib, sys
from khamdoan import ports
print(ports.claim_usual(pathlib.Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def occupied() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_once_chosen_stays(tmp_path: Path) -> None:
    first = ports.choose(tmp_path / "ports.json", {"kafka": 1}, usual=False)

    second = ports.choose(tmp_path / "ports.json", {"kafka": 1, "zipkin": 2}, usual=False)

    assert second["kafka"] == first["kafka"]
    assert second["zipkin"] != second["kafka"]


def test_a_usual_port_that_is_occupied_is_replaced_by_a_free_one(tmp_path: Path, occupied: int) -> None:
    chosen = ports.choose(tmp_path / "ports.json", {"kafka": occupied})

    assert chosen["kafka"] != occupied
    assert ports.is_free(chosen["kafka"])


def test_of_two_stacks_that_start_at_one_moment_one_may_take_the_usual_ports(tmp_path: Path) -> None:
    claim = [sys.executable, "-c", CLAIMING, str(tmp_path)]

    with subprocess.Popen(claim, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        answers = [first.stdout.readline(), subprocess.check_output(claim, stdin=subprocess.DEVNULL)]
        first.communicate()
    answers.append(subprocess.check_output(claim, stdin=subprocess.DEVNULL))

    assert answers == [b"True\n", b"False\n", b"True\n"]


def test_a_saved_port_that_is_occupied_is_named_with_its_holder_and_the_ways_out(tmp_path: Path, occupied: int) -> None:
    saved = tmp_path / "ports.json"

    with pytest.raises(SetupError) as refusal:
        ports.require_free({"kafka": occupied}, saved, patience=0)

    assert refusal.value.code == "port-busy"
    for sentence in (refusal.value.vi, refusal.value.en):
        assert f"{occupied} (kafka)" in sentence
        assert str(os.getpid()) in sentence
        assert "khamdoan down" in sentence
        assert str(saved) in sentence
