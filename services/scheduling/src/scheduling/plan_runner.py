"""The plan runner: has plan runs computed one by one in a process of their own, away from the messages."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from random import uniform
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

import structlog

from scheduling import explanations, plan_folder, plan_inputs, plan_store, plans, what_if_store, what_ifs
from scheduling.explanations import Explained
from scheduling.plan_folder import Inputs, Result
from scheduling.plan_store import Run
from scheduling.settings import Settings
from scheduling.what_if_answers import Side
from scheduling.what_if_store import Asked
from shared import faults
from shared.database import Database

log = structlog.get_logger(__name__)

ATTEMPTS = 3
LEASE = timedelta(seconds=60)  # renewed at every look: so long a killed runner's plan waits for the next
FOLDERS = "khamdoan-plan-"
IsWanted = Callable[[], Awaitable[bool]]


class PlanningError(Exception):
    """The planning process ended without a plan; carries its exit code and the names of broken rules, no data."""


def sweep_folders(where: Path) -> int:
    """Remove the folders of runners that were killed; a folder's name says whose it was. Returns how many."""
    gone = [folder for folder in where.glob(f"{FOLDERS}*-*") if not _lives(folder.name.split("-")[2])]
    for folder in gone:
        rmtree(folder, ignore_errors=True)
    return len(gone)


def _lives(pid: str) -> bool:
    """Whether another process has this number; what bears our own, at our start, is of one that had it before us."""
    if not pid.isdigit():
        return True
    if int(pid) == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class PlanRunner:
    """Runs until told to stop. A crash at any point leaves a lease that ends, and the run is computed anew."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def run(self, database: Database, stop: asyncio.Event) -> None:
        """Compute what is asked for, oldest first; a database that is away is waited for."""
        await asyncio.to_thread(sweep_folders, Path(gettempdir()))
        while not stop.is_set():
            found = False
            try:
                found = await self.run_next(database, stop) or await self.answer_next(database, stop)
            except Exception as error:
                if not faults.is_of_the_world(error) and not faults.is_of_rivals(error):
                    raise
                log.warning("plan run put off", error=faults.where(error))
            if not found:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self.settings.plan_poll_seconds * uniform(0.5, 1.0))

    async def run_next(self, database: Database, stop: asyncio.Event) -> bool:
        """Compute and propose one plan; False if none was asked for."""
        async with database.transaction() as tx:
            run = await plan_store.claim_run(tx, LEASE)
        if run is None:
            return False
        try:
            computed = await self._compute(database, run, stop)
        except PlanningError as error:
            log.warning("planning failed", plan_id=str(run.plan_id), attempt=run.attempt, error=str(error))
            async with database.transaction() as tx:
                if run.attempt < ATTEMPTS:
                    await plan_store.release_run(tx, run, "queued")
                else:
                    await plans.abandon(tx, run)
            return True
        async with database.transaction() as tx:
            if computed is None:
                await plan_store.release_run(tx, run, "queued")
            else:
                result, explained = computed
                proposed = await plans.propose(tx, run, result, explained)
                log.info("planned", plan_id=str(run.plan_id), placed=result.placed, proposed=proposed)
        return True

    async def answer_next(self, database: Database, stop: asyncio.Event) -> bool:
        """Compute and say the answer to one question; False if none was asked. Nothing of it is ever published.

        A plan that is asked for meanwhile goes first: the question is given back and computed anew.
        """
        async with database.transaction() as tx:
            asked = await what_if_store.claim(tx, LEASE)
        if asked is None:
            return False
        async with database.pool.acquire() as connection:
            inputs = await plan_inputs.read(connection, asked.question.campaign_id, asked.asked_on)
        codes, sides, failed = what_ifs.problems_of(inputs, asked), None, False
        if not codes:
            try:
                sides = await self._compare(database, inputs, asked, stop)
            except PlanningError as error:
                log.warning("question failed", attempt=asked.attempt, error=str(error))
                codes, failed = ["what-if.not-computed"] if asked.tries >= ATTEMPTS else [], True
        async with database.transaction() as tx:
            if sides is None and not codes:
                await what_if_store.release(tx, asked, failed=failed)
            else:
                await what_ifs.answer(tx, asked, sides, codes)
        return True

    async def _compare(
        self, database: Database, inputs: Inputs, asked: Asked, stop: asyncio.Event
    ) -> tuple[Side, Side] | None:
        """What is and what could be, by the same engine with the same seed; None if a plan or the end goes first."""

        async def is_wanted() -> bool:
            async with database.pool.acquire() as connection:
                return await what_if_store.keep(connection, asked, LEASE)

        now = what_ifs.in_force(inputs, asked.question)
        seed = asked.question.request_id.int % 2**31
        sides = []
        for side in (now, what_ifs.imagined(now, asked)):
            computed = await self._solve(side, seed, is_wanted, stop)
            if computed is None:
                return None
            sides.append(Side(side, *computed))
        return sides[0], sides[1]

    @property
    def _longest(self) -> timedelta:
        """How long a computation may take before it counts as hanging."""
        return timedelta(seconds=120 + 5 * self.settings.plan_time_limit)

    async def _compute(self, database: Database, run: Run, stop: asyncio.Event) -> tuple[Result, Explained] | None:
        """The plan and why it is so, or None if the run was cancelled or the service is to stop."""
        async with database.pool.acquire() as connection:
            inputs = await plan_inputs.read(connection, run.campaign_id, run.asked_on)

        async def is_wanted() -> bool:
            async with database.pool.acquire() as connection:
                return await plan_store.keep_run(connection, run, LEASE)

        computed = await self._solve(inputs, run.seed, is_wanted, stop)
        if computed is None:
            return None
        result, cases = computed
        return result, await asyncio.to_thread(explanations.of, inputs, result, cases)

    async def _solve(
        self, inputs: Inputs, seed: int, is_wanted: IsWanted, stop: asyncio.Event
    ) -> tuple[Result, dict[str, Any]] | None:
        """A plan and its cases; None if it was no longer wanted."""
        with TemporaryDirectory(prefix=f"{FOLDERS}{os.getpid()}-") as name:
            folder = Path(name)
            digest = await asyncio.to_thread(plan_folder.write, folder, inputs)
            if not await self._plan(folder, inputs, seed, is_wanted, stop):
                return None
            return await asyncio.to_thread(_read, folder, inputs, digest)

    async def _plan(self, folder: Path, inputs: Inputs, seed: int, is_wanted: IsWanted, stop: asyncio.Event) -> bool:
        seconds = self.settings.plan_seconds_for(len(inputs.people) - len(inputs.published))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "scheduling.planning_process", str(folder), str(seconds), str(seed),
            stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=_environment(),
        )  # fmt: skip
        try:
            return await self._finished(process, is_wanted, stop)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _finished(self, process: Process, is_wanted: IsWanted, stop: asyncio.Event) -> bool:
        """Wait for the process, looking now and then whether its plan is still wanted."""
        output = asyncio.create_task(process.communicate())
        try:
            async with asyncio.timeout(self._longest.total_seconds() - 30):
                while not (await asyncio.wait({output}, timeout=self.settings.plan_poll_seconds))[0]:
                    if stop.is_set() or not await is_wanted():
                        return False
        except TimeoutError:
            raise PlanningError("out of time") from None
        finally:
            output.cancel()
        if process.returncode:
            _, said = output.result()
            # Only the last line, and only what is not data: the exception's type or the names of rules.
            lines = said.decode(errors="replace").strip().splitlines() or [""]
            raise PlanningError(f"exit {process.returncode}: {lines[-1].partition(':')[0][:200]}")
        return True


def _read(folder: Path, inputs: Inputs, digest: str) -> tuple[Result, dict[str, Any]]:
    return plan_folder.read(folder, inputs, digest), plan_folder.read_cases(folder)


def _environment() -> dict[str, str]:
    """What the planning process needs to start; no address and no password is among it."""
    needed = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "SYSTEMROOT")
    return {**{name: os.environ[name] for name in needed if name in os.environ}, "PYTHONHASHSEED": "0"}
