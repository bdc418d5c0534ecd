"""Columns read as their file's author says: shown, chosen, kept for the unit, lifted again."""

from typing import Any
from uuid import uuid4

from pydantic_core import to_json
from registry_builders import PROVINCE, UNIT, Register, a_roster, a_sheet, said_by, says

from contracts.registry import DeclarationRefused, WorkerRegistered
from contracts.roster_cells import to_chunks
from contracts.rosters import RosterAssessed, RosterMappingDeclared, RosterMappingKept
from shared.sealing import seal

HEADER = ["Người", "Họ và tên", "Ngày sinh", "Giới tính", "Số", "Xưởng nào"]
ROWS = [
    ["1", "Nguyễn Văn An", "05/06/1990", "Nam", "001090123456", "May"],
    ["2", "Lê Thị Bé", "12/05/1988", "Nữ", "001188123457", "Cắt"],
    ["3", "Ngô Văn Cường", "12/06/1989", "Nam", "001089123458", "May"],
]
CHOSEN = {"columns": {"E": "national_id", "F": "department"}, "header_row": None}


async def send(register: Register, mapping: dict[str, Any] | None = None, rows: Any = ROWS, **changed: Any) -> Any:
    """A file, with what its sender chose for its columns."""
    cells = a_sheet(*rows, header=HEADER)
    facts = to_chunks(cells).facts | ({"mapping": mapping} if mapping else {})
    sealed = seal(register.key.public_key, to_json(facts))
    sending = a_roster(register.key, cells, sealed_facts=sealed, **changed)
    said = await register.hear(*(says(event) for event in sending.events))
    (assessed,) = [event for event in said if isinstance(event, RosterAssessed)]
    return assessed, said


async def test_an_assessment_says_how_every_column_was_read_and_repeats_no_word_of_the_file(register: Register) -> None:
    await register.with_units()

    assessed, _ = await send(register, dry_run=True)

    told = {column.column: (column.field, column.how, column.wording, column.suggested) for column in assessed.columns}
    assert told["B"] == ("full_name", "heading", "ho va ten", None)
    assert told["E"] == (None, None, None, "national_id")
    assert told["F"] == (None, None, None, None)
    assert "Xưởng" not in assessed.model_dump_json()


async def test_what_was_chosen_for_a_file_holds_for_the_units_later_files_with_its_header(register: Register) -> None:
    await register.with_units()

    _, first = await send(register, CHOSEN)
    later, said = await send(register, rows=[["9", "Trần Thị Dung", "01/02/1991", "Nữ", "001191123459", "Kho"]])

    (kept,) = [event for event in first if isinstance(event, RosterMappingKept)]
    assert (kept.version, kept.columns) == (1, CHOSEN["columns"])
    assert later.mapping_version == 1
    assert {c.column: c.how for c in later.columns if c.field}["E"] == "mapping"
    assert not [event for event in said if isinstance(event, RosterMappingKept)]
    assert later.file_outcome == "accepted"


async def test_a_dry_run_shows_a_mapping_and_keeps_none(register: Register) -> None:
    await register.with_units()

    tried, said = await send(register, CHOSEN, dry_run=True)
    later, _ = await send(register)

    assert {c.field for c in tried.columns} >= {"national_id", "department"}
    assert not [event for event in said if isinstance(event, RosterMappingKept)]
    assert later.mapping_version is None


async def test_a_mapping_that_does_not_fit_refuses_the_file_with_every_reason(register: Register) -> None:
    await register.with_units()
    wrong = {"columns": {"B": None, "Z": "department", "D": "colour"}, "header_row": None}

    assessed, said = await send(register, wrong)

    assert assessed.file_outcome == "refused"
    assert assessed.file_codes == ["mapping.unknown_column", "mapping.unknown_field"]
    assert not [event for event in said if isinstance(event, RosterMappingKept | WorkerRegistered)]


async def test_a_header_that_no_word_tells_is_named_by_its_row_and_found_again(register: Register) -> None:
    await register.with_units()
    chosen = {"columns": {"A": "full_name", "B": "birth_date", "C": "sex"}, "header_row": 2}
    header, rows = ["DS 2026"], [["Cột 1", "Cột 2", "Cột 3"], ["Nguyễn Văn An", "05/06/1990", "Nam"]]

    async def file(mapping: Any, *rows: Any) -> Any:
        cells = a_sheet(*rows, header=header)
        facts = to_chunks(cells).facts | ({"mapping": mapping} if mapping else {})
        sending = a_roster(register.key, cells, sealed_facts=seal(register.key.public_key, to_json(facts)))
        said = await register.hear(*(says(event) for event in sending.events))
        return next(event for event in said if isinstance(event, RosterAssessed))

    first = await file(chosen, *rows)
    later = await file(None, rows[0], ["Lê Thị Bé", "12/05/1988", "Nữ"])

    assert (first.registered, first.header_row) == (1, 2)
    assert (later.registered, later.mapping_version) == (1, 1)


async def test_a_mapping_is_declared_and_lifted_by_the_union_alone(register: Register) -> None:
    await register.with_units()
    seen, _ = await send(register, dry_run=True)
    declared = RosterMappingDeclared(unit_id=UNIT, fingerprint=seen.fingerprint, columns=CHOSEN["columns"])

    (stranger,) = await register.hear(said_by(declared, f"unions/{uuid4()}"))
    (kept,) = await register.hear(said_by(declared, f"unions/{PROVINCE}"))
    applied, _ = await send(register, dry_run=True)
    (lifted,) = await register.hear(said_by(declared.model_copy(update={"columns": {}}), f"unions/{PROVINCE}"))
    after, _ = await send(register, dry_run=True)

    assert isinstance(stranger, DeclarationRefused)
    assert (kept.version, applied.mapping_version) == (1, 1)
    assert (lifted.version, lifted.columns, after.mapping_version) == (2, {}, None)
