"""What an operator sees of a payload: enough to tell what is wrong with it, nothing that tells of a person."""

from datetime import date
from enum import StrEnum
from typing import Any, Literal

import pytest
from pydantic_core import to_json

from contracts.base import Event, Health, Personal, Pseudonymous, Public, Record
from shared.redaction import redacted

NAME, NUMBER, PHONE = "Nguyễn Văn Thử", "001099000123", "0361234567"


class Colour(StrEnum):
    """A list of codes."""

    RED = "red"


class Part(Record):
    """A part of an event."""

    place: Public[int]
    note: Public[str] = ""


class Everything(Event, name="shop.everything.said", topic="shop.things", key="thing_id", readers=()):
    """A field of every kind."""

    thing_id: Public[Any] = None
    day: Public[date | None] = None
    colour: Public[Colour] = Colour.RED
    side: Public[Literal["left", "right"]] = "left"
    count: Public[int] = 0
    text: Public[str] = ""
    parts: Public[list[Part]] = []
    who: Pseudonymous[str] = ""
    name: Personal[str] = ""
    found: Health[str] = ""


def shown(**data: Any) -> Any:
    return redacted(Everything, to_json(data))


def test_days_codes_and_small_numbers_are_shown() -> None:
    sound = {"day": "2026-07-01", "colour": "red", "side": "left", "count": 12}

    assert shown(**sound) == sound


@pytest.mark.parametrize("text", [NAME, NUMBER, PHONE])
@pytest.mark.parametrize("field", ["thing_id", "day", "colour", "side", "count", "text", "who", "name", "found"])
def test_whatever_stands_in_the_wrong_field_is_not_shown(field: str, text: str) -> None:
    assert text not in str(shown(**{field: text}))


@pytest.mark.parametrize("field", ["day", "count", "text", "found"])
def test_a_long_number_is_not_shown_wherever_it_stands(field: str) -> None:
    assert NUMBER.lstrip("0") not in str(shown(**{field: int(NUMBER)}))


def test_what_is_wrong_with_a_field_can_be_told() -> None:
    assert shown(count="many", colour="blue", parts=[{"note": NAME}], unheard_of=NAME) == {
        "colour": "‹wrong text of 4›",
        "count": "‹wrong text of 4›",
        "parts": [{"note": "‹text of 14›", "‹missing›": ["place"]}],
        "‹unknown fields›": 1,
    }


def test_of_a_long_list_only_the_first_items_are_shown() -> None:
    assert shown(parts=[{"place": place} for place in range(9)])["parts"] == [
        {"place": 0}, {"place": 1}, {"place": 2}, "‹6 more›",
    ]  # fmt: skip


@pytest.mark.parametrize("raw", [b"[" * 100_000, b"\xff\xfe", NAME.encode(), b"", b"[1]", b'"text"'])
def test_no_payload_is_too_broken_to_be_described(raw: bytes) -> None:
    assert NAME not in str(redacted(Everything, raw))


def test_without_an_event_class_only_the_size_is_told() -> None:
    assert redacted(None, NAME.encode()) == f"‹{len(NAME.encode())} bytes›"
    assert redacted(Everything, None) == "‹tombstone›"
