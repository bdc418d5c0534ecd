"""What an upload needs: registry's identity port over a real socket, a file, and what is said with it."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from gateway_builders import CLINIC, DAY

from shared.sealing import new_key_pair

REGISTRY_TOKEN = "0123456789abcdef"
CSV = "STT,Họ và tên,Ngày sinh,Giới tính\n1,Nguyễn Văn An,01/02/1990,Nam\n2,Trần Thị Bình,03/04/1991,Nữ\n".encode()


class Registry:
    """The identity port as its routes are documented, over a real socket."""

    def __init__(self) -> None:
        self.private, self.public = new_key_pair()
        self.asked: list[dict[str, Any]] = []
        self.app = FastAPI()
        self.app.get("/intake-key")(self.intake_key)
        self.app.post("/identities")(self.identities)
        self.app.post("/lookups")(self.lookups)
        self.app.get("/accesses/{worker_id}")(self.accesses)

    def intake_key(self) -> dict[str, str]:
        until = datetime.now(UTC) + timedelta(days=1)
        return {"key_id": "k1", "public_key": b64encode(self.public).decode(), "valid_until": until.isoformat()}

    def identities(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked)
        return {"identities": [{"worker_id": worker, "full_name": "Bí Mật"} for worker in asked["worker_ids"]]}

    def lookups(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(asked)
        return {"identities": [{"worker_id": str(uuid4()), "full_name": "Bí Mật"}]}

    def accesses(self, worker_id: str) -> dict[str, Any]:
        look = {
            "at": "2026-03-02T01:00:00Z",
            "party": f"clinics/{CLINIC}",
            "actor": "a",
            "purpose": "ti%E1%BA%BFp%20nh%E1%BA%ADn",
        }
        return {"accesses": [{**look, "view": "ClinicView"}]}


def said(unit: object, **changes: object) -> dict[str, str]:
    values = {"unit_id": unit, "reference_date": DAY, "roster_id": uuid4(), **changes}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
