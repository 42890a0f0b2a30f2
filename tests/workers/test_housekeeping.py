"""What a serving node does on the side, as its loops do it when they begin."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.node import LocalNode
from tests.workers.conftest import until
from turnout.core.identity.credentials import get_credential
from turnout.core.identity.idempotency import LIFETIME_MS, first_answer, idempotent_request
from turnout.core.identity.proxies import list_untrusted_proxies
from turnout.core.identity.rate_limits import load_window
from turnout.core.people.model import Contact
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.errors import Unavailable
from turnout.http.backlog import Backlog
from turnout.store import Tx
from turnout.workers.housekeeping import SWEEP, housekeeping_loops


async def run(
    node: LocalNode,
    work: Any,
    *,
    backlog: Backlog | None = None,
    used: Any = dict,
    untrusted: Any = set,
):
    """Do `work` while the housekeeping of the node runs."""
    loops = housekeeping_loops(
        node.db, node.node.limiter, backlog or Backlog("intake", 1000), used, untrusted
    )
    for loop in loops:
        loop.start()
    try:
        return await work
    finally:
        for loop in loops:
            await loop.stop()


def test_keys_over_a_day_old_are_swept_however_many_and_others_kept(node):
    account = node.add_account()

    def add_keys(tx: Tx, name: str, count: int) -> None:
        for number in range(count):
            request = idempotent_request(f"{name}-{number}", "PUT", "/", b"")
            assert first_answer(tx, account.org_id, "user:1", request) is None

    node.db.call(add_keys, "old", 2 * SWEEP + 1)
    node.clock.advance(LIFETIME_MS / 1000 + 0.001)
    node.db.call(add_keys, "new", 2)

    async def is_swept() -> bool:
        return await node.db.read(_keys) == ["new-0", "new-1"]

    asyncio.run(run(node, until(is_swept)))


def test_untrusted_proxies_are_noted_for_the_doctor(node):
    scope = {"client": ("127.0.0.1", 1), "headers": [(b"forwarded", b"for=203.0.113.9")]}
    node.node.clients.enter(scope)

    async def is_noted() -> bool:
        return await node.db.read(list_untrusted_proxies) == ["127.0.0.1"]

    asyncio.run(run(node, until(is_noted), untrusted=node.node.clients.take_noted))
    node.clock.advance(8 * 24 * 3600)
    assert node.db.call(list_untrusted_proxies) == []


def test_last_uses_are_stored_in_bulk(node):
    account = node.add_account()
    caller = account.caller
    noted = [{(caller.org_id, caller.credential_id): node.clock() + 5, (caller.org_id, 10**9): 7}]

    async def is_stored() -> bool:
        credential = await node.db.read(get_credential, caller.org_id, caller.credential_id)
        return credential.last_used_at == node.clock() + 5

    asyncio.run(run(node, until(is_stored), used=lambda: noted.pop() if noted else {}))


def test_requests_are_counted_for_all_nodes(node):
    org_id = node.add_account().org_id

    async def work():
        for _ in range(3):
            await node.node.limiter.admit(org_id, "register")
        await until(is_stored)

    async def is_stored() -> bool:
        return (await node.db.read(load_window, org_id, "register")).requests == 3

    asyncio.run(run(node, work()))


def test_a_full_queue_admits_nobody_until_it_is_shorter(node):
    account = node.add_account()
    paks = [session.pak for session in account.sessions]
    for number in range(3):
        submitted = Submitted(Contact(email=f"{number}@example.com"))
        application = Application(TargetNoun.EVENT, account.event.pak, paks, submitted)
        node.db.call(accept, account.caller, application)
    backlog = Backlog("intake", 3)

    async def is_full() -> bool:
        try:
            backlog.admit()
        except Unavailable:
            return True
        return False

    async def is_open() -> bool:
        return not await is_full()

    backlog.admit()
    asyncio.run(run(node, until(is_full), backlog=backlog))
    assert node.run_intake(limit=1) == 3
    with pytest.raises(Unavailable) as refusal:
        backlog.admit()
    assert refusal.value.code == "queue.full"
    asyncio.run(run(node, until(is_open), backlog=backlog))


def _keys(tx: Tx) -> list[str]:
    rows = tx.connection.execute("SELECT key FROM idempotency_keys ORDER BY key").fetchall()
    return [key for (key,) in rows]


def test_what_could_not_be_noted_is_noted_when_the_database_is_back(node):
    given = [{"192.0.2.7"}]
    node.execute("ALTER TABLE untrusted_proxies RENAME TO away")

    async def scenario() -> None:
        with capture_logs() as logs:

            async def has_failed() -> bool:
                return "untrusted-proxies" in {line.get("worker") for line in logs}

            await until(has_failed)

        def mend(tx: Tx) -> None:
            tx.connection.execute("ALTER TABLE away RENAME TO untrusted_proxies")

        await node.db.write(mend)

        async def is_noted() -> bool:
            return await node.db.read(list_untrusted_proxies) == ["192.0.2.7"]

        await until(is_noted)

    asyncio.run(run(node, scenario(), untrusted=lambda: given.pop() if given else set()))
