"""From a roster's rows to its persons: every column is read at once, then every row is put together."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from contracts.roster_cells import ERROR, Cell, RosterCells
from registry.reading import hazards, identifiers, names, national_template, phones, places, rows, sexes, text
from registry.reading.dates import BLANK, DateField, Dates
from registry.reading.identifiers import Insurance, Number
from registry.reading.layout import Layout
from registry.reading.mapping import BIRTH_IN_PARTS
from registry.reading.names import Name
from registry.reading.rows import Draft, Person
from registry.reading.text import Cached, Field
from registry.reading.work_classes import read_work_class

SIMPLE: dict[str, Callable[[Cell], Field]] = {
    **dict.fromkeys(
        ("employee_code", "union_member_no", "line", "shift", "job", "address", "note", "workplace"), text.read_text
    ),
    **dict.fromkeys(("issue_place", "blood_group", "visit_reason"), text.read_plain),
    **dict.fromkeys(("union_member", "disabled"), sexes.read_flag),
    **dict.fromkeys(("target_groups", "payer_sources"), national_template.read_list),
    "phone": phones.read_phone,
    "hazard_codes": hazards.read_hazards,
    "heavy_class": read_work_class,
}
"""Fields that one cell decides alone."""

FORMULA_ERROR = "cell.formula_error"
NO_FIELD = Field(None)


def read(layout: Layout, cells: RosterCells, reference: date) -> list[Person]:
    """All persons of a roster in row order, with the codes that single rows give."""
    table = _Table(layout, cells, reference)
    return [table.person(index, number) for index, number in enumerate(layout.persons)]


def _department(cell: Cell) -> Field:
    field = text.read_text(cell)
    return field if field.value else Field(None, ("department.missing",))


class _Table:
    """The columns of a roster, each read from top to bottom."""

    def __init__(self, layout: Layout, cells: RosterCells, reference: date) -> None:
        self._layout = layout
        self._reference = reference
        self._rows = [layout.rows[number] for number in layout.persons]
        self._dates = Dates(reference, cells.date_1904)
        self._is_text_file = cells.container == "text"
        self._hidden = frozenset(layout.sheet.hidden_rows)
        self._width = layout.last_heading + 1
        self._names: Sequence[Name] = self._joined("full_name", names.read_name)
        self._sexes, self._births = self._sexes_and_births()
        self._ids: Sequence[Number] = self._column("national_id", identifiers.read_national_id)
        self._nationalities: Sequence[Field] = self._column("nationality", places.read_nationality)
        self._social: Sequence[Insurance] = self._column("social_insurance_no", identifiers.read_social_insurance)
        self._health: Sequence[Field] = self._column("health_insurance_no", identifiers.read_health_insurance)
        self._starts: Sequence[DateField] = self._column("start_date", self._dates.start)
        self._simple = self._simple_fields()
        self._other_dates: list[tuple[str, Sequence[DateField]]] = [
            (role, self._column(role, read))
            for role, read in (("issue_date", self._dates.issue), ("last_health_check", self._dates.last_health_check))
            if role in layout.columns.roles
        ]

    def _cells(self, column: int) -> list[Cell]:
        cells = [row[column] if column < len(row) else None for row in self._rows]
        encoding = self._layout.encoding
        return [text.old_text(cell, encoding) for cell in cells] if encoding else cells

    def _column(self, role: str, read: Callable[[Cell], Any]) -> list[Any]:
        """The readings of a role's column; a sheet without it reads as if all its cells were blank."""
        column = self._layout.columns.column(role)
        return self._read([None] * len(self._rows) if column is None else self._cells(column), read)

    @staticmethod
    def _read(cells: Sequence[Cell], read: Callable[[Cell], Any]) -> list[Any]:
        def read_or_blank(cell: Cell) -> Any:
            if cell.__class__ is str and cell[:2] == ERROR:
                blank = read(None)
                return blank._replace(codes=(*blank.codes, FORMULA_ERROR))
            return read(cell)

        cache = Cached(read_or_blank)
        return [cache[cell] for cell in cells]

    def _joined(self, role: str, read: Callable[[Cell], Any]) -> list[Any]:
        """A name in two columns is joined before anybody looks at the text."""
        columns = self._layout.columns.roles.get(role, [])
        if len(columns) < 2:
            return self._column(role, read)
        parts = zip(*(self._cells(column) for column in columns), strict=True)
        encoding = self._layout.encoding
        joined = (" ".join(filter(None, map(text.raw_text, cells))) or None for cells in parts)
        return self._read([text.old_text(cell, encoding) for cell in joined], read)

    def _sexes_and_births(self) -> tuple[Sequence[Field], Sequence[DateField]]:
        columns = self._layout.columns
        if "male_birth_date" in columns.roles or "female_birth_date" in columns.roles:
            men = self._column("male_birth_date", self._dates.birth)
            women = self._column("female_birth_date", self._dates.birth)
            pairs = [_birth_by_sex(man, woman) for man, woman in zip(men, women, strict=True)]
            return [sex for sex, _ in pairs], [birth for _, birth in pairs]
        births = self._births_in_parts() or self._column("birth_date", self._dates.birth)
        if "male_tick" in columns.roles:
            men, women = (self._cells(columns.roles[role][0]) for role in ("male_tick", "female_tick"))
            return [sexes.read_two_ticks(man, woman) for man, woman in zip(men, women, strict=True)], births
        if "female_tick" in columns.roles:
            return self._column("female_tick", sexes.read_female_tick), births
        return self._column("sex", sexes.read_template_sex if self._layout.is_template else sexes.read_sex), births

    def _births_in_parts(self) -> list[DateField]:
        """Day, month and year in columns of their own, put together as one would write them."""
        roles = self._layout.columns.roles
        if "birth_year" not in roles:
            return []
        parts = zip(*(self._cells(roles[role][0]) for role in BIRTH_IN_PARTS.values()), strict=True)
        written = (tuple(text.clean(text.raw_text(cell)) for cell in cells) for cells in parts)
        return self._read(
            ["/".join(part or "00" for part in date) if any(date) else None for date in written], self._dates.birth
        )

    def _simple_fields(self) -> list[tuple[str, Sequence[Field]]]:
        roles = self._layout.columns.roles
        found: list[tuple[str, Sequence[Field]]] = [
            (role, self._column(role, read)) for role, read in SIMPLE.items() if role in roles
        ]
        for role in national_template.WIDTHS:
            if role in roles:
                read = national_template.code_reader(role, from_text_file=self._is_text_file)
                found.append((role, self._column(role, read)))
        if "department" in roles:
            found.append(("department", self._column("department", _department)))
        elif self._layout.departments is not None:
            read_heading = lambda cell: Field(cell) if cell else Field(None, ("department.missing",))  # noqa: E731
            found.append(("department", self._read(self._layout.departments, read_heading)))
        return found

    def person(self, index: int, number: int) -> Person:
        """One row put together; `number` is its index in the sheet."""
        row = self._rows[index]
        draft = Draft(["row.hidden"] if number in self._hidden else [], {})
        if self._is_text_file and len(row) > self._width:
            draft.codes.append("row.extra_cells")
        self._take_simple(index, draft)
        name = self._names[index]
        self._take_name(name, draft)
        self._take_identifiers(index, draft)
        rows.settle_sex(draft, self._sexes[index])
        rows.settle_birth(draft, self._births[index], self._reference)
        rows.settle_start(draft, self._starts[index], self._reference)
        if self._layout.is_template:
            draft.codes += national_template.missing(draft.fields)
        birth = draft.birth.first if draft.birth and draft.birth.precision == "YMD" else None
        employee_code = draft.fields.get("employee_code")
        return Person(
            number + 1,
            row,
            tuple(draft.codes),
            draft.fields,
            name.full or "",
            draft.sex,
            draft.citizen_id,
            birth,
            employee_code,
        )

    def _take_simple(self, index: int, draft: Draft) -> None:
        codes, fields = draft.codes, draft.fields
        for role, readings in self._simple:
            value, found = readings[index]
            if value is not None:
                fields[role] = value
            if found:
                codes += found
        for role, spans in self._other_dates:
            reading = spans[index]
            if reading.iso:
                fields[role] = reading.iso
            codes += reading.codes

    @staticmethod
    def _take_name(name: Name, draft: Draft) -> None:
        draft.codes += name.codes
        if name.full is None:
            return
        draft.fields["full_name"] = name.full
        if name.family:
            draft.fields["family_name"] = name.family
        if name.middle:
            draft.fields["middle_name"] = name.middle
        draft.fields["given_name"] = name.given

    def _take_identifiers(self, index: int, draft: Draft) -> None:
        nationality = self._nationalities[index]
        draft.codes += nationality.codes
        if nationality.value and nationality.value != places.UNKNOWN_COUNTRY:
            draft.fields["nationality"] = nationality.value
        number = self._ids[index]
        if number.kind == "letters":
            number = identifiers.with_nationality(number, nationality.value)
        draft.codes += number.codes
        known: dict[str, Any] = {number.kind: number.value} if number.kind else {}
        draft.citizen_id = number.value if number.kind == "cccd" else None
        self._take_insurances(index, draft, known)
        if known:
            draft.fields["identifiers"] = known

    def _take_insurances(self, index: int, draft: Draft, known: dict[str, Any]) -> None:
        social, health = self._social[index], self._health[index]
        if social.as_citizen and social.as_citizen == draft.citizen_id:
            draft.codes.append("social_insurance.is_national_id")
        else:
            draft.codes += social.codes
            if social.value:
                known["bhxh"] = social.value
        draft.codes += health.codes
        if health.value:
            known["bhyt"] = health.value


def _birth_by_sex(man: DateField, woman: DateField) -> tuple[Field, DateField]:
    """The filled column gives the sex, its value the birth date; both filled is no answer."""
    has_man, has_woman = man is not BLANK and man != BLANK, woman is not BLANK and woman != BLANK
    if has_man and has_woman:
        return Field(None, ("sex.unrecognised",)), man
    if has_man:
        return Field("male"), man
    return (Field("female"), woman) if has_woman else (NO_FIELD, BLANK)
