"""`khamdoan topics`: create the topics of the committed list on a broker that somebody else runs."""

import argparse
import os

from khamdoan import topics
from khamdoan.commands.options import Subparsers


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("topics", help="tạo topic trên Kafka / create the topics (`up` does so by itself)")
    broker = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    parser.add_argument("--kafka", metavar="ADDRESS", default=broker, help=f"a broker (default: {broker})")
    parser.add_argument("--replicas", type=int, default=1, help="copies of each partition (default: 1)")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Create what is missing and name it."""
    for name in topics.create(given.kafka, replicas=given.replicas):
        print(name)
