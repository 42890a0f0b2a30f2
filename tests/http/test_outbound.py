"""The way out: only where it may go, never longer than it may take."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.support.name_server import Book, name_server
from turnout.http.last_look import RequestWithdrawn
from turnout.http.names import Names
from turnout.http.outbound import (
    Answer,
    FetchedFile,
    Outbound,
    OutboundError,
    OutboundRefused,
    TooLarge,
    is_callable,
)

LOOPBACK = "127.0.0.1/32,::1/128"


Handler = Callable[[Any], Any]


@asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[int]:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
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
        echo,
        lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"!", {"X-Test": "a"}, 5, party=1),
    )
    assert answer == Answer(201, b"a!")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:7f00:1]"])
def test_a_private_address_is_refused_by_number_and_by_name(host):
    error = call(
        echo,
        lambda out, port: out.post(f"http://{host}:{port}/", b"", {"X-Test": ""}, 5, party=1),
        "",
    )
    assert isinstance(error, OutboundRefused)
    assert "TURNOUT_OUTBOUND_ALLOW" in str(error)


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "http://a:b@example.com/", "http:///", "http://[::1", "file:///x"]
)
def test_an_address_of_another_kind_is_refused(url):
    assert isinstance(
        call(echo, lambda out, _: out.post(url, b"", {}, 5, party=1)), OutboundRefused
    )


CALLABLE = {
    "http://example.com": True,
    "https://EXAMPLE.com:8443/a?b#c": True,
    "http://[2001:db8::1]:80/": True,
    "http://127.0.0.1/": True,  # whether it may be called is told when it is called
    "http://bücher.example/": True,
    "http://h:65535/": True,
    "http://[/": False,
    "http://[::1": False,
    "http://[::1]x/": False,
    "http://h:99999/": False,
    "http://h:-1/": False,
    "http://h:0/": False,
    "http://h:1:80/": False,
    "http://h:http/": False,
    "http:///path": False,
    "http://user@h/": False,
    "ftp://h/": False,
    "http://" + "x" * 256 + "/": False,
    "http://" + "é" * 300 + "/": False,
    "http://a|b/": False,
}


@pytest.mark.parametrize(("url", "expected"), CALLABLE.items(), ids=range(len(CALLABLE)))
def test_an_address_is_judged_as_it_will_be_read(url, expected):
    assert is_callable(url) is expected


def test_each_call_has_a_connection_of_its_own():
    """None meets the closing of one that is kept."""
    peers: list[object] = []

    async def hear(request: Any) -> web.Response:
        peers.append(request.transport.get_extra_info("peername"))
        return web.Response(text=request.headers["Connection"])

    async def work(out: Outbound, port: int) -> list[bytes]:
        url = f"http://127.0.0.1:{port}/"
        said = [(await out.post(url, b"", {}, 5, party=1)).body for _ in range(3)]
        return [*said, (await out.fetch(url, 10, 5, party=1)).content]

    assert call(hear, work) == [b"close"] * 4
    assert len(set(peers)) == 4


@pytest.mark.parametrize("is_second", [False, True])
def test_what_may_not_go_any_more_is_not_written(is_second):
    """Though there is a connection by then; the next call finds the way as before."""
    heard: list[bytes] = []

    async def hear(request: Any) -> web.Response:
        heard.append(await request.read())
        return web.Response()

    async def work(out: Outbound, port: int) -> list[str]:
        url = f"http://127.0.0.1:{port}/"
        if is_second:
            await out.post(url, b"first", {}, 5, party=1)
        with pytest.raises(RequestWithdrawn):
            await out.post(url, b"late", {}, 5, party=1, may_go=lambda: False)
        await out.post(url, b"last", {}, 5, party=1, may_go=lambda: True)
        return [line.decode() for line in heard]

    assert call(hear, work) == ["first"] * is_second + ["last"]


def test_a_redirect_is_an_answer_and_not_followed():
    async def redirect(request: Any) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    answer = call(
        redirect, lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"", {}, 5, party=1)
    )
    assert answer.status == 302
    error = call(redirect, lambda out, port: out.fetch(f"http://127.0.0.1:{port}/", 10, 5, party=1))
    assert str(error) == "127.0.0.1 answered 302"


def test_one_who_does_not_answer_is_given_up():
    async def sleep(request: Any) -> web.Response:
        await asyncio.sleep(1)
        return web.Response()

    error = call(
        sleep, lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"", {}, 0.1, party=1)
    )
    assert str(error) == "127.0.0.1 did not answer in 0.1 s"
    assert not isinstance(error, OutboundRefused)


def test_one_who_never_comes_to_the_point_is_given_up():
    async def hint(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)
                await writer.drain()

    async def scenario() -> list[str]:
        outbound = Outbound(LOOPBACK)
        server = await asyncio.start_server(hint, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        said = []
        for work in (
            lambda: outbound.post(url, b"", {}, 5, party=1),
            lambda: outbound.fetch(url, 100, 5, party=1),
        ):
            with pytest.raises(OutboundError) as raised:
                await work()
            said.append(str(raised.value))
        await outbound.close()
        server.close()
        return said

    message = "127.0.0.1: its answer has over 10 informational answers and no other"
    assert asyncio.run(scenario()) == [message] * 2


def test_one_who_is_not_there_is_an_error():
    error = call(echo, lambda out, _: out.post("http://127.0.0.1:1/", b"", {}, 5, party=1))
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

    fetched = call(file, lambda out, port: out.fetch(f"http://127.0.0.1:{port}/a", 100, 5, party=1))
    if is_small:
        assert fetched == FetchedFile(b"x" * size, "image/png")
    else:
        assert isinstance(fetched, TooLarge)


def test_an_answer_is_read_no_further_than_it_may():
    async def flood(request: Any) -> web.Response:
        return web.Response(body=b"x" * 1_000_000)

    answer = call(
        flood, lambda out, port: out.post(f"http://127.0.0.1:{port}/", b"", {}, 5, party=1)
    )
    assert len(answer.body) <= 65_536


def test_names_that_are_none_and_names_that_lead_inside_are_answered_alike():
    errors = calling({"inner.test": ["10.0.0.1"]}.get, ["inner.test", "none.test"])
    assert {str(error).replace(host, "HOST") for host, error in errors.items()} == {
        "HOST leads to no public address. The operator may name networks that can be called in "
        "TURNOUT_OUTBOUND_ALLOW."
    }
    # The one may be there tomorrow.
    assert [type(error) for error in errors.values()] == [OutboundRefused, OutboundError]
    assert [error.reason for error in errors.values()] == ["private", "unknown name"]


def calling(addresses: Callable[[str], list[str] | None], hosts: list[str]) -> dict[str, Any]:
    async def scenario() -> dict[str, Any]:
        async with name_server(lambda name: addresses(name) or []) as server:
            out = Outbound(names=Names([server]))
            said = {}
            for host in hosts:
                with pytest.raises(OutboundError) as error:
                    await out.post(f"http://{host}/", b"", {}, 5, party=1)
                said[host] = error.value
            await out.close()
            return said

    return asyncio.run(scenario())


HITS = "127.0.0.1"
OPEN = "127.0.0.2"


def visit(book: Book, calls: int, handler: Handler | None = None) -> tuple[list[Any], int]:
    """What `calls` calls of a name get where only `OPEN` may be reached, and how often somebody
    came to the same port of `HITS`."""
    hits = 0

    async def hit(request: Any) -> web.Response:
        nonlocal hits
        hits += 1
        return web.Response()

    async def good(request: Any) -> web.Response:
        return web.Response(text="good", headers={"Connection": "close"})

    async def scenario() -> list[Any]:
        async with serving(handler or good, OPEN) as port, name_server(book) as server:
            canary = web.ServerRunner(web.Server(hit))
            await canary.setup()
            await web.TCPSite(canary, HITS, port).start()
            out = Outbound(f"{OPEN}/32", names=Names([server]))
            said: list[Any] = []
            for _ in range(calls):
                try:
                    said.append(await out.post(f"http://some.test:{port}/", b"", {}, 5, party=1))
                except OutboundError as error:
                    said.append(type(error))
            await out.close()
            await canary.cleanup()
            return said

    return asyncio.run(scenario()), hits


def test_of_mixed_addresses_only_those_are_called_that_may_be():
    good = Answer(200, b"good")
    assert visit(lambda _: [HITS, OPEN, "::1"], 3) == ([good] * 3, 0)


def test_a_name_that_changes_its_mind_is_judged_each_time():
    # Each look-up asks twice, for both families.
    turns = iter([turn for turn in (OPEN, HITS, OPEN, HITS) for _ in range(2)])
    answers = [Answer(200, b"good"), OutboundRefused] * 2
    assert visit(lambda _: [next(turns)], 4) == (answers, 0)


def test_nobody_is_led_on_by_a_redirect():
    async def redirect(request: Any) -> web.Response:
        return web.Response(status=307, headers={"Location": f"http://{HITS}:{request.url.port}/"})

    assert visit(lambda _: [OPEN], 1, redirect) == ([Answer(307)], 0)


def test_the_socket_is_judged_whatever_came_before():
    async def work(out: Outbound, port: int) -> Any:
        with pytest.raises(aiohttp.ClientConnectorError):
            await out._opened().get(f"http://127.0.0.1:{port}/")
        return "refused"

    assert call(echo, work, allow="") == "refused"


@pytest.mark.parametrize("port", [1, 22, 25, 443, 6379, 65535])
def test_only_some_ports_are_called(port):
    async def work() -> Any:
        out = Outbound(LOOPBACK, "80,6000-7000")
        try:
            return await out.post(f"http://127.0.0.1:{port}/", b"", {}, 5, party=1)
        except OutboundError as error:
            return error
        finally:
            await out.close()

    error = asyncio.run(work())
    if port == 6379:
        assert type(error) is OutboundError
    else:
        assert (type(error), str(error)) == (
            OutboundRefused,
            f"port {port} is not one that is called; TURNOUT_OUTBOUND_PORTS has those that are",
        )


@pytest.mark.parametrize("is_open", [True, False])
def test_a_refusal_is_the_same_for_an_open_and_a_closed_port(is_open):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if is_open:
            listener.listen()
        port = listener.getsockname()[1]
        error = call(
            echo, lambda out, _: out.fetch(f"http://127.0.0.1:{port}/", 1, 5, party=1), allow=""
        )
    assert (type(error), str(error)) == (
        OutboundRefused,
        "127.0.0.1 is in a private network. The operator may name networks that can be called in "
        "TURNOUT_OUTBOUND_ALLOW.",
    )


def test_one_party_whose_receivers_never_answer_leaves_room_for_others():
    asked = asyncio.Event()

    async def stall(request: Any) -> web.Response:
        if request.path == "/stall":
            await asked.wait()
        return web.Response(text=request.path)

    async def work(out: Outbound, port: int) -> Any:
        # On many hosts, so that no limit for one of them helps.
        hosts = [f"127.0.0.{number}" for number in range(10, 60)]
        stalled = [
            asyncio.ensure_future(out.post(f"http://{host}:{port}/stall", b"", {}, 9, party=1))
            for host in hosts * 12
        ]
        await asyncio.sleep(0)
        answer = await out.post(f"http://127.0.0.1:{port}/other", b"", {}, 2, party=2)
        assert not any(task.done() for task in stalled)
        asked.set()
        return answer, len(await asyncio.gather(*stalled))

    async def scenario() -> Any:
        out = Outbound("127.0.0.0/8")
        try:
            async with serving(stall, "0.0.0.0") as port:
                return await work(out, port)
        finally:
            await out.close()

    assert asyncio.run(scenario()) == (Answer(200, b"/other"), 600)


def test_bytes_go_to_a_printer_that_may_be_reached_and_to_no_other() -> None:
    async def scenario() -> tuple[list[bytes], list[str]]:
        got: list[bytes] = []
        whole = asyncio.Event()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.append(await reader.read())
            writer.close()
            whole.set()

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reasons = []
        async with server:
            await Outbound(LOOPBACK).send("127.0.0.1", port, b"^XA^XZ", 5, party=1)
            await asyncio.wait_for(whole.wait(), 5)
            for outbound, host, to in (
                (Outbound(), "127.0.0.1", port),
                (Outbound(), "127.1", port),
                (Outbound(LOOPBACK, "9100"), "127.0.0.1", port + 1),
                (Outbound(LOOPBACK), "127.0.0.1", 1),
            ):
                with pytest.raises(OutboundError) as refused:
                    await outbound.send(host, to, b"^XA^XZ", 5, party=1)
                reasons.append(refused.value.reason)
        return got, reasons

    got, reasons = asyncio.run(scenario())
    assert got == [b"^XA^XZ"]
    assert reasons == ["private", "invalid", "port", "failed"]
