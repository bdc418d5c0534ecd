"""The outside parties go on behind an edge that is away for a moment."""

import httpx
import pytest

from demo import edge
from demo.edge import Edge, EdgeError


def an_edge(*answers: httpx.Response | Exception) -> Edge:
    """An edge that answers so, one after the other."""
    left = iter(answers)

    def answer(_request: httpx.Request) -> httpx.Response:
        following = next(left)
        if isinstance(following, Exception):
            raise following
        return following

    made = Edge("http://edge.example", "secret")
    made.http = httpx.AsyncClient(base_url="http://edge.example", transport=httpx.MockTransport(answer))
    return made


async def test_a_token_and_a_word_wait_for_an_edge_that_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "PAUSE_SECONDS", 0)
    busy = httpx.Response(503, headers={"retry-after": "0"})
    answers = (httpx.Response(200, json={"access_token": "t"}), httpx.Response(200, json={"items": []}))

    caller = await (away := an_edge(httpx.ConnectError(""), answers[0], busy, answers[1])).party("unions", "1", "a")
    read = await caller.get("/receipts")
    await away.close()

    assert (caller.token, read) == ("t", {"items": []})


async def test_what_the_edge_refuses_is_not_said_again() -> None:
    refusing = an_edge(httpx.Response(401, json={"code": "issuer.refused"}))

    with pytest.raises(EdgeError, match=r"/dev/tokens: 401 .*issuer\.refused"):
        await refusing.party("unions", "1", "a")

    await refusing.close()
