"""One verb for all doors: exams, parties, limits, and offers that are taken at other doors."""

from typing import Any

import pytest

from tests.core.exams.college import College
from tests.core.registrations.doors import Doors
from tests.core.registrations.invariants import find_faults
from tests.support.builder import contact
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.events.model import EventState, span
from turnout.core.events.programme import (
    create_event,
    create_session,
    create_ticket_type,
    get_event,
    list_ticket_types,
    set_person_limit,
)
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.ids import TicketTypeId
from turnout.core.invitations.campaigns import create_campaign, list_campaigns, send_campaign
from turnout.core.invitations.invitees import InviteeFilter, confirm, invite, list_invitees
from turnout.core.people.merging import know_person
from turnout.core.people.model import Contact
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.intake import accept
from turnout.core.registrations.joining import LARGEST_PARTY, queue_ticket_mail, register_party
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.parties import Guest, Party, grant_party
from turnout.core.registrations.places import set_event_state, set_session_capacity
from turnout.core.registrations.queue_items import list_items
from turnout.core.registrations.rules import Door
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.core.tickets.mails import claim_ticket_mails
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


# -- parties and limits --------------------------------------------------------------------


class Hosts:
    """An event of few places at which parties of guests are registered."""

    def __init__(self, doors: Doors) -> None:
        self.doors, self.db, self.org_id = doors, doors.db, doors.org_id

    def seat(self, host: str, guests: list[Contact], type_: int = 0) -> Party:
        """Register a party of that host's, as its form does."""
        type_id = self.doors.type_ids[type_]
        return self.db.call(
            grant_party,
            self.org_id,
            self.doors.event_id,
            contact(host),
            [Guest(guest, type_id) for guest in guests],
            door=Door.FORM,
            source="form",
            actor="test",
        )

    def limit(self, limit: int | None, type_: int = 0) -> None:
        self.doors.call(set_person_limit, self.doors.type_ids[type_], limit, actor="test")

    def mails(self, party: Party) -> list[tuple[str, str]]:
        """To whom the tickets of a party are mailed, and whose they are."""

        def mail(tx: Tx) -> list[tuple[str, str]]:
            for granted in party.tickets:
                queue_ticket_mail(tx, self.org_id, granted.ticket.id)
            mails = claim_ticket_mails(tx)
            return [(mail.email, mail.facts.holder) for mail in mails]

        return self.db.call(mail)

    def count(self, table: str) -> int:
        question = f"SELECT count(*) FROM {table} WHERE org_id = {self.org_id}"
        return self.db.call(lambda tx: tx.connection.execute(question).fetchone()[0])


@pytest.fixture
def hosts(node) -> Hosts:
    return Hosts(Doors(node, 4, [None] * 3, [1, None]))


NAMELESS = Contact(email="", first_name="Zoe")


def test_a_party_is_registered_with_a_ticket_each_and_mailed_to_its_contact(hosts):
    party = hosts.seat("h", [contact("h"), contact("a"), NAMELESS, NAMELESS])
    assert [ticket.is_new for ticket in party.tickets] == [True] * 4
    assert len({ticket.registration_id for ticket in party.tickets}) == 4
    assert hosts.doors.held()[:2] == [(4, 4), (4, None)]
    assert sorted(hosts.mails(party)) == [
        ("h@example.com", "A Guest"),
        ("h@example.com", "H Guest"),
        ("h@example.com", "Zoe"),
        ("h@example.com", "Zoe"),
    ]
    assert hosts.db.call(find_faults) == {}


def test_a_party_that_does_not_fit_is_registered_as_nobody(hosts):
    before = [hosts.count(table) for table in ("parties", "registrations", "tickets", "people")]
    with refuses(Conflict, "event.full"):
        hosts.seat("h", [contact("a"), *[NAMELESS] * 4])
    after = [hosts.count(table) for table in ("parties", "registrations", "tickets", "people")]
    assert after == before
    assert hosts.doors.held()[:2] == [(0, 4), (0, None)]


def test_who_is_registered_already_stays_in_a_party_as_they_are(hosts):
    assert hosts.doors.page("a", 0) == ""
    party = hosts.seat("h", [contact("a"), contact("b")])
    assert [ticket.is_new for ticket in party.tickets] == [False, True]
    assert hosts.doors.held()[:2] == [(2, 4), (2, None)]


def test_a_person_limit_counts_the_whole_party(hosts):
    hosts.limit(2)
    with refuses(Conflict, "ticket_type.limit", limit=2):
        hosts.seat("h", [contact("a"), NAMELESS, NAMELESS])
    assert hosts.doors.held()[:2] == [(0, 4), (0, None)]
    hosts.seat("h", [contact("a"), NAMELESS])
    # Their own ticket is one more of the type, another party's too; another host has a limit apart.
    with refuses(Conflict, "ticket_type.limit", limit=2):
        hosts.seat("h", [NAMELESS])
    assert hosts.doors.page("h", 0) == "ticket_type.limit"
    assert hosts.doors.page("h", 1) == ""
    hosts.seat("g", [NAMELESS])
    assert hosts.doors.held()[:3] == [(4, 4), (3, None), (1, None)]


def test_a_lower_limit_takes_nothing_and_none_lets_all_in(hosts):
    hosts.seat("h", [NAMELESS] * 2)
    hosts.limit(1)
    with refuses(Conflict, "ticket_type.limit", limit=1):
        hosts.seat("h", [NAMELESS])
    hosts.limit(None)
    hosts.seat("h", [NAMELESS])
    assert hosts.doors.held()[:2] == [(3, 4), (3, None)]


def test_a_person_limit_that_cannot_be_is_refused(hosts):
    with refuses(Invalid, "ticket_type.person_limit", limit=0):
        hosts.limit(0)
    with refuses(Missing, "ticket_type.no_such", ticket_type_id=0):
        hosts.doors.call(set_person_limit, 0, 1, actor="test")
    other = hosts.doors.college.org_id
    with refuses(Missing, "ticket_type.no_such", ticket_type_id=hosts.doors.type_ids[0]):
        hosts.db.call(set_person_limit, other, hosts.doors.type_ids[0], 1, actor="test")
    with refuses(Invalid, "ticket_type.person_limit", limit=0):
        hosts.doors.call(
            create_ticket_type, hosts.doors.event_id, "Box", person_limit=0, actor="test"
        )


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
    with refuses(Conflict, "session.held", session=session_id, capacity=0):
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


# -- parties that staff register -----------------------------------------------------------


def register(hosts: Hosts, host: str, guests: list[Contact], type_: int = 0) -> Party:
    type_id = hosts.doors.type_ids[type_]
    wanted = [Guest(guest, type_id) for guest in guests]
    event_id = hosts.doors.event_id
    return hosts.db.call(
        register_party, hosts.org_id, event_id, contact(host), wanted, actor="test"
    )


def test_staff_register_a_party_whose_new_tickets_are_mailed_to_its_contact(hosts):
    party = register(hosts, "h", [contact("h"), contact("a"), NAMELESS])
    assert [ticket.is_new for ticket in party.tickets] == [True] * 3
    mails = [mail for mail in hosts.db.call(claim_ticket_mails) if mail.org_id == hosts.org_id]
    assert sorted((mail.email, mail.facts.holder) for mail in mails) == [
        ("h@example.com", "A Guest"),
        ("h@example.com", "H Guest"),
        ("h@example.com", "Zoe"),
    ]
    again = register(hosts, "h", [contact("a")])
    assert [ticket.is_new for ticket in again.tickets] == [False]
    assert hosts.db.call(claim_ticket_mails) == []
    assert hosts.doors.held()[:2] == [(3, 4), (3, None)]
    assert hosts.db.call(find_faults) == {}


def test_a_limit_for_one_person_counts_a_party_of_staff_too(hosts):
    hosts.limit(2)
    with refuses(Conflict, "ticket_type.limit", limit=2):
        register(hosts, "h", [contact("h"), NAMELESS, NAMELESS])
    assert hosts.doors.held()[:2] == [(0, 4), (0, None)]
    assert len(register(hosts, "h", [contact("h"), NAMELESS]).tickets) == 2


def test_a_party_is_told_what_is_wrong_with_it(hosts):
    for guests in ([], [NAMELESS] * (LARGEST_PARTY + 1)):
        with refuses(Invalid, "party.size", limit=LARGEST_PARTY):
            register(hosts, "h", guests)
    with refuses(Invalid, "contact.email", email="a@"):
        register(hosts, "h", [Contact(email="a@")])
    with refuses(Missing, "ticket_type.no_such", ticket_type_id=0):
        hosts.db.call(
            register_party,
            *(hosts.org_id, hosts.doors.event_id, contact("h")),
            [Guest(NAMELESS, TicketTypeId(0))],
            actor="test",
        )
    assert hosts.count("parties") == 0


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
