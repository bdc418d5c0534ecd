"""What workers say for themselves: a time of their own choice, within what plans leave open."""

from uuid import UUID

from contracts.base import Event, Public
from contracts.fields import VisitId, WorkerId
from contracts.unions import REQUEST_ANSWERS


class BookingRequested(
    Event,
    name="workers.booking.requested",
    topic="workers.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker books the own due check directly in a session, in a window or the first free one."""

    request_id: Public[UUID]
    worker_id: WorkerId
    session_id: Public[UUID]
    window: Public[int | None] = None


class MoveRequested(
    Event,
    name="workers.move.requested",
    topic="workers.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker asks for another time of the own visit: a session, or any later one where none is named."""

    request_id: Public[UUID]
    worker_id: WorkerId
    appointment_id: VisitId
    session_id: Public[UUID | None] = None
