"""The union tree as coordination needs it: who belongs under whom as of a date."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from contracts.organisations import Organisation
from coordination import model, store
from shared.database import Transaction


async def put(tx: Transaction, organisations: Sequence[Organisation]) -> None:
    """Take an organisation's place in the tree from its date on."""
    await tx.execute(
        store.PUT_ORGANISATIONS,
        [o.organisation_id for o in organisations],
        [o.valid_from for o in organisations],
        [o.kind for o in organisations],
        [o.parent_id for o in organisations],
    )


async def parents_as_of(tx: Transaction, day: date) -> dict[UUID, UUID | None]:
    """Every organisation's parent as of a day."""
    return {row["organisation_id"]: row["parent_id"] for row in await tx.fetch(store.TREE_AS_OF, day)}


async def grassroots_under(tx: Transaction, roots: Sequence[UUID], day: date) -> list[UUID]:
    """The grassroots units at or below some units as of a day, in a fixed order."""
    rows = await tx.fetch(store.TREE_AS_OF, day)
    parents = {row["organisation_id"]: row["parent_id"] for row in rows}
    grassroots = [row["organisation_id"] for row in rows if row["kind"] in model.GRASSROOTS]
    return sorted(unit for unit in grassroots if not set(roots).isdisjoint(model.upwards(unit, parents)))
