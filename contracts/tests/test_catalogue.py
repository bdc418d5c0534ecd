"""What the catalogue promises: every field marked, every answer real, nothing restricted where a union may look."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic.fields import FieldInfo

from contracts import topics
from contracts.__main__ import broken, stale
from contracts.base import Event, Party, Record, Sensitivity, sensitivity_of
from contracts.catalogue import BY_TYPE, EVENTS, PARTIES, SERVICES
from contracts.schemas import incompatibilities, schema_of

TOPICS = {topic.name: topic for topic in topics.load()}
RESTRICTED = {Sensitivity.PERSONAL, Sensitivity.HEALTH}
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.entry.type)


def fields_of(model: type[Record]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}", field
        for inner in _records_in(field.annotation):
            yield from fields_of(inner)


def _records_in(annotation: Any) -> Iterator[type[Record]]:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        yield annotation
    for argument in get_args(annotation):
        yield from _records_in(argument)


@each_event
def test_every_field_says_how_sensitive_it_is(event: type[Event]) -> None:
    unmarked = [name for name, field in fields_of(event) if sensitivity_of(field) is None]

    assert unmarked == []


@each_event
def test_restricted_fields_travel_only_on_restricted_topics(event: type[Event]) -> None:
    restricted = [name for name, field in fields_of(event) if sensitivity_of(field) in RESTRICTED]

    assert not restricted or TOPICS[event.entry.topic].restricted


@each_event
def test_personal_data_travels_only_sealed(event: type[Event]) -> None:
    personal = [field for _, field in fields_of(event) if sensitivity_of(field) is Sensitivity.PERSONAL]

    assert all((field.json_schema_extra or {}).get("x-sealed") for field in personal)


@each_event
def test_nothing_restricted_is_shown_to_unions(event: type[Event]) -> None:
    restricted = [name for name, field in fields_of(event) if sensitivity_of(field) in RESTRICTED]

    assert Party.UNIONS not in event.entry.shown_to or restricted == []


@each_event
def test_every_answer_is_an_event_that_the_gateway_reads(event: type[Event]) -> None:
    unread = [a for a in event.entry.answered_by if a not in BY_TYPE or "gateway" not in BY_TYPE[a].entry.readers]

    assert unread == []


@each_event
def test_every_event_says_who_listens_and_why(event: type[Event]) -> None:
    assert event.__doc__
    assert event.entry.readers
    assert set(event.entry.readers) <= set(SERVICES)
    assert event.entry.key in event.model_fields


@each_event
def test_the_topic_list_agrees_with_the_catalogue(event: type[Event]) -> None:
    topic = TOPICS[event.entry.topic]
    writer = "gateway" if event.entry.writer in PARTIES else event.entry.writer

    assert writer in topic.writers
    assert set(event.entry.readers) <= set(topic.readers)
    assert topic.retention_days is None or (event.entry.retention_days or 10**6) <= topic.retention_days


def test_no_topic_is_listed_without_events() -> None:
    assert set(TOPICS) == {event.entry.topic for event in EVENTS}


def test_only_the_gateway_writes_what_outside_parties_say() -> None:
    party_topics = [topic for topic in TOPICS.values() if topic.name.partition(".")[0] in PARTIES]

    assert all(topic.writers == ("gateway",) for topic in party_topics)


def test_sealed_rosters_are_gone_when_their_keys_are_destroyed() -> None:
    assert TOPICS["unions.rosters"].retention_days == 7


def test_generated_files_are_what_the_classes_say() -> None:
    assert stale() == []


def test_every_class_can_read_and_be_read_by_its_released_versions() -> None:
    assert broken() == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda s: s["required"].append("note"), "required in one version only"),
        (lambda s: s["properties"]["day"].update(type="integer"), "values differ"),
        (lambda s: s["required"].remove("day"), "required in one version only"),
        (lambda s: s.update({"x-key": "other"}), "x-key"),
    ],
    ids=["a new required field", "another type", "a field no longer required", "another key"],
)
def test_a_change_that_readers_cannot_follow_is_found(change: Any, fault: str) -> None:
    old, new = (schema_of(BY_TYPE["vn.khamdoan.coordination.day.started.v1"]) for _ in range(2))

    change(new)

    assert any(fault in found for found in incompatibilities(old, new))


def test_a_new_optional_field_is_no_fault() -> None:
    old, new = (schema_of(BY_TYPE["vn.khamdoan.coordination.day.started.v1"]) for _ in range(2))

    new["properties"]["note"] = {"type": "string", "default": ""}

    assert incompatibilities(old, new) == []
