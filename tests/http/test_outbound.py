"""The way out: only where it may go, never longer than it may take."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from turnout.http.outbound import (
    Answer,
    Fetched,
    Outbound,
    OutboundError,
    OutboundRefused,
    TooLarge,
    may_reach,
    read_networks,
)

LOOPBACK = "127.0.0.1/32,::1/128"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "not an address",
        "",
    ],
)
def test_what_is_not_public_is_refused(address):
    assert not may_reach(address, ())


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_what_is_public_is_not(address):
    assert may_reach(address, ())


def test_what_the_operator_names_may_be_reached_and_nothing_beside_it():
    allowed = read_networks(" 10.0.0.0/8 , ::1/128")
    assert may_reach("10.200.1.1", allowed)
    assert may_reach("::ffff:10.0.0.1", allowed)
    assert may_reach("::1", allowed)
    assert not may_reach("11.0.0.0.1", allowed)
    assert not may_reach("127.0.0.1", allowed)


@given(st.integers(0, 2**32 - 1))
def test_an_address_inside_another_is_judged_like_the_inner_one(number):
    inner = ipaddress.IPv4Address(number)
    if not may_reach(str(inner), ()):
        assert not may_reach(f"::ffff:{inner}", ())
        assert not may_reach(str(ipaddress.IPv6Address(0x64FF9B << 96 | number)), ())


Handler = Callable[[Any], Any]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    try:
        yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


def call(handler: Handler, work: Callable[[Outbound, int], Any], allow: str = LOOPBACK) -> Any:
    """What `work` gives, or the error that it raises."""

    async def scenario() -> Any:
        outbound = Outbound(allow)
        try:
            async with serving(handler) as port:
                return await work(outbound, port)
        except OutboundError as error:
            return error
        finally:
            await outbound.close()

    return asyncio.run(scenario())


async def echo(request: Any) -> web.Response:
    body = await request.read()
    return web.Response(status=201, body=request.headers["X-Test"].encode() + body)


def test_a_post_is_answered():
    answer = call(
        echo, lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"!", {"X-Test": "a"}, 5)
    )
    assert answer == Answer(201, b"a!")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:7f00:1]"])
def test_a_private_address_is_refused_by_number_and_by_name(host):
    error = call(
        echo, lambda out, port: out.post(f"http://{host}:{port}/", b"", {"X-Test": ""}, 5), ""
    )
    assert isinstance(error, OutboundRefused)
    assert "TURNOUT_OUTBOUND_ALLOW" in str(error)


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "http://a:b@example.com/", "http:///", "http://[::1", "file:///x"]
)
def test_an_address_of_another_kind_is_refused(url):
    assert isinstance(call(echo, lambda out, _: out.post(url, b"", {}, 5)), OutboundRefused)


def test_a_redirect_is_an_answer_and_not_followed():
    async def redirect(request: Any) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    answer = call(redirect, lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"", {}, 5))
    assert answer.status == 302
    error = call(redirect, lambda out, port: out.fetch(f"http://127.0.0.1:{port}/", 10, 5))
    assert str(error) == "127.0.0.1 answered 302"


def test_one_who_does_not_answer_is_given_up():
    async def sleep(request: Any) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    error = call(sleep, lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"", {}, 0.1))
    assert str(error) == "127.0.0.1 did not answer in 0.1 s"
    assert not isinstance(error, OutboundRefused)


def test_one_who_is_not_there_is_an_error():
    error = call(echo, lambda out, _: out.post("http://127.0.0.1:1/", b"", {}, 5))
    assert type(error) is OutboundError


@pytest.mark.parametrize(("size", "is_small"), [(0, True), (100, True), (101, False)])
def test_a_file_is_fetched_up_to_its_limit(size, is_small):
    async def file(request: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/png; charset=x"})
        await response.prepare(request)
        for _ in range(size):
            await response.write(b"x")
        await response.write_eof()
        return response

    fetched = call(file, lambda out, port: out.fetch(f"http://127.0.0.1:{port}/a", 100, 5))
    if is_small:
        assert fetched == Fetched(b"x" * size, "image/png")
    else:
        assert isinstance(fetched, TooLarge)


def test_an_answer_is_read_no_further_than_it_may():
    async def flood(request: Any) -> web.Response:
        return web.Response(body=b"x" * 1_000_000)

    answer = call(flood, lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"", {}, 5))
    assert len(answer.body) <= 65_536
