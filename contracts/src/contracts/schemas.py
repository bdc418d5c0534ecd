"""JSON Schemas of the event classes, and whether two versions of one can read each other's events."""

from typing import Any

from contracts.base import Event

Schema = dict[str, Any]
_PROSE = {"title", "description", "default", "examples"}


def schema_of(event: type[Event]) -> Schema:
    """The event's schema with every reference written out, and its row of the catalogue as `x-` keys."""
    raw = event.model_json_schema()
    definitions = raw.pop("$defs", {})
    entry = event.entry
    head = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": entry.type,
        "x-topic": entry.topic,
        "x-key": entry.key,
        "x-readers": list(entry.readers),
        "x-shown-to": [party.value for party in entry.shown_to],
        "x-answered-by": list(entry.answered_by),
        "x-retention-days": entry.retention_days,
    }
    inlined: Schema = _inline(raw, definitions)
    return head | inlined


def _inline(node: Any, definitions: Schema) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        rest = {k: v for k, v in node.items() if k != "$ref"}
        return _inline(target | rest, definitions)
    return {key: _inline(value, definitions) for key, value in node.items()}


def incompatibilities(old: Schema, new: Schema, path: str = "") -> list[str]:
    """Why events of one version cannot be read by the other, either way; empty where they can.

    Both may add or drop optional fields; a field they share keeps its type, its values and whether it is required.
    """
    if old.get("type") != "object" or "properties" not in old or "properties" not in new:
        return [] if _bare(old) == _bare(new) else [f"{path or 'event'}: values differ"]
    found = []
    old_required, new_required = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(old_required ^ new_required):
        found.append(f"{path}{name}: required in one version only")
    for name in sorted(old["properties"].keys() & new["properties"].keys()):
        found += incompatibilities(old["properties"][name], new["properties"][name], f"{path}{name}.")
    for keyword in ("x-topic", "x-key"):
        if old.get(keyword) != new.get(keyword):
            found.append(f"{path}{keyword}: {old.get(keyword)} became {new.get(keyword)}")
    return found


def _bare(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _bare(v) for k, v in node.items() if k not in _PROSE and not k.startswith("x-")}
    if isinstance(node, list):
        return [_bare(item) for item in node]
    return node
