"""`khamdoan topics`: the committed topic list as Strimzi's KafkaTopic resources."""

import argparse

from contracts import topics
from khamdoan import strimzi
from khamdoan.commands.options import Subparsers


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("topics", help="topic cho Kubernetes / topics as Strimzi's resources")
    parser.set_defaults(run=run)


def run(_given: argparse.Namespace) -> None:
    """Print one resource per topic."""
    print(strimzi.text(strimzi.topic(topic) for topic in topics.load()), end="")
