"""Production lines: the crews that scheduling plans around."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from contracts.monitoring import ExposuresProfiled
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO lines SELECT * FROM json_populate_recordset(NULL::lines, $1::json)
ON CONFLICT (line_id) DO UPDATE
SET unit_id = excluded.unit_id, employer_id = excluded.employer_id, name = excluded.name, site = excluded.site,
    shifts_from = excluded.shifts_from, shifts = excluded.shifts, headcount = excluded.headcount,
    max_absent_pct = excluded.max_absent_pct, reaches = excluded.reaches
"""
RECORD_EXPOSURES = """
INSERT INTO exposures SELECT * FROM json_populate_recordset(NULL::exposures, $1::json) ON CONFLICT DO NOTHING
"""
EXPOSURES_OF = """
SELECT report_id, version, measured_on, valid_from, measured_by, places, workers FROM exposures
WHERE unit_id = $1 AND ($2::date IS NULL OR valid_from <= $2) ORDER BY valid_from DESC, version DESC
"""
OF_UNIT = """
SELECT line_id, unit_id, employer_id, name, site, shifts_from, shifts, headcount, max_absent_pct, reaches
FROM lines WHERE unit_id = $1 ORDER BY line_id
"""


async def record(tx: Transaction, batch: Batch[Any]) -> None:
    """Remember what each line is like now."""
    await tx.execute(RECORD, as_rows(batch.events))


async def of_unit(db: Reader, unit_id: UUID) -> list[dict[str, Any]]:
    """The lines of a unit."""
    return dicts(await db.fetch(OF_UNIT, unit_id))


async def profile(tx: Transaction, batch: Batch[ExposuresProfiled]) -> None:
    """Remember what monitoring reports found."""
    await tx.execute(RECORD_EXPOSURES, as_rows(batch.events))


async def exposures_of(db: Reader, unit_id: UUID, day: date | None) -> list[dict[str, Any]]:
    """The reports on a unit's lines and jobs, the latest first; with a day, of each what still holds on it."""
    reports = dicts(await db.fetch(EXPOSURES_OF, unit_id, day))
    return reports if day is None else list(_in_force(reports))


def _in_force(reports: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Reports, the latest first, with those of their places that none of the later ones names."""
    named: set[str] = set()
    for report in reports:
        places = {_key_of(place): place for place in from_json(report["places"])}
        held = [place for key, place in places.items() if key not in named]
        named.update(places)
        if held:
            yield report | {"places": to_json(held).decode()}


def _key_of(place: Mapping[str, Any]) -> str:
    """A line, or a job by its bare words (small letters, no marks), as registry tells places apart."""
    if place.get("line_id"):
        return str(place["line_id"])
    decomposed = unicodedata.normalize("NFD", str(place.get("job")).lower().replace("đ", "d"))
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())
