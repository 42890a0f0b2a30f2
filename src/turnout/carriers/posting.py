"""Requests by HTTP to a carrier's provider: one a message, in turn, at a pace.

The address is the operator's own choice, so it is not judged as those of users are
(http/outbound.py); redirects are not followed all the same.

Each message has a connection of its own. A provider may close one that is kept at any moment, and
most say nothing before: a request that meets the closing would be Unknown, and lost (ADR 0026).
"""

import asyncio
import base64
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import structlog

from turnout.carriers import Lapsed, Misconfigured, Outcome, Parcel, Rejected, Retry, Unknown
from turnout.carriers.closure import Closure
from turnout.http.last_look import RequestWithdrawn, last_look
from turnout.http.pace import Pace

if TYPE_CHECKING:
    from turnout.http.handing_over import Body

RETRY_S = 5.0
ANSWER_BYTES = 65_536
log = structlog.get_logger()

Read = Callable[[int, bytes, Mapping[str, str]], Outcome]
"""The outcome by an answer's status, body and headers."""


class Endpoint(Protocol):
    """Where a provider is, and how it wants to be asked, as an account's settings have it: `rate`
    is requests a second (0 = no limit), without `username` nobody signs in."""

    @property
    def url(self) -> str: ...

    @property
    def username(self) -> str: ...

    @property
    def password(self) -> str: ...

    @property
    def connections(self) -> int: ...

    @property
    def rate(self) -> float: ...

    @property
    def timeout_s(self) -> float: ...


class Request(NamedTuple):
    """What is posted for one parcel; `parts` are put together when its turn comes, so that those
    that wait share what is the same in all."""

    parts: tuple[bytes, ...]
    content_type: str
    headers: Mapping[str, str]
    read: Read


def _note_nothing(_parcel: Parcel, _outcome: Outcome) -> None:
    pass


class Poster:
    """Posts to one provider from one event loop.

    While other accounts can take its messages, a provider that cannot be reached, asks for a pause
    or answers nothing that can be used gets none for a time: see `is_open`.
    """

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self.session: Any = None
        self._endpoint = endpoint
        self._closure = Closure(name)
        self._turns = asyncio.Semaphore(endpoint.connections)
        self._pace = Pace(endpoint.rate)
        self._is_stopping = False
        self._under_way: set[asyncio.Task[Outcome]] = set()

    def start(self) -> None:
        """Get ready; connections are made when there is something to send."""
        import aiohttp

        from turnout.http.patience import make_connector

        endpoint = self._endpoint
        headers = {"User-Agent": "Turnout", "Accept-Encoding": "identity"}
        if endpoint.username:
            pair = base64.b64encode(f"{endpoint.username}:{endpoint.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        self.session = aiohttp.ClientSession(
            connector=make_connector(limit=endpoint.connections, force_close=True),
            timeout=aiohttp.ClientTimeout(total=endpoint.timeout_s),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[last_look()],
            auto_decompress=False,
            headers=headers,
        )

    def is_open(self) -> bool:
        """Whether the provider takes messages, as its last answers have it."""
        return not self._is_stopping and self._closure.left_s() == 0

    async def send(
        self,
        parcels: Sequence[Parcel],
        requests: Sequence[Request | Misconfigured | Rejected],
        *,
        is_yielding: bool,
        note: Callable[[Parcel, Outcome], None] = _note_nothing,
    ) -> list[Outcome]:
        """Post each parcel's request; one outcome each, in their order. `note` hears of each that
        was posted before it is told. Yielding, what has not had its turn when the account closes
        is Retry."""
        tasks = [
            asyncio.ensure_future(self._send(parcel, request, is_yielding=is_yielding, note=note))
            for parcel, request in zip(parcels, requests, strict=True)
        ]
        self._under_way.update(tasks)
        for task in tasks:
            task.add_done_callback(self._under_way.discard)
        return await asyncio.gather(*tasks)

    async def finish(self) -> None:
        """Finish the requests that are under way; those that wait for their turn are Retry."""
        self._is_stopping = True
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def close(self) -> None:
        """Let go of the connections, after `finish`."""
        if self.session is not None:
            await self.session.close()

    async def _send(
        self,
        parcel: Parcel,
        request: Request | Misconfigured | Rejected,
        *,
        is_yielding: bool,
        note: Callable[[Parcel, Outcome], None],
    ) -> Outcome:
        if not isinstance(request, Request):
            return request
        async with self._turns:
            await self._pace.wait()
            if self._is_stopping:
                return Retry(RETRY_S, "Turnout is stopping")
            if is_yielding and (left_s := self._closure.left_s()):
                return Retry(left_s, self._closure.reason)
            if not parcel.is_ours():
                return Lapsed()
            outcome = await self._post(parcel, request)
            self._closure.note(outcome)
            note(parcel, outcome)
            return parcel.answered(outcome)

    async def _post(self, parcel: Parcel, request: Request) -> Outcome:
        import aiohttp

        from turnout.http.handing_over import Body

        body = Body(b"".join(request.parts), content_type=request.content_type)
        try:
            return await self._exchange(parcel, request, body)
        except RequestWithdrawn:
            return Lapsed()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._judge(error, is_handed_over=body.is_handed_over)
        except Exception as error:
            # It may have been taken: this one is not sent again, and no other is held up.
            log.exception("an answer could not be read", attempt=parcel.attempt_id)
            return Unknown(f"the provider's answer could not be read: {type(error).__name__}")

    async def _exchange(self, parcel: Parcel, request: Request, body: "Body") -> Outcome:
        from turnout.http.patience import read_body

        async with self.session.post(
            self._endpoint.url,
            data=body,
            headers=request.headers,
            allow_redirects=False,
            trace_request_ctx=parcel.is_ours,
        ) as answer:
            said = await read_body(answer, ANSWER_BYTES)
            return request.read(answer.status, said, answer.headers)

    def _judge(self, error: Exception, *, is_handed_over: bool) -> Outcome:
        """The outcome of a request whose answer did not come: what did not leave is sent again,
        what may have is Unknown."""
        import aiohttp

        from turnout.http.broken import say

        if isinstance(
            error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError
        ):
            return Misconfigured(f"The provider cannot be trusted: {say(error)}")
        if not is_handed_over:
            return Retry(RETRY_S, f"The provider cannot be reached: {say(error)}")
        if isinstance(error, TimeoutError):
            return Unknown(f"the provider did not answer in {self._endpoint.timeout_s:g} s")
        return Unknown(f"the exchange with the provider broke: {say(error)}")
