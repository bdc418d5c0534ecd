"""What workers say for themselves: a time of their own choice, within what plans leave open, or that they refuse."""

from contracts.base import Event
from contracts.fields import Booking, Move, Refusal
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


class RefusalReported(
    Refusal,
    Event,
    name="workers.refusal.reported",
    topic="workers.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker refuses the own check in confidence; nobody is told more than that no visit takes place."""


class RefusalWithdrawn(
    Refusal,
    Event,
    name="workers.refusal.withdrawn",
    topic="workers.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker who had refused will come after all: the own check is due again, as the law asks for it today."""
