"""Roster files: read in the sandbox, sealed to registry, stored once; a file that cannot be taken says why."""

import csv
import unicodedata
from io import BytesIO
from uuid import uuid4

import openpyxl
import pytest
from gateway_builders import Clients, an_organisation
from gateway_uploads import CSV, Registry, said
from pydantic_core import from_json

from contracts import legacy_text
from contracts.roster_cells import from_chunks
from contracts.rosters import RosterAssessed, RosterMappingKept, RosterRowsAnswered
from gateway.consumers import make_consumer
from gateway.edge import Edge
from gateway.extraction import text_file
from shared.database import Database
from shared.sealing import open_sealed
from shared.testing import Deliver

CONSUMER = make_consumer()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def test_a_file_becomes_a_manifest_and_chunks_that_only_registry_opens(
    as_: Clients, database: Database, registry: Registry
) -> None:
    unit = uuid4()
    union, asked = await as_.union(unit), said(unit, complete=True)

    answer = await union.post("/rosters", params=asked, content=CSV)

    assert answer.status_code == 202, answer.text
    assert answer.json()["roster_id"] == asked["roster_id"]
    manifest, *chunks = [
        from_json(row["value"])
        for row in await database.pool.fetch(
            "SELECT value FROM outbox WHERE topic = 'unions.rosters' ORDER BY position"
        )
    ]
    assert (manifest["chunks"], manifest["complete"]) == (len(chunks), True)
    opened = [open_sealed(registry.private, chunk["sealed"]) for chunk in chunks]
    facts = from_json(open_sealed(registry.private, manifest["sealed_facts"]))
    rows = from_chunks(facts, opened).sheets[0].rows
    assert [row[1] for row in rows] == ["Họ và tên", "Nguyễn Văn An", "Trần Thị Bình"]
    everything = str(await database.pool.fetch("SELECT convert_from(value, 'utf8'), headers FROM outbox"))
    assert "Nguyễn" not in everything
    assert (await union.get(f"/rosters/{asked['roster_id']}")).json()["assessment"] is None


async def test_the_same_roster_again_gets_the_same_receipt_and_another_file_is_refused(
    as_: Clients, database: Database, registry: Registry
) -> None:
    unit = uuid4()
    union, asked = await as_.union(unit), said(unit)

    first = await union.post("/rosters", params=asked, content=CSV)
    again = await union.post("/rosters", params=asked, content=CSV)
    other = await union.post("/rosters", params=asked, content=CSV + b"3,x,,\n")

    assert again.json()["receipt_id"] == first.json()["receipt_id"]
    assert (other.status_code, other.json()["code"]) == (409, "event.reused")
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 2


async def test_a_form_is_taken_as_well_as_a_bare_file(as_: Clients, registry: Registry) -> None:
    unit = uuid4()
    union = await as_.union(unit)

    form = await union.post("/rosters", params=said(unit), files={"file": ("ds.csv", CSV, "text/csv")})
    empty = await union.post("/rosters", params=said(unit), files={"another": ("ds.csv", CSV, "text/csv")})

    assert form.status_code == 202
    assert empty.json()["problems"][0]["field"] == "file"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "roster.empty"), (b"\x00\x01\x02" * 50, "file.not_a_workbook"), (b"PK\x03\x04 broken", "file.corrupt")],
)
async def test_a_file_that_cannot_be_read_is_refused_with_its_codes(
    as_: Clients, database: Database, registry: Registry, content: bytes, code: str
) -> None:
    unit = uuid4()
    union = await as_.union(unit)

    answer = await union.post("/rosters", params=said(unit), content=content)

    assert answer.status_code == 422
    assert code in {answer.json()["code"], *(problem["code"] for problem in answer.json().get("problems", []))}
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_file_that_a_busy_machine_cannot_read_in_time_is_asked_for_again(
    as_: Clients, edge: Edge, registry: Registry
) -> None:
    unit = uuid4()
    union = await as_.union(unit)

    edge.sandbox._longest_wait = 0
    answer = await union.post("/rosters", params=said(unit), content=CSV)
    edge.sandbox._longest_wait = 60
    again = await union.post("/rosters", params=said(unit), content=CSV)

    assert (answer.status_code, answer.json()["code"], again.status_code) == (503, "roster.busy", 202)
    assert answer.headers["retry-after"]


async def test_a_roster_of_a_unit_elsewhere_is_refused(
    as_: Clients, database: Database, deliver: Deliver, registry: Registry
) -> None:
    own, other = uuid4(), uuid4()
    await deliver(CONSUMER, database, [an_organisation(own), an_organisation(other)])

    answer = await (await as_.union(own)).post("/rosters", params=said(other), content=CSV)

    assert answer.json()["code"] == "party.unit"


async def test_without_registrys_key_nothing_is_taken_and_nothing_is_lost(as_: Clients, edge: Edge) -> None:
    edge.settings.registry_identity_url = "http://127.0.0.1:1"
    unit = uuid4()

    answer = await (await as_.union(unit)).post("/rosters", params=said(unit), content=CSV)

    assert (answer.status_code, answer.json()["code"]) == (503, "roster.key-away")
    assert answer.headers["retry-after"]


def a_workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Tháng 3"
    for row in (["DANH SÁCH"], ["STT", "Họ và tên"], [1, "Nguyễn Văn An"], [2, "Trần Thị Bình"]):
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("content", "header_row"), [(CSV, 1), (a_workbook(), 2)], ids=["csv", "xlsx"])
async def test_the_file_comes_back_with_an_answer_in_every_row(
    as_: Clients, database: Database, deliver: Deliver, registry: Registry, content: bytes, header_row: int
) -> None:
    unit = uuid4()
    union, asked = await as_.union(unit), said(unit)
    path = f"/rosters/{asked['roster_id']}/answered-file"
    await union.post("/rosters", params=asked, content=content)
    rows = [
        {"row": header_row + 1, "outcome": "accepted", "effect": "registered"},
        {"row": header_row + 2, "outcome": "refused", "effect": "refused", "codes": ["name.missing"]},
    ]
    assessed = {
        "roster_id": asked["roster_id"], "unit_id": unit, "dry_run": False, "file_outcome": "accepted", "rows": 2,
        "sheet": 0, "header_row": header_row,
    }  # fmt: skip

    early = await union.post(path, content=content)
    await deliver(
        CONSUMER,
        database,
        [
            RosterRowsAnswered.model_validate({"roster_id": asked["roster_id"], "part": 0, "rows": rows}),
            RosterAssessed.model_validate(assessed),
        ],
    )
    other = await union.post(path, content=content + b" ")
    answered = await union.post(path, content=content)
    stranger = await (await as_.union(uuid4())).post(path, content=content)

    assert [early.json()["code"], other.json()["code"]] == ["roster.not-assessed", "roster.other-file"]
    assert stranger.status_code in {403, 404}
    assert answered.status_code == 200, answered.text
    assert answered.headers["content-type"] == (XLSX if header_row == 2 else "text/csv; charset=utf-8")
    cells = _last_column(answered.content)
    assert cells[header_row - 1] == "Kết quả tiếp nhận"
    assert cells[header_row] == "Đã nhận"
    assert "Chưa nhận, cần sửa" in cells[header_row + 1]
    listed = (await union.get(f"/rosters/{asked['roster_id']}/answers")).json()["items"]
    assert listed[1]["problems"][0]["hint_vi"] in cells[header_row + 1]


def _last_column(content: bytes) -> list[str]:
    if content.startswith(b"PK"):
        sheet = openpyxl.load_workbook(BytesIO(content)).active
        assert sheet is not None
        return [str(row[-1]) for row in sheet.iter_rows(values_only=True)]
    return [row[-1] for row in csv.reader(content.decode("utf-8-sig").splitlines())]


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [
        ("utf-8-sig", "text/csv; charset=utf-8"),
        ("utf-16", "text/csv; charset=utf-16"),
        ("cp1258", "text/csv; charset=windows-1258"),
        ("tcvn3", "text/csv"),
        ("vni", "text/csv"),
    ],
)
async def test_an_answered_text_file_says_its_own_encoding(
    as_: Clients, database: Database, deliver: Deliver, registry: Registry, encoding: str, kind: str
) -> None:
    unit, content = uuid4(), written(CSV.decode(), encoding)
    union, asked = await as_.union(unit), said(unit)
    await union.post("/rosters", params=asked, content=content)
    assessed = {
        "roster_id": asked["roster_id"], "unit_id": unit, "dry_run": False, "file_outcome": "accepted", "rows": 2,
        "sheet": 0, "header_row": 1,
    }  # fmt: skip
    await deliver(CONSUMER, database, [RosterAssessed.model_validate(assessed)])

    answered = await union.post(f"/rosters/{asked['roster_id']}/answered-file", content=content)

    assert answered.headers["content-type"] == kind
    shown = answered.content.decode(text_file.WESTERN if kind == "text/csv" else kind.partition("=")[2])
    shown = legacy_text.convert(shown, encoding) if kind == "text/csv" else shown  # type: ignore[arg-type]
    assert unicodedata.normalize("NFC", shown).lower().count("kết quả tiếp nhận") == 1


def written(text: str, encoding: str) -> bytes:
    """The text as senders' programs write it."""
    if encoding in ("tcvn3", "vni"):
        return legacy_text.typed(text, encoding).encode("latin-1")  # type: ignore[arg-type]
    return text_file.encode(text, text_file.LEGACY_CODEPAGE if encoding == "cp1258" else encoding, b"")


async def test_a_mapping_travels_sealed_and_one_that_cannot_be_is_refused_at_once(
    as_: Clients, database: Database, registry: Registry
) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    chosen = '{"columns": {"A": "employee_code", "D": null}, "header_row": null}'

    taken = await union.post("/rosters", params=said(unit, mapping=chosen), content=CSV)
    wrong = await union.post(
        "/rosters", params=said(unit, mapping='{"columns": {"A": "colour", "B": "sex", "C": "sex"}}'), content=CSV
    )
    none = await union.post("/rosters", params=said(unit, mapping="[]"), content=CSV)

    assert taken.status_code == 202, taken.text
    manifest = from_json(await database.pool.fetchval("SELECT value FROM outbox ORDER BY position LIMIT 1"))
    facts = from_json(open_sealed(registry.private, manifest["sealed_facts"]))
    assert facts["mapping"] == {"columns": {"A": "employee_code", "D": None}, "header_row": None}
    assert [p["code"] for p in wrong.json()["problems"]] == ["mapping.field_twice", "mapping.unknown_field"]
    assert (wrong.status_code, none.status_code) == (422, 422)


async def test_what_is_kept_for_a_unit_can_be_read_until_it_is_lifted(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    unit = uuid4()
    union, stranger = await as_.union(unit), await as_.union(uuid4())
    await deliver(CONSUMER, database, [an_organisation(organisation_id=unit)])
    kept = RosterMappingKept(unit_id=unit, fingerprint="ab" * 16, version=1, columns={"C": "full_name"})

    await deliver(CONSUMER, database, [kept])
    shown = await union.get(f"/units/{unit}/roster-mappings")
    await deliver(CONSUMER, database, [kept.model_copy(update={"version": 2, "columns": {}})])
    after = await union.get(f"/units/{unit}/roster-mappings")

    assert [(row["version"], row["columns"]) for row in shown.json()] == [(1, {"C": "full_name"})]
    assert after.json() == []
    assert (await stranger.get(f"/units/{unit}/roster-mappings")).status_code in (403, 404)
