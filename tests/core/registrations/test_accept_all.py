"""Accepting for many callers at once: each as if alone, in two statements."""

from typing import Any

from tests.support.node import Account, LocalNode
from turnout.core.identity.credentials import revoke_credential
from turnout.core.identity.model import Principal
from turnout.core.ids import CredentialId
from turnout.core.people.model import Contact
from turnout.core.registrations.intake import accept, accept_all, count_waiting
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, ItemStatus, QueueItem, TargetNoun
from turnout.errors import Failure


def ask(account: Account, email: str, **changes: Any) -> tuple[Principal, Application]:
    application = Application(
        noun=changes.get("noun", TargetNoun.EVENT),
        pak=changes.get("pak", account.event.pak),
        session_paks=changes.get("paks", [session.pak for session in account.sessions]),
        submitted=Submitted(Contact(email=email)),
    )
    return changes.get("caller", account.caller), application


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


def test_nobody_asking_is_nothing_to_do(node: LocalNode) -> None:
    assert node.db.call(accept_all, []) == []
