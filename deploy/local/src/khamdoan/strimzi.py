"""Topics and users as resources of Strimzi, the operator that runs Kafka in Kubernetes."""

from collections.abc import Iterable
from typing import Any

import yaml

from contracts.topics import TIMESTAMPS, Topic
from khamdoan.access import Principal, Right

API = "kafka.strimzi.io/v1"
CLUSTER = "khamdoan"
REPLICAS = 3
IN_SYNC = 2

Resource = dict[str, Any]


def user(principal: Principal) -> Resource:
    """A KafkaUser; the operator makes its password and keeps it in a Secret of the same name."""
    acls = [_acl(right) for right in principal.rights]
    return {
        **_head("KafkaUser", principal.name),
        "spec": {"authentication": {"type": "scram-sha-512"}, "authorization": {"type": "simple", "acls": acls}},
    }


def _acl(right: Right) -> Resource:
    pattern = "prefix" if right.prefixed else "literal"
    resource = {"type": right.kind, "name": right.name, "patternType": pattern}
    return {"resource": resource, "operations": list(right.operations)}


def topic(listed: Topic) -> Resource:
    """A KafkaTopic of three copies, two of which acknowledge."""
    config = {"retention.ms": listed.retention_ms, "min.insync.replicas": IN_SYNC, **TIMESTAMPS}
    return {
        **_head("KafkaTopic", listed.name),
        "spec": {"partitions": listed.partitions, "replicas": REPLICAS, "config": config},
    }


def _head(kind: str, name: str) -> Resource:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name, "labels": {"strimzi.io/cluster": CLUSTER}}}


def text(resources: Iterable[Resource]) -> str:
    """The YAML documents of a manifest."""
    return yaml.safe_dump_all(resources, sort_keys=False, explicit_start=True)
