"""`khamdoan prepare`: databases and topics on servers that somebody else runs, such as containers."""

import argparse
import asyncio
import os

from khamdoan import databases, services, topics
from khamdoan.commands.options import Subparsers
from khamdoan.errors import SetupError


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "prepare", help="tạo cơ sở dữ liệu và topic / create databases and topics (`up` does so by itself)"
    )
    parser.add_argument("--replicas", type=int, default=1, help="copies of each Kafka partition (default: 1)")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Create what is missing on the servers that the environment names."""
    passwords = {name: required(f"{name.upper()}_DATABASE_PASSWORD") for name in services.NAMES}
    asyncio.run(databases.create(required("DATABASE_URL"), passwords))
    asyncio.run(topics.create(required("KAFKA_BOOTSTRAP_SERVERS"), replicas=given.replicas))


def required(variable: str) -> str:
    """An environment variable's value; raises where it is not set."""
    value = os.environ.get(variable)
    if not value:
        raise SetupError(
            "variable-missing",
            f"Thiếu biến môi trường {variable}.",
            f"The environment variable {variable} is missing.",
        )
    return value
