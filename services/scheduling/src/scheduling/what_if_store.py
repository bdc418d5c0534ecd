"""SQL of questions: asked, claimed by a runner, answered."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from contracts.fields import Question
from scheduling.plan_store import Reader
from shared.database import Transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, of a clinic where one is named.

    `attempt` is its claim's number, `tries` counts those claims that did not give way.
    """

    question: Question
    clinic_id: str | None
    asked_on: date
    attempt: int = 0
    tries: int = 0


async def add(tx: Transaction, asked: Asked, party: str | None, cause: str) -> str | None:
    """Note a question, or who asks it once more while it is open; else the code of what forbids it."""
    question = asked.question
    values = question.request_id, party, question.model_dump_json(), cause
    added = await tx.execute(
        """
        INSERT INTO what_ifs (request_id, party, question, causes, campaign_id, clinic_id, asked_on)
        VALUES ($1, $2, $3, ARRAY[$4], $5, $6, $7) ON CONFLICT DO NOTHING
        """,
        *values,
        question.campaign_id,
        asked.clinic_id,
        asked.asked_on,
    )
    if added == "INSERT 0 1":
        return None
    joined = await tx.execute(
        """
        UPDATE what_ifs SET causes = array_append(causes, $4)
        WHERE request_id = $1 AND party IS NOT DISTINCT FROM $2 AND question = $3 AND state <> 'answered'
        """,
        *values,
    )
    if joined == "UPDATE 1":
        return None
    used = await tx.fetchval("SELECT EXISTS (SELECT FROM what_ifs WHERE request_id = $1)", question.request_id)
    return "what-if.asked-already" if used else "what-if.one-at-a-time"


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
    question = Question.model_validate_json(row["question"])
    return Asked(question, row["clinic_id"], row["asked_on"], row["attempt"], row["attempt"] - row["yielded"])


async def keep(connection: Reader, asked: Asked, lease: timedelta) -> bool:
    """Hold a claim for longer; False if it was taken over meanwhile, or a plan waits for a runner and goes first."""
    return bool(
        await connection.fetchval(
            """
            UPDATE what_ifs SET leased_until = now() + $3
            WHERE request_id = $1 AND attempt = $2 AND state = 'running' AND NOT EXISTS (
                SELECT FROM plan_runs WHERE state = 'queued' OR state = 'running' AND leased_until < now())
            RETURNING true
            """,
            asked.question.request_id,
            asked.attempt,
            lease,
        )
    )


async def release(tx: Transaction, asked: Asked, *, failed: bool) -> None:
    """Give a claim back for another runner; one that has not failed gave way and is not counted."""
    await tx.execute(
        """
        UPDATE what_ifs SET state = 'queued', leased_until = NULL, yielded = yielded + $3
        WHERE request_id = $1 AND attempt = $2 AND state = 'running'
        """,
        asked.question.request_id,
        asked.attempt,
        0 if failed else 1,
    )


async def finish(tx: Transaction, request_id: UUID, attempt: int) -> list[str]:
    """Mark a question answered; the refs of the events that asked it, none if it was taken over meanwhile."""
    causes: list[str] | None = await tx.fetchval(
        """
        UPDATE what_ifs SET state = 'answered', leased_until = NULL
        WHERE request_id = $1 AND attempt = $2 AND state = 'running' RETURNING causes
        """,
        request_id,
        attempt,
    )
    return causes or []
