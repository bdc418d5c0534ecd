"""Every number a person was ever known by: opened for the person, and for a registrar."""

from collections.abc import Sequence
from uuid import UUID

from registry import vault as boxes
from registry.identity_views import NumberSeen
from registry.vault import Vault
from shared.database import Transaction

GET_HISTORY = """
SELECT worker_id, type, sealed, valid_from, valid_to, verified, verified_by FROM identifiers
WHERE worker_id = ANY($1::uuid[]) ORDER BY valid_from, type, valid_to NULLS LAST
"""


async def of_workers(tx: Transaction, vault: Vault, worker_ids: Sequence[UUID]) -> dict[UUID, list[NumberSeen]]:
    """The numbers of each of these workers, former ones included; whoever was erased has none."""
    keys = await vault.keys(list(worker_ids))
    found: dict[UUID, list[NumberSeen]] = {}
    for row in await tx.fetch(GET_HISTORY, list(keys)):
        worker_id = row["worker_id"]
        seen = NumberSeen(
            type=row["type"],
            value=boxes.open_box(keys[worker_id], worker_id, row["sealed"]).decode(),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            verified_by=row["verified_by"],
        )
        found.setdefault(worker_id, []).append(seen)
    return found
