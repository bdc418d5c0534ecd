"""Ids: sorted by time, never twice, whoever makes them."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from shared import clock

MANY = 20_000


@pytest.fixture
def hasty_switching() -> Iterator[None]:
    """Threads take turns so often that each comes in the middle of another's id."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_switching")
def test_threads_make_ids_at_once_and_no_two_alike() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: [clock.new_id_text() for _ in range(MANY)], range(4)))

    assert len({one for some in made for one in some}) == 4 * MANY


def test_an_id_is_of_version_7_and_sorts_by_its_millisecond() -> None:
    ids = [clock.new_id() for _ in range(MANY)]

    assert {one.version for one in ids} == {7}
    times = [one.int >> 80 for one in ids]
    assert times == sorted(times)
    assert UUID(clock.new_id_text()).int >> 80 >= times[-1]
