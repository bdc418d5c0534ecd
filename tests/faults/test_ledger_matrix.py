"""Every service dies, or stalls and wakes as a zombie, at every named failpoint in the middle of work: the books agree.

The places are those of the source, so that a new one is in the matrix by itself.
"""

from pathlib import Path

import pytest
from fault_report import Figure
from ledger_runs import Run
from ledger_schedule import GROUPS, PLACES_IN_ORDER, SERVICES, row

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive, pytest.mark.xdist_group("faults")]


@pytest.mark.parametrize("harm", ["kill", "freeze"])
async def test_every_service_at_every_failpoint(harm: str, tmp_path: Path, figure: Figure) -> None:
    run = Run(tmp_path)

    await run.play([row(place, harm, group) for place in PLACES_IN_ORDER for group in GROUPS], f"matrix-{harm}")

    struck = {(fault.target, fault.detail) for result in run.results for fault in result.saboteur.struck}
    figure(f"{harm} at a failpoint", cells=len(SERVICES) * len(PLACES_IN_ORDER), struck=len(struck), **run.figures())
    assert not [(result.schedule.faults, result.violations[:3]) for result in run.failed]
    assert struck == {(service, f"{place}:1") for service in SERVICES for place in PLACES_IN_ORDER}
