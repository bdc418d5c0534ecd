"""PostgreSQL and Kafka as containers of their official images, where a Docker engine answers."""

import contextlib
import os
import socket
from collections.abc import Iterator

import docker
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from khamdoan import kafka, ports

POSTGRES_IMAGE = "postgres:17"
KAFKA_IMAGE = "apache/kafka:4.3.1"
FOR_CLIENTS = 9092
ENGINE_SECONDS = 5
DEFAULT_ENGINE = "unix:///var/run/docker.sock"

# One setting of our own makes the image forget its whole default configuration, so all of it is here.
KAFKA_SETTINGS = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{FOR_CLIENTS},CONTROLLER://localhost:9093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}


def docker_answers() -> bool:
    """Whether there is a Docker engine to ask."""
    if not engine_listens():
        return False
    try:
        with contextlib.closing(docker.from_env(timeout=ENGINE_SECONDS)) as client:
            return bool(client.ping())
    except DockerException:
        return False


def engine_listens() -> bool:
    """Whether the engine's socket accepts a connection; asking first spares a client that fails half built."""
    scheme, _, path = os.environ.get("DOCKER_HOST", DEFAULT_ENGINE).partition("://")
    if scheme != "unix":
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


@contextlib.contextmanager
def running() -> Iterator[tuple[str, str]]:
    """The superuser's database URL and the bootstrap address of two containers, removed at the end of the block."""
    database = PostgresContainer(POSTGRES_IMAGE, driver=None)
    broker, bootstrap_servers = kafka_container()
    with database, broker:
        yield database.get_connection_url(), bootstrap_servers


def kafka_container() -> tuple[DockerContainer, str]:
    """A broker that can tell clients its address because the port on this side is chosen before it starts."""
    container = DockerContainer(KAFKA_IMAGE)
    port = ports.free(set())
    address = f"{container.get_docker_client().host()}:{port}"
    container.with_bind_ports(FOR_CLIENTS, port)
    container.with_envs(**KAFKA_SETTINGS, KAFKA_ADVERTISED_LISTENERS=f"PLAINTEXT://{address}")
    container.waiting_for(LogMessageWaitStrategy(kafka.STARTED).with_startup_timeout(120))
    return container, address
