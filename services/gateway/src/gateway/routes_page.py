"""The page that a browser is shown at the door: every route and every error code, without anybody else's scripts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from gateway.problems import CODES

router = APIRouter(include_in_schema=False)

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: .5rem 0; }
td { vertical-align: top; padding: .2rem .8rem .2rem 0; }
summary { cursor: pointer; padding: .2rem 0; }
details > div { margin: 0 0 1rem 1.5rem; }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@router.get("/")
@router.get("/docs")
async def show(request: Request) -> HTMLResponse:
    """All routes, from the OpenAPI document."""
    return HTMLResponse(page(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


def page(document: Mapping[str, Any]) -> str:
    """The OpenAPI document for people: routes by what they are about, then the codes of errors."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            groups[", ".join(route.get("tags", ["…"]))].append(_route(method.upper(), path, route))
    title = escape(document["info"]["title"])
    return "\n".join([
        f'<!doctype html><html lang="vi"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>',
        f"<h1>{title}</h1><p>{escape(document['info']['description'])}",
        '<p>Mọi đường dẫn dưới đây · every route; <a href="/openapi.json">openapi.json</a> for programs.',
        *(f"<h2>{escape(name)}</h2>{''.join(routes)}" for name, routes in groups.items()),
        "<h2>Mã lỗi · Error codes</h2>",
        _table((code, str(status), vi, en) for code, (status, vi, en) in CODES.items()),
    ])  # fmt: skip


def _route(method: str, path: str, route: Mapping[str, Any]) -> str:
    text = route.get("description", "")
    asked = [
        (one["name"], one["in"], "bắt buộc · required" if one["required"] else "", _meaning(one))
        for one in route.get("parameters", [])
    ]
    bodies = [(kind, _shape(body["schema"])) for kind, body in route.get("requestBody", {}).get("content", {}).items()]
    return (
        f"<details><summary><code>{method} {escape(path)}</code> {escape(text.partition(chr(10))[0])}</summary>"
        f"<div><p>{escape(text)}</p>{_table(asked)}{_table(bodies)}</div></details>"
    )


def _meaning(parameter: Mapping[str, Any]) -> str:
    default = parameter["schema"].get("default")
    said = [_shape(parameter["schema"]), "" if default in (None, "") else f"= {default}"]
    return " ".join(filter(None, [*said, parameter.get("description", "")]))


def _shape(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: its choices, its type and form, or the fields of an object."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_shape(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "properties" in schema:
        return ", ".join(schema["properties"])
    return str(schema.get("format") or schema.get("type", ""))


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    cells = ["".join(f"<td>{escape(cell)}" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{row}' for row in cells)}</table>" if cells else ""
