"""Children die with their parent, by the kernel or by the watchdog; and a child that fails is quoted."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from khamdoan.errors import SetupError
from khamdoan.processes import Nursery, Program

PARENT = """
import sys, time
from pathlib import Path
from khamdoan.processes import Nursery, Program
nursery = Nursery(Path(sys.argv[1]), with_watchdog=sys.argv[2] == "watchdog")
child = nursery.spawn(Program("ward", [sys.executable, "-c", "import time; time.sleep(60)"]))
child.wait_until(lambda child: b"time.sleep" in Path(f"/proc/{child.pid}/cmdline").read_bytes())
print(child.pid, flush=True)
time.sleep(60)
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("tie", ["kernel", "watchdog"])
def test_a_killed_parent_takes_its_child_with_it(
    tmp_path: Path, wait_until: Callable[..., None], is_running: Callable[[int], bool], tie: str
) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), tie], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    was_running = is_running(child)

    parent.kill()
    parent.communicate()

    assert was_running
    wait_until(lambda: not is_running(child))


def test_a_child_that_fails_is_quoted(tmp_path: Path) -> None:
    child = Nursery(tmp_path).spawn(Program("ward", [sys.executable, "-c", "raise SystemExit('no more beds')"]))

    with pytest.raises(SetupError) as failure:
        child.wait_until(lambda _: False)

    assert failure.value.code == "program-failed"
    assert "no more beds" in failure.value.en


def test_a_child_that_ignores_the_request_to_stop_is_made_to(tmp_path: Path) -> None:
    child = Nursery(tmp_path).spawn(Program("ward", [sys.executable, "-c", STUBBORN]))
    child.wait_until(lambda child: "deaf" in child.said())

    child.stop(seconds=0.2)

    assert child.process.returncode == -9


def test_a_nursery_that_closes_leaves_no_child(tmp_path: Path, is_running: Callable[[int], bool]) -> None:
    nursery = Nursery(tmp_path)
    child = nursery.spawn(Program("ward", [sys.executable, "-c", "import time; time.sleep(60)"]))

    nursery.close()

    assert not is_running(child.pid)
