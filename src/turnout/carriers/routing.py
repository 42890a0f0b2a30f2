"""Several accounts behind one channel: each message goes by the first that takes it.

Theory. An outcome says whether the network may have the message. Retry and Misconfigured: it
certainly has not; then the next account of the route is tried, in the same call. Accepted,
Rejected, Unknown and Lapsed end it, and no other account sees it. So whatever fails over was sent
by nobody.

An account that is not open (not connected, refused, or asked for a pause) is passed over. One that
closes while messages wait in its line hands them back (`is_yielding`), but for those of which its
network may have a part. When no account has taken a message, it waits in the line of the first of
its route that can work at all, as it would without routes; one that has no line (HTTP) says when
to try again.

Nothing is kept here: which account a message begins with follows from its number.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from turnout.carriers import (
    Accepted,
    Carrier,
    Hurried,
    Inbox,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unknown,
)
from turnout.carriers.routes import Routes
from turnout.core.messaging.model import Channel
from turnout.http import metrics

_Left = list[tuple[int, Parcel]]


class Account(Carrier, Protocol):
    """A carrier that may be one of several. `has_line`: what it cannot send at once can wait in
    it."""

    has_line: bool

    def is_open(self) -> bool:
        """Whether it takes messages now: it is connected, and was not asked for a pause."""

    async def send(
        self, message: Message, parcels: Sequence[Parcel], *, is_yielding: bool = False
    ) -> list[Outcome]:
        """See `Carrier.send`. Yielding, it hands back (Retry) what it cannot send at once: what it
        gets while it is not open, and what waits in its line when it closes."""


class Router:
    """See `turnout.carriers.Carrier`. Outcomes of an account name it."""

    def __init__(self, accounts: Mapping[str, Account], routes: Mapping[Channel, Routes]) -> None:
        self.name = next(iter(accounts))
        self.channels = frozenset(routes)
        self._accounts = accounts
        self._routes = routes

    async def start(self, inbox: Inbox) -> None:
        """See `Carrier.start`."""
        for name, account in self._accounts.items():
            await account.start(inbox)
            metrics.account_open.labels(name).set_function(account.is_open)

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        """See `Carrier.send`."""
        routes = self._routes[message.channel]
        ways: dict[tuple[str, ...], _Left] = {}
        for place, parcel in enumerate(parcels):
            way = routes.choose(parcel.destination, parcel.attempt_id)
            ways.setdefault(way, []).append((place, parcel))
        outcomes: dict[int, Outcome] = {}
        await asyncio.gather(
            *(self._send_along(way, message, left, outcomes) for way, left in ways.items())
        )
        return [outcomes[place] for place in range(len(parcels))]

    def hurry(self) -> None:
        """See `Hurried`."""
        for account in self._accounts.values():
            if isinstance(account, Hurried):
                account.hurry()

    async def stop(self) -> None:
        """See `Carrier.stop`."""
        for name in self._accounts:
            metrics.account_open.remove(name)
        await asyncio.gather(*(account.stop() for account in self._accounts.values()))

    async def _send_along(
        self, way: tuple[str, ...], message: Message, left: _Left, outcomes: dict[int, Outcome]
    ) -> None:
        """Try the open accounts in turn, then wait for the first that can work."""
        for name in way if len(way) > 1 else ():
            if left and self._accounts[name].is_open():
                left = await self._send_by(name, message, left, outcomes, is_yielding=True)
        for name in way:
            if not left:
                return
            is_yielding = not self._accounts[name].has_line
            await self._send_by(name, message, left, outcomes, is_yielding=is_yielding)
            left = [
                (place, parcel)
                for place, parcel in left
                if isinstance(outcomes[place], Misconfigured)
            ]

    async def _send_by(
        self,
        name: str,
        message: Message,
        left: _Left,
        outcomes: dict[int, Outcome],
        *,
        is_yielding: bool,
    ) -> _Left:
        """Hand over to one account; those that it certainly has not sent."""
        told = [msgspec.structs.replace(p, tell=_telling(name, p.tell)) for _, p in left]
        found = await self._accounts[name].send(message, told, is_yielding=is_yielding)
        for (place, _), outcome in zip(left, found, strict=True):
            outcomes[place] = _named(outcome, name)
        unsent = [pair for pair in left if _is_unsent(outcomes[pair[0]])]
        if unsent and is_yielding:
            metrics.account_messages.labels(name, "passed").inc(len(unsent))
        return unsent


def _telling(name: str, tell: Callable[[Outcome], None] | None) -> Callable[[Outcome], None] | None:
    """Tells what ends a message; another account may still take what was not sent."""
    if tell is None:
        return None

    def told(outcome: Outcome) -> None:
        if not _is_unsent(outcome):
            tell(_named(outcome, name))

    return told


def _is_unsent(outcome: Outcome) -> bool:
    return isinstance(outcome, Retry | Misconfigured)


def _named(outcome: Outcome, name: str) -> Outcome:
    if isinstance(outcome, Accepted | Rejected | Unknown):
        return msgspec.structs.replace(outcome, carrier=name)
    return outcome
