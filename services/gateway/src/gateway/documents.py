"""What the generated OpenAPI document cannot know: bodies that are read as they come, and the form of problems."""

from typing import Any

from fastapi import FastAPI

from gateway import catalogue, cloudevents

_CLOUDEVENT = {
    "type": "object",
    "required": ["specversion", "id", "type", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {
            "type": "string",
            "format": "uuid",
            "description": "Chosen by the sender: the same again is a repetition",
        },
        "source": {"type": "string", "description": "The sender itself, `<class>/<party id>`; may be left out"},
        "type": {"enum": sorted(catalogue.INTAKE)},
        "time": {"type": "string", "format": "date-time"},
        "traceparent": {"type": "string"},
        "data": {"type": "object", "description": "By the type's schema: contracts/schemas"},
    },
}
EVENTS: dict[str, Any] = {
    "required": True,
    "content": {
        cloudevents.STRUCTURED: {"schema": _CLOUDEVENT},
        cloudevents.BATCH: {
            "schema": {"type": "array", "minItems": 1, "maxItems": cloudevents.MAX_BATCH, "items": _CLOUDEVENT}
        },
        "application/json": {"schema": {"type": "object", "description": "Binary mode: attributes in `ce-*` headers"}},
    },
}
ROSTER: dict[str, Any] = {
    "required": True,
    "content": {
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
    },
}
_TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "code", "status", "title", "title_vi", "title_en"],
    "properties": {
        **dict.fromkeys(("type", "code", "title", "title_vi", "title_en", "detail"), _TEXT),
        "status": {"type": "integer"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": dict.fromkeys(("code", "field", "message_vi", "message_en"), _TEXT),
            },
        },
    },
}


def describe(app: FastAPI) -> None:
    """Add the form of problems to the app's document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["components"]["schemas"].setdefault("ProblemDocument", PROBLEM)
        return document

    app.openapi = openapi  # type: ignore[method-assign]
