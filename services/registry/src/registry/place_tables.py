"""The administrative tree as tables, loaded once at the start; nothing is ever removed from a code system."""

from registry import places
from registry.places import CODE_SYSTEM
from registry.reading.places import FORMER_SYSTEM, Province, provinces_of
from shared.database import Transaction

LOAD_PROVINCES = """
INSERT INTO provinces (code_system, code, name, became)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING
"""
LOAD_COMMUNES = """
INSERT INTO communes (code_system, code, province_code, name)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING
"""


async def load(tx: Transaction) -> None:
    """Put the places into the database, where they are not there yet."""
    known = places.current()
    now = [Province(code, name, None) for code, name in known.provinces.items()]
    for system, provinces in ((CODE_SYSTEM, now), (FORMER_SYSTEM, list(provinces_of(FORMER_SYSTEM).values()))):
        await tx.execute(LOAD_PROVINCES, system, *map(list, zip(*provinces, strict=True)))
    province_codes, names = zip(*known.communes.values(), strict=True)
    await tx.execute(LOAD_COMMUNES, CODE_SYSTEM, list(known.communes), list(province_codes), list(names))
