"""The plan runner: has plan runs computed one by one in a process of their own, away from the messages."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from datetime import timedelta
from pathlib import Path
from random import uniform
from tempfile import TemporaryDirectory

import structlog

from scheduling import plan_folder, plan_inputs, plan_store, plans
from scheduling.plan_folder import Inputs, Result
from scheduling.plan_store import Run
from scheduling.settings import Settings
from shared import faults
from shared.database import Database

log = structlog.get_logger(__name__)

ATTEMPTS = 3


class PlanningError(Exception):
    """The planning process ended without a plan; carries its exit code and the names of broken rules, no data."""


class PlanRunner:
    """Runs until told to stop. A crash at any point leaves a lease that ends, and the run is computed anew."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def run(self, database: Database, stop: asyncio.Event) -> None:
        """Compute what is asked for, oldest first; a database that is away is waited for."""
        while not stop.is_set():
            found = False
            try:
                found = await self.run_next(database, stop)
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
            run = await plan_store.claim_run(tx, self._lease)
        if run is None:
            return False
        try:
            result = await self._compute(database, run, stop)
        except PlanningError as error:
            log.warning("planning failed", plan_id=str(run.plan_id), attempt=run.attempt, error=str(error))
            async with database.transaction() as tx:
                if run.attempt < ATTEMPTS:
                    await plan_store.release_run(tx, run, "queued")
                else:
                    await plans.abandon(tx, run)
            return True
        async with database.transaction() as tx:
            if result is None:
                await plan_store.release_run(tx, run, "queued")
            else:
                proposed = await plans.propose(tx, run, result)
                log.info("planned", plan_id=str(run.plan_id), placed=result.placed, proposed=proposed)
        return True

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=120 + 5 * self.settings.plan_time_limit)

    async def _compute(self, database: Database, run: Run, stop: asyncio.Event) -> Result | None:
        """The plan, or None if the run was cancelled or the service is to stop."""
        async with database.pool.acquire() as connection:
            inputs = await plan_inputs.read(connection, run.campaign_id, run.asked_on)
        with TemporaryDirectory(prefix="khamdoan-plan-") as name:
            folder = Path(name)
            digest = await asyncio.to_thread(plan_folder.write, folder, inputs)
            if not await self._plan(folder, inputs, run, database, stop):
                return None
            return await asyncio.to_thread(plan_folder.read, folder, inputs, digest)

    async def _plan(self, folder: Path, inputs: Inputs, run: Run, database: Database, stop: asyncio.Event) -> bool:
        seconds = self.settings.plan_seconds_for(len(inputs.people) - len(inputs.published))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "scheduling.planning_process", str(folder), str(seconds), str(run.seed),
            stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=_environment(),
        )  # fmt: skip
        try:
            return await self._finished(process, run, database, stop)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _finished(self, process: Process, run: Run, database: Database, stop: asyncio.Event) -> bool:
        """Wait for the process, looking now and then whether its plan is still wanted."""
        output = asyncio.create_task(process.communicate())
        try:
            async with asyncio.timeout(self._lease.total_seconds() - 30):
                while not (await asyncio.wait({output}, timeout=self.settings.plan_poll_seconds))[0]:
                    if stop.is_set() or not await self._is_wanted(database, run):
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

    async def _is_wanted(self, database: Database, run: Run) -> bool:
        async with database.pool.acquire() as connection:
            return await plan_store.is_running(connection, run)


def _environment() -> dict[str, str]:
    """What the planning process needs to start; no address and no password is among it."""
    needed = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "TMPDIR", "SYSTEMROOT")
    return {**{name: os.environ[name] for name in needed if name in os.environ}, "PYTHONHASHSEED": "0"}
