"""What handlers see: a consumer that knows which event starts which handler, messages, and batches of them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar, overload

from pydantic import ValidationError

from contracts.base import Event
from shared.database import Transaction
from shared.envelope import Arrival, split_major
from shared.outbox import Outgoing, outgoing

E = TypeVar("E", bound=Event)


class Message(Generic[E]):
    """One event as it arrived, with what its envelope says."""

    __slots__ = ("arrival", "event", "trace")

    def __init__(self, event: E, arrival: Arrival) -> None:
        self.event = event
        self.arrival = arrival
        self.trace = arrival.headers.get("traceparent")

    @property
    def type(self) -> str:
        """The full type, with its major."""
        return self.event.entry.type

    @property
    def topic(self) -> str:
        """The topic it came on."""
        return self.arrival.topic

    @property
    def aggregate(self) -> tuple[str, str | None]:
        """Topic and key: what order is kept for."""
        return self.arrival.aggregate

    @property
    def source(self) -> str:
        """Who said it, as a CloudEvents source."""
        return self.arrival.headers["ce_source"]

    @property
    def id(self) -> str:
        """The event's id, unique within its source."""
        return self.arrival.headers["ce_id"]

    @property
    def ref(self) -> str:
        """`source#id`: the identity of the event."""
        return f"{self.source}#{self.id}"

    @property
    def time(self) -> datetime:
        """When it was said, in UTC."""
        return datetime.fromisoformat(self.arrival.headers["ce_time"])

    @property
    def party(self) -> str | None:
        """The outside party that said it, None for a service."""
        return self.arrival.headers.get("ce_party")

    @property
    def actor(self) -> str | None:
        """Who spoke for the party."""
        return self.arrival.headers.get("ce_actor")

    @property
    def sequence(self) -> int | None:
        """The version of the aggregate that this event made."""
        sequence = self.arrival.headers.get("ce_sequence", "")
        return int(sequence) if sequence.isdecimal() else None

    @property
    def cause(self) -> str | None:
        """The ref of the event that led to this one."""
        return self.arrival.headers.get("ce_causationid")

    def leads_to(self, event: Event) -> Outgoing:
        """An event that follows from this message, in its trace and with it as cause."""
        headers = self.arrival.headers
        return outgoing(event, cause=f"{headers['ce_source']}#{headers['ce_id']}", trace=self.trace)


class Batch(Sequence[Message[E]], Generic[E]):
    """Messages of one type with distinct keys; of types that go together, all in order of arrival."""

    __slots__ = ("messages",)

    def __init__(self, messages: Iterable[Message[E]]) -> None:
        self.messages = list(messages)

    @overload
    def __getitem__(self, index: int) -> Message[E]: ...
    @overload
    def __getitem__(self, index: slice) -> "Batch[E]": ...
    def __getitem__(self, index: int | slice) -> "Message[E] | Batch[E]":
        if isinstance(index, slice):
            return Batch(self.messages[index])
        return self.messages[index]

    def __len__(self) -> int:
        return len(self.messages)

    def __iter__(self) -> Iterator[Message[E]]:
        return iter(self.messages)

    @property
    def events(self) -> list[E]:
        """The events, in order of arrival."""
        return [message.event for message in self.messages]

    @property
    def refs(self) -> list[str]:
        """The identities, in order of arrival."""
        return [message.ref for message in self.messages]

    @property
    def party(self) -> list[str | None]:
        """Who said each, in order of arrival."""
        return [message.party for message in self.messages]


Handler = Callable[[Transaction, Batch[Any]], Awaitable[None]]
H = TypeVar("H", bound=Callable[[Transaction, Any], Awaitable[None]])


@dataclass(slots=True)
class Broken:
    """An arrival that is no message: a stable reason, and details that carry no values."""

    arrival: Arrival
    reason: str
    detail: dict[str, Any]


@dataclass(slots=True)
class Skipped:
    """An arrival that is none of ours: `unknown_type` or `tombstone`."""

    arrival: Arrival
    reason: str


Decoded = Message[Any] | Broken | Skipped


class Consumer:
    """Which event starts which handler; the group is the service's name."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.handlers: dict[str, tuple[type[Event], Handler]] = {}
        self.together: dict[str, str] = {}
        self._known: set[str] = set()

    def on(self, *event_classes: type[Event]) -> Callable[[H], H]:
        """Register the handler of an event class, one handler each; several classes go together, in one call.

        Such a call has messages of all of them in order of arrival, also several of one key.
        """
        names = {event_class.entry.type: event_class for event_class in event_classes}

        def register(handler: H) -> H:
            for name, event_class in names.items():
                if name in self.handlers:
                    raise ValueError(f"{name} has a handler already")
                self.handlers[name] = (event_class, handler)
                self._known.add(split_major(name)[0])
            if len(names) > 1:
                self.together |= dict.fromkeys(names, next(iter(names)))
            return handler

        return register

    @property
    def topics(self) -> list[str]:
        """The topics to subscribe to, without prefix."""
        return sorted({event_class.entry.topic for event_class, _ in self.handlers.values()})

    def decode(self, arrival: Arrival) -> Decoded:
        """An arrival as a message, or the reason why it is none."""
        type_name = arrival.headers.get("ce_type", "")
        if type_name not in self.handlers:
            return self._unhandled(arrival, type_name)
        if arrival.value is None:
            return Skipped(arrival, "tombstone")
        if not arrival.sound:
            return Broken(arrival, "unreadable_headers", {})
        try:
            event = self.handlers[type_name][0].model_validate_json(arrival.value)
            datetime.fromisoformat(arrival.headers["ce_time"])
        except ValidationError as error:
            return Broken(arrival, "invalid_event", {"errors": _without_values(error, self.handlers[type_name][0])})
        except ValueError:
            return Broken(arrival, "unreadable_headers", {"header": "ce_time"})
        if event.aggregate_id != arrival.key:
            return Broken(arrival, "key_mismatch", {"key": event.entry.key})
        return Message(event, arrival)

    def _unhandled(self, arrival: Arrival, type_name: str) -> Broken | Skipped:
        if not type_name or "\ufffd" in type_name:
            return Skipped(arrival, "tombstone") if arrival.value is None else Broken(arrival, "unreadable_headers", {})
        base, major = split_major(type_name)
        if base in self._known:
            return Broken(arrival, "unknown_major", {"major": major})
        return Skipped(arrival, "unknown_type")


def _without_values(error: ValidationError, event_class: type[Event]) -> list[dict[str, str]]:
    """Kinds and places of a validation error; a part of a place that is no field of ours came from the data."""
    names = _field_names(event_class)
    return [
        {"type": item["type"], "at": ".".join(str(part) if part in names else "*" for part in item["loc"])}
        for item in error.errors(include_url=False, include_context=False, include_input=False)[:20]
    ]


@cache
def _field_names(event_class: type[Event]) -> frozenset[str | int]:
    schema = event_class.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", ()))
