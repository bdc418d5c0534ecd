"""How long receipts tell what became of something, and causation what it led to: months, by dated setting.

Of a receipt that is over, who said it and its digest stay for ever: they recognise the same event when it comes again.
"""

import tomllib
from datetime import date
from importlib.resources import files

from gateway.read_models import organisations
from shared.database import Database

AT_ONCE = 5_000
# What is open, or waits for a person, is kept however old it is.
END_RECEIPTS = """
UPDATE receipts SET ended_at = now(), answers = '{}', actor = '', subject = '' WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM receipts WHERE state = 'answered' AND ended_at IS NULL
        AND accepted_at < now() - make_interval(months => $1) AND answered_at < now() - make_interval(months => $1)
    LIMIT $2 FOR UPDATE SKIP LOCKED))
"""
# A day longer than the receipts that name them, which close a moment after their answer was said.
FORGET_ANSWERS = """
DELETE FROM answers WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM answers WHERE at < now() - make_interval(months => $1, days => 1) LIMIT $2))
"""
# What an old receipt that is still shown has led to; receipts end first, so these are few.
STILL_SHOWN = """
WITH RECURSIVE chain AS (
    SELECT receipt_id AS event_key FROM receipts
    WHERE ended_at IS NULL AND accepted_at < now() - make_interval(months => $1)
    UNION
    SELECT causation.event_key FROM causation JOIN chain ON causation.cause_key = chain.event_key
)
SELECT coalesce(array_agg(event_key), '{}') FROM chain
"""
FORGET_CAUSATION = """
DELETE FROM causation WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM causation
    WHERE at < now() - make_interval(months => $1) AND event_key <> ALL ($3::uuid[]) LIMIT $2))
"""


def months_on(day: date) -> int:
    """How many months are kept by the setting of a day; before the first one, by the first one."""
    settings = sorted(_SETTINGS, key=lambda setting: setting["valid_from"])
    return int(next((s for s in reversed(settings) if s["valid_from"] <= day), settings[0])["months"])


async def prune(database: Database) -> int:
    """Forget what is older than the setting of the business day allows; how many rows that were."""
    months = months_on(await organisations.today(database.pool))
    gone = await _in_pieces(database, END_RECEIPTS, months)
    gone += await _in_pieces(database, FORGET_ANSWERS, months)
    shown = await database.pool.fetchval(STILL_SHOWN, months)
    return gone + await _in_pieces(database, FORGET_CAUSATION, months, shown)


async def _in_pieces(database: Database, statement: str, months: int, *further: object) -> int:
    gone = 0
    while True:
        async with database.transaction() as tx:
            number = int((await tx.execute(statement, months, AT_ONCE, *further)).rpartition(" ")[2])
        gone += number
        if number < AT_ONCE:
            return gone


_SETTINGS = tomllib.loads(files("gateway").joinpath("retention.toml").read_text(encoding="utf-8"))["retention"]
