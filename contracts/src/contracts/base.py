"""The base of every event class: its place in the catalogue and the sensitivity of its fields."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

TYPE_PREFIX = "vn.khamdoan"


class Sensitivity(StrEnum):
    """Who may ever see a field; health data only on restricted topics, personal data only sealed."""

    PUBLIC = "public"
    PSEUDONYMOUS = "pseudonymous"
    PERSONAL = "personal"
    HEALTH = "health"

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "x-sensitivity": self.value}


T = TypeVar("T")
Public = Annotated[T, Sensitivity.PUBLIC]
Pseudonymous = Annotated[T, Sensitivity.PSEUDONYMOUS]
Personal = Annotated[T, Sensitivity.PERSONAL]
Health = Annotated[T, Sensitivity.HEALTH]


class Party(StrEnum):
    """The classes of outside parties; each says its own events and sees only what is shown to it."""

    UNIONS = "unions"
    HEALTH = "health"
    CLINICS = "clinics"
    EMPLOYERS = "employers"
    WORKERS = "workers"
    OPERATIONS = "operations"


BOTH_PARTIES = (Party.UNIONS, Party.HEALTH)
"""Who agrees on programmes, campaigns, plans and close-outs."""


class Record(BaseModel):
    """A part of an event: frozen; unknown fields are ignored, so that newer senders can talk to older readers."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event class's row in the catalogue, as `docs/events.md` prints it.

    `readers` are services; `shown_to` are the outside parties that may see the event or what is made of it;
    `answered_by` are the types that close an intake event's receipt; `retention_days` None keeps for ever.
    """

    type: str
    topic: str
    key: str
    writer: str
    readers: tuple[str, ...]
    shown_to: tuple[Party, ...]
    answered_by: tuple[str, ...]
    retention_days: int | None
    major: int


class Event(Record):
    """A fact that somebody stated; the class docstring says what happened, who says it and why anyone listens."""

    entry: ClassVar[Entry]

    def __init_subclass__(
        cls,
        *,
        name: str,
        topic: str,
        key: str,
        readers: tuple[str, ...],
        shown_to: tuple[Party, ...] = (),
        answered_by: tuple[str, ...] = (),
        retention_days: int | None = 90,
        major: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.entry = Entry(
            type=f"{TYPE_PREFIX}.{name}.v{major}",
            topic=topic,
            key=key,
            writer=name.partition(".")[0],
            readers=readers,
            shown_to=shown_to,
            answered_by=tuple(f"{TYPE_PREFIX}.{answer}" for answer in answered_by),
            retention_days=retention_days,
            major=major,
        )

    @property
    def aggregate_id(self) -> str:
        """The Kafka key: the aggregate whose order matters."""
        return str(getattr(self, self.entry.key))


def sensitivity_of(field: FieldInfo) -> Sensitivity | None:
    """The declared sensitivity of a field, None where the contract forgot it."""
    return next((mark for mark in field.metadata if isinstance(mark, Sensitivity)), None)
