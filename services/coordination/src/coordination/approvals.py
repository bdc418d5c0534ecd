"""The word of each party on a programme, campaign, plan or closing: four eyes, two parties, two people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.coordination import ApprovalRecorded, ApprovalRefused, Subject
from contracts.fields import Problem
from coordination import model, store
from shared import outbox
from shared.consuming import Message
from shared.database import Transaction


async def give(
    tx: Transaction,
    message: Message[Any],
    subject: Subject,
    subject_id: UUID,
    *,
    under: UUID,
    now: datetime,
    problems: list[Problem] | None = None,
) -> bool:
    """Record a party's word or refuse it with every problem; true once both parties have spoken.

    `under` is the programme or campaign whose programme names the two parties. The caller holds the lock on the
    subject's row, so that two words on one subject meet there.
    """
    word = model.word_of(message.party, message.actor)
    given = [model.Word(*row) for row in await tx.fetch(store.APPROVALS_OF, subject, subject_id)]
    problems = list(problems or [])
    signatories = dict(await tx.fetchrow(store.SIGNATORIES, under) or {})
    problems += [model.problem("approval.no_party")] if word is None else model.objections(word, given, signatories)
    if word is None or problems:
        refused = ApprovalRefused(subject=subject, subject_id=subject_id, problems=problems)
        await outbox.append(tx, [message.leads_to(refused)])
        return False
    await tx.execute(store.ADD_APPROVAL, subject, subject_id, word.party_class, word.party, word.actor, now)
    open_parties = model.missing([word.party_class, *(other.party_class for other in given)])
    recorded = ApprovalRecorded(subject=subject, subject_id=subject_id, party=word.party_class, missing=open_parties)
    await outbox.append(tx, [message.leads_to(recorded)])
    return not open_parties
