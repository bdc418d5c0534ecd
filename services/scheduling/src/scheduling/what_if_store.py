"""SQL of questions: asked, claimed by a runner, answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from contracts.fields import Question
from shared.database import Transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """A claimed question; `attempt` is the claim's number, `cause` the ref of the event that asked."""

    question: Question
    asked_on: date
    cause: str
    attempt: int


async def add(tx: Transaction, questions: Sequence[tuple[Question, date, str]]) -> None:
    """Note questions with their day and cause; one that is known stays as it is."""
    await tx.executemany(
        """
        INSERT INTO what_ifs (request_id, campaign_id, asked_on, question, cause) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (request_id) DO NOTHING
        """,
        [(q.request_id, q.campaign_id, day, q.model_dump_json(), cause) for q, day, cause in questions],
    )


async def claim(tx: Transaction, lease: timedelta) -> Asked | None:
    """The oldest question that waits, or whose runner has gone silent."""
    row = await tx.fetchrow(
        """
        UPDATE what_ifs SET state = 'running', attempt = attempt + 1, leased_until = now() + $1
        WHERE request_id = (
            SELECT request_id FROM what_ifs
            WHERE state = 'queued' OR state = 'running' AND leased_until < now()
            ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING *
        """,
        lease,
    )
    if row is None:
        return None
    return Asked(Question.model_validate_json(row["question"]), row["asked_on"], row["cause"], row["attempt"])


async def release(tx: Transaction, asked: Asked) -> None:
    """Give a claim back for another runner."""
    await tx.execute(
        "UPDATE what_ifs SET state = 'queued', leased_until = NULL WHERE request_id = $1 AND attempt = $2",
        asked.question.request_id,
        asked.attempt,
    )


async def finish(tx: Transaction, request_id: UUID, attempt: int) -> bool:
    """Mark a question answered; False if it was taken over meanwhile."""
    tag = await tx.execute(
        """
        UPDATE what_ifs SET state = 'answered', leased_until = NULL
        WHERE request_id = $1 AND attempt = $2 AND state = 'running'
        """,
        request_id,
        attempt,
    )
    return tag == "UPDATE 1"
