"""Where things lie: the data of one stack, and the downloads that all stacks of a user share."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from khamdoan import accounts
from khamdoan.errors import SetupError

SHARED_TEMPORARY = Path("/var/tmp")  # noqa: S108 - outlives a reboot; `claim` checks whose folder it is


@dataclass(frozen=True)
class Places:
    """The folders of one stack."""

    data: Path
    cache: Path
    postgres: Path
    postgres_programs: Path

    @property
    def kafka(self) -> Path:
        """Kafka's configuration and log directories."""
        return self.data / "kafka"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.data / "logs"

    @property
    def ports(self) -> Path:
        """The file that remembers the ports."""
        return self.data / "ports.json"

    @property
    def passwords(self) -> Path:
        """The file that remembers the passwords."""
        return self.data / "passwords.json"

    def prepare(self) -> None:
        """Create the folders; the data folder is nobody else's business."""
        for folder in (self.data, self.logs, self.kafka):
            folder.mkdir(parents=True, exist_ok=True)
        if self.postgres.parent != self.data:
            claim(self.postgres.parent)


def of(data: Path, cache: Path | None = None) -> Places:
    """The places of the stack whose data is in `data`; PostgreSQL moves out where its account cannot follow."""
    data = data.resolve()
    cache = (cache or default_cache()).resolve()
    return Places(
        data=data,
        cache=cache,
        postgres=reachable(data) / "postgres",
        postgres_programs=reachable(cache) / "postgres-programs",
    )


def default_cache() -> Path:
    """`KHAMDOAN_CACHE`, else the user's cache folder, else a folder for this user among the temporary ones."""
    if chosen := os.environ.get("KHAMDOAN_CACHE"):
        return Path(chosen)
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    existing = next(place for place in [base, *base.parents] if place.exists())
    if os.access(existing, os.W_OK):
        return base / "khamdoan"
    return Path(tempfile.gettempdir()) / f"khamdoan-cache-{os.geteuid()}"


def reachable(folder: Path) -> Path:
    """`folder`, or its stand-in outside if it lies under a parent that PostgreSQL's account may not enter."""
    if accounts.unprivileged() is None or accounts.can_reach(folder):
        return folder
    mark = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return SHARED_TEMPORARY / f"khamdoan-{mark}"


def claim(folder: Path) -> None:
    """Create a folder among strangers' and make sure that it is ours and no link to somewhere else."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise SetupError(
            "folder-not-ours",
            f"Thư mục {folder} thuộc về người khác; hãy xoá nó hoặc chạy với --data ở nơi khác.",
            f"The folder {folder} belongs to somebody else; remove it or run with --data elsewhere.",
        )


def discard(places: Places) -> None:
    """Remove a stack's data; the downloads stay."""
    for folder in {places.data, places.postgres.parent}:
        if folder.exists():
            shutil.rmtree(folder)
