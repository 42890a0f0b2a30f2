"""A form that is sent twice at once makes one thing, and both are led to it."""

import asyncio
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.test_event_flows import FORM as SHOWN
from tests.web.console.test_event_flows import fields_of
from tests.web.signing_in import FORM
from turnout.core.events.programme import list_ticket_types
from turnout.core.events.sessions import list_session_texts
from turnout.core.identity.credentials import list_credentials
from turnout.core.ids import EventId, OrgId
from turnout.core.invitations.campaigns import list_campaigns
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.listing import RegistrationFilter, count_matching
from turnout.store import Tx

Count = Callable[[Tx, OrgId, EventId], int]


def _count_events(tx: Tx, org_id: OrgId, _event_id: EventId) -> int:
    return int(tx.connection.execute("SELECT count(*) FROM events").fetchone()[0])


# What a form makes: where it stands, what is typed into it, and how many there are.
MADE: dict[str, tuple[str, dict[str, str], Count]] = {
    "event": (
        "/console/events/new",
        {"title": "Twice", "starts": "2097-05-12T09:00", "ends": "2097-05-12T17:00"},
        _count_events,
    ),
    "ticket type": (
        "/console/{event}/tickets/new",
        {"name": "Dinner"},
        lambda tx, org_id, event_id: len(list_ticket_types(tx, org_id, event_id)),
    ),
    "session": (
        "/console/{event}/programme/new",
        {"title": "Talk", "starts": "2097-01-12T09:00", "ends": "2097-01-12T10:00"},
        lambda tx, org_id, event_id: len(list_session_texts(tx, org_id, event_id)),
    ),
    "question": (
        "/console/{event}/questions/new",
        {"label": "Diet", "kind": "text"},
        lambda tx, org_id, event_id: len(list_questions(tx, org_id, event_id)),
    ),
    "registration": (
        "/console/{event}/people/add",
        {"email": "ada@example.com", "first_name": "Ada"},
        lambda tx, org_id, event_id: count_matching(tx, org_id, RegistrationFilter(event_id)),
    ),
    "campaign": (
        "/console/{event}/invitations/new",
        {"name": "Guests"},
        lambda tx, org_id, event_id: len(list_campaigns(tx, org_id, event_id)),
    ),
}


def send_at_once(desk: Desk, page: str, fields: dict[str, Any]) -> list[Answer]:
    """Two copies of one form of a page, side by side."""
    shown = desk.read(page)
    hidden = re.search(r'name="token" value="([^"]+)".*?name="once" value="([^"]+)"', shown)
    assert hidden
    known = fields_of(shown) if SHOWN.search(shown) else {}
    if first := re.search(r'name="ticket_type">\s*<option value="(\d+)"', shown):
        known["ticket_type"] = [first[1]]
    carried = {"token": hidden[1], "once": hidden[2]}
    body = urlencode({**known, **fields, **carried}, doseq=True).encode()

    async def send() -> list[Answer]:
        one = (desk.client.send("POST", page, headers=desk.headers | FORM, body=body) for _ in "12")
        return list(await asyncio.gather(*one))

    answers: list[Answer] = desk.client.run(send())
    return answers


@pytest.mark.parametrize("kind", MADE)
def test_two_copies_of_a_form_make_one_thing(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId], kind: str
) -> None:
    page, fields, count = MADE[kind]
    event_id = events["Summit"]
    before = node.db.call(count, org_id, event_id)
    answers = send_at_once(desk, page.format(event=event_id), fields)
    assert [answer.status for answer in answers] == [303, 303], answers[0].body.decode()
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert node.db.call(count, org_id, event_id) == before + 1


def test_a_form_that_was_changed_and_sent_again_makes_another(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    page = f"/console/{events['Draft']}/tickets/new"
    shown = desk.read(page)
    mark = re.findall(r'name="once" value="([^"]+)"', shown)[0]
    before = node.db.call(list_ticket_types, org_id, events["Draft"])
    for name in ("Lunch", "Supper"):
        fields = fields_of(shown) | {"name": name, "once": mark}
        assert desk.send(page, page, **fields).status == 303
    made = node.db.call(list_ticket_types, org_id, events["Draft"])[len(before) :]
    assert [kind.name for kind in made] == ["Lunch", "Supper"]


def test_the_secret_of_a_credential_is_not_kept_for_the_second_copy(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    page = "/console/rail/credentials"
    before = len(node.db.call(list_credentials, org_id))
    fields = {"do": "make", "kind": "api_key", "name": "Shop"}
    answers = send_at_once(desk, page, fields)
    assert sorted(answer.status for answer in answers) == [200, 422]
    refused = next(answer for answer in answers if answer.status == 422).body.decode()
    assert "This form was sent twice" in refused
    assert len(node.db.call(list_credentials, org_id)) == before + 1
