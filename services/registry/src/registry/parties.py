"""The names of parties: `class/id`, where the id of a union party is its unit's; pure."""

from uuid import UUID

UNIONS = "unions"


def unit_of(party: str | None) -> UUID | None:
    """The union unit that a party speaks for; None for parties of other classes."""
    kind, _, name = (party or "").partition("/")
    try:
        return UUID(name) if kind == UNIONS else None
    except ValueError:
        return None


def is_above_all(party: str | None) -> bool:
    """Whether no tree binds it: a service's own word (no party), and operations'."""
    return party is None or party.startswith("operations/")
