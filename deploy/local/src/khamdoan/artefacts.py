"""Downloads: Kafka, PostgreSQL and Zipkin as their makers publish them to Maven Central, kept in the cache."""

import contextlib
import fcntl
import lzma
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from khamdoan.errors import SetupError
from khamdoan.java import Java

KAFKA_VERSION = "4.3.1"
LOG4J_VERSION = "2.25.4"  # the one Kafka ships; its SLF4J binding is not among Kafka's dependencies
ZIPKIN_VERSION = "3.6.1"
POSTGRES_VERSION = "18.6.0"
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}
SYSTEMS = {"linux": "linux", "darwin": "darwin"}

KAFKA_PROJECT = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>vn.khamdoan</groupId>
  <artifactId>local-kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>{LOG4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""


@dataclass(frozen=True)
class Artefacts:
    """Where the downloaded programs lie."""

    kafka_jars: Path
    zipkin_jar: Path
    postgres: Path


def fetch(cache: Path, postgres_programs: Path, java: Java) -> Artefacts:
    """Download what is missing; several stacks may ask at once, one of them does the work."""
    with exclusively(cache):
        return Artefacts(
            kafka_jars=fetch_kafka(cache, java),
            zipkin_jar=fetch_zipkin(cache, java),
            postgres=fetch_postgres(cache, postgres_programs, java),
        )


def fetch_kafka(cache: Path, java: Java) -> Path:
    """The folder with Kafka's jars and everything they need."""
    folder = cache / f"kafka-{KAFKA_VERSION}"
    if not folder.exists():
        with assembled(folder) as new:
            project = cache / "kafka-pom.xml"
            project.write_text(KAFKA_PROJECT)
            into = [f"-f{project}", f"-DoutputDirectory={new}", "-DincludeScope=runtime"]
            maven(java, cache, "copy-dependencies", *into)
    return folder


def fetch_zipkin(cache: Path, java: Java) -> Path:
    """Zipkin's jar in its slim form: memory storage and the page."""
    folder = cache / f"zipkin-{ZIPKIN_VERSION}"
    if not folder.exists():
        with assembled(folder) as new:
            copy(java, cache, f"io.zipkin:zipkin-server:{ZIPKIN_VERSION}:jar:slim", new)
    return next(folder.glob("zipkin-server-*.jar"))


def fetch_postgres(cache: Path, programs: Path, java: Java) -> Path:
    """PostgreSQL's tree (bin, lib, share), unpacked where the account it runs under can execute it."""
    folder = programs / POSTGRES_VERSION
    if not folder.exists():
        programs.mkdir(mode=0o755, parents=True, exist_ok=True)
        with assembled(cache / f"postgres-{POSTGRES_VERSION}") as downloads, assembled(folder) as new:
            artefact = f"embedded-postgres-binaries-{postgres_platform()}"
            copy(java, cache, f"io.zonky.test.postgres:{artefact}:{POSTGRES_VERSION}", downloads)
            unpack_postgres(next(downloads.glob("*.jar")), new)
    return folder


def unpack_postgres(jar: Path, folder: Path) -> None:
    """The jar holds one xz-compressed tar, which holds the tree."""
    with zipfile.ZipFile(jar) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".txz"))
        with archive.open(name) as packed, lzma.open(packed) as plain, tarfile.open(fileobj=plain) as tree:
            tree.extraction_filter = getattr(tarfile, "tar_filter", None)  # Python before 3.11.4 has no filters
            tree.extractall(folder)  # noqa: S202 - Maven has checked the checksum


def postgres_platform() -> str:
    """How the publisher names this system and processor."""
    system, processor = SYSTEMS.get(sys.platform), ARCHITECTURES.get(platform.machine())
    if system is None or processor is None:
        here = f"{sys.platform} {platform.machine()}"
        raise SetupError(
            "platform-unknown",
            f"Chưa có PostgreSQL dựng sẵn cho {here}; hãy dùng `docker compose up`.",
            f"There is no ready-made PostgreSQL for {here}; use `docker compose up`.",
        )
    return f"{system}-{processor}"


def copy(java: Java, cache: Path, artefact: str, folder: Path) -> None:
    """Let Maven copy one artefact into `folder`."""
    maven(java, cache, "copy", f"-Dartifact={artefact}", f"-DoutputDirectory={folder}")


def maven(java: Java, folder: Path, goal: str, *options: str) -> None:
    """Run one goal of Maven's dependency plugin; Maven knows the user's mirrors and checks the checksums."""
    program = shutil.which("mvn")
    if program is None:
        raise SetupError(
            "maven-missing",
            "Cần có Maven (lệnh `mvn`) để tải Kafka, PostgreSQL và Zipkin; ví dụ: `sudo apt install maven`.",
            "Maven (the command `mvn`) is needed to download Kafka, PostgreSQL and Zipkin; "
            "for example: `sudo apt install maven`.",
        )
    command = [program, "--quiet", "--batch-mode", f"{DEPENDENCY_PLUGIN}:{goal}", *options]
    environment = {**os.environ, "JAVA_HOME": str(java.home)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stdout + done.stderr)[-2000:].strip()
        raise SetupError(
            "download-failed",
            "Maven không tải được; hãy kiểm tra mạng rồi chạy lại.",
            f"Maven could not download; check the network and run again.\n{reason}",
        )


@contextlib.contextmanager
def exclusively(cache: Path) -> Iterator[None]:
    """Hold the cache's lock; it goes with the process, so a crash leaves nothing to clean up."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def assembled(folder: Path) -> Iterator[Path]:
    """A folder to fill that gets its real name only when it is complete."""
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o755)
    yield unfinished
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
