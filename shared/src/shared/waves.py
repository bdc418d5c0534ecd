"""The order of a batch: one type at a time, at most one message per key, none before an earlier one of its key."""

from bisect import bisect_right
from collections.abc import Hashable, Iterable
from typing import Protocol, TypeVar


class Ordered(Protocol):
    """What has a type and belongs to an aggregate."""

    @property
    def type(self) -> str: ...

    @property
    def aggregate(self) -> Hashable: ...


M = TypeVar("M", bound=Ordered)


def waves(messages: Iterable[M]) -> list[list[M]]:
    """Split messages, in order of arrival, into as few calls as the order per aggregate allows.

    Each message joins the earliest wave of its type that comes after the last wave of its aggregate.
    """
    result: list[list[M]] = []
    of_type: dict[str, list[int]] = {}
    last: dict[Hashable, int] = {}
    for message in messages:
        numbers = of_type.setdefault(message.type, [])
        place = bisect_right(numbers, last.get(message.aggregate, -1))
        if place == len(numbers):
            numbers.append(len(result))
            result.append([])
        number = last[message.aggregate] = numbers[place]
        result[number].append(message)
    return result
