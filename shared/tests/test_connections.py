"""Who takes connections and never says what for, or goes on saying it, is let go; the others notice nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI, Request

from shared.connections import HEAD_BYTES, Connection
from shared.serving import HttpServer
from shared.testing import PATIENCE


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server that says how long a body is."""
    app = FastAPI()

    @app.post("/things")
    async def take(request: Request) -> int:
        return len(await request.body())

    server = HttpServer(app, "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    yield await server.bound_port()
    server.should_exit = True
    await serving


async def answer(port: int, *pieces: bytes) -> bytes:
    """All that comes back until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(PATIENCE):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            return await reader.read()
    except ConnectionResetError:  # what we went on to say crossed the refusal
        return b""
    finally:
        writer.close()


POST = b"POST /things HTTP/1.1\r\nHost: x\r\n"


async def test_headers_without_end_are_refused_in_both_languages(port: int) -> None:
    said = await answer(port, POST, b"X: a\r\n" * (HEAD_BYTES // len(b"X: a\r\n") + 1))

    assert said.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"request.head-too-long"' in said
    assert '"title_vi":"Phần đầu của yêu cầu quá dài"'.encode() in said


async def test_one_header_without_end_is_refused(port: int) -> None:
    said = await answer(port, POST + b"X: " + b"a" * HEAD_BYTES)

    assert said.startswith(b"HTTP/1.1 431 ")


async def test_headers_behind_a_body_have_the_same_end(port: int) -> None:
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"

    many = await answer(port, chunked, *[b"X: a\r\n" * HEAD_BYTES] * 10)
    long = await answer(port, chunked + b"X: ", *[b"a" * HEAD_BYTES] * 10)

    assert b" 200 " not in many + long  # and it came to an end


async def test_what_is_no_request_is_refused_in_both_languages(port: int) -> None:
    said = await answer(port, b"\x16\x03\x01")

    assert said.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"request.unreadable"' in said
    assert "Không đọc được".encode() in said


@pytest.mark.parametrize("said", [b"", POST, b"\r\n"])
async def test_who_says_nothing_or_half_a_head_is_let_go(
    said: bytes, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.05)

    assert await answer(port, said) == b""


async def test_who_was_answered_and_then_says_half_a_head_is_let_go(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.05)

    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(PATIENCE):
        writer.write(POST + b"Content-Length: 2\r\n\r\nab")
        first = await reader.readuntil(b"\r\n\r\n2")
        writer.write(POST)
        rest = await reader.read()
    writer.close()

    assert first.startswith(b"HTTP/1.1 200 ")
    assert rest == b""


async def test_a_body_may_be_as_long_and_as_slow_as_its_application_lets_it(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Connection, "head_seconds", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b"x" * 4 * HEAD_BYTES

    async with asyncio.timeout(PATIENCE):
        writer.write(POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        for piece in range(0, len(body), HEAD_BYTES):
            await asyncio.sleep(0.03)  # longer in all than a head may take
            writer.write(body[piece : piece + HEAD_BYTES])
        said = await reader.read()
    writer.close()

    assert said.endswith(b"\r\n\r\n%d" % len(body))
