"""The clinics' feed readers: steady, slow, gone for a while, back with an old cursor, or on the stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
from ledger_portals import Edge

PAGE = 200


@dataclass
class Reader:
    """One clinic's reader; `received` is everything it was ever sent, in order, repetitions included."""

    clinic_id: str
    edge: Edge
    random: Random
    received: list[dict[str, Any]] = field(default_factory=list)
    cursor: int = 0
    stopping: bool = False

    @property
    def party(self) -> str:
        """As whom it reads."""
        return f"clinics/{self.clinic_id}"

    async def run(self, manner: str) -> None:
        """Read until `stopping`; the edge may be away at any time."""
        read: Callable[[], AsyncIterator[dict[str, Any]]] = self._stream if manner == "stream" else self._page
        if manner == "gone":
            await self._pause(self.random.uniform(2, 8))
        while not self.stopping:
            if manner == "old-cursor" and self.random.random() < 0.1:
                self.cursor = self.random.randrange(self.cursor + 1)
            try:
                async for entry in read():
                    self._take(entry)
                    if manner == "slow":
                        await asyncio.sleep(0.05)
            except (httpx.HTTPError, Away):
                await self._pause(0.3)

    async def _pause(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.1)):
            if not self.stopping:
                await asyncio.sleep(0.1)

    def _take(self, entry: dict[str, Any]) -> None:
        if entry["sequence"] != self.cursor + 1:
            raise AssertionError(f"feed of {self.clinic_id}: {entry['sequence']} after {self.cursor}")
        self.cursor = entry["sequence"]
        self.received.append(entry)

    async def _page(self) -> AsyncIterator[dict[str, Any]]:
        wanted = {"after": self.cursor, "limit": PAGE, "wait": 1}
        answer = await self.edge.http.get(f"/clinics/{self.clinic_id}/feed", params=wanted, headers=await self._who())
        if answer.status_code != 200:
            raise Away
        for entry in answer.json()["entries"]:
            yield entry
        await asyncio.sleep(0.05)

    async def _stream(self) -> AsyncIterator[dict[str, Any]]:
        headers = {**await self._who(), "last-event-id": str(self.cursor)}
        path = f"/clinics/{self.clinic_id}/feed/stream"
        async with self.edge.http.stream("GET", path, headers=headers, timeout=1) as answer:
            if answer.status_code != 200:
                raise Away
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))
                if self.stopping:
                    return

    async def _who(self) -> dict[str, str]:
        return {"authorization": f"Bearer {await self.edge.token(self.party, f'system of {self.clinic_id}')}"}

    async def catch_up(self) -> None:
        """Read to the end, after everything has come to rest."""
        while True:
            before = self.cursor
            try:
                async for entry in self._page():
                    self._take(entry)
            except (httpx.HTTPError, Away):
                await asyncio.sleep(0.3)
                continue
            if self.cursor == before:
                return


class Away(Exception):  # noqa: N818
    """The edge has no feed to give at the moment."""
