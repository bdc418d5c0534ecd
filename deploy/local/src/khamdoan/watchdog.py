"""Ends what a vanished parent left behind, where the kernel does not do it (macOS).

Run as a script; standard input is a pipe from the parent. Each line "PID SIGNAL" adds a process. When the pipe closes,
which it does however the parent ended, every process gets its signal.
"""

import contextlib
import os
import sys


def main() -> None:
    """Read until the pipe closes, then signal everything that was ever announced and still lives."""
    wards = {}
    for line in sys.stdin:
        pid, number = line.split()
        wards[int(pid)] = int(number)
    for pid, number in wards.items():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


if __name__ == "__main__":
    main()
