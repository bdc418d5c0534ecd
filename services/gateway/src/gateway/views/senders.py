"""For whoever said something: receipts, what followed, and what became of a roster."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Json, computed_field

from contracts import roster_codes
from gateway.views.base import View


class ReceiptLine(View):
    """A receipt in a list."""

    receipt_id: UUID
    ref: str
    type: str
    subject: str
    state: str
    accepted_at: datetime


class Progress(View):
    """How far a roster is: people named (null until it was read), and of their rows how many are answered by now."""

    people: int | None
    answered: int
    registered: int
    refused: int
    done: bool


class Receipt(ReceiptLine):
    """A receipt with the events that answer it and the services that could not take it."""

    stored_at: datetime | None
    answered_at: datetime | None
    progress: Progress | None = None
    answers: Json[list[dict[str, Any]]] | None
    deliveries: Json[list[dict[str, Any]]] | None


class Link(View):
    """An event in a causation chain."""

    ref: str
    cause: str | None
    type: str
    at: datetime
    trace_id: str | None
    depth: int
    parked_by: str | None
    parked_because: str | None


class RosterView(View):
    """A roster; its assessment is what registry said of it."""

    roster_id: UUID
    unit_id: UUID
    campaign_id: UUID | None
    assessment: Json[dict[str, Any]] | None


class RosterRow(View):
    """What became of one row of a roster; codes, never the cells."""

    row: int
    outcome: str
    codes: list[str]
    related_rows: list[int]
    worker_id: UUID | None
    effect: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def problems(self) -> list[dict[str, str]]:
        """What each code means and what to do about it, in both languages."""
        known = roster_codes.catalogue()
        return [known[code]._asdict() for code in self.codes if code in known]


class RosterMapping(View):
    """How a unit's files with one header are read; the header by its fingerprint, as assessments name it."""

    fingerprint: str
    version: int
    columns: Json[dict[str, str | None]]
    header_row: int | None
