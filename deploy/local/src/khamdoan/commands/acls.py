"""`khamdoan acls`: access rights on Kafka, made from the committed topic list."""

import argparse
import shlex
from collections.abc import Iterator

from khamdoan import access, strimzi
from khamdoan.access import Principal
from khamdoan.commands.options import Subparsers

COMMAND = 'kafka-acls.sh --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" --command-config "$KAFKA_ADMIN_CONFIG" --add'


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("acls", help="quyền truy cập Kafka / access rights on Kafka, to be piped on")
    parser.add_argument(
        "--format", choices=sorted(FORMATS), default="kafka-acls", help="lệnh hay YAML / commands, or Strimzi's users"
    )
    parser.add_argument(
        "--party", action="append", metavar="CLASS/ID", help="của bên này thay vì các dịch vụ / of a party, instead"
    )
    parser.add_argument("--prefix", default="", help="KAFKA_TOPIC_PREFIX, nếu có / if there is one")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Print the rights of the five services, or of the parties that are named."""
    parties = [access.party(named, prefix=given.prefix) for named in given.party or ()]
    print(FORMATS[given.format](parties or access.services(prefix=given.prefix)), end="")


def as_commands(principals: list[Principal]) -> str:
    """A shell script of Kafka's own tool; it adds and takes nothing away."""
    return "".join(f"{line}\n" for principal in principals for line in _commands(principal))


def _commands(principal: Principal) -> Iterator[str]:
    for right in principal.rights:
        operations = " ".join(f"--operation {operation}" for operation in right.operations)
        pattern = " --resource-pattern-type prefixed" if right.prefixed else ""
        user, name = shlex.quote(f"User:{principal.name}"), shlex.quote(right.name)
        yield f"{COMMAND} --allow-principal {user} {operations} --{right.kind} {name}{pattern}"


def as_users(principals: list[Principal]) -> str:
    """Strimzi's KafkaUser resources."""
    return strimzi.text(strimzi.user(principal) for principal in principals)


FORMATS = {"kafka-acls": as_commands, "strimzi": as_users}
