"""The Kubernetes manifests, read as files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "k8s"
BASE = FOLDER / "base"
FILES = sorted(FOLDER.rglob("*.yaml"))

Resource = dict[str, Any]


def read(path: Path) -> list[Resource]:
    """The documents of a file."""
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def container(service: str) -> Resource:
    """A service's container: the common shape with what its own folder adds, merged as kustomize does."""
    (shape,) = read(BASE / "service" / "deployment.yaml")
    (merged,) = shape["spec"]["template"]["spec"]["containers"]
    own = BASE / "services" / service / "own.yaml"
    if own.exists():
        (added,) = read(own)[0]["spec"]["template"]["spec"]["containers"]
        for field, value in added.items():
            merged[field] = value + merged.get(field, []) if isinstance(value, list) else value
    return dict(merged)


def environment(service: str) -> dict[str, Resource]:
    """What a service is told: each variable with its value or where that comes from."""
    return {variable["name"]: variable for variable in container(service)["env"]}


def mappings(node: Any) -> Iterator[Resource]:
    """Every mapping of a document, at any depth."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from mappings(child)
