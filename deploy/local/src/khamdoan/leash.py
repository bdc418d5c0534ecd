"""Becomes the program it is asked to start, after tying its life to its parent's.

Run as a script by `processes.spawn`: `leash.py PARENT SIGNAL UID GID PROGRAM ARGUMENT...`. It changes the user first,
because the kernel forgets the tie when the user changes. Doing this in a small program of its own, instead of between
fork and exec, keeps it safe in a parent that has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
KEEP = -1


def main(arguments: list[str]) -> None:
    """Change to UID and GID unless they are -1, ask for SIGNAL at PARENT's death unless it is 0, then exec."""
    parent, death_signal, uid, gid = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    libc = ctypes.CDLL(None) if death_signal else None
    if uid != KEEP:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it died before we could ask
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - becoming another program is the point


if __name__ == "__main__":
    main(sys.argv[1:])
