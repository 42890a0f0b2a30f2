"""`turnout key`: rotated, listed and revoked, each kind on its own."""

import re
from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout, on_new_database
from turnout.core.audit.recording import list_entries, list_installation_entries
from turnout.core.callbacks.outbox import find_callback_key, get_secret
from turnout.core.identity.link_keys import ensure_link_key, find_link_keys
from turnout.core.identity.signing import list_published_keys
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.tickets.signing import (
    ensure_ticket_key,
    is_genuine,
    list_every_ticket_key,
    list_ticket_keys,
    read_signed,
    sign_ticket,
)

ACME, BETA = OrgId(10001), OrgId(10002)


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme")
    turnout.ok("org", "create", "beta")
    return turnout


def rows(turnout: Turnout) -> list[list[str]]:
    lines = turnout.ok("key", "list").splitlines()[1:]
    return [re.split(r"  +", line.strip()) for line in lines]


def test_no_keys_are_listed_before_one_is_needed(turnout: Turnout) -> None:
    assert rows(turnout) == []


def test_token_keys_are_published_until_their_tokens_run_out(turnout: Turnout) -> None:
    said = [turnout.ok("key", "rotate", "token-keys") for _ in range(2)]
    with turnout.database() as db:
        new, old = db.call(list_published_keys)
        entries = db.call(list_installation_entries, "signing_key")
    assert said[1] == f"Tokens are signed with key {new.kid} from now on.\n"
    assert (old.private_pem, old.retired_at is None) == ("", False)
    assert new.private_pem.startswith("-----BEGIN PRIVATE KEY-----")
    assert [entry.facts["kid"] for entry in entries] == [old.kid, new.kid]
    assert [row[-1] for row in rows(turnout)] == ["signs", "verifies until its tokens run out"]


def test_after_a_leak_no_former_token_key_is_published(turnout: Turnout) -> None:
    turnout.ok("key", "rotate")
    turnout.ok("key", "rotate", "token-keys", "--at-once")
    with turnout.database() as db:
        assert len(db.call(list_published_keys)) == 1


def test_link_keys_go_on_verifying_for_a_while(turnout: Turnout) -> None:
    with turnout.database() as db:
        old = db.call(ensure_link_key)
    assert "work until" in turnout.ok("key", "rotate", "link-keys")
    with turnout.database() as db:
        assert db.call(find_link_keys)[1:] == (old,)
    assert [row[0] for row in rows(turnout)] == ["link-keys"] * 2
    assert "nowhere" in turnout.ok("key", "rotate", "link-keys", "--at-once")
    with turnout.database() as db:
        assert len(db.call(find_link_keys)) == 1


def test_callback_keys_of_one_organization_or_of_all(turnout: Turnout) -> None:
    with turnout.database() as db:
        former = db.call(get_secret, ACME)
    said = turnout.ok("key", "rotate", "callback-keys")
    assert "acme" in said
    assert "beta" not in said
    with turnout.database() as db:
        key = db.call(find_callback_key, ACME)
        assert key is not None
        assert (key.former_secret, key.secret != former) == (former, True)
        assert db.call(find_callback_key, BETA) is None
        entries = db.call(list_entries, ACME, "callback_key", ACME)
    assert [entry.action for entry in entries] == ["rotated"]
    shown = turnout.ok("callbacks", "key", "acme").splitlines()
    assert (shown[0].endswith(former), shown[-1]) == (True, key.secret)
    turnout.ok("key", "rotate", "callback-keys", "--org", "acme", "--at-once")
    with turnout.database() as db:
        now = db.call(find_callback_key, ACME)
        assert now is not None
        assert (now.former_secret, now.former_until) == ("", None)
    assert turnout.ok("callbacks", "key", "acme") == f"{now.secret}\n"


def test_ticket_keys_are_rotated_and_printed_tickets_stay_good(turnout: Turnout) -> None:
    with turnout.database() as db:
        key = db.call(ensure_ticket_key, ACME)
    ticket = read_signed(sign_ticket(key, EventId(1000001), "ABCDEF", TicketTypeId(1)))
    assert ticket
    said = turnout.ok("key", "rotate", "ticket-keys")
    assert "those signed before stay good" in said
    with turnout.database() as db:
        assert is_genuine(ticket, db.call(list_ticket_keys, ACME))
        assert [bool(key.private_key) for key in db.call(list_ticket_keys, ACME)] == [True, False]
        assert db.call(list_every_ticket_key, BETA) == []


def test_a_stolen_ticket_key_is_revoked_and_a_new_one_signs(turnout: Turnout) -> None:
    with turnout.database() as db:
        key = db.call(ensure_ticket_key, ACME)
    ticket = read_signed(sign_ticket(key, EventId(1000001), "ABCDEF", TicketTypeId(1)))
    assert ticket
    for _ in range(2):
        said = turnout.ok("key", "revoke", "acme", key.kid)
        assert said == f"Tickets of acme that key {key.kid} signed are no longer good.\n"
    with turnout.database() as db:
        [new] = db.call(list_ticket_keys, ACME)
        assert not is_genuine(ticket, [new])
        assert db.call(ensure_ticket_key, ACME) == new
        actions = [entry.action for entry in db.call(list_entries, ACME, "ticket_key", 0)]
    assert actions == ["rotated", "revoked"]
    states = {row[2]: row[-1] for row in rows(turnout)}
    assert states[new.kid] == "signs"
    assert states[key.kid].startswith("revoked ")


def test_at_once_revokes_every_former_ticket_key(turnout: Turnout) -> None:
    with turnout.database() as db:
        db.call(ensure_ticket_key, ACME)
    turnout.ok("key", "rotate", "ticket-keys", "--org", "acme")
    assert "are refused" in turnout.ok("key", "rotate", "ticket-keys", "--at-once")
    with turnout.database() as db:
        assert len(db.call(list_ticket_keys, ACME)) == 1
        assert len(db.call(list_every_ticket_key, ACME)) == 3


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["token-keys", "--org", "acme"], "There are no token-keys of one organization"),
        (["link-keys", "--org", "acme"], "There are no link-keys of one organization"),
        (["ticket-keys", "--grace-days", "3"], "--grace-days is for link-keys and callback-keys"),
        (["link-keys", "--grace-days", "3", "--at-once"], "--grace-days is for link-keys"),
        (["ticket-keys", "--org", "none"], "There is no organization 'none'."),
    ],
)
def test_what_makes_no_sense_is_refused(turnout: Turnout, arguments: list[str], error: str) -> None:
    result = turnout("key", "rotate", *arguments)
    assert (result.code, result.output) == (1, "")
    assert result.error.startswith(f"error: {error}")
    assert rows(turnout) == []


def test_an_unknown_ticket_key_is_named(turnout: Turnout) -> None:
    expected = Result(1, "", "error: The organization has no ticket key ABCDEF.\n")
    assert turnout("key", "revoke", "acme", "ABCDEF") == expected


@pytest.mark.parametrize("kind", ["callback-keys", "ticket-keys"])
def test_nothing_to_rotate_is_said(tmp_path: Path, kind: str) -> None:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme")
    said = "No organization has such a key yet; nothing to rotate.\n"
    assert turnout.ok("key", "rotate", kind) == said
