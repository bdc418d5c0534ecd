"""Names are shown to those who may see them, as they may see them, and the worker can read who looked."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
from registry_builders import NOON, PROVINCE, REFERENCE, UNIT, Register, a_federation, a_person, says

from registry import accesses, erasures
from registry.accesses import Viewer
from registry.identity_port import make_app
from shared.database import Transaction

pytestmark = pytest.mark.stack

DOUBTS_OF_OTHERS = """
WITH others AS (
    INSERT INTO workers (worker_id, unit_id, sex, born, disabled, exposures)
    SELECT gen_random_uuid(), $1, 'female', '1990', false, '{}' FROM generate_series(1, 800) RETURNING worker_id
)
INSERT INTO reviews (worker_id, other_id, reasons, roster_id, "row", found_at)
SELECT worker_id, worker_id, '{}', worker_id, 1, '2020-01-01' FROM others
"""
TOKEN = "a token that both were given"
OTHER_UNIT = UUID(int=3)


@pytest.fixture
async def port(register: Register) -> AsyncIterator[httpx.AsyncClient]:
    """The identity port as the gateway sees it."""
    app = make_app(lambda: register.database, register.vault, TOKEN)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://port", headers={"Authorization": f"Bearer {TOKEN}"}
    ) as client:
        yield client


def by(party: str, purpose: str = "ngày khám") -> dict[str, str]:
    return {"x-party": party, "x-actor": "nurse-7", "x-purpose": quote(purpose)}


async def asked(port: httpx.AsyncClient, party: str, *worker_ids: UUID | None) -> list[dict[str, object]]:
    answer = await port.post("/identities", json={"worker_ids": list(map(str, worker_ids))}, headers=by(party))
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()["identities"]
    return found


async def test_a_clinic_sees_what_stands_on_the_examination_form(register: Register, port: httpx.AsyncClient) -> None:
    await register.with_units()
    worker_id = (await register.take(a_person(1))).worker_ids[0]

    (shown,) = await asked(port, "clinics/08001", worker_id)

    assert shown["full_name"] == "Nguyễn An An Bình"
    assert shown["birth_date"] == "1971-01-02"
    assert shown["identifiers"] == {"cccd": a_person(1)[3]}


async def test_a_union_sees_its_own_members_without_any_number_of_the_state(
    register: Register, port: httpx.AsyncClient
) -> None:
    await register.with_units(UNIT, OTHER_UNIT)
    worker_id = (await register.take(a_person(1))).worker_ids[0]

    (own,) = await asked(port, f"unions/{UNIT}", worker_id)
    (above,) = await asked(port, f"unions/{PROVINCE}", worker_id)
    others = await asked(port, f"unions/{OTHER_UNIT}", worker_id)

    assert own == above
    assert (own["full_name"], own["birth_year"]) == ("Nguyễn An An Bình", 1971)
    assert own.keys().isdisjoint({"identifiers", "phone", "birth_date"})
    assert others == []


async def test_workers_see_everything_of_their_own_and_nothing_of_others(
    register: Register, port: httpx.AsyncClient
) -> None:
    await register.with_units()
    rows = (await register.take(a_person(1), a_person(2))).rows

    shown = await asked(port, f"workers/{rows[0].worker_id}", *(row.worker_id for row in rows))

    assert [item["worker_id"] for item in shown] == [str(rows[0].worker_id)]
    assert shown[0]["identity"]["source"]["phone"] == "0910000001"  # type: ignore[index]


@pytest.mark.parametrize("party", ["operations/on-call", "strangers/1", f"employers/{UUID(int=99)}"])
async def test_others_see_nobody(register: Register, port: httpx.AsyncClient, party: str) -> None:
    await register.with_units()
    worker_id = (await register.take(a_person(1))).worker_ids[0]

    assert await asked(port, party, worker_id) == []


async def test_every_look_is_logged_where_the_worker_can_read_it(register: Register, port: httpx.AsyncClient) -> None:
    await register.with_units()
    worker_id = (await register.take(a_person(1))).worker_ids[0]
    await asked(port, "clinics/08001", worker_id)
    await asked(port, f"unions/{UNIT}", worker_id)

    looks = (await port.get(f"/accesses/{worker_id}")).json()["accesses"]

    assert [(look["party"], look["actor"], look["purpose"], look["view"]) for look in looks] == [
        (f"unions/{UNIT}", "nurse-7", "ngày khám", "UnionView"),
        ("clinics/08001", "nurse-7", "ngày khám", "ClinicView"),
    ]


async def test_a_look_that_was_changed_or_taken_out_shows(register: Register, port: httpx.AsyncClient) -> None:
    await register.with_units()
    rows = (await register.take(*(a_person(number) for number in range(4)))).rows
    await asked(port, "clinics/08001", *(row.worker_id for row in rows))
    breaks = []
    for tampering in (
        "SELECT 1",
        "UPDATE accesses SET purpose = 'nothing special' WHERE position = 3",
        "DELETE FROM accesses WHERE position = 2",
        "DELETE FROM accesses WHERE position = 4",
    ):
        async with register.database.transaction() as tx:
            await tx.execute(tampering)
            breaks.append(await accesses.first_break(tx))

    assert breaks == [None, 3, 2, 2]


async def test_a_look_that_is_rewritten_with_a_fitting_hash_does_not_fit_the_next(
    register: Register, port: httpx.AsyncClient
) -> None:
    await register.with_units()
    (row,) = (await register.take(a_person(1))).rows
    for _ in range(3):
        await asked(port, "clinics/08001", row.worker_id)

    async with register.database.transaction() as tx:
        first, second, _ = await tx.fetch(accesses.GET_AFTER, 0)
        forged = Viewer(second["party"], second["actor"], "nothing special")
        link = accesses._link(first["hash"], 2, second["at"], second["worker_id"], forged, second["view"])
        await tx.execute("UPDATE accesses SET purpose = $1, hash = $2 WHERE position = 2", forged.purpose, link)
        broken = await accesses.first_break(tx)

    assert broken == 3


async def test_a_union_finds_a_member_by_number_and_only_in_its_own_units(
    register: Register, port: httpx.AsyncClient
) -> None:
    other = UUID(int=50)
    await register.with_units()
    await register.hear(says(a_federation(organisation_id=other, code="LDLD-2"), other))
    worker_id = (await register.take(a_person(1))).worker_ids[0]
    body = {"unit_id": str(UNIT), "type": "cccd", "value": a_person(1)[3]}

    found = (await port.post("/lookups", json=body, headers=by(f"unions/{UNIT}"))).json()["identities"]
    refused = (await port.post("/lookups", json=body, headers=by(f"unions/{other}"))).json()["identities"]
    missed = (await port.post("/lookups", json={**body, "value": "x"}, headers=by(f"unions/{UNIT}"))).json()[
        "identities"
    ]

    assert [item["worker_id"] for item in found] == [str(worker_id)]
    assert (refused, missed) == ([], [])
    assert await register.database.pool.fetchval("SELECT count(*) FROM accesses") == 3


async def test_the_erased_are_shown_as_nobody(register: Register, port: httpx.AsyncClient) -> None:
    await register.with_units()
    worker_id = (await register.take(a_person(1))).worker_ids[0]
    await erasures.erase(
        register.database, register.vault, worker_id, who="dpo", why="asked", now=NOON, today=REFERENCE
    )

    (shown,) = await asked(port, "clinics/08001", worker_id)

    assert shown["full_name"] is None


async def test_only_the_gateway_is_answered(port: httpx.AsyncClient) -> None:
    for path in ("/intake-key", f"/accesses/{uuid4()}"):
        assert (await port.get(path, headers={"Authorization": "Bearer guess"})).status_code == 401


async def test_a_look_without_a_purpose_is_refused(port: httpx.AsyncClient) -> None:
    headers = {"x-party": "clinics/08001", "x-actor": "nurse-7"}

    answer = await port.post("/identities", json={"worker_ids": []}, headers=headers)

    assert answer.status_code == 422


async def test_the_intake_key_is_the_one_in_use(register: Register, port: httpx.AsyncClient) -> None:
    key = (await port.get("/intake-key")).json()

    assert key["key_id"] == register.key.key_id


async def doubted(register: Register) -> tuple[UUID, UUID]:
    """Two workers who may be one person: one with a citizen's number, one without."""
    await register.with_units()
    first = (await register.take(a_person(1, name="Nguyễn Thị Hường", code=None))).worker_ids[0]
    second = (await register.take(a_person(1, name="Nguyễn Thị Hườngg", cccd=None, code=None))).worker_ids[0]
    return first, second


async def test_a_registrar_sees_both_sides_of_a_doubt_and_the_end_of_a_number_alone(
    register: Register, port: httpx.AsyncClient
) -> None:
    first, second = await doubted(register)

    (review,) = (await port.get("/reviews", headers=by(f"unions/{PROVINCE}", "đối chiếu"))).json()["reviews"]

    names = {side["worker_id"]: side["full_name"] for side in review["sides"]}
    assert names == {str(first): "Nguyễn Thị Hường", str(second): "Nguyễn Thị Hườngg"}
    assert review["reasons"] == ["identity.similar_name"]
    assert (review["agrees"]["birth_date"], review["agrees"]["cccd"], review["agrees"]["phone"]) == (True, None, True)
    assert a_person(1)[3] not in str(review)
    numbers = [number["value"] for side in review["sides"] for number in side["numbers"]]
    assert numbers == ["•" * 8 + str(a_person(1)[3])[-4:]]
    looks = (await port.get(f"/accesses/{second}")).json()["accesses"]
    assert [(look["view"], look["purpose"]) for look in looks] == [("RegistrarView", "đối chiếu")]


@pytest.mark.parametrize("party", [f"unions/{UNIT}", f"unions/{UUID(int=404)}", "clinics/08001", "health/syt-08"])
async def test_nobody_else_sees_the_queue_nor_leaves_a_trace_in_the_log(
    register: Register, port: httpx.AsyncClient, party: str
) -> None:
    await doubted(register)

    answer = (await port.get("/reviews", headers=by(party))).json()

    assert answer == {"reviews": [], "next": None}
    assert await register.database.pool.fetchval("SELECT count(*) FROM accesses") == 0


async def test_the_queue_comes_in_pages_the_oldest_first(register: Register, port: httpx.AsyncClient) -> None:
    await register.with_units()
    for name in ("Hường", "Hườngg", "Hườnggg"):
        await register.take(a_person(1, name=f"Nguyễn Thị {name}", cccd=None, code=None))
    headers = by(f"unions/{PROVINCE}")

    whole = (await port.get("/reviews", headers=headers)).json()["reviews"]
    first = (await port.get("/reviews?limit=2", headers=headers)).json()
    rest = (await port.get(f"/reviews?limit=2&after={first['next']}", headers=headers)).json()

    assert [r["review_id"] for r in first["reviews"] + rest["reviews"]] == [r["review_id"] for r in whole]
    assert (len(whole), rest["next"]) == (3, None)


async def test_a_registrar_reads_no_more_however_many_doubts_others_have(
    register: Register, port: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    abroad, read = UUID(int=60), []
    await register.hear(says(a_federation(organisation_id=abroad, code="LDLD-2"), abroad))
    await doubted(register)
    await register.database.pool.execute(DOUBTS_OF_OTHERS, UUID(int=61))
    fetch = Transaction.fetch

    async def counted(tx: Transaction, query: str, *args: Any) -> list[Any]:
        rows = await fetch(tx, query, *args)
        read.extend(rows)
        return rows

    monkeypatch.setattr(Transaction, "fetch", counted)

    own = (await port.get("/reviews", headers=by(f"unions/{PROVINCE}"))).json()["reviews"]
    none = (await port.get("/reviews", headers=by(f"unions/{abroad}"))).json()["reviews"]

    assert (len(own), none) == (1, [])
    assert len(read) < 30


async def test_workers_see_every_number_they_ever_had_and_who_looked_at_any_record_of_theirs(
    register: Register, port: httpx.AsyncClient
) -> None:
    await register.with_units()
    first, second = (await register.take(a_person(1), a_person(2, cccd=None, code=None))).worker_ids
    await register.take(a_person(1, cccd="002171999999"))
    await register.database.pool.execute("INSERT INTO merges VALUES ($1, $2, 1)", second, first)
    await asked(port, "clinics/08001", first)

    (own,) = await asked(port, f"workers/{second}", second)
    looks = (await port.get(f"/accesses/{second}")).json()["accesses"]

    assert own["also"] == [str(first)]
    seen: list[dict[str, object]] = own["numbers"]  # type: ignore[assignment]
    history = [(n["value"], n["valid_to"] is None, n["verified_by"]) for n in seen if n["type"] == "cccd"]
    assert sorted(history) == [(a_person(1)[3], False, f"unions/{UNIT}"), ("002171999999", True, f"unions/{UNIT}")]
    assert [look["party"] for look in looks] == [f"workers/{second}", "clinics/08001"]
