"""The account PostgreSQL runs under: ourselves, or `nobody` where we are root, because it refuses root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """A user and group to change to before a program starts."""

    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account to step down to, or None where there is nothing to step down from."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def let_walk() -> None:
    """Where we are root, let PostgreSQL's account walk through the folders that we make, whatever the shell's umask."""
    if unprivileged() is not None:
        os.umask(os.umask(0) & ~0o011)


def can_reach(folder: Path) -> bool:
    """Whether a stranger may walk into `folder`: it and all its parents carry the x bit for others."""
    existing = next(place for place in [folder, *folder.parents] if place.exists())
    return all(place.stat().st_mode & 0o001 for place in [existing, *existing.parents])
