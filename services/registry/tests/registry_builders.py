"""What outside parties say to the registry, with defaults, and a register to say it to."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic_core import to_json

from contracts.base import Event
from contracts.registry import WorkerChanged, WorkerLeft, WorkerRegistered
from contracts.roster_cells import Cell, RosterCells, Sheet, to_chunks
from contracts.rosters import RosterAssessed, RosterChunkSealed, RosterRowsAnswered, RosterSubmitted, RowAnswer
from contracts.unions import LineDeclared, OrganisationDeclared
from registry import intake_keys, roster_runs
from registry.consumers import consumer
from registry.intake_keys import IntakeKey
from registry.vault import Vault
from shared import outbox
from shared.clock import new_id, utc_now
from shared.database import Database
from shared.outbox import Outgoing, Row
from shared.sealing import seal
from shared.testing import Deliver

PROVINCE = UUID(int=1)
UNIT = UUID(int=2)
NOON = datetime(2026, 11, 2, 5, tzinfo=UTC)
REFERENCE = date(2026, 12, 1)
HEADER = ["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Mã NV", "Điện thoại", "Yếu tố có hại", "Ngày vào làm"]

E = TypeVar("E", bound=Event)


def an_organisation(**changed: Any) -> OrganisationDeclared:
    """A grassroots union in Tuyên Quang, below the provincial federation."""
    fields: dict[str, Any] = {
        "organisation_id": UNIT,
        "kind": "CDCS",
        "name": "CĐCS Trường Tiểu học Minh Khai",
        "code": "CDCS-2",
        "parent_id": PROVINCE,
        "province_code": "08",
        "valid_from": date(2025, 7, 1),
    }
    return OrganisationDeclared(**fields | changed)


def a_federation(**changed: Any) -> OrganisationDeclared:
    """The provincial federation, which stands at the root."""
    fields = {"organisation_id": PROVINCE, "kind": "LDLD_TINH", "name": "LĐLĐ tỉnh", "code": "LDLD", "parent_id": None}
    return an_organisation(**fields | changed)


def a_line(**changed: Any) -> LineDeclared:
    """A crew on day shift that reaches one site."""
    fields: dict[str, Any] = {
        "line_id": uuid4(),
        "unit_id": UNIT,
        "name": "Chuyền 1",
        "site": "00691",
        "shifts_from": date(2026, 1, 5),
        "shifts": [(420, 900)] * 6 + [None],
        "headcount": 40,
        "max_absent_pct": 20,
        "reaches": [{"site": "00691", "minutes": 15}],
    }
    return LineDeclared(**fields | changed)


def a_person(number: int, **changed: Cell) -> list[Cell]:
    """A roster row of somebody invented: the number makes name, birth date and every identifier."""
    words = ["An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Khánh", "Lan", "Minh", "Nga"]
    name = f"Nguyễn {words[number // 100 % 10]} {words[number // 10 % 10]} {words[number % 10]}"
    year = 1970 + number % 30
    row: dict[str, Cell] = {
        "name": name,
        "birth": f"{number % 28 + 1:02}/{number // 28 % 12 + 1:02}/{year}",
        "sex": "Nữ" if number % 2 else "Nam",
        "cccd": f"002{number % 2}{year % 100:02}{number + 100:06}",
        "code": f"NV{number:05}",
        "phone": f"09{number + 10000000:08}",
        "hazards": "Tiếng ồn" if number % 3 == 0 else None,
        "since": "01/03/2020",
    }
    return list((row | changed).values())


def a_sheet(*rows: list[Cell], header: list[str] | None = None) -> RosterCells:
    """A text file with a header and these rows."""
    return RosterCells(container="text", sheets=[Sheet("", [list(header or HEADER), *rows])])


@dataclass
class Sending:
    """A manifest with its chunks, sealed."""

    manifest: RosterSubmitted
    chunks: list[RosterChunkSealed]

    @property
    def events(self) -> list[Event]:
        """All of it, the manifest first."""
        return [self.manifest, *self.chunks]


def a_roster(key: IntakeKey, cells: RosterCells, **changed: Any) -> Sending:
    """What the edge makes of a file."""
    extracted = to_chunks(cells)
    fields: dict[str, Any] = {
        "roster_id": uuid4(),
        "unit_id": UNIT,
        "reference_date": REFERENCE,
        "chunks": len(extracted.chunks),
        "key_id": key.key_id,
        "sealed_facts": seal(key.public_key, to_json(extracted.facts)),
    }
    manifest = RosterSubmitted(**fields | changed)
    chunks = [
        RosterChunkSealed(
            roster_id=manifest.roster_id, index=index, key_id=key.key_id, sealed=seal(key.public_key, chunk)
        )
        for index, chunk in enumerate(extracted.chunks)
    ]
    return Sending(manifest, chunks)


def said_by(event: Event, party: str, id_: UUID | None = None) -> Outgoing:
    """An event as the edge publishes it for a party."""
    return outbox.origin(event, source=party, id=id_ or uuid4(), time=NOON, party=party, actor="clerk-1")


def says(event: Event, union: UUID = PROVINCE) -> Outgoing:
    """An event as a union says it."""
    return said_by(event, f"unions/{union}")


@dataclass
class Register:
    """The registry without Kafka."""

    database: Database
    vault: Vault
    deliver: Deliver
    key: IntakeKey
    heard: list[Row] = field(default_factory=list)

    @classmethod
    async def open(cls, database: Database, vault: Vault, deliver: Deliver) -> "Register":
        """With an intake key; everything said in a committed transaction is heard."""
        async with vault.database.transaction() as tx:
            key = await intake_keys.current(tx, vault.masters, now=utc_now(), new_id=new_id())
        register = cls(database, vault, deliver, key)
        database.on_commit.append(lambda tx: register.heard.extend(tx.said))
        return register

    async def hear(self, *events: Event | Outgoing) -> list[Event]:
        """Deliver events in one batch and let ready rosters run; returns all that was said."""
        before = len(self.heard)
        await self.deliver(consumer, self.database, list(events))
        await self.run()
        return [type(row.event).model_validate_json(row.value) for row in self.heard[before:] if row.event]

    async def run(self) -> None:
        """Let every ready roster take effect."""
        while await roster_runs.work(self.database, self.vault, new_id()):
            pass

    async def with_units(self, *units: UUID) -> "Register":
        """A federation with these grassroots unions, or one."""
        declared = [an_organisation(organisation_id=unit, code=f"CDCS-{unit.int}") for unit in units or (UNIT,)]
        await self.hear(says(a_federation()), *map(says, declared))
        return self

    async def take(self, *rows: list[Cell], header: list[str] | None = None, **changed: Any) -> "Taken":
        """Send rows as one roster of the unit and hear what becomes of it."""
        sending = a_roster(self.key, a_sheet(*rows, header=header), **changed)
        return Taken(await self.hear(*(says(event) for event in sending.events)))


@dataclass
class Taken:
    """What was said of one roster."""

    said: list[Event]

    def of(self, kind: type[E]) -> list[E]:
        """The events of one class."""
        return [event for event in self.said if isinstance(event, kind)]

    @property
    def assessed(self) -> RosterAssessed:
        """The one assessment."""
        (assessed,) = self.of(RosterAssessed)
        return assessed

    @property
    def rows(self) -> list[RowAnswer]:
        """All row answers, by row."""
        return sorted((row for part in self.of(RosterRowsAnswered) for row in part.rows), key=lambda row: row.row)

    @property
    def worker_ids(self) -> list[UUID]:
        """The worker of each row that has one, in row order."""
        return [row.worker_id for row in self.rows if row.worker_id]

    @property
    def effects(self) -> list[str]:
        """The effect of each row, in row order."""
        return [row.effect for row in self.rows]

    @property
    def worker_events(self) -> list[WorkerRegistered | WorkerChanged | WorkerLeft]:
        """What others hear of workers."""
        return [e for e in self.said if isinstance(e, WorkerRegistered | WorkerChanged | WorkerLeft)]
