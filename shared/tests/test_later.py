"""Work that handlers leave for later is done once, last; what a savepoint takes back was never left."""

from contextlib import suppress

from shared.database import Database, Transaction


class Later:
    """Remembers with what it was called."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    async def __call__(self, _tx: Transaction, items: list[int]) -> None:
        self.calls.append(items)


async def test_it_is_done_once_with_everything_before_the_commit(database: Database) -> None:
    later = Later()

    async with database.transaction() as tx:
        tx.later(later, [1])
        tx.later(later, [2, 3])
        before = list(later.calls)

    assert (before, later.calls) == ([], [[1, 2, 3]])


async def test_a_part_that_fails_alone_takes_its_own_work_with_it_and_no_other(database: Database) -> None:
    later = Later()

    async with database.transaction() as tx:
        tx.later(later, [1])
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                tx.later(later, [2])
                raise ZeroDivisionError
        async with tx.savepoint():
            tx.later(later, [3])

    assert later.calls == [[3], [1]]
