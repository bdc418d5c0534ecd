"""JSON over HTTP with our own services on this machine, and their refusals as errors for a person."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
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
    return _answer(_posting(url, document, token))


def post_for_lines(url: str, document: object) -> Iterator[Any]:
    """Send a document; every line of the answer is one that comes back, as soon as it is there."""
    with _opened(_posting(url, document, "")) as answer:
        for line in answer:
            yield json.loads(line)


def _posting(url: str, document: object, token: str) -> urllib.request.Request:
    headers = {**_headers(token), "content-type": "application/json"}
    return urllib.request.Request(url, json.dumps(document).encode(), headers)  # noqa: S310


def _headers(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}


def _answer(request: urllib.request.Request) -> Any:
    with _opened(request) as answer:
        return json.load(answer)


def _opened(request: urllib.request.Request) -> Any:
    try:
        return urllib.request.urlopen(request, timeout=SECONDS)  # noqa: S310 - our own http addresses only
    except HTTPError as refusal:
        raise refused(refusal) from None
    except URLError as away:
        raise SetupError(
            "away",
            "Dịch vụ không trả lời: xem `khamdoan status`.",
            f"The service does not answer ({away.reason}): see `khamdoan status`.",
        ) from None


def refused(refusal: HTTPError) -> SetupError:
    """What the service says in both languages with a code, if it does."""
    text = refusal.read().decode(errors="replace")
    try:
        said = json.loads(text)
        fields = f" ({', '.join(said['fields'])})" if said.get("fields") else ""
        vi, en = (said.get(language) or said[f"title_{language}"] for language in ("vi", "en"))
        return SetupError(said["code"], vi + fields, en + fields)
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError):
        pass
    if refusal.code == HTTPStatus.NOT_FOUND:
        return SetupError("not-found", "Không tìm thấy.", "There is none.")
    return SetupError("refused", f"Bị từ chối ({refusal.code}).", f"Refused ({refusal.code}): {text}")
