"""A plan as somebody hands it in: rows that may name anybody, any number of times, and what of them R1 lets stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduling.planning.model import Plan, Session

Place = tuple[str, int]
NO_WINDOW = -1  # what a window that is no number is read as


@dataclass(frozen=True, slots=True)
class Submission:
    """The rows of appointments.csv and unassigned.csv."""

    appointments: Sequence[tuple[str, str, int]]
    unassigned: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, plan: Plan) -> "Submission":
        """The rows that a plan would be written as."""
        return cls([(w, s, i) for w, (s, i) in plan.appointments.items()], list(plan.unassigned.items()))


def seated(
    rows: Sequence[tuple[str, str, int]],
    workers: Mapping[str, object],
    sessions: Mapping[str, Session],
    faults: list[str],
) -> dict[str, Place]:
    """Worker → (session, window): everybody's first row that names an existing place; the others are faults of R1."""
    found: dict[str, Place] = {}
    for worker, session, window in rows:
        if worker not in workers:
            faults.append(f"{worker} is no worker")
        elif worker in found:
            faults.append(f"{worker} occurs twice")
        elif session not in sessions or not 0 <= window < len(sessions[session].windows):
            faults.append(f"{worker}: no window {window} of session {session}")
        else:
            found[worker] = (session, window)
    return found


def left_out(
    rows: Sequence[tuple[str, str]], workers: Mapping[str, object], placed: Mapping[str, Place], faults: list[str]
) -> dict[str, str]:
    """Worker → claimed reason of everybody who is not placed; who occurs nowhere, or more than once, is a fault."""
    found: dict[str, str] = {}
    for worker, reason in rows:
        if worker not in workers:
            faults.append(f"{worker} is no worker")
        elif worker in placed or worker in found:
            faults.append(f"{worker} occurs twice")
        else:
            found[worker] = reason
    faults += [f"{worker} occurs nowhere" for worker in workers if worker not in placed and worker not in found]
    return found
