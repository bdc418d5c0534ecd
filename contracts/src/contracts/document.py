"""`docs/events.md`: the catalogue as a person reads it."""

from contracts.base import Event, sensitivity_of
from contracts.catalogue import PARTIES, SERVICES, written_by

_HEAD = """# The events

Written from the event classes in `contracts/` by `python -m contracts generate`; do not edit. Topic, key and readers
are where an event goes; *closes* names the types that answer an intake event and so close its receipt; *shown to* are
the outside parties that may see it or what is made of it. Fields in **bold** are restricted: personal data travels only
sealed, health data only on restricted topics.
"""


def render() -> str:
    """The whole document, one table per owner."""
    parts = [_HEAD]
    for owner in (*PARTIES, *SERVICES):
        parts.append(f"\n## {owner}\n\n| event | topic · key | readers | shown to | closes | keeps | fields |")
        parts.append("|---|---|---|---|---|---|---|")
        parts += [_row(event) for event in written_by(owner)]
    return "\n".join(parts) + "\n"


def _row(event: type[Event]) -> str:
    entry = event.entry
    keeps = "always" if entry.retention_days is None else f"{entry.retention_days} d"
    cells = (
        f"`{_short(entry.type)}`<br>{(event.__doc__ or '').strip().splitlines()[0]}",
        f"`{entry.topic}` · `{entry.key}`",
        ", ".join(entry.readers),
        ", ".join(entry.shown_to) or "–",
        "<br>".join(f"`{_short(answer)}`" for answer in entry.answered_by) or "–",
        keeps,
        ", ".join(_field(event, name) for name in event.model_fields),
    )
    return f"| {' | '.join(cells)} |"


def _short(event_type: str) -> str:
    return event_type.removeprefix("vn.khamdoan.")


def _field(event: type[Event], name: str) -> str:
    return f"**{name}**" if sensitivity_of(event.model_fields[name]) in {"personal", "health"} else name
