"""Who may do what on Kafka, from the committed topic list: a service its own topics and group, a party its own two."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from contracts import topics
from contracts.base import Party
from contracts.topics import Topic
from khamdoan.errors import SetupError

IN = "edge.in."
OUT = "edge.out."
BRIDGE = "gateway"
"""The one service that opens parties' topics, takes in what they post and writes what they read."""


@dataclass(frozen=True, slots=True)
class Right:
    """Operations on one topic or group, or on all whose names start so. Kafka lets who reads or writes describe."""

    kind: Literal["topic", "group"]
    name: str
    operations: tuple[str, ...]
    prefixed: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """A user of the cluster and all that it may do; what is not listed is denied."""

    name: str
    rights: tuple[Right, ...]


def services(listed: Iterable[Topic] | None = None, *, prefix: str = "") -> list[Principal]:
    """One principal per service that the topic list names; `prefix` stands before topics and groups, as everywhere."""
    known = tuple(topics.load() if listed is None else listed)
    names = sorted({name for topic in known for name in (*topic.writers, *topic.readers)})
    return [Principal(name, tuple(_rights(name, known, prefix))) for name in names]


def _rights(service: str, listed: Iterable[Topic], prefix: str) -> Iterable[Right]:
    for topic in listed:
        operations = (("Read",) if service in topic.readers else ()) + (("Write",) if service in topic.writers else ())
        if operations:
            yield Right("topic", prefix + topic.name, operations)
    yield Right("group", prefix + service, ("Read",))
    if service == BRIDGE:
        yield Right("topic", prefix + IN, ("Create", "Read"), prefixed=True)
        yield Right("topic", prefix + OUT, ("Create", "Write"), prefixed=True)
        yield Right("group", f"{prefix}{BRIDGE}-edge", ("Read",))


def party(named: str, *, prefix: str = "") -> Principal:
    """The principal of an outside party, given as `clinics/02123`; its group has the name of the principal."""
    party_class, _, party_id = named.partition("/")
    # A user's name is lower case in Kubernetes; only among clinics no two ids differ by case alone.
    distinct = party_id == party_id.lower() or party_class == Party.CLINICS
    if party_class not in set(Party) or not party_id or "/" in party_id or not distinct:
        raise SetupError(
            "party-unknown",
            f"{named} không phải là một bên, ví dụ clinics/02123 (chữ thường, trừ mã cơ sở khám).",
            f"{named} is no party, such as clinics/02123 (lower case, except clinics' codes).",
        )
    topic, user = f"{party_class}.{party_id}", f"{party_class}.{party_id}".lower()
    rights = (
        Right("topic", f"{prefix}{IN}{topic}", ("Write",)),
        Right("topic", f"{prefix}{OUT}{topic}", ("Read",)),
        Right("group", prefix + user, ("Read",)),
    )
    return Principal(user, rights)
