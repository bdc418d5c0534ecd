"""CloudEvents 1.0 in Kafka's binary mode: what stands in the headers, and how broken headers are read without loss."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.clock import instant_text

LARGEST_VALUE = 900_000
# With its headers, of which the causes may be many: what a topic takes, less what the client library adds.
LARGEST_RECORD = 990_000
CONTENT_TYPE = "application/json"
REQUIRED = ("ce_type", "ce_source", "ce_id", "ce_time")
_REPLACED = "\ufffd"


# Not frozen, like all that is made once per event: a frozen one takes ten times as long to make.
@dataclass(slots=True)
class Arrival:
    """One Kafka record, its headers made safe; `topic` is without the deployment's prefix."""

    topic: str
    partition: int
    offset: int
    key: str | None
    headers: dict[str, str]
    value: bytes | None

    @property
    def sound(self) -> bool:
        """Whether the headers that identify an event are there and were readable."""
        try:
            type_, source, id_, time = map(self.headers.__getitem__, REQUIRED)
        except KeyError:
            return False
        return bool(type_ and source and id_ and time) and _REPLACED not in f"{type_}{source}{id_}{time}"

    @property
    def aggregate(self) -> tuple[str, str | None]:
        """Topic and key: what order is kept for."""
        return self.topic, self.key


def readable(raw: bytes | None) -> str:
    """Text of a key or header value: null is empty; bytes that are no text (PostgreSQL takes no NUL) are replaced."""
    return raw.decode("utf-8", "replace").replace("\0", _REPLACED) if raw else ""


def safe_headers(raw: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Header names and values as text, whatever was sent."""
    pairs = list(raw)
    try:
        headers = {name: value.decode() for name, value in pairs}  # type: ignore[union-attr]
    except (UnicodeDecodeError, AttributeError):
        headers = {"": "\0"}
    if "\0" not in "".join(headers.values()):
        return headers
    return {readable(name.encode("utf-8", "replace")): readable(value) for name, value in pairs}


def write_headers(
    *,
    type: str,  # noqa: A002
    source: str,
    id: str,  # noqa: A002
    time: datetime | None,
    subject: str,
    cause: str | None,
    party: str | None,
    actor: str | None,
    trace: str | None,
) -> dict[str, str]:
    """The headers of an event said at `time` (None: now), all but its sequence, which the outbox assigns."""
    headers = {
        "ce_specversion": "1.0",
        "ce_type": type,
        "ce_source": source,
        "ce_id": id,
        "ce_time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z") if time else instant_text(),
        "ce_subject": subject,
        "content-type": CONTENT_TYPE,
    }
    if cause:
        headers["ce_causationid"] = cause
    if party:
        headers["ce_party"] = party
    if actor:
        headers["ce_actor"] = actor
    if trace:
        headers["traceparent"] = trace
    return headers


def split_major(type_name: str) -> tuple[str, str]:
    """`vn.x.noun.done.v2` as (`vn.x.noun.done`, `v2`)."""
    base, _, major = type_name.rpartition(".")
    return base, major
