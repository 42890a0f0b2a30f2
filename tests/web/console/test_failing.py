"""Failures within the console: in its frame for those who are signed in."""

import html
import re
from urllib.parse import urlencode

from tests.core.identity.staff import add_user as add_colleague
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import BROWSER, PASSWORD, Desk
from tests.web.signing_in import FORM
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.roles import StaffRole
from turnout.core.ids import EventId, OrgId


def test_a_page_that_is_not_there_keeps_the_line_of_its_event(
    desk: Desk, events: dict[str, EventId]
) -> None:
    base = f"/console/{events['Summit']}"
    for path in ("/people/999999", "/nonsense", "/messages/7/nothing"):
        answer = desk.open(base + path)
        page = answer.body.decode()
        assert answer.status == 404
        assert f'<a href="{base}/people"' in page
        assert "Go on with Summit" in page
        assert answer.headers["cache-control"] == "no-store"
        assert "are those of Europe/Berlin." in page


def test_what_is_not_seen_is_said_in_the_own_frame(desk: Desk, events: dict[str, EventId]) -> None:
    for path in ("/console/999999/people", "/console/nobody/users", "/console/rail/nonsense"):
        answer = desk.open(path)
        page = answer.body.decode()
        assert (answer.status, "Rail Forum" in page, 'id="nav"' in page) == (404, True, False)
        assert "All events" in page


def test_a_role_that_may_not_is_told_who_can_change_that(
    node: LocalNode, org_id: OrgId, events: dict[str, EventId]
) -> None:
    user = add_colleague(node.db, org_id, "porter", {StaffRole.DOOR}, hash_password(PASSWORD))
    porter = Desk(node.client, user.user_code)
    denied = porter.open("/console/rail/users")
    assert denied.status == 403
    assert "Your roles do not include this." in denied.body.decode()
    assert "Your role does not allow this" not in denied.body.decode()
    at_event = porter.open(f"/console/{events['Summit']}/details")
    assert (at_event.status, "Go on with Summit" in at_event.body.decode()) == (403, True)


def test_others_get_the_page_of_guests_and_programs_a_line(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    stranger = node.client.request("GET", "/console/1/nonsense/x", headers=BROWSER)
    page = stranger.body.decode()
    assert (stranger.status, "Rail Forum" in page, 'class="failure"' in page) == (404, False, True)
    plain = desk.open(f"/console/{events['Summit']}/nonsense", Accept="text/plain")
    assert (plain.status, plain.headers["content-type"]) == (404, "text/plain; charset=utf-8")


OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


def send(desk: Desk, path: str, headers: dict[str, str], fields: list[tuple[str, str]]) -> Answer:
    body = urlencode(fields).encode()
    return desk.client.request("POST", path, headers=BROWSER | FORM | headers, body=body)


def read_kept(page: str) -> list[tuple[str, str]]:
    """The form of the page that keeps what was typed."""
    (token,) = re.findall(r'name="token" value="([^"]*)"', page)
    kept = re.findall(r'<textarea name="([^"]+)" hidden>\n([^<]*)</textarea>', page)
    return [("token", token)] + [(html.unescape(name), html.unescape(text)) for name, text in kept]


def test_a_form_of_a_session_that_has_ended_is_kept_and_sent_again(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    path = f"/console/{events['Summit']}/people/add?sort=name"
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', desk.read(path))
    typed = [("first_name", "\n<Ada> & Co"), ("email", "ada.kept@example.com")]
    lost = send(desk, path, OWN_PAGE, [("token", token), *typed])
    page = lost.body.decode()
    assert (lost.status, "What you typed is kept" in page) == (401, True)
    assert 'href="/console/sign-in" target="_blank"' in page
    assert f'action="{path}"' in page
    assert read_kept(page) == [("token", token), *typed]
    again = Desk(node.client, desk.user_code)
    cookie = {"Cookie": again.headers["Cookie"]} | OWN_PAGE
    old = send(desk, path, cookie, read_kept(page))
    shown = old.body.decode()
    assert (old.status, "You have signed in again" in shown) == (403, True)
    fresh = read_kept(shown)
    assert fresh[1:] == typed
    assert fresh[0] != ("token", token)
    assert send(desk, path, cookie, fresh).status == 303


def test_passwords_and_forms_from_nowhere_are_not_shown_again(desk: Desk) -> None:
    for headers, name in ((OWN_PAGE, "password"), ({}, "title")):
        lost = send(desk, "/console/rail/account", headers, [("token", "x"), (name, "tell nobody")])
        assert lost.status == 401
        assert "tell nobody" not in lost.body.decode()
