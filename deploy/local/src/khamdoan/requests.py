"""JSON over HTTP with our own services on this machine, and their refusals as errors for a person."""

import json
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode

from khamdoan.errors import SetupError

SECONDS = 60


def get(url: str, query: Mapping[str, str] | None = None, *, token: str = "") -> Any:
    """Read a document."""
    return _answer(urllib.request.Request(f"{url}?{urlencode(query or {})}", headers=_headers(token)))  # noqa: S310


def post(url: str, document: object, *, token: str = "") -> Any:
    """Send a document; returns the one that comes back."""
    headers = {**_headers(token), "content-type": "application/json"}
    return _answer(urllib.request.Request(url, json.dumps(document).encode(), headers))  # noqa: S310


def _headers(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def _answer(request: urllib.request.Request) -> Any:
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - our own http addresses only
            return json.load(answer)
    except HTTPError as refusal:
        if refusal.code == HTTPStatus.NOT_FOUND:
            raise SetupError(
                "not-found", "Không tìm thấy, hoặc đã được quyết định rồi.", "There is none, or it was decided already."
            ) from None
        text = refusal.read().decode(errors="replace")
        raise SetupError("refused", f"Bị từ chối ({refusal.code}).", f"Refused ({refusal.code}): {text}") from None
    except URLError as away:
        raise SetupError(
            "away",
            "Dịch vụ không trả lời: xem `khamdoan status`.",
            f"The service does not answer ({away.reason}): see `khamdoan status`.",
        ) from None
