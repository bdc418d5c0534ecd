"""A real broker that knows users by password and denies what no right allows."""

import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import wait
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from khamdoan import kafka, ports
from khamdoan.access import Principal, Right
from khamdoan.kafka import Kafka
from khamdoan.processes import Nursery

PASSWORD = "only-for-this-test"
# The open listener is the administrator's; everybody else comes in through the guarded one.
GUARD = """
listeners=PLAINTEXT://127.0.0.1:{open},CONTROLLER://127.0.0.1:{controller},GUARDED://127.0.0.1:{guarded}
advertised.listeners=PLAINTEXT://127.0.0.1:{open},GUARDED://127.0.0.1:{guarded}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,GUARDED:SASL_PLAINTEXT
listener.name.guarded.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.guarded.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class Guarded:
    """The broker's two doors."""

    def __init__(self, broker: Kafka) -> None:
        self.broker = broker
        self.port = ports.free({broker.port, broker.controller_port})
        self.bootstrap_servers = f"127.0.0.1:{self.port}"
        self.admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})

    def configure(self) -> None:
        """The usual configuration, and the guard."""
        self.broker.configure()
        guard = GUARD.format(open=self.broker.port, controller=self.broker.controller_port, guarded=self.port)
        with self.broker.properties.open("a") as properties:
            properties.write(guard)

    def know(self, *names: str) -> None:
        """Give users the password of the test."""
        scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        users = [UserScramCredentialUpsertion(name, scram, PASSWORD.encode()) for name in names]
        for done in self.admin.alter_user_scram_credentials(users).values():
            done.result(30)

    def allow(self, principals: Iterable[Principal]) -> None:
        """Give rights and nothing else."""
        bindings = [binding for principal in principals for binding in _bindings(principal)]
        futures = self.admin.create_acls(bindings).values()
        wait(futures, timeout=30)
        for done in futures:
            done.result(0)


def _bindings(principal: Principal) -> Iterator[AclBinding]:
    for right in principal.rights:
        for operation in right.operations:
            yield AclBinding(
                ResourceType[right.kind.upper()], right.name, _pattern(right), f"User:{principal.name}", "*",
                AclOperation[operation.upper()], AclPermissionType.ALLOW,
            )  # fmt: skip


def _pattern(right: Right) -> ResourcePatternType:
    return ResourcePatternType.PREFIXED if right.prefixed else ResourcePatternType.LITERAL


@contextlib.contextmanager
def running(broker: Kafka, logs: Path) -> Iterator[Guarded]:
    """The broker, for as long as the block runs."""
    guarded = Guarded(broker)
    guarded.configure()
    nursery = Nursery(logs)
    try:
        nursery.spawn(broker.format_program()).finish()
        child = nursery.spawn(broker.program())
        child.wait_until(kafka.ready)
        yield guarded
        child.stop(30)
    finally:
        nursery.close()
