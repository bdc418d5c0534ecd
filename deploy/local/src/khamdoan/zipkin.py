"""The tracing page: Zipkin with its traces in memory, and the bridge that feeds it."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from khamdoan import otlp_bridge, sockets
from khamdoan.java import Java
from khamdoan.kafka import SMALL_JVM
from khamdoan.processes import Program

MOST_SPANS = "100000"


@dataclass(frozen=True)
class Zipkin:
    """The page's server and the OTLP port in front of it."""

    java: Java
    jar: Path
    port: int
    otlp_port: int

    @property
    def url(self) -> str:
        """The server's base address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def page(self) -> str:
        """Where a person looks at traces."""
        return f"{self.url}/zipkin/"

    @property
    def otlp_endpoint(self) -> str:
        """Where services send their spans."""
        return f"http://127.0.0.1:{self.otlp_port}"

    def program(self) -> Program:
        """The server, on the loopback interface only: its framework wants the three settings together."""
        listen = [
            f"--armeria.ports[0].port={self.port}",
            "--armeria.ports[0].ip=127.0.0.1",
            "--armeria.ports[0].protocols[0]=http",
        ]
        command = [str(self.java.program), "-Xmx160m", *SMALL_JVM, "-jar", str(self.jar), *listen]
        environment = {"STORAGE_TYPE": "mem", "MEM_MAX_SPANS": MOST_SPANS, "QUERY_PORT": str(self.port)}
        return Program("zipkin", command, environment, stop_signal=signal.SIGKILL)  # it has nothing to save

    def ready(self) -> bool:
        """Whether the page can be opened."""
        return sockets.answers(f"{self.url}/health")

    def bridge_program(self) -> Program:
        """The process that turns OTLP into Zipkin's own format."""
        command = [sys.executable, otlp_bridge.__file__, "127.0.0.1", str(self.otlp_port), self.url]
        return Program("otlp", command)

    def bridge_ready(self) -> bool:
        """Whether spans can be sent."""
        return sockets.accepts(self.otlp_port)
