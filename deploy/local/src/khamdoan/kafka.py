"""One Apache Kafka broker in KRaft mode, small enough for a laptop."""

import hashlib
import signal
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from khamdoan import artefacts, ports
from khamdoan.java import Java
from khamdoan.processes import Child, Nursery, Program

CLUSTER_ID = "a2hhbWRvYW4tbG9jYWwtMQ"
STARTED = "Kafka Server started"
SMALL_JVM = [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
]

# The controller's voters are named here and not stored in the data, so that the ports can change.
# The short broker session lets a broker that was killed come back after seconds instead of twelve.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{kafka},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{kafka}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
background.threads=2
log.cleaner.dedupe.buffer.size=16777216
log.index.size.max.bytes=1048576
"""

LOGGING = """\
<Configuration status="ERROR">
  <Appenders>
    <Console name="console"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="INFO"/>
    <Root level="WARN"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
"""


@dataclass(frozen=True)
class Kafka:
    """A broker: its Java, its jars, its folder and its two ports."""

    java: Java
    jars: Path
    folder: Path
    port: int
    controller_port: int

    @property
    def bootstrap_servers(self) -> str:
        """What clients are given."""
        return f"127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """Kafka's log directory."""
        return self.folder / "data"

    @property
    def formatted(self) -> bool:
        """Whether the data directory has been given its cluster id."""
        return (self.data / "meta.properties").exists()

    @property
    def archive(self) -> Path:
        """The class archive that makes starts quick; it fits one Java and one place of the jars."""
        mark = hashlib.sha256(f"{self.java.program.resolve()} {self.jars}".encode()).hexdigest()[:8]
        return self.jars.with_name(f"{self.jars.name}-java{self.java.major}-{mark}.jsa")

    def configure(self) -> None:
        """Write the two configuration files; done at every start, because ports and places may have changed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logging.write_text(LOGGING)
        self.properties.write_text(PROPERTIES.format(kafka=self.port, controller=self.controller_port, data=self.data))

    @property
    def properties(self) -> Path:
        """The broker's configuration file."""
        return self.folder / "server.properties"

    @property
    def logging(self) -> Path:
        """The logger's configuration file."""
        return self.folder / "log4j2.xml"

    def format_program(self) -> Program:
        """Prepares an empty data directory."""
        arguments = ["kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", CLUSTER_ID]
        return Program("kafka-format", self.command([], [*arguments, "-c", str(self.properties)]))

    def program(self, options: list[str] | None = None) -> Program:
        """The broker; orphaned, it shuts down by itself, which takes half a second and leaves a clean log."""
        options = self.java.archive_options(self.archive) if options is None else options
        command = self.command(options, ["kafka.Kafka", str(self.properties)])
        return Program("kafka", command, orphan_signal=signal.SIGTERM)

    def command(self, options: list[str], arguments: list[str]) -> list[str]:
        """A Java command line; the jars are in a fixed order because the class archive checks it."""
        jars = ":".join(str(jar) for jar in sorted(self.jars.glob("*.jar")))
        logging = f"-Dlog4j2.configurationFile={self.logging}"
        return [str(self.java.program), "-Xmx256m", *SMALL_JVM, *options, logging, "-cp", jars, *arguments]


def ready(child: Child) -> bool:
    """Whether the broker says that it serves."""
    return STARTED in child.said()


def train(broker: Kafka, logs: Path) -> None:
    """Leave a class archive in the cache: one short run of a throw-away broker, once per Java and Kafka version."""
    with artefacts.exclusively(broker.jars.parent), tempfile.TemporaryDirectory() as scratch:
        if not broker.archive.exists():
            leave_archive(at_free_ports(broker, Path(scratch)), Nursery(logs))


def at_free_ports(broker: Kafka, folder: Path) -> Kafka:
    """The same programs with other ports and an empty folder."""
    port = ports.free({broker.port, broker.controller_port})
    return replace(broker, folder=folder, port=port, controller_port=ports.free({port}))


def leave_archive(broker: Kafka, nursery: Nursery) -> None:
    """Start and stop `broker` with recording on."""
    broker.configure()
    nursery.spawn(broker.format_program()).finish()
    unfinished = broker.archive.with_suffix(".unfinished")
    child = nursery.spawn(broker.program([broker.java.training_option(unfinished)]))
    child.wait_until(ready)
    child.stop(90)
    nursery.close()
    if unfinished.exists():
        unfinished.rename(broker.archive)
