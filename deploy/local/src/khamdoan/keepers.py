"""Keeping programs alive: what dies is started again, at once the first time and ever later if it goes on dying."""

import shutil
import time
from collections.abc import Callable

from khamdoan.processes import Child, Nursery

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
GLANCE_SECONDS = 0.2  # between two looks at the children
MIB = 2**20
FEW_MIB = 64  # a server that finds no room ends; what it says of that, it says to its log
HEALTHY_AFTER = 60.0  # seconds of life after which earlier deaths are forgotten

Say = Callable[[str], None]


class Keeper:
    """Watches over one child; `tend` is to be called every now and then."""

    def __init__(self, child: Child, nursery: Nursery, say: Say) -> None:
        self.child = child
        self.nursery = nursery
        self.say = say
        self.pause = FIRST_PAUSE
        self.started_at = time.monotonic()
        self.due_at: float | None = None

    @property
    def name(self) -> str:
        """The program's name."""
        return self.child.program.name

    def tend(self) -> bool:
        """Notice a death, or restart what is due; True when a new process was started."""
        now = time.monotonic()
        if self.due_at is not None:
            return now >= self.due_at and self.restart(now)
        if not self.child.alive:
            self.mourn(now)
        return False

    def mourn(self, now: float) -> None:
        """Say that the child ended and settle when it is started again."""
        if now - self.started_at > HEALTHY_AFTER:
            self.pause = FIRST_PAUSE
        self.due_at = now + self.pause
        self.say(
            f"{self.name} (pid {self.child.pid}) ended with {self.child.process.returncode}; "
            f"khởi động lại sau / it is started again in {self.pause:g} s; nhật ký / its log: {self.child.log}"
        )
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        logs = self.child.log.parent
        if (left := shutil.disk_usage(logs).free // MIB) < FEW_MIB:
            self.say(f"Đĩa sắp đầy, có thể vì thế / the disk is nearly full, maybe therefore: {logs}, {left} MiB")

    def restart(self, now: float) -> bool:
        """Start the program again."""
        self.child = self.nursery.spawn(self.child.program)
        self.started_at, self.due_at = now, None
        self.say(f"{self.name} đã khởi động lại / is started again, pid {self.child.pid}")
        return True
