"""Problems: every code is known, used, and said in both languages; whatever is sent gets a document, never a crash."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from gateway_builders import CLINIC, NOW, Clients
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gateway
from contracts.base import Party
from gateway import catalogue, cloudevents, parties, problems
from gateway.cloudevents import Said
from gateway.problems import CODES, Refusal

SOURCES = [
    path.read_text("utf-8") for path in Path(gateway.__file__).parent.rglob("*.py") if path.name != "problems.py"
]
OWN = (Path(gateway.__file__).parent / "problems.py").read_text("utf-8")


def test_every_code_that_is_used_is_listed_and_every_listed_one_is_used() -> None:
    named = {
        code for text in SOURCES for code in re.findall(r'(?:Refusal|problem|FileRefusedError)\(\s*"([a-z._-]+)"', text)
    }
    named |= {code for text in SOURCES for code in re.findall(r'"(file\.[a-z_]+|party\.[a-z]+)"', text)}
    unused = {code for code in CODES if not any(f'"{code}"' in text for text in SOURCES) and OWN.count(f'"{code}"') < 2}

    assert named - set(CODES) == set()
    assert unused == set()


def test_every_code_speaks_both_languages_and_has_a_status_of_its_own_kind() -> None:
    for code, (status, vi, en) in CODES.items():
        assert 400 <= status < 600, code
        assert vi, code
        assert en, code
        assert vi != en, code


@pytest.mark.parametrize(
    ("accept", "language"),
    [("", "vi"), ("en", "en"), ("vi,en;q=0.5", "vi"), ("en-US,en;q=0.9", "en"), ("fr,en;q=0.2", "en"), ("*;q=x", "vi")],
)
def test_vietnamese_comes_first_unless_english_is_preferred(accept: str, language: str) -> None:
    assert problems.language_of(accept) == language


def test_a_document_leaves_out_what_it_has_not() -> None:
    document = problems.document(Refusal("not-found"), language="vi")

    assert set(document) == {"type", "code", "status", "title", "title_vi", "title_en"}


ODD = st.text(max_size=20) | st.integers().map(str) | st.just("9999-12-31") | st.uuids().map(str)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_is_asked_gets_an_answer_or_a_problem_and_never_a_crash(
    as_: Clients, data: st.DataObject
) -> None:
    party = data.draw(st.sampled_from(list(Party)))
    party_id = {Party.CLINICS: CLINIC, Party.HEALTH: "syt-02", Party.OPERATIONS: "centre"}.get(party, str(uuid4()))
    client = await as_.party(party, party_id)
    paths: dict[str, Any] = (await client.get("/openapi.json")).json()["paths"]
    path = data.draw(
        st.sampled_from(sorted(path for path, methods in paths.items() if "get" in methods and "stream" not in path))
    )
    declared = [parameter for parameter in paths[path]["get"].get("parameters", []) if parameter["in"] == "query"]
    query = {item["name"]: data.draw(ODD) for item in declared if item["name"] != "wait" and data.draw(st.booleans())}
    filled = re.sub(r"{(\w+)}", lambda match: CLINIC if match[1] == "clinic_id" else str(uuid4()), path)

    answer = await client.get(filled, params=query)

    assert answer.status_code in {200, 403, 404, 422}
    assert answer.status_code == 200 or answer.json()["code"] in CODES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(sorted(catalogue.INTAKE))


@settings(max_examples=300, deadline=None)
@given(
    raw=JSON
    | st.fixed_dictionaries(
        {"specversion": st.just("1.0"), "id": st.uuids().map(str), "type": TYPES},
        optional={"data": JSON, "time": JSON, "source": JSON, "datacontenttype": JSON, "traceparent": JSON},
    )
)
def test_no_json_can_be_said_that_crashes_the_check(raw: Any) -> None:
    caller = parties.caller("clinics", CLINIC, "portal", "someone", pseudonym_key=b"k")

    checked = cloudevents.check(raw, 0, caller, now=NOW)

    assert isinstance(checked, Said) or (checked.problems and checked.code in CODES)
