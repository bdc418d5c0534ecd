"""What comes while a question is under way is asked as the next one: batches form under load, and wait for nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from gateway.read_models.records import Reader
from shared import faults

Q = TypeVar("Q")
A = TypeVar("A")


class Gathering(Generic[Q, A]):
    """Answers many questions of one kind at once, `at_most` together, one such call after the other."""

    def __init__(
        self,
        answer: Callable[[list[Q]], Awaitable[Sequence[A]]],
        *,
        seconds: float | None = None,
        at_most: int = 1_000,
    ) -> None:
        self._answer = answer
        self._seconds = seconds
        self._at_most = at_most
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """The answer to this question; TimeoutError after `seconds`, else what was raised for this one alone."""
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._working is None:
            # In nobody's context: what is asked together belongs to no single request's trace.
            self._working = asyncio.create_task(self._work(), context=Context())
        async with asyncio.timeout(self._seconds):
            return await answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
                together = [(question, answer) for question, answer in together if not answer.done()]
                if together:
                    await self._tell(together)
        finally:
            # Not when the task is done, which is a moment later: who asks in that moment would wait for nobody.
            self._working = None

    async def _tell(self, together: Sequence[tuple[Q, asyncio.Future[A]]]) -> None:
        failure: Exception | None = None
        try:
            answers = await self._answer([question for question, _ in together])
        except Exception as error:
            failure = error
        if failure is None:
            for (_, waiting), answer in zip(together, answers, strict=True):
                if not waiting.done():
                    waiting.set_result(answer)
        elif len(together) == 1 or faults.is_of_the_world(failure):
            for _, waiting in together:
                if not waiting.done():
                    waiting.set_exception(failure)
        else:
            # One of them may be at fault, and the others must not be refused with it.
            for alone in together:
                await self._tell([alone])


def rows_of(
    db: Callable[[], Reader], read: Callable[[Reader, Sequence[Q]], Awaitable[Mapping[Q, A]]], *, seconds: float
) -> Gathering[Q, A | None]:
    """Reads by key, each key once however many ask for it; None where there is nothing."""

    async def answer(keys: list[Q]) -> list[A | None]:
        found = await read(db(), list(dict.fromkeys(keys)))
        return [found.get(key) for key in keys]

    return Gathering(answer, seconds=seconds)
