"""A campaign written straight into scheduling's tables: workers with due checks, sessions, a plan to be approved."""

import asyncio
from datetime import datetime, timedelta
from json import dumps
from time import monotonic
from typing import Any
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import asyncpg
import httpx
from confluent_kafka import Producer
from e2e_house import House

from contracts.base import Event
from contracts.clinics import SessionWithdrawn
from contracts.coordination import PlanApproved
from contracts.unions import BookingRequested
from scheduling.terms import is_holiday
from shared.outbox import outgoing

STATIONS = ["REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR"]
WINDOWS, SEATS = 19, 24
TODAY = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


class World:
    """One unit, `clinics` clinics and as many sessions as the people need."""

    PUBLISHED = ""

    def __init__(self, house: House, name: str = "announced") -> None:
        self.house, self.name = house, name
        self.campaign_id, self.unit_id, self.plan_id = (uuid5(UUID(int=0), f"{name} {w}") for w in ("c", "u", "p"))
        self.PUBLISHED = f"SELECT state = 'published' FROM plan_runs WHERE plan_id = '{self.plan_id}'"
        self.sessions: list[tuple[UUID, str]] = []
        self.booked: dict[UUID, int] = {}
        self.clinics = 0

    async def fill(self, people: int, *, planned: bool = True, spare: int = 0, seats: int | None = None) -> None:
        """Write the campaign; with `planned` a plan that places everybody waits for approval."""
        per_session = seats or WINDOWS * SEATS
        number = 1 if seats else -(-people // per_session) + spare
        self.clinics = min(30, number)
        initial = self.name[0].upper()
        self.sessions = [(uuid5(self.campaign_id, f"s{n}"), f"{initial}{n % self.clinics:04d}") for n in range(number)]
        db = await asyncpg.connect(self.house.database_url("scheduling"))
        try:
            async with db.transaction():
                await self._write(db, people, planned, seats)
            await db.execute("ANALYZE")
        finally:
            await db.close()

    def worker(self, number: int) -> UUID:
        """A worker's id."""
        return uuid5(self.unit_id, str(number))

    def check(self, number: int) -> UUID:
        """A due check's id."""
        return uuid5(self.campaign_id, str(self.worker(number)))

    async def _write(self, db: Any, people: int, planned: bool, seats: int | None) -> None:
        await db.execute("INSERT INTO calendar (today) VALUES ($1) ON CONFLICT DO NOTHING", TODAY)
        until = TODAY + timedelta(days=300)
        await db.execute(
            "INSERT INTO campaigns (campaign_id, period_from, period_to, unit_ids, frozen_on) "
            "VALUES ($1, $2, $3, $4, $2)",
            self.campaign_id, TODAY, until, [self.unit_id],
        )  # fmt: skip
        await db.execute("INSERT INTO units (unit_id, commune_code) VALUES ($1, '00691')", self.unit_id)
        await db.executemany(
            "INSERT INTO clinics (clinic_id) VALUES ($1) ON CONFLICT DO NOTHING",
            [(clinic,) for clinic in {clinic for _, clinic in self.sessions}],
        )
        capacity = dict.fromkeys(STATIONS, SEATS)
        windows = [[360 + 30 * n, SEATS, capacity] for n in range(WINDOWS)]
        days = [day for n in range(60) if not is_holiday(day := TODAY + timedelta(days=10 + n))]
        if seats:
            windows = [[480, seats, dict.fromkeys(STATIONS, seats)]]
        await db.executemany(
            "INSERT INTO sessions (session_id, clinic_id, campaign_id, site, day, bnn, open_cost, windows, stations, "
            "seats, status) VALUES ($1, $2, $3, '00691', $4, true, 6000, $5, $6, $7, 'confirmed')",
            [
                (session, clinic, self.campaign_id, days[n % len(days)], dumps(windows), STATIONS,
                 sum(w[1] for w in windows))
                for n, (session, clinic) in enumerate(self.sessions)
            ],
        )  # fmt: skip
        await db.copy_records_to_table(
            "workers", records=[(self.worker(n), self.unit_id, "{}") for n in range(people)],
            columns=("worker_id", "unit_id", "facts"),
        )  # fmt: skip
        columns = ("health_check_id", "campaign_id", "worker_id", "unit_id", "package", "stations", "timing", "bnn",
                   "cycle_minutes", "due_on", "priority", "late_joiner")  # fmt: skip
        await db.copy_records_to_table(
            "health_checks", columns=columns,
            records=[(self.check(n), self.campaign_id, self.worker(n), self.unit_id, "BASE", STATIONS, [], False, 75,
                      TODAY, 2, False) for n in range(people)],
        )  # fmt: skip
        if planned:
            await self._propose(db, people)

    async def _propose(self, db: Any, people: int) -> None:
        await db.execute(
            "INSERT INTO plan_runs (plan_id, campaign_id, kind, asked_on, seed, causes, state) "
            "VALUES ($1, $2, 'initial', $3, 1, '{}', 'proposed')",
            self.plan_id, self.campaign_id, TODAY,
        )  # fmt: skip
        places = [(self.sessions[n // (WINDOWS * SEATS)][0], n % (WINDOWS * SEATS) // SEATS) for n in range(people)]
        await db.copy_records_to_table(
            "plan_placements", records=[(self.plan_id, self.check(n), *place) for n, place in enumerate(places)],
            columns=("plan_id", "health_check_id", "session_id", "window_index"),
        )  # fmt: skip
        for session, _ in places:
            self.booked[session] = self.booked.get(session, 0) + 1

    def approve(self) -> None:
        """Say that both parties approved the plan, as coordination would."""
        self._say(PlanApproved(plan_id=self.plan_id, campaign_id=self.campaign_id), "coordination")

    async def fullest_session(self) -> UUID:
        """The session with most people."""
        return max(self.booked, key=lambda session: self.booked[session])

    def withdraw(self, session_id: UUID) -> int:
        """Say that a clinic withdraws a session; how many entries follow: its listing, two clinics per person."""
        clinic = dict(self.sessions)[session_id]
        self._say(SessionWithdrawn(session_id=session_id, clinic_id=clinic), f"clinics/{clinic}")
        return 1 + 2 * self.booked[session_id]

    def booking(self, number: int) -> dict[str, Any]:
        """A worker's request for a seat in the only session, as a CloudEvent."""
        event = BookingRequested(request_id=uuid4(), worker_id=self.worker(number), session_id=self.sessions[0][0])
        return {
            "specversion": "1.0", "id": str(uuid4()), "type": event.entry.type,
            "datacontenttype": "application/json", "data": event.model_dump(mode="json"),
        }  # fmt: skip

    def _say(self, event: Event, source: str) -> None:
        said = outgoing(event, source=source, trace=None)
        headers: list[tuple[str, str | bytes | None]] = [*said.headers.items(), ("ce_sequence", "1")]
        client = Producer({"bootstrap.servers": self.house.servers.kafka})
        client.produce(
            self.house.prefix + event.entry.topic, key=event.aggregate_id, value=event.model_dump_json().encode(),
            headers=headers,
        )  # fmt: skip
        client.flush()

    async def token(self, http: httpx.AsyncClient, party_class: str, party_id: str) -> str:
        """An access token of the development issuer."""
        answer = await http.post(
            "/dev/tokens", headers={"Authorization": f"Bearer {self.house.secret}"},
            json={"party_class": party_class, "party_id": party_id, "sub": "bench", "role": "officer"},
        )  # fmt: skip
        return str(answer.raise_for_status().json()["access_token"])

    async def until(self, service: str, question: str, seconds: float) -> float:
        """When a question to a service's database was first answered with true."""
        db = await asyncpg.connect(self.house.database_url(service))
        deadline = monotonic() + seconds
        try:
            while not await db.fetchval(question):
                if monotonic() > deadline:
                    raise AssertionError(f"in vain for {seconds:.0f} s: {question}")
                await asyncio.sleep(0.05)
            return monotonic()
        finally:
            await db.close()

    async def told(self) -> int:
        """How many entries the feeds of this world's clinics have, of this campaign's sessions."""
        db = await asyncpg.connect(self.house.database_url("gateway"))
        try:
            return int(await db.fetchval(self._entries) or 0)
        finally:
            await db.close()

    @property
    def _entries(self) -> str:
        clinics = ",".join(f"'clinics/{clinic}'" for clinic in sorted({clinic for _, clinic in self.sessions}))
        return f"SELECT coalesce(sum(last_sequence), 0) FROM feeds WHERE party IN ({clinics})"

    async def until_told(self, entries: int, seconds: float) -> float:
        """When the clinics' feeds first had so many entries."""
        return await self.until("gateway", f"SELECT ({self._entries}) >= {entries}", seconds)

    async def read_feeds(self) -> int:
        """Read every clinic's feed over HTTP to its end; how many entries there were."""
        read = 0
        async with httpx.AsyncClient(base_url=self.house.url, timeout=60) as http:
            for clinic in sorted({clinic for _, clinic in self.sessions}):
                headers = {"Authorization": f"Bearer {await self.token(http, 'clinics', clinic)}"}
                after = 0
                while True:
                    query = {"after": after, "limit": 2000}
                    page = (await http.get(f"/clinics/{clinic}/feed", params=query, headers=headers)).json()
                    read += len(page["entries"])
                    if not page["entries"]:
                        break
                    after = page["entries"][-1]["sequence"]
        return read
