"""One verb for all doors: exams, places, and offers that are taken at other doors."""

from typing import Any

import pytest

from tests.core.exams.college import College
from tests.core.registrations.doors import Doors
from tests.core.registrations.hosts import Hosts
from tests.core.registrations.invariants import find_faults
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
from turnout.core.registrations.accepting import accept
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.places import set_event_state, set_session_capacity
from turnout.core.registrations.queue_items import list_items
from turnout.core.registrations.rules import Door
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.errors import Conflict, Invalid, Missing
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
    assert (found.status, found.code) == ("failed", "event.exam")
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


@pytest.fixture
def hosts(node) -> Hosts:
    return Hosts(Doors(node, 4, [None] * 3, [1, None]))


# -- offers that are taken at another door -------------------------------------------------


@pytest.fixture
def doors(node) -> Doors:
    """One place, which a has; b waits for it, for a ticket of the second type."""
    doors = Doors(node, 1, [None] * 3, [None, 1])
    assert doors.page("a", 0) == ""
    assert doors.join("b", 1) == ""
    return doors


def test_the_registration_api_gives_who_waits_the_place_that_is_offered_to_them(doors):
    assert doors.queue("b", [0]) == ["full"]
    assert doors.cancel("a") == ""
    assert doors.line() == [("b", "offered")]
    assert doors.queue("c", [0]) == ["full"]
    assert doors.queue("b", [0, 1]) == ["", ""]
    assert doors.line() == [("b", "taken")]
    assert [list(types.values()) for types in doors.tickets().values()] == [[1]]
    assert doors.bookings() == {"b": {0, 1}}
    assert doors.held() == [(1, 1), (0, None), (1, None), (0, None), (1, None), (1, 1)]
    assert doors.db.call(find_faults) == {}


def test_a_program_gives_who_waits_the_place_that_is_offered_to_them(doors):
    assert doors.program("b") == "full"
    assert doors.cancel("a") == ""
    assert doors.program("c") == "full"
    assert doors.program("b") == ""
    assert doors.line() == [("b", "taken")]
    assert [list(types.values()) for types in doors.tickets().values()] == [[1]]
    assert doors.held()[:3] == [(1, 1), (0, None), (1, None)]


# -- how many there are --------------------------------------------------------------------


def test_more_places_in_a_session_are_there_for_the_next(hosts):
    doors, session_id = hosts.doors, hosts.doors.session_ids[0]
    assert [doors.queue("a", [0]), doors.queue("b", [0])] == [[""], ["full"]]
    with refuses(Conflict, "session.held", title="Talk", capacity=0, held=1):
        doors.call(set_session_capacity, session_id, 0, actor="test")
    doors.call(set_session_capacity, session_id, 2, actor="test")
    assert [doors.queue("b", [0]), doors.queue("c", [0])] == [[""], ["full"]]
    doors.call(set_session_capacity, session_id, None, actor="test")
    assert doors.queue("c", [0]) == [""]
    assert doors.held()[4:] == [(3, None), (0, None)]
    assert doors.db.call(find_faults) == {}


def test_a_session_capacity_that_cannot_be_is_refused(hosts):
    doors = hosts.doors
    with refuses(Invalid, "capacity.negative", capacity=-1):
        doors.call(set_session_capacity, doors.session_ids[0], -1, actor="test")
    with refuses(Missing, "session.missing", session_id=0):
        doors.call(set_session_capacity, 0, 1, actor="test")
    with refuses(Missing, "session.missing", session_id=doors.session_ids[0]):
        hosts.db.call(
            set_session_capacity, doors.college.org_id, doors.session_ids[0], 1, actor="test"
        )
    assert doors.held()[4:] == [(0, 1), (0, None)]


# -- clocks of several nodes ---------------------------------------------------------------


@pytest.mark.parametrize("behind_ms", [0, 3_600_000])
def test_a_ticket_made_after_a_no_confirms_whatever_the_clock_says(node, behind_ms):
    doors = Doors(node, None, [None] * 3, [None, None])
    assert (doors.page("a", 1), doors.decline("a", 1)) == ("", "")
    assert doors.answers()["a", 1] == "declined"
    # Another node goes on, whose clock is not ahead of the first one's.
    node.clock.now -= behind_ms
    assert (doors.cancel("a"), doors.page("a", 1)) == ("", "")
    assert doors.answers()["a", 1] == "confirmed"
