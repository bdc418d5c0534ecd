"""Portals post a known ledger into a running campaign while faults strike by a seeded schedule: the books agree."""

from pathlib import Path

import pytest
from fault_report import Figure
from ledger_runs import SCHEDULES, SEED, Run
from ledger_schedule import Fault, Schedule, draw

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

IN_SHORT = (
    Schedule(1, (Fault(1, "kill", "scheduling", 0.3), Fault(2, "gateway-mute", "clients", 0.5)), ("steady", "slow")),
    Schedule(2, (Fault(0.5, "failpoint", "results", 0, "after_commit:1"), Fault(1, "kill", "coordination", 0.2),
                 Fault(1.5, "sessions-cut", "registry", 1)), ("old-cursor", "stream")),
)  # fmt: skip


async def test_the_books_agree_after_a_few_faults(tmp_path: Path, figure: Figure) -> None:
    run = Run(tmp_path)

    await run.play(IN_SHORT, "short")

    figure("seeded schedules, in short", **run.figures())
    assert not run.failed


@pytest.mark.exhaustive
async def test_the_books_agree_after_every_seeded_schedule(tmp_path: Path, figure: Figure) -> None:
    run = Run(tmp_path)

    await run.play(draw(SEED + n) for n in range(SCHEDULES))

    figure("seeded schedules", first_seed=SEED, **run.figures())
    for kind, values in run.by_kind().items():
        figure(f"seeded schedules: {kind}", **values)
    assert not [(result.schedule.seed, result.violations[:3]) for result in run.failed]
