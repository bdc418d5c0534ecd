"""AsyncAPI 3.0 documents, one per service and party class, written from the catalogue."""

from typing import Any

from contracts.base import Event
from contracts.catalogue import BY_TYPE, read_by, written_by
from contracts.schemas import schema_of

HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"type": "string", "description": "With the source, the identity of the event."},
        "ce_type": {"type": "string"},
        "ce_source": {"type": "string", "description": "A service's name, or party class and id."},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {"type": "string", "description": "The aggregate, as in the Kafka key."},
        "ce_causationid": {"type": "string", "description": "source#id of the event that led to this one."},
        "ce_sequence": {"type": "string", "description": "The aggregate's version."},
        "content-type": {"const": "application/json"},
        "traceparent": {"type": "string", "description": "W3C trace context."},
    },
}


def document_of(owner: str) -> dict[str, Any]:
    """What a service or party class sends and receives, as an AsyncAPI 3.0 document."""
    sends, receives = written_by(owner), read_by(owner)
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for action, events in (("send", sends), ("receive", receives)):
        for event in events:
            message = _name(event)
            channel = event.entry.topic.replace(".", "_").replace("-", "_")
            channels.setdefault(channel, {"address": event.entry.topic, "messages": {}})
            channels[channel]["messages"][message] = {"$ref": f"#/components/messages/{message}"}
            operation = operations.setdefault(
                f"{action}_{channel}", {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": []}
            )
            operation["messages"].append({"$ref": f"#/channels/{channel}/messages/{message}"})
            messages[message] = _message(event)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": f"Khám Đoàn: {owner}", "version": "1.0.0", "description": _described(owner)},
        "defaultContentType": "application/json",
        "channels": dict(sorted(channels.items())),
        "operations": dict(sorted(operations.items())),
        "components": {
            "messages": dict(sorted(messages.items())),
            "messageTraits": {"cloudEvent": {"headers": HEADERS}},
        },
    }


def _name(event: type[Event]) -> str:
    return event.entry.type.removeprefix("vn.khamdoan.").replace(".", "_").replace("-", "_")


def _described(owner: str) -> str:
    module = next(c.__module__ for c in BY_TYPE.values() if c.entry.writer == owner)
    return (__import__(module, fromlist=["__doc__"]).__doc__ or "").strip()


def _message(event: type[Event]) -> dict[str, Any]:
    entry = event.entry
    return {
        "name": entry.type,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "bindings": {"kafka": {"key": {"type": "string", "description": entry.key}, "bindingVersion": "0.5.0"}},
        "payload": {"schemaFormat": "application/schema+json;version=draft-07", "schema": schema_of(event)},
    }
