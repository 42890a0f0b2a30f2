"""Keys, tokens and secrets: shown once, found by digest, ended at once."""

import hashlib
import re

import pytest

from turnout.core.audit.recording import list_entries
from turnout.core.identity.credentials import (
    authenticate,
    find_credential,
    get_credential,
    issue_credential,
    list_credentials,
    require_active,
    revoke_credential,
    touch_credentials,
)
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.ids import OrgId
from turnout.errors import Missing, Unauthenticated
from turnout.store import Tx

KEY = CredentialKind.API_KEY


def issue(tx: Tx, org_id: OrgId, kind: CredentialKind = KEY, **options):
    return issue_credential(tx, org_id, kind, "a name", actor="test", **options)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (CredentialKind.API_KEY, r"[A-Za-z0-9]{40}"),
        (CredentialKind.COMPANY_TOKEN, r"[A-Za-z0-9]{40}"),
        (CredentialKind.EVENT_TOKEN, r"[A-Za-z0-9]{40}"),
        (CredentialKind.DEVELOPER_SECRET, r"[A-Za-z0-9+/]{86}=="),
    ],
)
def test_a_secret_opens_its_own_door_and_no_other(db, org_id, kind, shape):
    credential, secret = db.call(issue, org_id, kind)
    assert re.fullmatch(shape, secret)
    assert db.call(authenticate, kind, secret) == credential
    for other in set(CredentialKind) - {kind}:
        with pytest.raises(Unauthenticated) as refusal:
            db.call(authenticate, other, secret)
        assert refusal.value.code == "credential.unknown"


def test_only_a_digest_and_a_hint_are_kept(db, org_id):
    credential, secret = db.call(issue, org_id)
    row = db.call(
        lambda tx: tx.connection.execute(
            f"SELECT * FROM credentials WHERE org_id = {org_id} AND id = {credential.id}"
        ).fetchone()
    )
    assert credential.hint == secret[:4]
    assert hashlib.sha256(secret.encode()).hexdigest() in row
    assert secret not in map(str, row)
    facts = db.call(list_entries, org_id, "credential", credential.id)[0].facts
    assert facts == {"kind": "api_key", "name": "a name"}


@pytest.mark.parametrize(
    "secret", ["", "x" * 40, "é", "\ud800".encode("utf-8", "replace").decode()]
)
def test_an_unknown_secret_is_refused(db, secret):
    with pytest.raises(Unauthenticated):
        db.call(authenticate, KEY, secret)


def test_it_ends_at_the_instant_it_expires(db, org_id):
    expires_at = db.clock() + 1000
    credential, secret = db.call(issue, org_id, expires_at=expires_at)
    assert db.call(authenticate, KEY, secret) == credential
    assert credential.expires_at == expires_at
    db.clock.advance(1)
    with pytest.raises(Unauthenticated) as refusal:
        db.call(authenticate, KEY, secret)
    assert refusal.value.code == "credential.expired"


def test_it_ends_at_once_when_it_is_revoked_and_a_second_time_changes_nothing(db, org_id):
    credential, secret = db.call(issue, org_id)
    other, other_secret = db.call(issue, org_id)
    revoked = db.call(revoke_credential, org_id, credential.id, actor="test")
    assert revoked.revoked_at == db.clock()
    db.clock.advance(60)
    assert db.call(revoke_credential, org_id, credential.id, actor="test") == revoked
    with pytest.raises(Unauthenticated) as refusal:
        db.call(authenticate, KEY, secret)
    assert refusal.value.code == "credential.revoked"
    with pytest.raises(Unauthenticated):
        db.call(require_active, Principal(org_id, credential.id))
    assert db.call(authenticate, KEY, other_secret) == other
    entries = db.call(list_entries, org_id, "credential", credential.id)
    assert [entry.action for entry in entries] == ["issued", "revoked"]


def test_what_belongs_to_another_organization_is_missing(db, org_id, account):
    credential, _ = db.call(issue, org_id)
    assert db.call(find_credential, account.org_id, credential.id) is None
    for verb in (get_credential, lambda *args: revoke_credential(*args, actor="test")):
        with pytest.raises(Missing):
            db.call(verb, account.org_id, credential.id)
    with pytest.raises(Unauthenticated) as refusal:
        db.call(require_active, Principal(account.org_id, credential.id))
    assert refusal.value.code == "credential.unknown"
    assert db.call(get_credential, org_id, credential.id).revoked_at is None


def test_all_are_listed_oldest_first_with_the_revoked_ones(db, org_id):
    made = [db.call(issue, org_id)[0] for _ in range(3)]
    revoked = db.call(revoke_credential, org_id, made[1].id, actor="test")
    assert db.call(list_credentials, org_id) == [made[0], revoked, made[2]]


def test_the_last_use_only_moves_forward(db, org_id):
    one, other = (db.call(issue, org_id)[0] for _ in range(2))
    callers = [(org_id, credential.id) for credential in (one, other)]
    for used in ({callers[0]: 2000, callers[1]: 5}, {callers[0]: 1000}, {callers[1]: 6}):
        db.call(touch_credentials, used)
    assert [credential.last_used_at for credential in db.call(list_credentials, org_id)] == [
        2000,
        6,
    ]
