"""Who speaks: the party that a token names, the person behind it as a pseudonym, and what a class may do."""

import hmac
import re
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from contracts.base import Party
from gateway.problems import Refusal

_FORMS = {
    Party.UNIONS: re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    Party.EMPLOYERS: re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    Party.WORKERS: re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    Party.CLINICS: re.compile(r"[0-9A-Z]{5}"),
    Party.HEALTH: re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}"),
    Party.OPERATIONS: re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}"),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A party and the person who speaks for it; `actor` is a keyed hash, the same for the same person."""

    party_class: Party
    party_id: str
    role: str
    actor: str
    party: str = field(init=False)
    """`class/id`: also the source of what the party says."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "party", f"{self.party_class.value}/{self.party_id}")

    @property
    def uuid(self) -> UUID:
        """The id of a union unit, employer or worker."""
        return UUID(self.party_id)

    def must_be(self, *classes: Party) -> None:
        """Refuse a caller of any other class."""
        if self.party_class not in classes:
            raise Refusal("party.class")

    def must_act_as(self, role: str) -> None:
        """Refuse a person of any other role."""
        if self.role != role:
            raise Refusal("party.role")


def caller(party_class: str, party_id: str, role: str, subject: str, *, pseudonym_key: bytes) -> Caller:
    """The caller that a token's claims name; refuses a class or an id that cannot be."""
    if party_class not in set(Party):
        raise Refusal("token.party")
    known = Party(party_class)
    if not subject or not _FORMS[known].fullmatch(party_id):
        raise Refusal("token.party")
    return Caller(known, party_id, role, pseudonym(subject, pseudonym_key))


def pseudonym(subject: str, key: bytes) -> str:
    """The person behind a token, as a keyed hash: two approvals can be told apart, nobody can be named."""
    return hmac.new(key, subject.encode(), sha256).hexdigest()[:32]
