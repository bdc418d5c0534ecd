"""Two copies of one table, side by side in two schemas: what differs, and how the first becomes like the second."""

from dataclasses import dataclass, field
from typing import Any

from shared.database import Transaction
from shared.projections import Table

EXAMPLES = 20

# Generated columns follow the others by themselves.
COLUMNS = """
SELECT quote_ident(attname) AS name, attnum = ANY(
           SELECT unnest(indkey) FROM pg_index WHERE indrelid = attrelid AND indisprimary) AS in_key, attname AS bare
FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
ORDER BY attnum
"""


@dataclass(slots=True)
class Difference:
    """How many rows of a table are missing, surplus or otherwise, with examples: keys and columns, no values."""

    table: str
    rows: int = 0
    missing: int = 0
    surplus: int = 0
    differing: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether both copies say the same."""
        return not (self.missing or self.surplus or self.differing)


@dataclass(frozen=True, slots=True)
class _Shape:
    live: str
    copy: str
    key: list[str]
    values: list[str]
    all: list[str]

    @property
    def same_key(self) -> str:
        return " AND ".join(f"live.{column} = copy.{column}" for column in self.key)

    @property
    def differs(self) -> str:
        pairs = [f"live.{column} IS DISTINCT FROM copy.{column}" for column in self.values]
        return f"({' OR '.join(pairs) or 'false'})"


class NoKeyError(Exception):
    """A projection needs a primary key: without one, nobody could say which row differs."""


async def between(tx: Transaction, name: str, live: str, copy: str, table: Table) -> Difference:
    """What differs between a table as it lives and its copy."""
    shape = await _shape(tx, name, live, copy, table)
    first = shape.key[0]
    surplus = "false" if table.rows_of_record else f"copy.{first} IS NULL"
    changed = [f"CASE WHEN live.{column} IS DISTINCT FROM copy.{column} THEN '{column}' END" for column in shape.values]
    rows = await tx.fetch(
        f"""
        SELECT kind, key, columns, count(*) OVER (PARTITION BY kind) AS number,
               row_number() OVER (PARTITION BY kind ORDER BY key) AS nth
        FROM (
            SELECT CASE WHEN live.{first} IS NULL THEN 'missing' WHEN copy.{first} IS NULL THEN 'surplus'
                        ELSE 'differing' END AS kind,
                   ARRAY[{", ".join(f"coalesce(live.{column}, copy.{column})::text" for column in shape.key)}] AS key,
                   array_remove(ARRAY[{", ".join(changed) or "NULL"}]::text[], NULL) AS columns
            FROM {shape.live} AS live FULL JOIN {shape.copy} AS copy ON {shape.same_key}
            WHERE live.{first} IS NULL OR {surplus}
               OR (live.{first} IS NOT NULL AND copy.{first} IS NOT NULL AND {shape.differs})
        ) AS found
        ORDER BY nth, kind LIMIT {EXAMPLES}
        """  # noqa: S608 - names from the catalogue
    )
    found = Difference(name, await tx.fetchval(f"SELECT count(*) FROM {shape.live}"))  # noqa: S608
    for row in rows:
        setattr(found, row["kind"], row["number"])
        columns = {"columns": row["columns"]} if row["kind"] == "differing" else {}
        found.examples.append({"kind": row["kind"], "key": row["key"], **columns})
    return found


async def settle(tx: Transaction, name: str, live: str, copy: str, table: Table) -> None:
    """Make the table as it lives say what the copy says, touching only the rows that differ."""
    shape = await _shape(tx, name, live, copy, table)
    if not table.rows_of_record:
        await tx.execute(
            f"DELETE FROM {shape.live} AS live"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT FROM {shape.copy} AS copy WHERE {shape.same_key})"
        )
    if shape.values:
        told = ", ".join(f"{column} = copy.{column}" for column in shape.values)
        await tx.execute(
            f"UPDATE {shape.live} AS live SET {told} FROM {shape.copy} AS copy"  # noqa: S608
            f" WHERE {shape.same_key} AND {shape.differs}"
        )
    columns = ", ".join(shape.all)
    await tx.execute(
        f"INSERT INTO {shape.live} ({columns}) SELECT {columns} FROM {shape.copy} AS copy"  # noqa: S608
        f" WHERE NOT EXISTS (SELECT FROM {shape.live} AS live WHERE {shape.same_key})"
    )


async def _shape(tx: Transaction, name: str, live: str, copy: str, table: Table) -> _Shape:
    rows = await tx.fetch(COLUMNS, f"{live}.{name}")
    key = [row["name"] for row in rows if row["in_key"]]
    if not key:
        raise NoKeyError(name)
    values = [row["name"] for row in rows if not row["in_key"] and row["bare"] not in table.of_record]
    return _Shape(f"{live}.{name}", f"{copy}.{name}", key, values, [row["name"] for row in rows])
