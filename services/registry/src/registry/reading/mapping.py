"""Which column of a sheet says what."""

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from contracts import roster_headings
from contracts.roster_headings import Match

CITIZENS_CARD = re.compile("cccd|can cuoc|dinh danh|citizen")
BIRTH_IN_PARTS = {"ngay": "birth_day", "thang": "birth_month", "nam": "birth_year"}
NAME_IN_PARTS = ("family_and_middle_name", "middle_name", "given_name")
BIRTH_BY_SEX = {"male_tick": "male_birth_date", "female_tick": "female_birth_date"}
SHOWN_AS = {
    "running_number": None,
    "ignored": None,
    "family_and_middle_name": "full_name",
    "middle_name": "full_name",
    "given_name": "full_name",
    "birth_day": "birth_date",
    "birth_month": "birth_date",
    "birth_year": "birth_date",
    "female_tick": "sex",
    "male_tick": "sex",
    "male_birth_date": "birth_date",
    "female_birth_date": "birth_date",
}
"""Roles that are half of a field, and the field that the answer names for them."""


@dataclass(slots=True)
class Heading:
    """The lowest filled heading cell of a column, and the one above it if that spans columns."""

    column: int
    text: str
    group: str = ""


class Why(NamedTuple):
    """Why a column was read as it was: its heading (the known wording), its position, or because somebody chose so."""

    how: Literal["heading", "position", "mapping"]
    wording: str | None = None


@dataclass(slots=True)
class Columns:
    """Roles to columns (several only for a name in parts), what each column was taken for, and why."""

    roles: dict[str, list[int]] = field(default_factory=dict)
    fields: dict[int, str | None] = field(default_factory=dict)
    whys: dict[int, Why] = field(default_factory=dict)

    def column(self, role: str) -> int | None:
        """The column of a role, if the sheet has one."""
        columns = self.roles.get(role)
        return columns[0] if columns else None


def template(headings: Sequence[Heading]) -> Columns:
    """Columns under the field keys of the national template."""
    found = [(h.column, roster_headings.TEMPLATE_FIELDS.get(h.text.strip().upper())) for h in headings]
    roles: dict[str, list[int]] = {}
    for column, name in found:
        if name:
            roles.setdefault(name, [column])
    fields = {column: name if roles.get(name or "") == [column] else None for column, name in found}
    keys = {h.column: Why("heading", h.text.strip().upper()) for h in headings if fields.get(h.column)}
    return Columns(roles, fields, keys)


def by_wording(headings: Sequence[Heading], overrides: Mapping[str, str | None] | None = None) -> Columns:
    """Columns by their headings; of two for one field the better match counts, then the first.

    `overrides` (column letter to field, None to ignore the column) is what a person decided about this file.
    """
    overrides = overrides or {}
    matches = {h.column: None if _is_of_others(h) else roster_headings.match(h.text) for h in headings}
    _birth_dates_in_parts(headings, matches)
    _birth_dates_by_sex(headings, matches)
    chosen = _apply(overrides, matches)
    best: dict[str, tuple[int, int]] = {}
    for column, found in matches.items():
        if found and (found.field not in best or found.score > best[found.field][0]):
            best[found.field] = (found.score, column)
    roles = {role: [column] for role, (_, column) in best.items() if role not in roster_headings.UNNAMED_FIELDS}
    _settle_cards(roles, matches)
    _settle_names(roles, headings)
    names = [
        column for column, found in sorted(matches.items()) if column in chosen and found and found.field == "full_name"
    ]
    if len(names) > 1:
        roles["full_name"] = names
    _settle_ticks(roles)
    taken = {column: role for role, columns in roles.items() for column in columns}
    fields = {h.column: SHOWN_AS.get(taken.get(h.column, ""), taken.get(h.column)) for h in headings}
    return Columns(roles, fields, {column: _why(column, chosen, matches) for column in sorted(taken.keys() | chosen)})


def _is_of_others(heading: Heading) -> bool:
    """Whether a column stands under `Người thân` or the like: whose telephone is that."""
    above = roster_headings.match(heading.group) if heading.group else None
    return above is not None and above.field == "ignored" and above.score == roster_headings.PHRASE


def _why(column: int, chosen: Container[int], matches: Mapping[int, Match | None]) -> Why:
    if column in chosen:
        return Why("mapping")
    found = matches.get(column)
    return Why("heading", found.wording) if found else Why("position")


def _birth_dates_in_parts(headings: Sequence[Heading], matches: dict[int, Match | None]) -> None:
    """`Ngày`, `Tháng`, `Năm` side by side, where nothing else gives a birth date (`Năm` alone looks like `Nam`)."""
    if any(found and found.field == "birth_date" for found in matches.values()):
        return
    for start in range(len(headings) - 2):
        three = headings[start : start + 3]
        if [roster_headings.fold(h.text) for h in three] == list(BIRTH_IN_PARTS):
            for heading, role in zip(three, BIRTH_IN_PARTS.values(), strict=True):
                matches[heading.column] = Match(role, roster_headings.EXACT, roster_headings.fold(heading.text))
            return


def _birth_dates_by_sex(headings: Sequence[Heading], matches: dict[int, Match | None]) -> None:
    """`Nam` and `Nữ` under a birth date heading, or where nothing else gives a birth date, hold dates."""
    known = {found.field for found in matches.values() if found}
    both = {"male_tick", "female_tick"} <= known
    for heading in headings:
        found = matches[heading.column]
        if found is None or found.field not in BIRTH_BY_SEX:
            continue
        group = roster_headings.match(heading.group) if heading.group else None
        if (group and group.field == "birth_date") or (not group and both and not known & {"birth_date", "sex"}):
            matches[heading.column] = Match(BIRTH_BY_SEX[found.field], found.score, found.wording)


def _apply(overrides: Mapping[str, str | None], matches: dict[int, Match | None]) -> set[int]:
    """Let what somebody chose overrule the headings; returns their columns."""
    for letters, chosen in overrides.items():
        matches[column_number(letters)] = Match(chosen, roster_headings.EXACT + 1) if chosen else None
    return {column_number(letters) for letters in overrides}


def _settle_cards(roles: dict[str, list[int]], matches: Mapping[int, Match | None]) -> None:
    """Of several cards the citizen's, and of several days and places of issue those that follow it."""
    cards = _equal("national_id", matches)
    citizens = [column for column in cards if (found := matches[column]) and CITIZENS_CARD.search(found.wording)]
    if citizens:
        roles["national_id"] = citizens[:1]
    card = roles.get("national_id", [0])[0]
    for role in roles.keys() & {"issue_date", "issue_place"}:
        same = _equal(role, matches)
        roles[role] = [next((column for column in same if column > card), same[0])]


def _equal(role: str, matches: Mapping[int, Match | None]) -> list[int]:
    """The columns that fit a role best, and equally well."""
    found = {column: match.score for column, match in sorted(matches.items()) if match and match.field == role}
    return [column for column, score in found.items() if score == max(found.values())]


def _settle_names(roles: dict[str, list[int]], headings: Sequence[Heading]) -> None:
    """One name column, or family and given names to be joined; a heading merged over two columns names both."""
    if "full_name" in roles:
        for part in NAME_IN_PARTS:
            roles.pop(part, None)
        first = roles["full_name"][0]
        roles["full_name"] += [h.column for h in headings if h.column > first and h.group and not h.text]
    elif "given_name" in roles:
        roles["full_name"] = [column for part in NAME_IN_PARTS for column in roles.pop(part, [])]


def _settle_ticks(roles: dict[str, list[int]]) -> None:
    if "sex" in roles or "male_birth_date" in roles:
        roles.pop("male_tick", None)
        roles.pop("female_tick", None)
    if "female_tick" not in roles:
        roles.pop("male_tick", None)
    if "birth_date" in roles:
        roles.pop("male_birth_date", None)
        roles.pop("female_birth_date", None)


def column_letters(column: int) -> str:
    """The spreadsheet's name of a column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The column counted from 0 of a spreadsheet's column name; ValueError if it is none."""
    number = 0
    for letter in letters.upper():
        if not "A" <= letter <= "Z":
            raise ValueError(f"no column name: {letters!r}")
        number = number * 26 + ord(letter) - 64
    return number - 1
