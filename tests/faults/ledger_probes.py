"""What is asked of the living system at rest: by strangers at the edge, and of every service, to rebuild itself."""

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from ledger_books import Rec
from ledger_entries import Entry
from ledger_portals import Edge
from ledger_rules import Violation
from ledger_stand import Stand

REBUILT = ("scheduling", "results", "coordination", "gateway")
REBUILT_WITHIN = 90
# What is answered by itself, whatever others say; a visit's records are answered when the last of them comes.
PROMPT = {
    f"vn.khamdoan.{name}.v1"
    for name in (
        "unions.booking.requested", "unions.move.requested", "unions.absence.reported", "unions.refusal.reported",
        "unions.refusal.withdrawn",
        "unions.organisation.declared", "unions.programme.proposed", "clinics.session.offered", "health.permit.granted",
    )
}  # fmt: skip


async def rebuilt(stand: Stand) -> list[Violation]:
    """I7: every service's projections are what its topics make of them."""
    found = await asyncio.gather(*(_rebuilt(stand, name) for name in REBUILT))
    return [violation for violations in found for violation in violations]


async def _rebuilt(stand: Stand, service: str) -> list[Violation]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"{service}.projections", "--check", "--json",
        env={**os.environ, **stand.configured.environments[service]},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), REBUILT_WITHIN)
    if process.returncode == 0:
        return []
    if process.returncode == 1:
        tables = [table for table in json.loads(out)["tables"] if table["examples"]]
        return [Violation("I7", f"rebuilt, {service} differs: {table}") for table in tables]
    return [Violation("I7", f"{service} cannot be rebuilt: {err.decode()[-300:]}")]


async def strangers(edge: Edge, clinic_ids: list[str], visits: Iterable[Any], root: str) -> list[Violation]:
    """I8: another clinic, a union and a passer-by ask for what was found with people, and get nothing."""
    found = []
    for row in list(visits)[-2:]:
        other = next(clinic_id for clinic_id in clinic_ids if clinic_id != row["clinic_id"])
        clinic = (f"clinics/{other}", f"system of {other}")
        asked = [
            (clinic, f"/visits/{row['visit_id']}/conclusions"), (clinic, f"/visits/{row['visit_id']}/proposal"),
            (clinic, f"/clinics/{row['clinic_id']}/feed"),
            ((root, "officer A"), f"/visits/{row['visit_id']}/conclusions"),
            ((root, "officer A"), f"/clinics/{row['clinic_id']}/feed"),
            (("health/syt-08", "officer of the department"), f"/visits/{row['visit_id']}/proposal"),
        ]  # fmt: skip
        for (party, person), path in asked:
            headers = {"authorization": f"Bearer {await edge.token(party, person)}"}
            answer = await edge.http.get(path, headers=headers, timeout=30)
            if answer.status_code == 200 and answer.json():
                found.append(Violation("I8", f"{party} read {path}"))
        if (await edge.http.get(f"/visits/{row['visit_id']}/conclusions")).status_code != 401:
            found.append(Violation("I8", f"nobody read the conclusions of {row['visit_id']}"))
    return found


def waits(entries: Iterable[Entry], records: Iterable[Rec], clock: float) -> Iterator[float]:
    """Seconds from the acknowledgement of what is answered by itself to its answer; `clock` is wall minus monotonic."""
    answered: dict[str, float] = {}
    for rec in records:
        for cause in rec.causes:
            answered[cause] = min(answered.get(cause, rec.at), rec.at)
    for entry in entries:
        if entry.type in PROMPT and entry.reply == "ok" and entry.ref in answered:
            yield answered[entry.ref] - entry.replied_at - clock
