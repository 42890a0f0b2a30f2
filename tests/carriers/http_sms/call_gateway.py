"""A small gateway for calls and faxes: it answers as docs/call-gateways.md says, and dials nobody.

Run it on its own to see what Turnout posts:

    python -m tests.carriers.http_sms.call_gateway SECRET 8090
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

Judge = Callable[[dict[str, Any]], dict[str, Any]]
"""How a call ends: what is told beside its id."""


def _complete(_call: dict[str, Any]) -> dict[str, Any]:
    return {"status": "completed", "duration": 10}


class CallGateway:
    """Takes calls once each; `dialled` has them in their order, and `end` tells how they ended."""

    def __init__(self, secret: str, judge: Judge | None = None) -> None:
        self._secret = secret
        self._judge = judge or _complete
        self.dialled: dict[str, dict[str, Any]] = {}
        self.cancelled: list[str] = []
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.is_lossy = False
        self.on_take: Callable[[], None] = lambda: None
        self.url = ""

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/calls", self._take)
        app.router.add_delete("/calls/{id}", self._cancel)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        call = await request.json()
        if request.headers["Idempotency-Key"] != call["id"]:
            return web.json_response({"message": "two ids"}, status=400)
        if self.refusal is not None:
            status, said = self.refusal
            return web.json_response(said, status=status)
        self.dialled.setdefault(call["id"], call)
        if self.is_lossy:
            await asyncio.to_thread(self.on_take)
            return web.Response(status=500)
        return web.json_response({"id": self.name_of(call["id"])}, status=202)

    async def _cancel(self, request: web.Request) -> web.Response:
        self.cancelled.append(request.match_info["id"])
        return web.Response(status=204)

    def name_of(self, id_: str) -> str:
        """The gateway's own name for a call."""
        return f"c-{id_.removeprefix('turnout-')}"

    def end(self, id_: str) -> tuple[bytes, dict[str, str]]:
        """What is told of a call: the body, and the headers that sign it."""
        event = {"id": self.name_of(id_), "reference": id_} | self._judge(self.dialled[id_])
        return self.sign(json.dumps(event).encode())

    def sign(self, body: bytes, at_s: float | None = None) -> tuple[bytes, dict[str, str]]:
        """A body with the headers that sign it."""
        timestamp = str(int(time.time() if at_s is None else at_s))
        signed = timestamp.encode() + b"." + body
        signature = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        return body, {
            "Content-Type": "application/json",
            "X-Timestamp": timestamp,
            "X-Signature": signature,
        }

    async def tell(self, id_: str) -> int:
        """Tell Turnout how a call ended; the status of its answer."""
        body, headers = self.end(id_)
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.dialled[id_]["callback_url"], data=body, headers=headers) as answer,
        ):
            return answer.status


@asynccontextmanager
async def gating(secret: str, judge: Judge | None = None) -> AsyncIterator[CallGateway]:
    """A gateway that serves on this machine."""
    gateway = CallGateway(secret, judge)
    runner = web.AppRunner(gateway.application(), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.url = f"http://127.0.0.1:{runner.addresses[0][1]}/calls"
    try:
        yield gateway
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    web.run_app(CallGateway(sys.argv[1]).application(), host="127.0.0.1", port=int(sys.argv[2]))
