"""`Idempotency-Key`: the same request again gets the same response and has no second effect."""

from hashlib import sha256

from starlette.responses import Response

from gateway.problems import MEDIA_TYPE, Refusal
from shared.database import Database, Transaction

# A second request with the key waits here until the first has committed.
CLAIM = """
INSERT INTO idempotency_keys (party, key, digest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING key
"""
GET = "SELECT digest, status, body FROM idempotency_keys WHERE party = $1 AND key = $2"
KEEP = "UPDATE idempotency_keys SET status = $3, body = $4 WHERE party = $1 AND key = $2"
PRUNE = "DELETE FROM idempotency_keys WHERE created_at < now() - interval '7 days'"

MAX_LENGTH = 200


async def claim(tx: Transaction, party: str, key: str | None, request: bytes) -> Response | None:
    """Claim the key for this request; returns the first response where the same request was answered before."""
    if key is None:
        return None
    if not 0 < len(key) <= MAX_LENGTH or "\0" in key:
        raise Refusal("idempotency.key")
    digest = sha256(request).digest()
    if await tx.fetchval(CLAIM, party, key, digest) is not None:
        return None
    first = await tx.fetchrow(GET, party, key)
    if first is None or first["digest"] != digest:
        raise Refusal("idempotency.reused")
    media_type = "application/json" if first["status"] < 400 else MEDIA_TYPE
    return Response(first["body"], first["status"], {"Idempotency-Replayed": "true"}, media_type)


async def keep(tx: Transaction, party: str, key: str | None, response: Response) -> None:
    """Remember the response for as long as the key is."""
    if key is not None:
        await tx.execute(KEEP, party, key, response.status_code, bytes(response.body))


async def prune(database: Database) -> None:
    """Forget the keys of last week's requests."""
    await database.pool.execute(PRUNE)
