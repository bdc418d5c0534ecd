"""Whom a roster's rows may mean: found by keyed hashes and by blocks of spelling, and locked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from asyncpg import Record

from registry import employment_store, persons
from registry.blocking import spelling_of
from registry.employment_store import facts_of
from registry.employments import pair_of
from registry.matching import Directory, Known
from registry.roster_rows import Entry, NumberKey, number_key
from registry.vault import Vault
from registry.worker_facts import Facts
from shared.database import Transaction

# OFFSET 0 keeps each hash looked up by itself: with statistics of an empty table the planner would read all of it.
GET_BY_NUMBER = """
SELECT found, worker_id FROM unnest($1::bytea[]) AS wanted (found)
CROSS JOIN LATERAL (SELECT worker_id FROM identifiers WHERE blind_index = wanted.found OFFSET 0) AS known
"""
GET_BY_NAMESAKE = """
SELECT found, worker_id FROM unnest($1::bytea[]) AS wanted (found)
CROSS JOIN LATERAL (
    SELECT worker_id FROM persons WHERE namesake = wanted.found
    UNION ALL SELECT worker_id FROM further_employments WHERE namesake = wanted.found OFFSET 0) AS known
"""
# Who shares a block with a row: rows by their place. Of two citizen's numbers that cannot be one with a slip in it,
# nobody is opened; only the same name with the same birth date is looked at all the same.
GET_ALIKE = """
SELECT place, worker_id FROM unnest($1::int[], $2::bigint[]) AS wanted (place, block)
CROSS JOIN LATERAL (SELECT worker_id FROM persons WHERE spelled = wanted.block OFFSET 0) AS known
UNION
SELECT place, worker_id FROM unnest($1::int[], $3::bigint[], $5::int[]) AS wanted (place, block, last)
CROSS JOIN LATERAL (
    SELECT worker_id FROM persons WHERE named = wanted.block AND number_end = wanted.last OFFSET 0) AS known
UNION
SELECT place, worker_id FROM unnest($1::int[], $3::bigint[], $4::int[]) AS wanted (place, block, middle)
CROSS JOIN LATERAL (
    SELECT worker_id FROM persons WHERE named = wanted.block AND number_middle = wanted.middle OFFSET 0) AS known
UNION
SELECT place, worker_id FROM unnest($1::int[], $3::bigint[]) AS wanted (place, block)
CROSS JOIN LATERAL (SELECT worker_id FROM persons WHERE named = wanted.block AND number_end IS NULL OFFSET 0) AS known
UNION
SELECT place, worker_id FROM unnest($1::int[], $3::bigint[], $5::int[]) AS wanted (place, block, last)
CROSS JOIN LATERAL (SELECT worker_id FROM persons WHERE named = wanted.block OFFSET 0) AS known
WHERE wanted.last IS NULL
UNION
SELECT place, worker_id
FROM unnest($6::int[], $7::bigint[], $8::int[], $9::int[]) AS wanted (place, block, middle, last)
CROSS JOIN LATERAL (
    SELECT worker_id, number_middle, number_end FROM persons WHERE first_word = wanted.block OFFSET 0) AS known
WHERE known.number_end IS NULL OR wanted.last IS NULL
   OR known.number_end = wanted.last OR known.number_middle = wanted.middle
UNION
SELECT place, worker_id
FROM unnest($6::int[], $7::bigint[], $8::int[], $9::int[]) AS wanted (place, block, middle, last)
CROSS JOIN LATERAL (
    SELECT worker_id, number_middle, number_end FROM persons WHERE last_word = wanted.block OFFSET 0) AS known
WHERE known.number_end IS NULL OR wanted.last IS NULL
   OR known.number_end = wanted.last OR known.number_middle = wanted.middle
"""
LOCK_WORKERS = """
SELECT workers.*, digest, name, birth,
       (SELECT person_id FROM merges WHERE merges.worker_id = workers.worker_id) AS person_id
FROM workers JOIN persons USING (worker_id) WHERE worker_id = ANY($1::uuid[]) ORDER BY worker_id FOR UPDATE
"""
GET_NUMBERS = """
SELECT worker_id, type, scope, blind_index, verified FROM identifiers
WHERE worker_id = ANY($1::uuid[]) AND valid_to IS NULL ORDER BY valid_from
"""


async def directory_of(tx: Transaction, vault: Vault, entries: Sequence[Entry]) -> Directory:
    """Every worker whom one of these rows may mean, locked."""
    numbers = await tx.fetch(GET_BY_NUMBER, list({number.index for entry in entries for number in entry.numbers}))
    namesakes = await tx.fetch(GET_BY_NAMESAKE, list({entry.namesake for entry in entries}))
    by_number, by_namesake = _grouped(numbers), _grouped(namesakes)
    ids = list({*by_number, *by_namesake})
    active = _grouped_rows(await tx.fetch(GET_NUMBERS, ids))
    directory = Directory(vault.index)
    for row in await tx.fetch(LOCK_WORKERS, ids):
        worker_id = row["worker_id"]
        known = Known(
            worker_id, (facts_of(row),), row["left_on"], row["digest"], row["name"], row["birth"],
            _numbers(active.get(worker_id, ()), row["unit_id"]), person=row["person_id"],
        )  # fmt: skip
        directory.add(known, by_number.get(worker_id, ()), by_namesake.get(worker_id, ()))
    await employment_store.know_further(tx, directory.known)
    await employment_store.know_spans(tx, directory.known, _met_elsewhere(directory, entries))
    await _tell_namesakes_apart(tx, vault, directory, entries, by_namesake.keys() - by_number.keys())
    return directory


def _met_elsewhere(directory: Directory, entries: Sequence[Entry]) -> dict[UUID, list[Facts]]:
    """Those with several employers, and those whom a row may name as working for another than the one known: with what
    rows may say of them."""
    found: dict[UUID, list[Facts]] = {}
    several = any(len(known.employments) > 1 for known in directory.known.values())
    if not several and all(entry.facts.employer_id is None for entry in entries):
        return found
    for entry in entries:
        pair, names_one = pair_of(entry.facts), entry.facts.employer_id is not None
        for known in directory.candidates(entry):
            if len(known.employments) > 1 or (names_one and pair_of(known.facts) != pair):
                found.setdefault(known.worker_id, []).append(entry.facts)
    return found


async def _tell_namesakes_apart(
    tx: Transaction, vault: Vault, directory: Directory, entries: Sequence[Entry], found_by_name: Collection[UUID]
) -> None:
    """Open the names of those who are found by name alone, unless the very same row is back."""
    digests = {entry.digest for entry in entries}
    unsure = [id_ for id_ in found_by_name if id_ in directory.known and directory.known[id_].digest not in digests]
    for worker_id, identity in (await persons.open_identities(tx, vault, unsure)).items():
        directory.known[worker_id].spelling = spelling_of(identity["full_name"])


async def get_alike(tx: Transaction, entries: Mapping[int, Entry]) -> dict[int, list[UUID]]:
    """Who may be the person of each of these rows under another spelling, by the rows' places."""
    found: dict[int, list[UUID]] = {place: [] for place in entries}
    if not found:
        return found
    blocks = [entry.blocks for entry in entries.values()]
    words = [(place, word, known) for place, known in zip(entries, blocks, strict=True) for word in known.words]
    rows = await tx.fetch(
        GET_ALIKE, list(entries), [known.spelled for known in blocks], [known.named for known in blocks],
        [known.number_middle for known in blocks], [known.number_end for known in blocks],
        [place for place, _, _ in words], [word for _, word, _ in words],
        [known.number_middle for _, _, known in words], [known.number_end for _, _, known in words],
    )  # fmt: skip
    for row in rows:
        found[row["place"]].append(row["worker_id"])
    return found


def _numbers(rows: Iterable[Record], unit_id: UUID) -> dict[NumberKey, tuple[bytes, bool]]:
    """Somebody's numbers in use; 0.1.0 did not write of which unit they are, and nobody had two."""
    return {number_key(row["type"], row["scope"] or unit_id): (row["blind_index"], row["verified"]) for row in rows}


def _grouped_rows(rows: Iterable[Record]) -> dict[UUID, list[Record]]:
    grouped: dict[UUID, list[Record]] = {}
    for row in rows:
        grouped.setdefault(row["worker_id"], []).append(row)
    return grouped


def _grouped(rows: Iterable[Record]) -> dict[UUID, list[bytes]]:
    grouped: dict[UUID, list[bytes]] = {}
    for row in rows:
        grouped.setdefault(row["worker_id"], []).append(row["found"])
    return grouped
