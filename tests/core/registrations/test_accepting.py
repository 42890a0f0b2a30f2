"""Accepting for many callers at once: each as if alone, in three statements."""

import asyncio
from pathlib import Path
from typing import Any

from tests.support.node import Account, LocalNode, database, open_node
from turnout.core.identity.credentials import issue_credential, revoke_credential
from turnout.core.identity.idempotency import idempotent_request
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.ids import CredentialId
from turnout.core.people.model import Contact
from turnout.core.registrations.accepting import Asking, accept, accept_all
from turnout.core.registrations.intake import count_waiting
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, ItemStatus, QueueItem, TargetNoun
from turnout.errors import Failure
from turnout.store import Tx


def ask(account: Account, email: str, **changes: Any) -> Asking:
    application = Application(
        noun=changes.get("noun", TargetNoun.EVENT),
        pak=changes.get("pak", account.event.pak),
        session_paks=changes.get("paks", [session.pak for session in account.sessions]),
        submitted=Submitted(Contact(email=email)),
    )
    key = changes.get("key")
    body = email.encode()
    request = idempotent_request(key, "PUT", "/v1.0/register", body) if key else None
    return Asking(changes.get("caller", account.caller), application, request)


def codes(answers: list[list[QueueItem] | Failure]) -> list[str]:
    return [answer.code if isinstance(answer, Failure) else "queued" for answer in answers]


def test_everyone_gets_items_in_request_order_with_rising_numbers(
    node: LocalNode, account: Account
) -> None:
    paks = [session.pak for session in account.sessions]
    answers = node.db.call(
        accept_all, [ask(account, "a@example.com"), ask(account, "b@example.com", paks=paks[:1])]
    )
    queued = [item for answer in answers if isinstance(answer, list) for item in answer]
    assert [item.session_pak for item in queued] == [*paks, paks[0]]
    assert [item.id for item in queued] == sorted(item.id for item in queued)
    assert {item.status for item in queued} == {ItemStatus.QUEUED}
    assert [item.email for item in queued] == ["a@example.com"] * 3 + ["b@example.com"]


def test_a_refusal_stands_in_its_callers_place_and_hurts_nobody(
    node: LocalNode, account: Account
) -> None:
    node.run_intake()
    answers = node.db.call(
        accept_all,
        [
            ask(account, "a@example.com"),
            ask(account, "b@example.com", pak="9999999999999999"),
            ask(account, "c@example.com", noun=TargetNoun.CHANNEL),
            ask(account, "d@example.com", caller=Principal(account.org_id, CredentialId(999_999))),
            ask(account, "e@example.com"),
        ],
    )
    assert codes(answers) == [
        "queued",
        "event.unknown_pak",
        "channel.unknown_pak",
        "credential.unknown",
        "queued",
    ]
    assert node.db.call(count_waiting, 10) == 2


def test_a_revoked_key_and_another_organizations_event_are_refused(
    node: LocalNode, account: Account
) -> None:
    ours, theirs = account, node.add_account("theirs")
    revoked = node.db.call(
        accept_all, [ask(ours, "a@example.com", pak=theirs.event.pak), ask(theirs, "b@example.com")]
    )
    assert codes(revoked) == ["event.unknown_pak", "queued"]
    node.db.call(revoke_credential, ours.org_id, ours.caller.credential_id, actor="test")
    again = node.db.call(accept_all, [ask(ours, "a@example.com"), ask(theirs, "c@example.com")])
    assert codes(again) == ["credential.ended", "queued"]


def test_what_was_accepted_together_is_processed_like_what_was_accepted_alone(
    node: LocalNode, account: Account
) -> None:
    node.run_intake()
    node.db.call(accept, *ask(account, "alone@example.com"))
    node.db.call(accept_all, [ask(account, f"{name}@example.com") for name in "abc"])
    assert node.run_intake() == 4
    assert node.db.call(count_waiting, 10) == 0


def test_a_key_that_was_used_gets_the_first_items_and_a_new_one_is_kept(
    node: LocalNode, account: Account
) -> None:
    waiting = node.db.call(count_waiting, 1_000)
    first = node.db.call(
        accept_all,
        [
            ask(account, "a@example.com", key="k-1"),
            ask(account, "b@example.com", key="k-2"),
            ask(account, "a@example.com", key="k-1"),
            ask(account, "c@example.com"),
        ],
    )
    assert first[2] == first[0]
    again = node.db.call(
        accept_all,
        [
            ask(account, "b@example.com", key="k-2"),
            ask(account, "other@example.com", key="k-1"),
            ask(account, "d@example.com", key="k-0"),
            ask(account, "a@example.com", key="k-1"),
        ],
    )
    assert [again[0], again[3]] == [first[1], first[0]]
    assert codes(again) == ["queued", "idempotency_key.reused", "queued", "queued"]
    one = ask(account, "d@example.com", key="k-0")
    assert node.db.call(accept, *one) == again[2]
    assert node.db.call(count_waiting, 1_000) == waiting + 4


def test_a_key_is_its_owners_and_lives_for_a_day(node: LocalNode, account: Account) -> None:
    made, _ = node.db.call(
        issue_credential,
        account.org_id,
        CredentialKind.API_KEY,
        name="second",
        actor="test",
    )
    other = Principal(account.org_id, made.id)
    asked = [
        ask(account, "a@example.com", key="day"),
        ask(account, "a@example.com", key="day", caller=other),
    ]
    first = node.db.call(accept_all, asked)
    assert first[0] != first[1]
    assert node.db.call(accept_all, asked) == first
    node.clock.advance(24 * 3600)
    later = node.db.call(accept_all, [*asked, *asked])
    assert later[:2] == later[2:]
    assert [later[0] == first[0], later[1] == first[1]] == [False, False]


def test_batches_with_the_same_keys_in_other_orders_get_the_same_answers(
    node: LocalNode, account: Account
) -> None:
    asked = [ask(account, f"{n}@example.com", key=f"same-{n}") for n in range(8)]

    async def ask_all() -> list[Any]:
        orders = [asked, asked[::-1], asked[1::2] + asked[::2]]
        answers = await asyncio.gather(*(node.db.write(accept_all, order) for order in orders))
        return [sorted(got, key=lambda items: items[0].email) for got in answers]

    first, *others = asyncio.run(ask_all())
    assert others == [first] * 2
    assert len({item.id for items in first for item in items}) == 3 * len(asked)


def test_64_keyed_requests_are_accepted_in_few_statements(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as url, open_node(url) as own:
        account = own.add_account()
        asked = [ask(account, f"{n}@example.com", key=f"k-{n}") for n in range(64)]
        ran: list[str] = []

        def accept_traced(tx: Tx) -> list[str]:
            tx.connection.set_trace_callback(ran.append)
            answers = accept_all(tx, asked)
            tx.connection.set_trace_callback(None)
            return codes(answers)

        assert own.db.call(accept_traced) == ["queued"] * 64
        assert len(ran) <= 6


def test_nobody_asking_is_nothing_to_do(node: LocalNode) -> None:
    assert node.db.call(accept_all, []) == []
