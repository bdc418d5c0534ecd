"""What workers say for themselves: a time of their own choice, within what plans leave open."""

from contracts.base import Event
from contracts.fields import Booking, Move
from contracts.unions import REQUEST_ANSWERS


class BookingRequested(
    Booking,
    Event,
    name="workers.booking.requested",
    topic="workers.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker books the own due check directly in a session, in a window or the first free one."""


class MoveRequested(
    Move,
    Event,
    name="workers.move.requested",
    topic="workers.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker asks for another time of the own visit: a session, or any later one where none is named."""
