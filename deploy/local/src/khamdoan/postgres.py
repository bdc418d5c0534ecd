"""One PostgreSQL server from ready-made binaries, without psql and without pg_isready."""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from khamdoan import accounts
from khamdoan.accounts import Account
from khamdoan.processes import Child, Program

SUPERUSER = "postgres"
STATUS_LINE = 7  # of postmaster.pid, counted from zero
# Errors are logged without their statement and detail: both may quote personal data.
SETTINGS = {
    "unix_socket_directories": "",
    "max_connections": "300",
    # What a roster of 100,000 writes fits in it; in a quarter of that, pages with random keys come and go.
    "shared_buffers": "512MB",
    "wal_buffers": "16MB",
    "shared_preload_libraries": "pg_stat_statements",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}  # survives killed processes, not a power cut


@dataclass(frozen=True)
class Postgres:
    """A server: its programs, its folder, its port and its superuser's password."""

    programs: Path
    folder: Path
    port: int
    password: str
    durable: bool = True

    @property
    def url(self) -> str:
        """The superuser's connection URL."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/postgres"

    @property
    def data(self) -> Path:
        """The database cluster."""
        return self.folder / "data"

    @property
    def initialised(self) -> bool:
        """Whether the cluster exists."""
        return (self.data / "PG_VERSION").exists()

    @property
    def account(self) -> Account | None:
        """Whom the server runs as, where that is not us."""
        return accounts.unprivileged()

    def init_program(self) -> Program:
        """Creates the cluster under a provisional name; with the C.UTF-8 of PostgreSQL itself, so that it sorts the
        same on every machine and pg_trgm keeps accented letters.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        self.password_file.write_text(self.password)
        for path in (self.folder, self.password_file):
            if self.account is not None:
                os.chown(path, self.account.uid, self.account.gid)
        self.password_file.chmod(0o600)
        locale = ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        access = [f"--username={SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={self.password_file}"]
        return self.make("postgres-init", "initdb", ["-D", str(self.provisional), *locale, *access])

    def finish_init(self) -> None:
        """Give the complete cluster its name."""
        self.provisional.rename(self.data)
        self.password_file.unlink()

    @property
    def provisional(self) -> Path:
        """The cluster while it is being created."""
        return self.folder / "data.unfinished"

    @property
    def password_file(self) -> Path:
        """The password, for the moment of creation only."""
        return self.folder / "password"

    def program(self) -> Program:
        """The server; SIGINT is its fast shutdown, which waits for no client."""
        settings = SETTINGS if self.durable else {**SETTINGS, **FORGETFUL}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self.make(
            "postgres", "postgres", ["-D", str(self.data), "-h", "127.0.0.1", "-p", str(self.port), *options]
        )

    def make(self, name: str, program: str, arguments: list[str]) -> Program:
        """One of PostgreSQL's programs, under its account."""
        return Program(
            name,
            [str(self.programs / "bin" / program), *arguments],
            environment={"HOME": str(self.folder)},
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            account=self.account,
        )

    def ready(self, child: Child) -> bool:
        """Whether the server that `child` is accepts connections, by its own pid file."""
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        return len(lines) > STATUS_LINE and lines[0] == str(child.pid) and lines[STATUS_LINE].strip() == "ready"
