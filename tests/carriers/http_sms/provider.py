"""An HTTP SMS provider on this machine, and a running carrier."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from turnout.carriers import Message, Parcel
from turnout.carriers.http_sms import HttpSmsCarrier, HttpSmsSettings
from turnout.core.messaging.model import Channel

NOW = 1_764_000_000_000
SECRET = "a webhook secret"
BASE_URL = "https://turnout.test"
Answer = Callable[[web.Request, dict[str, str]], Awaitable[web.StreamResponse]]


class NoInbox:
    """This carrier's news come to the webhook."""

    async def reports(self, reports: object) -> None:
        raise AssertionError(reports)

    async def replies(self, replies: object) -> None:
        raise AssertionError(replies)


class Provider:
    """Takes forms at `url`, and answers as `answer` says; keeps `forms` and `headers`."""

    def __init__(self, answer: Answer | None = None) -> None:
        self._answer = answer or _take
        self.forms: list[dict[str, str]] = []
        self.headers: list[Any] = []
        self.asked = asyncio.Event()
        self.under_way = self.most_at_once = 0
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        pairs = parse_qsl(await request.text(), keep_blank_values=True, strict_parsing=True)
        form = dict(pairs)
        assert len(form) == len(pairs)
        self.forms.append(form)
        self.headers.append(request.headers)
        self.under_way += 1
        self.asked.set()
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            return await self._answer(request, form)
        finally:
            self.under_way -= 1


async def _take(_request: web.Request, form: dict[str, str]) -> web.StreamResponse:
    return web.json_response({"sid": f"SM-{form['To']}", "num_segments": "2"}, status=201)


@asynccontextmanager
async def providing(answer: Answer | None = None) -> AsyncIterator[Provider]:
    provider = Provider(answer)
    app = web.Application()
    app.router.add_post("/messages", provider.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}/messages"
    try:
        yield provider
    finally:
        await runner.cleanup()


def settings_for(url: str, **others: Any) -> HttpSmsSettings:
    return HttpSmsSettings(**{"url": url, "webhook_secret": SECRET, **others})


@asynccontextmanager
async def carrying(url: str, **settings: Any) -> AsyncIterator[HttpSmsCarrier]:
    carrier = HttpSmsCarrier(settings_for(url, **settings), lambda: NOW, BASE_URL)
    await carrier.start(NoInbox())
    try:
        yield carrier
    finally:
        await carrier.stop()


def new_message(channel: Channel = Channel.SMS, **members: Any) -> Message:
    given: dict[str, Any] = {"id": 1, "org_id": 10001, "channel": channel, "text": "Hi %%n%%"}
    return Message(**given | members)


def new_parcel(number: int = 1, **members: Any) -> Parcel:
    given: dict[str, Any] = {
        "attempt_id": number,
        "destination": f"614123456{number:02}",
        "sender": "",
        "fields": {"n": str(number)},
    }
    return Parcel(**given | members)


def run(scenario: Any) -> Any:
    return asyncio.run(asyncio.wait_for(scenario, 90))
