"""Keyed hashes under which other spellings of one person meet; pure.

Marks, tone placement, i for y, capitals and the order of words make no difference to them. They are made with a key of
their own: whoever could try names against them could not find numbers with it.
"""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from registry.blind_index import BlindIndex
from registry.reading.names import name_key
from registry.worker_facts import full_date

NUMBER_DIGITS = 12
TONES = "\u0300\u0301\u0303\u0309\u0323"
COLUMNS = ("spelled", "named", "first_word", "last_word", "number_middle", "number_end")


class Blocks(NamedTuple):
    """The hashes of one person; those of words need the day of birth, those of a number a citizen's number."""

    spelled: int
    named: int
    first_word: int | None
    last_word: int | None
    number_middle: int | None
    number_end: int | None

    @property
    def words(self) -> tuple[int, ...]:
        """The hashes of single words, where there are any, each once."""
        if self.first_word is None or self.last_word is None:
            return ()
        return (self.first_word,) if self.first_word == self.last_word else (self.first_word, self.last_word)

    def may_share_number(self, other: "Blocks") -> bool:
        """Whether two numbers may be one with a slip in it; so may anybody who has none."""
        if self.number_end is None or other.number_end is None:
            return True
        return self.number_end == other.number_end or self.number_middle == other.number_middle


def words_of(name: str) -> list[str]:
    """A name as words that spellings have in common, in its own order."""
    return name_key(name).replace("y", "i").split()


def spelling_of(name: str) -> str:
    """A name with its marks, wherever the tone of a word stands in it: it tells Hùng from Hưng, not hoà from hòa."""
    return " ".join(map(_spelled, unicodedata.normalize("NFD", name.lower()).split()))


def _spelled(word: str) -> str:
    tones = "".join(letter for letter in word if letter in TONES)
    return "".join(letter for letter in word if letter not in TONES).replace("y", "i") + tones


def are_one_spelling(one: str, other: str) -> bool:
    """Whether two spellings of names with the same key may be one: alike, or one of them written without any marks."""
    return one == other or one.isascii() or other.isascii()


def blocks_of(index: BlindIndex, fields: Mapping[str, Any], unit_id: UUID | str, citizen_number: str | None) -> Blocks:
    """The hashes of a row's or an identity's person; the number only where nothing contradicts it."""
    words, birth, sex = words_of(fields["full_name"]), fields["birth_date"], fields["sex"]
    sorted_words = " ".join(sorted(words))
    by_word = bool(full_date(birth) and words)
    has_number = citizen_number is not None and len(citizen_number) == NUMBER_DIGITS
    return Blocks(
        spelled=index.block("spelled", sorted_words, birth),
        named=index.block("named", sorted_words, unit_id),
        first_word=index.block("word", words[0], birth, sex) if by_word else None,
        last_word=index.block("word", words[-1], birth, sex) if by_word else None,
        number_middle=_digits(index, "middle", citizen_number[6:9]) if has_number and citizen_number else None,
        number_end=_digits(index, "end", citizen_number[9:]) if has_number and citizen_number else None,
    )


@lru_cache(maxsize=4096)
def _digits(index: BlindIndex, kind: str, digits: str) -> int:
    """The hash of three digits, of which there are a thousand."""
    return index.block(kind, digits) >> 33
