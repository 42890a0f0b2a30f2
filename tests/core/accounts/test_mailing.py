"""Mails about accounts: to whom, with which links, and what they give away."""

import re

from tests.core.identity.staff import add_user, principal_of
from tests.support.builder import make_organization
from tests.support.mails import list_mails
from tests.support.node import LocalNode
from turnout.catalogue.translations import label
from turnout.core.accounts.mailing import (
    RESETS_LIMIT,
    invite_colleague,
    mail_reset,
    note_browser,
)
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import find_reset
from turnout.core.identity.staff_invitations import get_invited
from turnout.core.identity.user_changes import change_user
from turnout.core.ids import OrgId
from turnout.store import Tx

HERE = "https://turnout.example"


def token_in(text: str, path: str) -> str:
    [token] = re.findall(rf"^{HERE}{path}([\w-]{{43}})$", text, re.MULTILINE)
    return token


def test_a_colleague_is_invited_by_a_link(node: LocalNode, org_id: OrgId) -> None:
    made, link = node.db.call(
        invite_colleague,
        org_id,
        "jo@example.com",
        {StaffRole.READER},
        base_url=HERE,
        inviter="Ann",
        actor="user:1",
    )
    [mail] = node.db.call(list_mails, org_id)
    name = node.db.call(get_organization_of, org_id).name
    assert (mail.address, mail.subject) == (
        "jo@example.com",
        f"{name}: work with us on Turnout",
    )
    assert f"\nAnn invites you to work for {name}. " in mail.text
    token = token_in(mail.text, "/console/invitation/")
    assert link == f"{HERE}/console/invitation/{token}"
    assert node.db.call(get_invited, token).invitation == made


def test_a_reset_is_mailed_to_the_user_and_to_nobody_else(node: LocalNode, org_id: OrgId) -> None:
    user = add_user(node.db, org_id, "ann", ())
    for name in (user.user_code, "nobody", "nobody@example.com"):
        assert node.db.call(mail_reset, name, HERE) is None
    [mail] = node.db.call(list_mails, org_id)
    assert (mail.address, mail.subject) == (user.email, "Choose a new password")
    assert node.db.call(find_reset, token_in(mail.text, "/console/reset/")) == user


def test_a_reset_is_mailed_for_each_user_of_an_address(node: LocalNode, org_id: OrgId) -> None:
    user = add_user(node.db, org_id, "ann", ())
    crowd = node.db.call(make_organization, f"crowd-{org_id}", "Crowd")
    thief = add_user(node.db, crowd, "eve", ())
    node.db.call(change_user, crowd, thief.user_code, email=user.email, actor="test")
    node.db.call(mail_reset, user.email, HERE)
    for whose, place in ((user, org_id), (thief, crowd)):
        [mail] = node.db.call(list_mails, place)
        name = node.db.call(get_organization_of, place).name
        assert mail.address == user.email
        assert f" for {whose.user_code} at {name}. " in mail.text
        found = node.db.call(find_reset, token_in(mail.text, "/console/reset/"))
        assert found.id == whose.id


def test_resets_are_mailed_five_times_an_hour(node: LocalNode, org_id: OrgId) -> None:
    user = add_user(node.db, org_id, "ann", ())
    for _ in range(RESETS_LIMIT + 3):
        node.db.call(mail_reset, user.email, HERE)
    assert len(node.db.call(list_mails, org_id)) == RESETS_LIMIT
    node.clock.advance(3_600)
    node.db.call(mail_reset, user.email, HERE)
    assert len(node.db.call(list_mails, org_id)) == RESETS_LIMIT + 1


def test_a_new_browser_is_told_once(node: LocalNode, org_id: OrgId) -> None:
    user = add_user(node.db, org_id, "ann", ())
    principal = principal_of(node.db, user)
    node.db.call(note_browser, principal, "first", "Firefox", "here", tells=False)
    for secret in ("first", "second", "second", "first"):
        node.db.call(note_browser, principal, secret, "Safari", "203.0.113.0/24")
    [mail] = node.db.call(list_mails, org_id)
    assert (mail.address, mail.subject) == (user.email, f"New sign-in as {user.user_code}")
    assert "\nBrowser: Safari\nFrom: 203.0.113.0/24\nAt: 2027-" in mail.text


def test_mails_are_in_the_language_of_the_organization(node: LocalNode, org_id: OrgId) -> None:
    user = add_user(node.db, org_id, "ann", ())
    node.db.call(change_organization, org_id, OrganizationChange(locale="de"), actor="test")
    node.db.call(mail_reset, user.email, HERE)
    [mail] = node.db.call(list_mails, org_id)
    assert mail.subject == label("de", "account_mail.reset.subject")
    assert mail.subject != label("en", "account_mail.reset.subject")


def test_links_are_in_no_list_of_jobs(node: LocalNode, org_id: OrgId) -> None:
    user = add_user(node.db, org_id, "ann", ())
    node.db.call(mail_reset, user.email, HERE)

    def read(tx: Tx) -> list[tuple[str, ...]]:
        question = f"SELECT kind, lane, name FROM jobs WHERE org_id = {org_id}"
        return [tuple(row) for row in tx.connection.execute(question).fetchall()]

    assert node.db.call(read) == [("code", "urgent", "Your account")]
