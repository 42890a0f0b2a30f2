"""The loop that calls integrators back, against receivers on this machine."""

import asyncio
import hashlib
import hmac
import time
from contextlib import closing
from typing import Any

import psycopg
import pytest
import uvloop
from aiohttp import web
from structlog.testing import capture_logs

from tests.http.test_outbound import serving
from tests.support.builder import make_organization
from tests.support.name_server import name_server
from tests.support.node import LocalNode
from tests.workers.conftest import until
from turnout.core.callbacks.model import Callback, CallbackState, NewCallback
from turnout.core.callbacks.outbox import (
    add_callbacks,
    get_secret,
    list_attempts,
    list_callbacks,
    rotate_callback_key,
)
from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.http.names import LOOK_UP_S, Names
from turnout.http.outbound import Outbound
from turnout.workers.callbacks import OF_EACH, callback_loops


def listed(node: LocalNode, org_id: OrgId) -> list[Callback]:
    return node.db.call(list_callbacks, org_id, job_id=None, state=None, limit=1000)


def run(node: LocalNode, work: Any, allow: str = "127.0.0.1/32") -> Any:
    async def scenario() -> Any:
        outbound = Outbound(allow)
        loops = callback_loops(node.db, outbound)
        for loop in loops:
            loop.start()
        try:
            return await work
        finally:
            for loop in loops:
                await loop.stop()
            await outbound.close()

    return asyncio.run(scenario())


def new_org(node: LocalNode) -> OrgId:
    return node.db.call(make_organization, "acme")


def test_a_callback_arrives_signed_and_is_over(node):
    org_id = new_org(node)
    got: list[tuple[dict[str, str], bytes]] = []

    async def receive(request: Any) -> web.Response:
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=202)

    async def work() -> None:
        async with serving(receive) as port:
            url = f"http://127.0.0.1:{port}/hook"
            await node.db.write(
                add_callbacks,
                org_id,
                [NewCallback(JobId(7), RecipientId(8), url, "a=1&b=2", "smpp")],
            )
            await until(lambda: is_over(1))

    async def is_over(count: int) -> bool:
        found = await node.db.read(list_callbacks, org_id, job_id=None, state=None, limit=10)
        return sum(callback.state is CallbackState.DELIVERED for callback in found) == count

    run(node, work())
    [(headers, body)] = got
    [callback] = listed(node, org_id)
    key = node.db.call(get_secret, org_id).encode()
    assert body == b"a=1&b=2"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["X-Turnout-Carrier"] == "smpp"
    assert headers["X-Turnout-Delivery"] == callback.uuid
    assert headers["X-Turnout-Signature"] == hmac.new(key, body, hashlib.sha256).hexdigest()
    said = dict(part.split("=") for part in headers["X-Turnout-Signature-V2"].split(","))
    signed = f"{said['t']}.{callback.uuid}.".encode() + body
    assert said == {
        "t": str(node.clock() // 1000),
        "v1": hmac.new(key, signed, hashlib.sha256).hexdigest(),
    }
    assert (callback.state, callback.attempts, callback.last_status) == ("delivered", 1, 202)


def test_a_call_whose_time_is_over_is_not_made(node):
    """As after a freeze between the claim and the first byte; it is claimed again."""
    org_id = new_org(node)
    got: list[bytes] = []

    async def receive(request: Any) -> web.Response:
        got.append(await request.read())
        return web.Response()

    class Frozen(Names):
        """Finds every name, the first time after the lease has run out."""

        looked = 0

        async def look_up(self, _name: str) -> list[str]:
            self.looked += 1
            if self.looked == 1:
                node.clock.advance(600)
            return ["127.0.0.1"]

    names = Frozen()

    async def scenario() -> None:
        outbound = Outbound("127.0.0.1/32", names=names)
        loops = callback_loops(node.db, outbound)
        for loop in loops:
            loop.start()
        try:
            async with serving(receive) as port:
                url = f"http://receiver.example:{port}/hook"
                await node.db.write(
                    add_callbacks,
                    org_id,
                    [NewCallback(JobId(7), RecipientId(8), url, "a=1", "smpp")],
                )
                await until(is_over)
        finally:
            await asyncio.gather(*(loop.stop() for loop in loops))
            await outbound.close()

    async def is_over() -> bool:
        return [callback.state for callback in listed(node, org_id)] == ["delivered"]

    asyncio.run(scenario())
    assert (got, names.looked) == ([b"a=1"], 2)
    [callback] = listed(node, org_id)
    assert callback.attempts == 1
    assert node.db.call(lambda tx: tx.connection.execute(
        "SELECT count(*) FROM work_claims").fetchone()[0]) == 0  # fmt: skip


def test_while_a_key_is_rotated_out_both_sign(node):
    org_id = new_org(node)
    got: list[Any] = []

    async def receive(request: Any) -> web.Response:
        got.append((dict(request.headers), await request.read()))
        return web.Response()

    async def work() -> None:
        async with serving(receive) as port:
            url = f"http://127.0.0.1:{port}/hook"
            await node.db.write(
                add_callbacks, org_id, [NewCallback(JobId(7), RecipientId(8), url, "a=1", "smpp")]
            )
            await until(has_come)

    async def has_come() -> bool:
        return bool(got)

    former = node.db.call(get_secret, org_id)
    new = node.db.call(rotate_callback_key, org_id, 1000, actor="test")
    run(node, work())
    [(headers, body)] = got
    for name, key in (("X-Turnout-Signature", former), ("X-Turnout-Signature-Next", new)):
        assert headers[name] == hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def test_one_slow_receiver_never_holds_the_others_up(node):
    org_id = new_org(node)
    asked = asyncio.Event()
    arrived: list[str] = []

    async def stall(request: Any) -> web.Response:
        await asked.wait()
        return web.Response()

    async def receive(request: Any) -> web.Response:
        arrived.append(await request.text())
        return web.Response()

    async def all_arrived() -> bool:
        return len(arrived) == 40

    async def work() -> None:
        async with serving(stall) as slow, serving(receive) as quick:
            slow_ones = [
                NewCallback(JobId(1), RecipientId(1), f"http://127.0.0.1:{slow}/", f"n={n}", "x")
                for n in range(200)
            ]
            await node.db.write(add_callbacks, org_id, slow_ones)
            quick_ones = [
                NewCallback(JobId(1), RecipientId(1), f"http://127.0.0.1:{quick}/", f"n={n}", "x")
                for n in range(40)
            ]
            await node.db.write(add_callbacks, org_id, quick_ones)
            await until(all_arrived)
            asked.set()

    run(node, work())
    assert sorted(arrived) == sorted(f"n={n}" for n in range(40))


def test_a_refused_address_is_given_up_at_once_and_a_closed_port_is_tried_again(node):
    org_id = new_org(node)

    async def all_tried() -> bool:
        found = await node.db.read(list_callbacks, org_id, job_id=None, state=None, limit=10)
        return all(callback.attempts for callback in found)

    async def work() -> None:
        new = [
            NewCallback(JobId(1), RecipientId(1), "http://10.0.0.1/?key=secret", "a=1", "x"),
            NewCallback(JobId(1), RecipientId(1), "http://127.0.0.1:1/", "a=2", "x"),
        ]
        await node.db.write(add_callbacks, org_id, new)
        await until(all_tried)

    with capture_logs() as lines:
        run(node, work())
    states = {callback.body: callback.state for callback in listed(node, org_id)}
    assert states == {"a=1": CallbackState.FAILED, "a=2": CallbackState.WAITING}
    [refused] = [callback for callback in listed(node, org_id) if callback.body == "a=1"]
    [attempt] = node.db.call(list_attempts, org_id, refused.id)
    assert attempt.error.startswith("10.0.0.1 is in a private network.")
    assert [line for line in lines if line["event"] == "callback refused"] == [
        {
            "event": "callback refused",
            "log_level": "warning",
            "org_id": org_id,
            "callback": refused.id,
            "host": "10.0.0.1",
            "reason": "private",
        }
    ]


def test_names_that_never_resolve_hold_up_no_other_organization(node):
    greedy = new_org(node)
    other = node.db.call(make_organization, "other")
    arrived = asyncio.Event()

    async def receive(request: Any) -> web.Response:
        arrived.set()
        return web.Response()

    def book(name: str) -> list[str] | None:
        return ["127.0.0.1"] if name == "good.test" else None

    async def scenario() -> tuple[float, bool]:
        async with serving(receive) as port, name_server(book) as server:
            outbound = Outbound("127.0.0.1/32", names=Names([server]))
            [loop, _] = callback_loops(node.db, outbound)
            silent = [
                NewCallback(JobId(1), RecipientId(1), f"http://silent{n}.test:{port}/", "a=1", "x")
                for n in range(300)
            ]
            await node.db.write(add_callbacks, greedy, silent)
            loop.start()
            await until(all_claimed)
            started = time.perf_counter()
            call = NewCallback(JobId(1), RecipientId(1), f"http://good.test:{port}/", "a=1", "x")
            await node.db.write(add_callbacks, other, [call])
            await asyncio.wait_for(arrived.wait(), 10)
            took_s = time.perf_counter() - started
            # Networks of the operator are looked up by the system, which has nothing to do.
            found = await asyncio.get_running_loop().getaddrinfo("localhost", 25)
            await loop.stop()
            await outbound.close()
            return took_s, bool(found)

    async def all_claimed() -> bool:
        found = await node.db.read(list_callbacks, greedy, job_id=None, state=None, limit=500)
        return sum(callback.state is CallbackState.CLAIMED for callback in found) == OF_EACH

    took_s, is_found = uvloop.run(scenario())
    assert is_found
    assert took_s < LOOK_UP_S / 2


class Receiver:
    """Answers nobody before it may."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, request: Any) -> web.Response:
        self.got.append(await request.read())
        await self.may_answer.wait()
        return web.Response()

    async def has(self, count: int) -> bool:
        return len(self.got) == count


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_held_row_holds_up_no_other_result(node, url):
    """Their leases would run out, and their calls be made again."""
    org_id = new_org(node)

    async def is_delivered(*expected: str) -> bool:
        found = await node.db.read(list_callbacks, org_id, job_id=None, state=None, limit=9)
        return [callback.body for callback in found if callback.state == "delivered"] == list(
            expected
        )

    async def work() -> list[bytes]:
        receiver = Receiver()
        async with serving(receiver) as port:
            address = f"http://127.0.0.1:{port}/hook"
            calls = [
                NewCallback(JobId(1), RecipientId(1), address, body, "x")
                for body in ("a=1", "b=2", "c=3")
            ]
            await node.db.write(add_callbacks, org_id, calls)
            await until(lambda: receiver.has(3))
            with closing(psycopg.connect(url)) as holder:
                holder.execute("UPDATE callbacks SET attempts = attempts WHERE body = 'b=2'")
                receiver.may_answer.set()
                await until(lambda: is_delivered("c=3", "a=1"))
            await until(lambda: is_delivered("c=3", "b=2", "a=1"))
        return sorted(receiver.got)

    assert run(node, work()) == [b"a=1", b"b=2", b"c=3"]
    assert [callback.attempts for callback in listed(node, org_id)] == [1, 1, 1]


def test_a_loop_whose_database_is_gone_ends_with_a_line(node):
    org_id = new_org(node)

    async def scenario() -> None:
        receiver, outbound = Receiver(), Outbound("127.0.0.1/32")
        [loop, _] = callback_loops(node.db, outbound)
        loop.start()
        async with serving(receiver) as port:
            call = NewCallback(JobId(1), RecipientId(1), f"http://127.0.0.1:{port}/", "a=1", "x")
            await node.db.write(add_callbacks, org_id, [call])
            await until(lambda: receiver.has(1))
            await asyncio.to_thread(node.db.close)
            receiver.may_answer.set()
            await loop.stop()
        await outbound.close()

    with capture_logs() as logs:
        asyncio.run(scenario())
    told = [log for log in logs if log["event"].startswith("stopped with")]
    assert [(line["worker"], line["code"]) for line in told] == [("callbacks", "store.stopping")]
