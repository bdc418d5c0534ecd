"""A message that could not take effect, as an operator may see it: its shape, and no value that tells of anybody."""

from collections.abc import Iterator
from datetime import date
from enum import Enum
from json import JSONDecodeError, loads
from typing import Any, get_args
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from contracts.base import Event, Sensitivity, sensitivity_of

ITEMS_AT_MOST = 3
LONGEST_INSTANT = 32
SMALL = 1_000_000
"""A longer number may be somebody's, in a field that was meant for another."""


def redacted(event_class: type[Event] | None, value: bytes | None) -> Any:
    """The payload with placeholders; where no event class says what its fields are, only its size is told."""
    if value is None:
        return "‹tombstone›"
    if event_class is None:
        return f"‹{len(value)} bytes›"
    try:
        return _of_model(event_class, loads(value))
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        return f"‹{len(value)} bytes that are no JSON›"


def _of_model(model: type[BaseModel], data: Any) -> Any:
    if not isinstance(data, dict):
        return _placeholder(data)
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    shown = {name: _of_field(field, data[name]) for name, field in fields.items() if name in data}
    missing = [name for name, field in fields.items() if field.is_required() and name not in data]
    # Names of other fields came from the data, like their values.
    unknown = len(data.keys() - fields.keys())
    return {
        **shown,
        **({"‹missing›": missing} if missing else {}),
        **({"‹unknown fields›": unknown} if unknown else {}),
    }


def _of_field(field: FieldInfo, value: Any) -> Any:
    sensitivity = sensitivity_of(field)
    if sensitivity is Sensitivity.PSEUDONYMOUS:
        return _placeholder(value, f"{sensitivity}: ")
    if sensitivity is not Sensitivity.PUBLIC:
        return f"‹{sensitivity or 'undeclared'}›"
    model = next(_models(field.annotation), None)
    if isinstance(value, list):
        items = [_of_model(model, item) if model else _scalar(_item_type(field), item) for item in value]
        more = [f"‹{len(items) - ITEMS_AT_MOST} more›"] if len(items) > ITEMS_AT_MOST else []
        return items[:ITEMS_AT_MOST] + more
    if model is not None and isinstance(value, dict):
        return _of_model(model, value)
    return _scalar(field.annotation, value)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _item_type(field: FieldInfo) -> Any:
    lists = [part for part in (field.annotation, *get_args(field.annotation)) if get_args(part)]
    return next((get_args(part)[0] for part in lists), None)


def _scalar(annotation: Any, value: Any) -> Any:
    """A value that its type allows and that cannot be free text: numbers, dates, ids, codes from a list."""
    try:
        understood = TypeAdapter(annotation).validate_python(value, strict=False)
    except (ValidationError, RecursionError):
        return _placeholder(value, "wrong ")
    if understood is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < SMALL else _placeholder(value)
    return value if _is_canonical(annotation, value, understood) else _placeholder(value)


def _is_canonical(annotation: Any, value: Any, understood: Any) -> bool:
    """Whether a text is an id, a day, an instant or one of a list, written as such: it can say no more than that."""
    if isinstance(understood, Enum):
        return True
    if isinstance(understood, date):
        return understood.isoformat()[:10] == value[:10] and len(value) <= LONGEST_INSTANT
    return str(understood) == value if isinstance(understood, UUID) else _is_listed(annotation, value)


def _is_listed(annotation: Any, value: str) -> bool:
    arguments = get_args(annotation)
    return value in arguments or any(_is_listed(part, value) for part in arguments if get_args(part))


def _placeholder(value: Any, what: str = "") -> str:
    if isinstance(value, str):
        return f"‹{what}text of {len(value)}›"
    kinds = {dict: "object", list: "list", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return f"‹{what}{kinds.get(type(value), 'value')}›"
