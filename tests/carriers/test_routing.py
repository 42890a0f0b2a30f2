"""Fail-over: an account that is throttled or down is passed over; nothing is sent twice for it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.carriers.http_sms import provider
from tests.carriers.smpp.carrying import NOW, KeptInbox, run, settings_for, wait_until
from tests.carriers.smpp.chance import Chance
from tests.support import proof
from turnout.carriers import Accepted, Message, Outcome, Parcel, Retry, Unknown
from turnout.carriers.http_sms import HttpSmsCarrier
from turnout.carriers.routes import Routes
from turnout.carriers.routing import Account, Router
from turnout.carriers.smpp import SmppCarrier
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel
from turnout.http import metrics

NAME = "fail-over"
PARCELS = proof.scale(2_000, 30_000)
BATCH = 25
SENDERS = 8
TIMEOUT_S = 600
MESSAGE = Message(id=JobId(1), org_id=OrgId(1), channel=Channel.SMS, text="Hello")
GOOD = {"taken": 1.0}
THROTTLED = {"throttled": 1.0}


def make_parcel(number: int, **members: Any) -> Parcel:
    return Parcel(attempt_id=number, destination=f"614{number:08}", sender="61400000000", **members)


def make_smpp(name: str, port: int, **settings: Any) -> SmppCarrier:
    given = {"patience_s": 1.0, "response_timeout_s": 1.0, **settings}
    return SmppCarrier(settings_for(port, **given), lambda: NOW, name)


@asynccontextmanager
async def routing(accounts: Mapping[str, Account], text: str = "") -> AsyncIterator[Router]:
    """A router that has been started."""
    names = list(accounts)
    router = Router(accounts, {Channel.SMS: Routes(text, names, names)})
    await router.start(KeptInbox())
    try:
        yield router
    finally:
        await router.stop()


async def wait_until_open(*accounts: Account) -> None:
    await wait_until(lambda: all(account.is_open() for account in accounts))


async def send(router: Router, *numbers: int) -> list[Outcome]:
    async with asyncio.timeout(10):
        return await router.send(MESSAGE, [make_parcel(number) for number in numbers])


def by_account(outcomes: list[Outcome]) -> Counter[str]:
    assert all(isinstance(outcome, Accepted) for outcome in outcomes), outcomes
    return Counter(outcome.carrier for outcome in outcomes if isinstance(outcome, Accepted))


def test_accounts_share_messages_by_their_weights():
    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            one, two = [
                await stack.enter_async_context(Chance(random.Random(1), GOOD, name).listening())
                for name in ("a", "b")
            ]
            accounts = {"smpp": make_smpp("smpp", one.port), "smpp_b": make_smpp("b", two.port)}
            async with routing(accounts, "*=smpp:3,smpp_b:1") as router:
                await wait_until_open(*accounts.values())
                outcomes = await send(router, *range(400))
        shares = by_account(outcomes)
        assert 290 <= shares["smpp"] <= 310
        assert (sum(one.taken.values()), sum(two.taken.values())) == (
            shares["smpp"],
            shares["smpp_b"],
        )
        assert not one.taken.keys() & two.taken.keys()

    run(scenario())


def test_an_account_that_is_down_is_passed_over_and_used_again_when_it_is_back():
    async def scenario() -> None:
        one, two = Chance(random.Random(1), GOOD, "a"), Chance(random.Random(1), GOOD, "b")
        async with two.listening():
            async with one.listening():
                port = one.port
                accounts = {"smpp": make_smpp("smpp", port), "smpp_b": make_smpp("b", two.port)}
                router = Router(accounts, {Channel.SMS: Routes("", list(accounts), list(accounts))})
                await router.start(KeptInbox())
                await wait_until_open(*accounts.values())
                assert by_account(await send(router, 1)) == {"smpp": 1}
                assert metrics.account_open.labels("smpp")._value.get() is not None
            await wait_until(lambda: not accounts["smpp"].is_open())
            assert by_account(await send(router, 2, 3)) == {"smpp_b": 2}
            async with one.listening(port):
                await wait_until_open(accounts["smpp"])
                assert by_account(await send(router, 4)) == {"smpp": 1}
                await router.stop()

    run(scenario())


def test_what_waits_for_a_throttled_account_goes_to_the_next_at_once():
    async def scenario() -> None:
        one, two = Chance(random.Random(1), THROTTLED, "a"), Chance(random.Random(1), GOOD, "b")
        async with one.listening(), two.listening():
            accounts = {
                "smpp": make_smpp("smpp", one.port, patience_s=60.0, window=2),
                "smpp_b": make_smpp("b", two.port),
            }
            async with routing(accounts) as router:
                await wait_until_open(*accounts.values())
                outcomes = await asyncio.wait_for(send(router, *range(100)), 5)
        assert by_account(outcomes) == {"smpp_b": 100}
        assert set(two.taken.values()) == {1}
        assert not one.taken

    run(scenario())


def test_without_any_open_account_messages_wait_in_the_first_line():
    async def scenario() -> None:
        one = Chance(random.Random(1), GOOD, "a")
        async with one.listening():
            port = one.port
        accounts = {
            "smpp": make_smpp("smpp", port, patience_s=10.0),
            "smpp_b": make_smpp("b", 1, patience_s=10.0),
        }
        async with routing(accounts) as router:
            sending = asyncio.create_task(send(router, 1, 2))
            await asyncio.sleep(0.05)
            async with one.listening(port):
                assert by_account(await sending) == {"smpp": 2}

    run(scenario())


def test_an_account_that_is_refused_hands_over_and_all_refused_are_for_the_operator():
    async def scenario() -> None:
        two = Chance(random.Random(1), GOOD, "b")
        async with two.listening():
            bad = HttpSmsCarrier(
                provider.settings_for("http://127.0.0.1:1/"), lambda: NOW, "http://x", "http_sms"
            )
            good = make_smpp("b", two.port)
            async with routing({"http_sms": bad, "smpp_b": good}) as router:
                await wait_until_open(good)
                assert by_account(await send(router, *range(50))) == {"smpp_b": 50}
                assert not bad.is_open()
        async with routing({"http_sms": bad}) as router:
            [outcome] = await send(router, 99)
            assert isinstance(outcome, Retry)

    run(scenario())


@pytest.mark.parametrize("status", [429, 503])
def test_a_gateway_that_wants_a_pause_is_passed_over(status: int):
    async def refuse(_request: Any, _form: dict[str, str]) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": "60"})

    async def scenario() -> None:
        async with provider.providing(refuse) as first, provider.providing() as second:
            accounts = {
                name: HttpSmsCarrier(
                    provider.settings_for(site.url, connections=1), lambda: NOW, "http://x", name
                )
                for name, site in (("http_sms", first), ("http_sms_b", second))
            }
            async with routing(accounts) as router:
                assert by_account(await send(router, *range(1, 20))) == {"http_sms_b": 19}
                assert by_account(await send(router, *range(20, 30))) == {"http_sms_b": 10}
            assert len(first.forms) == 1
            assert len(second.forms) == 29

    run(scenario())


def test_what_may_have_been_sent_goes_to_no_other_account():
    async def break_off(_request: Any, _form: dict[str, str]) -> web.Response:
        return web.Response(status=500)

    async def scenario() -> None:
        async with provider.providing(break_off) as first, provider.providing() as second:
            accounts = {
                name: HttpSmsCarrier(
                    provider.settings_for(site.url, connections=1), lambda: NOW, "http://x", name
                )
                for name, site in (("http_sms", first), ("http_sms_b", second))
            }
            async with routing(accounts) as router:
                outcomes = await send(router, *range(1, 11))
        kinds = Counter(type(outcome) for outcome in outcomes)
        assert kinds == {Unknown: 1, Accepted: 9}
        destinations = [form["To"] for site in (first, second) for form in site.forms]
        assert len(set(destinations)) == len(destinations) == 10

    run(scenario())


def test_an_outcome_is_told_once_and_names_its_account():
    told: list[Outcome] = []

    async def scenario() -> None:
        one, two = Chance(random.Random(1), THROTTLED, "a"), Chance(random.Random(1), GOOD, "b")
        async with one.listening(), two.listening():
            accounts = {"smpp": make_smpp("smpp", one.port), "smpp_b": make_smpp("b", two.port)}
            async with routing(accounts) as router:
                await wait_until_open(*accounts.values())
                await router.send(MESSAGE, [make_parcel(1, tell=told.append)])

    run(scenario())
    assert told == [Accepted(("b1",), 1, carrier="smpp_b")]


class Trouble:
    """Two SMSCs and a gateway that are well and ill by turns. `gateway` counts what it took."""

    def __init__(self, dice: random.Random) -> None:
        self.smscs = [Chance(dice, name=name) for name in ("a", "b")]
        self.gateway: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self._dice = dice

    async def answer(self, _request: Any, form: dict[str, str]) -> web.StreamResponse:
        status = self._dice.choices([201, 429, 400, 500], [92, 4, 2, 2])[0]
        if status in (201, 500):
            self.gateway[form["To"].lstrip("+")] += 1
        return web.json_response({"sid": f"g{len(self.gateway)}"}, status=status)

    async def go_on(self) -> None:
        """One SMSC after the other loses its links, throttles everything, or is well."""
        while True:
            smsc = self._dice.choice(self.smscs)
            trouble = self._dice.choice(["links dropped", "throttled", "well"])
            self.seen[trouble] += 1
            was = dict(smsc.odds)
            if trouble == "links dropped":
                smsc.drop()
            elif trouble == "throttled":
                smsc.odds = dict(THROTTLED)
            await asyncio.sleep(self._dice.uniform(0.02, 0.3))
            smsc.odds = was

    @property
    def copies(self) -> Counter[str]:
        return self.smscs[0].taken + self.smscs[1].taken + self.gateway

    @asynccontextmanager
    async def router(self) -> AsyncIterator[Router]:
        quick = {"response_timeout_s": 0.4, "window": 20, "binds": 2, "reconnect_s": 0.02}
        async with AsyncExitStack() as stack:
            for smsc in self.smscs:
                await stack.enter_async_context(smsc.listening())
            site = await stack.enter_async_context(provider.providing(self.answer))
            accounts: dict[str, Account] = {
                "smpp": make_smpp("smpp", self.smscs[0].port, **quick),
                "smpp_b": make_smpp("smpp_b", self.smscs[1].port, **quick),
                "http_sms": HttpSmsCarrier(
                    provider.settings_for(site.url), lambda: NOW, "http://x", "http_sms"
                ),
            }
            text = "61400000=smpp_b>http_sms *=smpp:2,smpp_b:1>http_sms"
            yield await stack.enter_async_context(routing(accounts, text))


async def send_all(trouble: Trouble, told: Counter[int]) -> dict[int, Outcome]:
    """Send to everybody while there is trouble; the outcomes by number."""
    outcomes: dict[int, Outcome] = {}
    starts = iter(range(1, PARCELS + 1, BATCH))

    async def work(router: Router) -> None:
        for start in starts:
            numbers = range(start, start + BATCH)
            parcels = [make_parcel(n, tell=lambda _outcome, n=n: told.update([n])) for n in numbers]
            found = await router.send(MESSAGE, parcels)
            outcomes.update(zip(numbers, found, strict=True))

    async with asyncio.timeout(TIMEOUT_S), trouble.router() as router:
        disturbing = asyncio.create_task(trouble.go_on())
        await asyncio.gather(*(work(router) for _ in range(SENDERS)))
        disturbing.cancel()
    return outcomes


@pytest.mark.proof
def test_fail_over_under_load_loses_and_doubles_nothing():
    trouble = Trouble(proof.random_for(NAME))
    told: Counter[int] = Counter()
    outcomes = run(send_all(trouble, told))
    copies, most = trouble.copies, {Accepted: 1, Unknown: 1}
    wrong = {
        number: (outcome, copies[f"614{number:08}"])
        for number, outcome in outcomes.items()
        if not isinstance(outcome, Accepted)
        <= copies[f"614{number:08}"]
        <= most.get(type(outcome), 0)
    }
    assert wrong == {}
    assert outcomes.keys() == set(range(1, PARCELS + 1))
    assert set(told.values()) == {1}
    accepted = [outcome for outcome in outcomes.values() if isinstance(outcome, Accepted)]
    accounts = Counter(outcome.carrier for outcome in accepted)
    assert set(accounts) == {"smpp", "smpp_b", "http_sms"}
    kinds = Counter(type(outcome).__name__.lower() for outcome in outcomes.values())
    assert "rejected" in kinds
    proof.report(NAME, parcels=PARCELS, troubles=trouble.seen.total(), **kinds, **accounts)
