"""Order per key holds, batches or not (guarantee 2)."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from shared.waves import waves


@dataclass(frozen=True)
class Note:
    """A message reduced to what waves look at."""

    number: int
    type: str
    aggregate: int


def notes(spec: str) -> list[Note]:
    """`a1 b1 a2` as notes: type and key."""
    return [Note(number, word[0], int(word[1:])) for number, word in enumerate(spec.split())]


def shown(messages: list[Note], *together: str) -> list[str]:
    split = waves(messages, dict.fromkeys(together, "together"))
    return [" ".join(f"{note.type}{note.aggregate}" for note in wave) for wave in split]


def test_messages_of_one_type_with_distinct_keys_are_one_wave() -> None:
    assert shown(notes("a1 a2 a3")) == ["a1 a2 a3"]


def test_a_second_message_of_a_key_starts_a_second_wave() -> None:
    assert shown(notes("a1 a1 a2")) == ["a1 a2", "a1"]


def test_types_alternate_only_where_a_key_demands_it() -> None:
    assert shown(notes("a1 b1 a2 b2 a3 b3")) == ["a1 a2 a3", "b1 b2 b3"]
    assert shown(notes("a1 b1 b2 a2")) == ["a1", "b1 b2", "a2"]


def test_types_that_go_together_are_one_wave_whatever_their_keys() -> None:
    assert shown(notes("a1 b1 a1 b2"), "a", "b") == ["a1 b1 a1 b2"]
    assert shown(notes("a1 c1 b1 a2 c2"), "a", "b") == ["a1 a2", "c1 c2", "b1"]


MANY = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), max_size=60)


@given(MANY, st.sets(st.sampled_from("abc")))
def test_whatever_arrives_no_message_overtakes_another_of_its_key(
    arrived: list[tuple[str, int]], together: set[str]
) -> None:
    messages = [Note(number, kind, key) for number, (kind, key) in enumerate(arrived)]

    order = [note for wave in waves(messages, dict.fromkeys(together, "together")) for note in wave]

    assert sorted(note.number for note in order) == list(range(len(messages)))
    for key in range(5):
        numbers = [note.number for note in order if note.aggregate == key]
        assert numbers == sorted(numbers)


@given(MANY)
def test_whatever_arrives_a_wave_has_one_type_and_distinct_keys(arrived: list[tuple[str, int]]) -> None:
    messages = [Note(number, kind, key) for number, (kind, key) in enumerate(arrived)]

    for wave in waves(messages):
        assert len({note.type for note in wave}) == 1
        assert len({note.aggregate for note in wave}) == len(wave)
