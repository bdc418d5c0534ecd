"""CloudEvents 1.0 as parties send them: structured, binary or in batches, over HTTP or Kafka."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as QuickUUID  # noqa: N811
from pydantic import ValidationError
from pydantic_core import from_json

from contracts.base import Event
from contracts.fields import Problem
from gateway import bounds, catalogue, problems, unheard
from gateway.parties import Caller
from gateway.problems import Refusal, problem

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MAX_BATCH = 1_000
UUID_LENGTH = 36
Raw = Mapping[str, Any]


@dataclass(slots=True)
class Said:
    """What a party said, valid by its contract; `place` is its position among what is taken in with it."""

    place: int
    caller: Caller
    event: Event
    id: UUID
    time: datetime
    trace: str | None
    ref: str
    receipt_id: UUID
    digest: bytes
    ignored: Sequence[str] = ()


@dataclass(slots=True)
class Refused:
    """What a party said and cannot be taken: everything that is wrong with it at once."""

    place: int
    id: str | None
    code: str
    problems: Sequence[Problem]


def read(body: bytes, content_type: str, headers: Mapping[str, str]) -> list[Raw]:
    """The envelopes in a request, unchecked; raises Refusal for a body that is no CloudEvent at all."""
    media_type = media_type_of(content_type)
    if media_type == BATCH:
        batch = _json(body)
        if not isinstance(batch, list):
            raise Refusal("body.unreadable")
        if not batch:
            raise Refusal("batch.empty")
        if len(batch) > MAX_BATCH:
            raise Refusal("batch.too-long", detail=f"{MAX_BATCH}")
        return batch
    if media_type == STRUCTURED:
        return [_json(body)]
    if "ce-type" in headers and media_type in ("application/json", ""):
        return [binary({name[3:]: value for name, value in headers.items() if name.startswith("ce-")}, body)]
    raise Refusal("body.media-type", detail=f"{STRUCTURED}, {BATCH}, application/json + ce-*")


def media_type_of(content_type: str) -> str:
    """The media type without its parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()


def binary(attributes: Mapping[str, str], body: bytes) -> Raw:
    """The envelope of binary mode, whose attributes travel as headers."""
    return {**attributes, "data": _json(body)}


def _json(body: bytes) -> Any:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refusal("body.unreadable") from error


def check(raw: Any, place: int, caller: Caller, *, now: datetime) -> Said | Refused:
    """One envelope as something said by the caller, or all that is wrong with it."""
    if not isinstance(raw, dict):
        return Refused(place, None, "event.envelope", [problem("event.envelope")])
    event_id, wrong = _envelope_problems(raw, caller)
    event_class = catalogue.INTAKE.get(str(raw.get("type")))
    if event_class is None:
        wrong.append(problem("event.type", "type"))
    elif event_class.entry.writer != caller.party_class.value:
        wrong.append(problem("party.type", "type"))
    else:
        said = _said(raw, event_class, place, event_id, caller, now)
        if isinstance(said, Said) and not wrong:
            return said
        wrong += [] if isinstance(said, Said) else said
    return Refused(place, _shown_id(raw), _worst(wrong), wrong)


def _said(
    raw: Raw, event_class: type[Event], place: int, event_id: UUID | None, caller: Caller, now: datetime
) -> Said | list[Problem]:
    try:
        event = event_class.model_validate(raw.get("data"))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        return problems.of_fields(details, "data")
    canonical = event.model_dump_json()
    if "\\u0000" in canonical:
        return [problem("field.invalid", "data")]
    beyond = bounds.problems_of(event, canonical.encode())
    if beyond:
        return beyond
    time = _time(raw.get("time"), now)
    if isinstance(time, Problem):
        return [time]
    ref = f"{caller.party}#{event_id}"
    return Said(
        place=place,
        caller=caller,
        event=event,
        id=event_id or UUID(int=0),
        time=time,
        trace=raw.get("traceparent") if isinstance(raw.get("traceparent"), str) else None,
        ref=ref,
        receipt_id=catalogue.key_of(ref),
        digest=sha256(event_class.entry.type.encode() + b"\n" + canonical.encode()).digest(),
        ignored=unheard.fields_of(event, raw["data"]),
    )


def _envelope_problems(raw: Raw, caller: Caller) -> tuple[UUID | None, list[Problem]]:
    wrong = []
    event_id = _uuid(raw.get("id"))
    if event_id is None:
        wrong.append(problem("event.id", "id"))
    if raw.get("specversion") != "1.0":
        wrong.append(problem("event.envelope", "specversion"))
    if raw.get("source") not in (None, caller.party):
        wrong.append(problem("party.source", "source"))
    if raw.get("datacontenttype", "application/json") != "application/json" or "data_base64" in raw:
        wrong.append(problem("event.envelope", "datacontenttype"))
    return event_id, wrong


def _uuid(value: Any) -> UUID | None:
    try:
        return QuickUUID(value) if isinstance(value, str) and len(value) == UUID_LENGTH else None
    except ValueError:
        return None


def _time(value: Any, now: datetime) -> datetime | Problem:
    """When it was said, in UTC; whoever does not say so says it now."""
    if value is None:
        return now
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return problem("field.format", "time")
    # Before it is converted, which the calendar's own ends would not outlive.
    if time.tzinfo is None or not bounds.FIRST <= time.date() <= bounds.LAST:
        return problem("field.format", "time")
    if time.date() < bounds.SAID_FROM:
        return problem("field.range", "time")
    return problem("event.ahead", "time") if time > now + bounds.CLOCKS_AHEAD else time.astimezone(UTC)


def _shown_id(raw: Raw) -> str | None:
    event_id = _uuid(raw.get("id"))
    return str(event_id) if event_id else None


def _worst(wrong: Sequence[Problem]) -> str:
    """What a lone event is refused with: what may not be said goes before what is badly said."""
    codes = [item.code for item in wrong]
    for code in ("party.type", "party.source", "event.type", "event.id", "event.envelope"):
        if code in codes:
            return code
    return "event.invalid"
