"""One verb for all doors: exams, parties, limits, and offers that are taken at other doors."""

from typing import Any

import pytest

from tests.core.exams.college import College
from tests.support.builder import contact
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.events.model import EventState, span
from turnout.core.events.programme import (
    create_event,
    create_session,
    get_event,
    list_ticket_types,
)
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.invitations.campaigns import create_campaign, list_campaigns, send_campaign
from turnout.core.invitations.invitees import InviteeFilter, confirm, invite, list_invitees
from turnout.core.people.merging import know_person
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.intake import accept
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.queue_items import list_items
from turnout.core.registrations.rules import Door
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.errors import Conflict
from turnout.store import Tx


@pytest.fixture(autouse=True)
def clock(node) -> None:
    """What one test does to the clock is nothing to the next."""
    node.clock.now = START


# -- exams ---------------------------------------------------------------------------------


class OpenExam:
    """An exam with one candidate that is open as any other event may be, with a session."""

    def __init__(self, college: College) -> None:
        self.college, self.db, self.org_id = college, college.db, college.org_id
        exam = college.get_exam(college.register(1))
        self.event_id = exam.event_id
        self.db.call(set_event_state, self.org_id, self.event_id, EventState.OPEN, actor="test")
        (self.ticket_type,) = self.db.call(list_ticket_types, self.org_id, self.event_id)

    def add_session(self, tx: Tx) -> tuple[str, str, Principal]:
        """The paks of the event and of a new session, and who holds an API key."""
        event = get_event(tx, self.org_id, self.event_id)
        when = span(event.starts_local, event.ends_local, event.timezone)
        session = create_session(tx, self.org_id, event.id, "Paper", when, actor="test")
        key, _ = issue_credential(tx, self.org_id, CredentialKind.API_KEY, "test", actor="test")
        return event.pak, session.pak, Principal(self.org_id, key.id)

    def held(self) -> tuple[int, int]:
        (ticket_type,) = self.db.call(list_ticket_types, self.org_id, self.event_id)
        return self.db.call(get_event, self.org_id, self.event_id).held, ticket_type.held


@pytest.fixture
def exam(node) -> OpenExam:
    return OpenExam(College(node))


@pytest.mark.parametrize("door", Door)
def test_no_door_grants_a_ticket_of_an_exam_without_a_sitting(exam, door):
    def ask(tx: Tx) -> None:
        person_id = know_person(tx, exam.org_id, contact("z"))
        type_id = exam.ticket_type.id
        grant(tx, exam.org_id, Wish(door, exam.event_id, person_id, type_id, source="test"))

    with refuses(Conflict, "event.exam"):
        exam.db.call(ask)
    assert exam.held() == (1, 1)


def test_the_registration_api_books_no_session_of_an_exam(exam):
    pak, session_pak, caller = exam.db.call(exam.add_session)
    wanted = Application(TargetNoun.EVENT, pak, [session_pak], Submitted(contact("z")))
    (item,) = exam.db.call(accept, caller, wanted)
    exam.college.node.run_intake()
    (found,) = exam.db.call(list_items, caller, [item.id], limit=1).items
    refusal = "Seats of this exam are booked by the organizer."
    assert (found.status, found.message) == ("failed", refusal)
    assert exam.held() == (1, 1)


CAMPAIGN: dict[str, Any] = {
    "name": "Guests",
    "subject": "Come",
    "sender_email": "college@example.com",
    "body": "%%link%%",
    "user_id": 1,
    "actor": "test",
}


def test_nobody_is_invited_to_an_exam(exam):
    create = (create_campaign, exam.org_id, exam.event_id)
    with refuses(Conflict, "event.exam"):
        exam.db.call(*create, ticket_type_id=exam.ticket_type.id, **CAMPAIGN)
    assert exam.db.call(list_campaigns, exam.org_id, exam.event_id) == []


def test_an_invitation_to_an_exam_from_before_is_neither_sent_nor_granted(exam):
    def invite_to_party(tx: Tx) -> tuple[int, int]:
        when = span("2099-06-01T18:00", "2099-06-01T23:00", "UTC")
        party = create_event(tx, exam.org_id, "Party", when, actor="test")
        (kind,) = list_ticket_types(tx, exam.org_id, party.id)
        made = create_campaign(tx, exam.org_id, party.id, ticket_type_id=kind.id, **CAMPAIGN)
        invite(tx, exam.org_id, made.id, [contact("z")])
        (invitee,) = list_invitees(tx, exam.org_id, party.id, InviteeFilter())
        return made.id, invitee.id

    campaign_id, invitee_id = exam.db.call(invite_to_party)
    for table in ("campaigns", "invitations"):
        exam.college.node.execute(
            f"UPDATE {table} SET event_id = {exam.event_id} WHERE org_id = {exam.org_id}"
        )
    with refuses(Conflict, "event.exam"):
        exam.db.call(send_campaign, exam.org_id, campaign_id, "https://x.example.com", actor="test")
    with refuses(Conflict, "event.exam"):
        exam.db.call(confirm, exam.org_id, invitee_id, actor="test")
    assert exam.held() == (1, 1)
