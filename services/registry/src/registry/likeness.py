"""How alike two people's particulars are, and which of that is a reason to ask; pure.

Nothing here joins anybody: what is alike waits for a registrar, with its reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from registry.blocking import words_of
from registry.worker_facts import full_date

SIMILAR_NAME = "identity.similar_name"
NAME_ORDER = "identity.name_order"
SAME_NAME_ELSEWHERE = "identity.same_name_elsewhere"
SIMILAR_BIRTH = "identity.similar_birth_date"
OTHER_SEX = "identity.other_sex"
MISTYPED_NUMBER = "identity.mistyped_number"

# Two letters apart in a name of fifteen, tones and marks not counted; in another unit one.
SIMILAR_FROM = 85.0
SIMILAR_FROM_ELSEWHERE = 90.0
# Two digits changed, left out or swapped.
SLIPS = 2


@dataclass(frozen=True, slots=True)
class Particulars:
    """What of a person is compared: the name's words, birth date, sex, citizen's number, telephone."""

    words: tuple[str, ...]
    birth: str
    sex: str
    number: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two may be one, and how alike their names are, up to 100."""

    reasons: tuple[str, ...]
    score: float


def particulars(identity: Mapping[str, Any]) -> Particulars:
    """What is compared of an identity or of a row's fields."""
    identifiers = identity.get("identifiers") or {}
    return Particulars(
        tuple(words_of(identity["full_name"])), identity["birth_date"], identity["sex"], identifiers.get("cccd"),
        identity.get("phone"),
    )  # fmt: skip


def compare(one: Particulars, other: Particulars, *, same_unit: bool) -> Likeness | None:
    """Why these may be one person; None where they are not alike enough to ask anybody."""
    mistyped = False
    if one.number and other.number and one.number != other.number:
        mistyped = is_slip(one.number, other.number)
        if not mistyped:
            return None
    score = name_likeness(one.words, other.words)
    same_birth = one.birth == other.birth
    sure_of_name = mistyped or same_unit or (one.phone is not None and one.phone == other.phone)
    if score < (SIMILAR_FROM if sure_of_name else SIMILAR_FROM_ELSEWHERE):
        return None
    if not same_birth and not (sure_of_name and is_like_date(one.birth, other.birth)):
        return None
    if one.sex != other.sex and not (same_birth and score == 100 and sure_of_name):
        return None
    return Likeness(tuple(_reasons(one, other, score, same_unit=same_unit, mistyped=mistyped)), score)


def _reasons(one: Particulars, other: Particulars, score: float, *, same_unit: bool, mistyped: bool) -> list[str]:
    found = []
    if score < 100:
        found.append(SIMILAR_NAME)
    elif one.words != other.words:
        found.append(NAME_ORDER)
    if one.birth != other.birth:
        found.append(SIMILAR_BIRTH)
    if one.sex != other.sex:
        found.append(OTHER_SEX)
    if mistyped:
        found.append(MISTYPED_NUMBER)
    if not same_unit:
        found.append(SAME_NAME_ELSEWHERE)
    return found or [SIMILAR_NAME]


def name_likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """How alike two names are, whatever the order of their words."""
    straight = fuzz.ratio(" ".join(one), " ".join(other))
    return max(straight, fuzz.ratio(" ".join(sorted(one)), " ".join(sorted(other))))


def is_slip(one: str, other: str) -> bool:
    """Whether a number is another one with a slip of the finger in it."""
    return OSA.distance(one, other, score_cutoff=SLIPS) <= SLIPS


def is_like_date(one: str, other: str) -> bool:
    """Whether a birth date is another one with a digit changed or two swapped, day for month, or less exactly known."""
    if one.startswith(other) or other.startswith(one):
        return True
    if not full_date(one) or not full_date(other):
        return False
    year, month, day = one.split("-")
    return other == f"{year}-{day}-{month}" or OSA.distance(one, other, score_cutoff=1) <= 1
