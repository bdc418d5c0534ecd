"""What a union unit, employer or park must be to stand in the register; pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from contracts.fields import Problem
from contracts.organisations import FormerPlace, OrganisationKind
from contracts.unions import OrganisationDeclared
from registry.places import Places
from registry.problems import problem
from registry.reading.places import provinces_of

# A unit stands under one of a smaller rank: four levels by Luật Công đoàn 50/2024, with no fixed depth below them.
UNION_RANKS = {
    "TLD": 0, "LDLD_TINH": 1, "CD_NGANH_TW": 1, "CD_TONG_CTY": 2, "CD_NGANH_DP": 2, "CD_KCN": 2, "CD_XA": 2,
    "CDCS": 3, "NGHIEP_DOAN": 3,
}  # fmt: skip
GRASSROOTS = ("CDCS", "NGHIEP_DOAN")
PARENTS_OF_WORKPLACES = {"EMPLOYER": ("EMPLOYER", "PARK"), "PARK": ("PARK",)}
MAY_BE_ROOT = ("TLD", "LDLD_TINH", "CD_NGANH_TW", "EMPLOYER", "PARK")

LONGEST = {"name": 300, "code": 100}
HIDDEN = ("Cc", "Cf", "Co", "Cn", "Zl", "Zp")
"""Categories of what no reader sees: controls, marks that turn the direction of what follows, and no letters at all."""

TAX_CODE = re.compile(r"(?P<number>\d{10})(-\d{3})?|\d{12}")
COMMUNE_CODE = re.compile(r"\d{5}")
TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


@dataclass(frozen=True, slots=True)
class Version:
    """What an organisation is from a day on."""

    organisation_id: UUID
    valid_from: date
    kind: OrganisationKind
    name: str
    code: str
    parent_id: UUID | None
    province_code: str
    commune_code: str | None
    code_system: str
    tax_code: str | None
    declared_by: str | None
    former_code_system: str | None = None
    former_province_code: str | None = None
    former_commune_code: str | None = None

    @property
    def former_place(self) -> FormerPlace | None:
        """How its papers name its place by the codes before."""
        if self.former_code_system is None:
            return None
        return FormerPlace.model_validate(
            {"code_system": self.former_code_system, "province_code": self.former_province_code,
             "commune_code": self.former_commune_code}
        )  # fmt: skip

    def says_the_same(self, other: "Version") -> bool:
        """Whether nothing but the day and the speaker differs."""
        return replace(self, valid_from=other.valid_from, declared_by=other.declared_by) == other


def version(declared: OrganisationDeclared, party: str | None) -> Version:
    """What a declaration states, cleaned of outer spaces."""
    former = declared.former_place
    return Version(
        organisation_id=declared.organisation_id,
        valid_from=declared.valid_from,
        kind=declared.kind,
        name=" ".join(declared.name.split()),
        code=declared.code.strip(),
        parent_id=declared.parent_id,
        province_code=declared.province_code,
        commune_code=declared.commune_code,
        code_system=declared.code_system,
        tax_code=declared.tax_code,
        declared_by=party,
        former_code_system=former.code_system if former else None,
        former_province_code=former.province_code if former else None,
        former_commune_code=former.commune_code if former else None,
    )


def in_force(history: Sequence[Version], day: date) -> Version | None:
    """The version of a history (in order of days) that holds on a day, None before the first."""
    return next((version for version in reversed(history) if version.valid_from <= day), None)


def problems_of(
    stated: Version,
    history: Sequence[Version],
    ancestors: Sequence[UUID],
    parent_history: Sequence[Version],
    places: Places,
) -> list[Problem]:
    """Everything that is wrong with a declaration; `ancestors` are the parent and all above it on its first day."""
    return [
        *_words(stated),
        *_places(stated, places),
        *_former_place(stated),
        *_tax_code(stated.tax_code),
        *_parent(stated, parent_history),
        *([problem("organisation.parent_is_below", "parent_id")] if stated.organisation_id in ancestors else []),
        *([problem("organisation.kind_changed", "kind")] if any(v.kind != stated.kind for v in history) else []),
    ]


def _words(stated: Version) -> list[Problem]:
    fields: Mapping[str, str] = {"name": stated.name, "code": stated.code}
    found = [problem(f"organisation.{field}_missing", field) for field, value in fields.items() if not value]
    return found + [
        problem(f"organisation.{field}_invalid", field)
        for field, value in fields.items()
        if len(value) > LONGEST[field] or any(unicodedata.category(letter) in HIDDEN for letter in value)
    ]


def _places(stated: Version, places: Places) -> list[Problem]:
    if stated.province_code not in places.provinces:
        return [problem("place.province_unknown", "province_code")]
    if stated.commune_code is None:
        return []
    if stated.commune_code not in places.communes:
        return [problem("place.commune_unknown", "commune_code")]
    if places.communes[stated.commune_code][0] != stated.province_code:
        return [problem("place.commune_of_another_province", "commune_code")]
    return []


def _former_place(stated: Version) -> list[Problem]:
    """Provinces were merged whole, so where something stood says where it stands; of old communes there is no list."""
    if stated.former_code_system is None or stated.former_province_code is None:
        return []
    province = provinces_of(stated.former_code_system).get(stated.former_province_code)
    if province is None:
        return [problem("place.former_province_unknown", "former_place.province_code")]
    if province.became != stated.province_code:
        return [problem("place.became_another_province", "former_place.province_code")]
    if stated.former_commune_code is not None and not COMMUNE_CODE.fullmatch(stated.former_commune_code):
        return [problem("place.former_commune_malformed", "former_place.commune_code")]
    return []


def _tax_code(code: str | None) -> list[Problem]:
    if code is None:
        return []
    match = TAX_CODE.fullmatch(code)
    if match is None:
        return [problem("tax_code.bad_format", "tax_code")]
    number = match["number"]
    # Twelve digits are a person's number, which has no check digit.
    if number is not None and not has_check_digit(number):
        return [problem("tax_code.bad_check_digit", "tax_code")]
    return []


def has_check_digit(number: str) -> bool:
    """Whether the tenth digit of a tax code is 10 − (weighted sum of the first nine mod 11)."""
    weighted = sum(weight * int(digit) for weight, digit in zip(TAX_WEIGHTS, number, strict=False))
    return 10 - weighted % 11 == int(number[9])


def _parent(stated: Version, parent_history: Sequence[Version]) -> list[Problem]:
    if stated.parent_id is None:
        return [] if stated.kind in MAY_BE_ROOT else [problem("organisation.parent_missing", "parent_id")]
    parent = in_force(parent_history, stated.valid_from)
    if parent is None:
        return [problem("organisation.parent_not_yet_valid", "parent_id")]
    return [] if may_stand_under(stated.kind, parent.kind) else [problem("organisation.parent_kind", "parent_id")]


def may_stand_under(kind: str, parent: str) -> bool:
    """Whether a parent of one kind may have a child of another."""
    if kind in PARENTS_OF_WORKPLACES:
        return parent in PARENTS_OF_WORKPLACES[kind]
    if parent not in UNION_RANKS:
        return False
    # A large company's CĐCS has member CĐCS of its own.
    return UNION_RANKS[parent] < UNION_RANKS[kind] or parent == kind == "CDCS"
