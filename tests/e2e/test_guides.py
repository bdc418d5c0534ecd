"""The integration guides, run as they stand: what they promise to outside programmers is true."""

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from e2e_campaign import SITE, STATIONS, Campaign, workday

from contracts.health import PermitGranted
from contracts.unions import BookingRequested
from demo.edge import Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(guide: str, folder: Path, told: dict[str, str]) -> dict[str, str]:
    """Run a guide's shell blocks as one script and its Python blocks as another; what each printed."""
    blocks = BLOCK.findall((GUIDES / guide).read_text("utf-8"))
    shell = "set -euo pipefail\n" + "\n".join(text for language, text in blocks if language == "bash")
    python = "\n".join(text for language, text in blocks if language == "python")
    commands = {"bash": ["bash", "-c", shell], "python": [sys.executable, "-c", python]}
    printed = {}
    for language, command in commands.items():
        ended = subprocess.run(
            command, cwd=folder, env={**os.environ, **told}, capture_output=True, text=True, timeout=300, check=False
        )
        assert ended.returncode == 0, f"{guide}, {language}: {ended.stdout[-3000:]}{ended.stderr[-3000:]}"
        printed[language] = ended.stdout
    return printed


async def test_the_guide_for_union_portals_is_true(edge: Edge, tmp_path: Path) -> None:
    campaign = await Campaign.begin(edge)
    await campaign.organise(members=5)
    await campaign.agree()

    printed = run("portal.md", tmp_path, {
        "GATEWAY_URL": str(edge.http.base_url).rstrip("/"), "KHAMDOAN_DEV_SECRET": edge.secret,
        "ROOT_ID": str(campaign.root_id), "UNIT_ID": str(campaign.unit_id), "EMPLOYER_ID": str(campaign.employer_id),
        "LINE_ID": str(campaign.line_id), "CAMPAIGN_ID": str(campaign.campaign_id),
        "REFERENCE_DATE": campaign.today.isoformat(),
    })  # fmt: skip

    assert printed["bash"].count('"state":"answered"') == 3  # the roster's is told, then asked for
    assert "event: receipt" in printed["bash"]
    assert '"outcome":"refused"' in printed["bash"]
    assert "members: 2" in printed["python"]


async def test_the_guide_for_clinic_systems_is_true(edge: Edge, tmp_path: Path) -> None:
    campaign = await Campaign.prepared(edge, members=1)
    session_id = await campaign.offer(seats=1)
    (worker_id,) = await campaign.workers()
    booking = BookingRequested(request_id=uuid4(), worker_id=worker_id, session_id=session_id)
    await campaign.portal.answered(await campaign.portal.say([booking]))
    today = await campaign.exam_day()
    await campaign.start(today)
    offer_day = workday(today + timedelta(days=5))
    permit = PermitGranted(
        permit_id=uuid4(), clinic_id=campaign.clinic.clinic_id, sites=[SITE], valid_from=offer_day, valid_to=offer_day,
        licensed_stations=list(STATIONS),
    )  # fmt: skip
    await campaign.authority.answered(await campaign.authority.say([permit]))

    printed = run("clinic.md", tmp_path, {
        "GATEWAY_URL": str(edge.http.base_url).rstrip("/"), "KHAMDOAN_DEV_SECRET": edge.secret,
        "CLINIC_ID": campaign.clinic.clinic_id, "CAMPAIGN_ID": str(campaign.campaign_id), "SITE": SITE,
        "OFFER_DAY": offer_day.isoformat(), "TODAY": today.isoformat(),
    })  # fmt: skip

    assert '"status":"confirmed"' in printed["bash"]
    assert "BEGIN:VCALENDAR" in printed["bash"]
    assert "expected: 450 Nguyễn Văn Dũng" in printed["python"]
    assert "'final_class': 1" in printed["python"]
