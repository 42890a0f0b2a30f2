"""What an operator changes of users, and what ends by it."""

import pytest

from turnout.core.audit.recording import list_entries
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Role
from turnout.core.identity.user_changes import (
    change_user,
    list_user_lines,
    reset_password,
)
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId
from turnout.errors import Invalid, Missing
from turnout.store import Database


@pytest.fixture
def code(db: Database, org_id: OrgId) -> str:
    code = f"user/{org_id}"
    db.call(
        create_user,
        org_id,
        code,
        name="Ann",
        email="ann@example.com",
        password_hash="first",
        actor="test",
    )
    return code


def lines(db: Database, org_id: OrgId) -> list[tuple[object, ...]]:
    return [
        (line.user.role, line.user.email, line.disabled_at is not None, line.has_password)
        for line in db.call(list_user_lines, org_id)
    ]


def entries(db: Database, org_id: OrgId) -> list[tuple[str, str, dict[str, object]]]:
    [line] = db.call(list_user_lines, org_id)
    found = db.call(list_entries, org_id, "user", line.user.id)
    found += db.call(list_entries, org_id, "password", line.user.id)
    return [(entry.actor, entry.action, entry.facts) for entry in found if entry.actor == "jo"]


def test_a_change_says_what_it_changed(db: Database, org_id: OrgId, code: str) -> None:
    for _ in range(2):
        user = db.call(
            change_user, org_id, code.upper(), role=Role.ADMIN, email="a@example.org", actor="jo"
        )
        assert (user.role, user.email) == (Role.ADMIN, "a@example.org")
    assert lines(db, org_id) == [(Role.ADMIN, "a@example.org", False, True)]
    assert entries(db, org_id) == [("jo", "changed", {"role": "Admin", "email": True})]


def test_who_is_disabled_cannot_sign_in_until_enabled(
    db: Database, org_id: OrgId, code: str
) -> None:
    db.call(change_user, org_id, code, is_disabled=True, actor="jo")
    assert db.call(find_password, code) is None
    assert lines(db, org_id) == [(Role.ACCT, "ann@example.com", True, True)]
    db.call(change_user, org_id, code, is_disabled=False, actor="jo")
    assert db.call(find_password, code) is not None
    facts = [facts for *_, facts in entries(db, org_id)]
    assert sorted(facts, key=str) == [{"disabled": False}, {"disabled": True}]


def test_a_reset_password_is_the_only_one(db: Database, org_id: OrgId, code: str) -> None:
    before = db.call(find_password, code)
    db.call(reset_password, org_id, code, "second", actor="jo")
    after = db.call(find_password, code)
    assert before is not None
    assert after is not None
    assert (before.hashed, after.hashed) == ("first", "second")
    assert after.principal.credential_id != before.principal.credential_id
    assert entries(db, org_id) == [("jo", "reset", {})]


def test_what_cannot_be_changed_is_refused(db: Database, org_id: OrgId, code: str) -> None:
    with pytest.raises(Missing) as missing:
        db.call(change_user, org_id, "nobody", role=Role.ADMIN, actor="jo")
    assert missing.value.code == "user.unknown_code"
    with pytest.raises(Invalid) as invalid:
        db.call(change_user, org_id, code, email="no address", actor="jo")
    assert invalid.value.code == "user.email"
    with pytest.raises(Missing):
        db.call(reset_password, org_id, "nobody", "x", actor="jo")
    assert lines(db, org_id) == [(Role.ACCT, "ann@example.com", False, True)]
