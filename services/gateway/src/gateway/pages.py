"""Lists in pages: an opaque cursor names the last row of a page, so that pages neither repeat nor skip."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from gateway.problems import Refusal

T = TypeVar("T")
FIRST_ID = UUID(int=0)
MOST = 2**31 - 1

Cursor = Annotated[str | None, Query(description="`next` of the page before", max_length=400)]
Limit = Annotated[int, Query(ge=1, le=1_000, description="Rows per page")]


class Page(BaseModel, Generic[T]):
    """Rows of a list; `next` is the cursor of the following page, null on the last."""

    items: list[T]
    next: str | None = None


def start(cursor: str | None, *first: Any) -> tuple[Any, ...]:
    """The key behind which the page begins: the cursor's, or `first`; its types are those of `first`."""
    if cursor is None:
        return first
    try:
        raw = from_json(urlsafe_b64decode(cursor.encode()))
        parts = zip(raw, first, strict=True)
        return tuple(_storable(TypeAdapter(type(part)).validate_python(value)) for value, part in parts)
    except (ValueError, TypeError, OverflowError, ValidationError) as error:
        raise Refusal("cursor.invalid") from error


def _storable(value: Any) -> Any:
    """The value, if the database has a place for it; raises OverflowError."""
    if isinstance(value, int) and abs(value) > MOST:
        raise OverflowError
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def page(
    rows: Sequence[dict[str, Any]], limit: int, key: Callable[[dict[str, Any]], tuple[Any, ...]]
) -> dict[str, Any]:
    """A page of rows; a full one has a cursor to the next."""
    more = len(rows) == limit
    return {"items": rows, "next": urlsafe_b64encode(to_json(key(rows[-1]))).decode() if more else None}
