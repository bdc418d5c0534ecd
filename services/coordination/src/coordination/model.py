"""The rules of the two-party agreement and of counting, pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from json import dumps
from typing import Literal
from uuid import UUID

from contracts.coordination import Figures
from contracts.fields import Funding, Problem

PartyClass = Literal["unions", "health"]
BOTH: tuple[PartyClass, PartyClass] = ("unions", "health")
GRASSROOTS = ("CDCS", "NGHIEP_DOAN")
LABORATORY_GRACE = timedelta(days=14)
"""Conclusions may follow the last exam day by this much before a campaign is closed."""

BEHIND_GRACE = timedelta(days=7)
BEHIND_SHARE = 0.9
"""Behind plan: fewer than this share of those planned up to a week ago are examined."""

_MESSAGES = {
    "approval.no_party": ("Không rõ bên nào phát biểu", "The event does not say which party speaks"),
    "approval.same_party": ("Bên này đã phê duyệt rồi", "This party has already given its word"),
    "approval.same_person": (
        "Một người không thể thay mặt cả hai bên",
        "One person cannot speak for both parties",
    ),
    "approval.not_a_signatory": (
        "Bên này không phải là bên ký chương trình phối hợp",
        "This party is not one of the two that the programme names",
    ),
    "approval.other_digest": (
        "Mã băm khác với số liệu đang chờ ký",
        "The digest is not the one that waits to be signed",
    ),
    "approval.period_invalid": ("Ngày kết thúc trước ngày bắt đầu", "The period ends before it begins"),
    "approval.programme_not_signed": (
        "Chương trình phối hợp chưa được hai bên ký hoặc không bao trùm thời gian này",
        "The programme is not signed by both parties or does not cover the period",
    ),
    "approval.rosters_due_late": (
        "Hạn gửi danh sách sau khi đợt khám kết thúc",
        "Rosters are due after the period ends",
    ),
    "approval.funding_not_whole": (
        "Các nguồn chi trả phải khác nhau và cộng lại đủ 100%",
        "The payers' shares must add up to 100 %, each payer named once",
    ),
    "plan.given_up": (
        "Kế hoạch đã bị rút: một bên từ chối hoặc đã hết hạn chờ duyệt",
        "The plan was withdrawn: a party declined it, or nobody approved it in time",
    ),
    "plan.approved_already": (
        "Hai bên đã phê duyệt kế hoạch này",
        "Both parties have approved this plan",
    ),
    "plan.other_campaign": ("Kế hoạch thuộc đợt khám khác", "The plan belongs to another campaign"),
    "day.production": ("Hệ thống chính thức theo đồng hồ", "Production keeps to the clock"),
    "day.not_forward": ("Ngày làm việc chỉ đi tới", "Business days only go forward"),
}


def problem(code: str, field: str | None = None) -> Problem:
    """A problem with its texts in both languages."""
    vi, en = _MESSAGES[code]
    return Problem(code=code, field=field, message_vi=vi, message_en=en)


@dataclass(frozen=True, slots=True)
class Word:
    """A party's approval: which class, which party, which person."""

    party_class: PartyClass
    party: str
    actor: str


def word_of(party: str | None, actor: str | None) -> Word | None:
    """Who speaks, from the envelope's `class/id` and pseudonym; None if it does not say or neither party speaks."""
    party_class, _, _ = (party or "").partition("/")
    if party is None or actor is None or party_class not in BOTH:
        return None
    return Word("unions" if party_class == "unions" else "health", party, actor)


def objections(word: Word, given: Iterable[Word], signatories: Mapping[str, str]) -> list[Problem]:
    """Why a word does not count: only the two parties that the programme names speak, each once, by two people.

    `signatories` are the parties by class; empty while the programme is not known.
    """
    given = list(given)
    found = []
    if signatories and signatories[word.party_class] != word.party:
        found.append(problem("approval.not_a_signatory"))
    if any(other.party_class == word.party_class for other in given):
        found.append(problem("approval.same_party"))
    if any(other.actor == word.actor for other in given):
        found.append(problem("approval.same_person"))
    return found


def terms_problems(first: date, last: date, rosters_due: date, funding: Sequence[Funding]) -> list[Problem]:
    """What is wrong with a campaign's terms by themselves; one that names no payer leaves it open who pays."""
    found = period_problems(first, last)
    if rosters_due > last:
        found.append(problem("approval.rosters_due_late", "rosters_due"))
    if funding and (sum(f.share_pct for f in funding) != 100 or len({f.payer for f in funding}) < len(funding)):
        found.append(problem("approval.funding_not_whole", "funding"))
    return found


def period_problems(first: date, last: date) -> list[Problem]:
    """What is wrong with a period."""
    return [problem("approval.period_invalid", "period_to")] if last < first else []


def missing(given: Iterable[PartyClass]) -> list[PartyClass]:
    """The parties whose word is still open."""
    said = set(given)
    return [party for party in BOTH if party not in said]


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of one person of the scope."""

    examined: bool = False
    ended: str | None = None
    missed: int = 0


def final_state(person: Person) -> str:
    """The one state a person closes with: examined first, then how the check ended, else missed, else deferred."""
    if person.examined:
        return "examined"
    if person.ended is not None:
        return person.ended
    return "no_show" if person.missed else "deferred"


def digest(campaign_id: UUID, denominators: Iterable[tuple[UUID, int, int]], states: Iterable[tuple[UUID, str]]) -> str:
    """SHA-256 over one JSON line for the campaign with its denominators and one per check with its final state."""
    head = {"campaign": str(campaign_id), "denominators": sorted([str(u), w, d] for u, w, d in denominators)}
    hashed = sha256(_line(head))
    for check, state in sorted((str(check), state) for check, state in states):
        hashed.update(_line({"check": check, "state": state}))
    return hashed.hexdigest()


def _line(value: object) -> bytes:
    return dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def upwards(unit: UUID | None, parents: Mapping[UUID, UUID | None]) -> Iterator[UUID]:
    """A unit and all above it, each once: while parts of a move are on their way, a tree may loop."""
    seen: set[UUID] = set()
    while unit is not None and unit not in seen:
        seen.add(unit)
        yield unit
        unit = parents.get(unit)


def roll_up(own: Mapping[UUID, Figures], parents: Mapping[UUID, UUID | None]) -> dict[UUID, Figures]:
    """Every unit's figures with those of all units below it."""
    totals: dict[UUID, dict[str, int]] = {}
    for unit, figures in own.items():
        for above in upwards(unit, parents):
            total = totals.setdefault(above, dict.fromkeys(Figures.model_fields, 0))
            for name, value in figures:
                total[name] += value
    return {unit: Figures(**total) for unit, total in totals.items()}


def is_behind(planned: int, examined: int) -> bool:
    """Whether fewer were examined than a week-old plan promised; small numbers raise no alert."""
    return planned >= 10 and examined < planned * BEHIND_SHARE


def closes_on(period_to: date) -> date:
    """The first day on which a campaign may be closed."""
    return period_to + LABORATORY_GRACE + timedelta(days=1)
