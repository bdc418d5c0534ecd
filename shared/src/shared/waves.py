"""The order of a batch: one type at a time, at most one message per key, none before an earlier one of its key.

Types that go together are one type here, and their messages of one key are not kept apart: who takes them sees to it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol, TypeVar


class Ordered(Protocol):
    """What has a type and belongs to an aggregate."""

    @property
    def type(self) -> str: ...

    @property
    def aggregate(self) -> Hashable: ...


M = TypeVar("M", bound=Ordered)


ALONE: Mapping[str, str] = MappingProxyType({})


def waves(messages: Iterable[M], together: Mapping[str, str] = ALONE) -> list[list[M]]:
    """Split messages, in order of arrival, into as few calls as the order per aggregate allows.

    Each message joins the earliest wave of its type that comes after the last wave of its aggregate. `together` names
    what several types go by; theirs may be in the last wave of their aggregate, behind what came before them.
    """
    result: list[list[M]] = []
    of_type: dict[str, list[int]] = {}
    last: dict[Hashable, int] = {}
    for message in messages:
        shared = together.get(message.type)
        numbers = of_type.setdefault(shared or message.type, [])
        place = (bisect_left if shared else bisect_right)(numbers, last.get(message.aggregate, -1))
        if place == len(numbers):
            numbers.append(len(result))
            result.append([])
        number = last[message.aggregate] = numbers[place]
        result[number].append(message)
    return result
