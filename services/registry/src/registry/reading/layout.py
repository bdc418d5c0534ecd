"""Where in a file the roster stands: its sheet, its header rows, and what every row below them is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from contracts import roster_headings
from contracts.legacy_text import Encoding
from contracts.roster_cells import RosterCells, Row, Sheet
from contracts.roster_headings import Match
from contracts.roster_mapping import NOTHING, Chosen, problems_of
from registry.reading import mapping, text
from registry.reading.chosen import fingerprint_of, header_of
from registry.reading.headings import HEADER_WITHIN, Head, in_unicode
from registry.reading.mapping import Columns, Heading
from registry.reading.row_kinds import RowKinds, cell_text, heading_department

Kept = Callable[[str], Chosen]
"""What was chosen before for files with a header, by what they have in common; NOTHING where nothing was."""

HEADERS_TRIED = 3
IDENTITY = ("employee_code", "full_name", "birth_date", "sex", "national_id", "female_tick", "male_tick")
IN_COLUMNS = (("male_birth_date", "female_birth_date"), tuple(mapping.BIRTH_IN_PARTS.values()))


@dataclass(slots=True)
class Layout:
    """A roster found in a file; rows count from 0, `persons` are indices into `rows` (merged values filled down).

    `encoding` is the old one that the header, and so the whole table, is written in.
    """

    sheet: Sheet
    header_rows: list[int]
    headings: list[Heading]
    columns: Columns
    is_template: bool
    label_rows: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    persons: list[int] = field(default_factory=list)
    skipped: dict[str, list[int]] = field(default_factory=dict)
    departments: list[str | None] | None = None
    encoding: Encoding | None = None
    chosen: Chosen = NOTHING

    @property
    def last_heading(self) -> int:
        """The last column with a heading, or with a meaning that somebody gave it."""
        return max((h.column for h in self.headings if h.text or self.columns.fields.get(h.column)), default=-1)

    @property
    def header(self) -> str:
        """What files with this header have in common."""
        return fingerprint_of(heading.text for heading in self.headings)


def find(cells: RosterCells, chosen: Chosen = NOTHING, kept: Kept | None = None) -> Layout | None:
    """The first visible sheet with a roster header and somebody below it, else the first with a header; or None.

    `kept` knows what was chosen for a header before; it is asked where nothing is `chosen` for this file.
    """
    empty = None
    for sheet in cells.sheets:
        layout = _chosen_row(sheet, chosen, kept) or _template(sheet) or _roster(sheet, chosen, kept)
        if layout and (layout.persons or layout.chosen):
            return layout
        empty = empty or layout
    return empty


def _chosen_row(sheet: Sheet, chosen: Chosen, kept: Kept | None) -> Layout | None:
    """The roster under a row that somebody named as its header, for this file or for files that begin alike."""
    row = chosen.header_row
    if row is None and not chosen and kept is not None:
        known = (number for number in range(min(len(sheet.rows), HEADER_WITHIN)) if sheet.rows[number])
        row = next(
            (number + 1 for number in known if kept(header_of(sheet.rows[number])).header_row == number + 1), None
        )
    if row is None or row > len(sheet.rows) or not any(sheet.rows[row - 1]):
        return None
    return _under(Head(sheet), sheet, [row - 1], chosen, kept)


def _template(sheet: Sheet) -> Layout | None:
    for number, row in enumerate(sheet.rows[:HEADER_WITHIN]):
        texts = list(map(cell_text, row))
        if roster_headings.template_keys(texts) >= 3:
            headings = [Heading(column, words) for column, words in enumerate(texts) if words]
            labels: list[int] = []
            while number - len(labels) > 0 and sum(map(bool, sheet.rows[number - len(labels) - 1])) >= 3:
                labels.append(number - len(labels) - 1)
            return _sorted(Layout(sheet, [number], headings, mapping.template(headings), True, sorted(labels)))
    return None


def _roster(sheet: Sheet, chosen: Chosen, kept: Kept | None) -> Layout | None:
    """The roster under the first header with somebody below it: a sender's own name, phone and unit look like one."""
    head = Head(sheet)
    found: list[Layout] = []
    for number in range(min(len(sheet.rows), HEADER_WITHIN)):
        if len(found) < HEADERS_TRIED and roster_headings.is_header(head.texts(number).values()):
            if found and number in found[-1].header_rows:
                continue
            found.append(_under(head, sheet, head.extent(number), chosen, kept))
            if found[-1].persons and not _is_title(head, found[-1]):
                return found[-1]
    return found[0] if found else None


def _is_title(head: Head, layout: Layout) -> bool:
    """Whether what looks like a header only tells of the columns that the next row heads otherwise."""
    below = (head.texts(row) for row in range(layout.header_rows[-1] + 1, HEADER_WITHIN))
    texts = next(filter(None, below), {})
    own = {heading.column: roster_headings.match(heading.text) for heading in layout.headings}
    same = [words for column, words in texts.items() if _field(own.get(column)) == _field(roster_headings.match(words))]
    return roster_headings.is_header(texts.values()) and not same


def _field(found: Match | None) -> str | None:
    return found.field if found else None


def _under(head: Head, sheet: Sheet, rows: list[int], chosen: Chosen, kept: Kept | None) -> Layout:
    headings = head.headings(rows)
    encoding = in_unicode(headings)
    if not chosen and kept is not None:
        chosen = kept(fingerprint_of(heading.text for heading in headings))
    overrides = {} if problems_of(chosen) else chosen.columns
    known = {heading.column for heading in headings}
    headings += [Heading(column, "") for column in sorted(set(map(mapping.column_number, overrides)) - known)]
    columns = mapping.by_wording(headings, overrides)
    return _sorted(Layout(sheet, rows, headings, columns, False, encoding=encoding, chosen=chosen))


def _sorted(layout: Layout) -> Layout:
    """The same layout, and of every row below its header what it is."""
    layout.rows = _filled_down(layout)
    is_person = _person_test(layout)
    name_column = layout.columns.roles.get("full_name", [0])[0]
    seen = RowKinds(layout.sheet.rows, layout.header_rows, name_column, layout.encoding)
    departments: list[str | None] = []
    by_heading = False
    department: str | None = None
    for number in range(layout.header_rows[-1] + 1, len(layout.rows)):
        own = layout.sheet.rows[number]
        if own and own.count(None) < len(own) and is_person(layout.rows[number]) and not seen.is_header(number):
            layout.persons.append(number)
            departments.append(department)
        elif seen.kind(number) == "group_heading":
            by_heading, department = True, heading_department(seen.label(number), layout.encoding)
    layout.skipped = seen.by_kind(layout.persons[-1] if layout.persons else -1)
    if by_heading and layout.columns.column("department") is None and "group_heading" in layout.skipped:
        layout.departments = departments
    return layout


def _filled_down(layout: Layout) -> list[Row]:
    """The rows with the value of a cell merged downwards in every row of its range (ranges never overlap)."""
    rows = list(layout.sheet.rows)
    filled = dict.fromkeys(range(512), layout.header_rows[-1])
    for top, left, bottom, _ in layout.sheet.merges:
        if top <= filled[left] or bottom == top or top >= len(rows) or left >= len(rows[top]):
            continue
        filled[left] = bottom
        value = rows[top][left]
        for number in range(top + 1, min(bottom + 1, len(rows))):
            row = rows[number] + [None] * (left + 1 - len(rows[number]))
            row[left] = value
            rows[number] = row
    return rows


def _person_test(layout: Layout) -> Callable[[Row], bool]:
    """At least two of number, name, birth date, sex and national id; a cell that gives two of them counts once."""
    roles = layout.columns.roles
    groups = [tuple(roles[role]) for role in IDENTITY if role in roles]
    for together in IN_COLUMNS:
        if columns := tuple(column for role in together for column in roles.get(role, ())):
            groups.append(columns)
    single = [group[0] for group in groups if len(group) == 1]
    several = [group for group in groups if len(group) > 1]

    def is_person(row: Row) -> bool:
        width = len(row)
        filled = 0
        for column in single:
            if column < width and (cell := row[column]) is not None and not text.is_error(cell):
                if filled:
                    return True
                filled = 1
        filled += sum(any(c < width and row[c] is not None for c in group) for group in several)
        return filled >= 2

    return is_person
