"""Those whom somebody registers along on the event's page: all or nobody, and nobody twice."""

import pytest

from tests.core.registrations.hall import Hall
from tests.core.registrations.invariants import find_faults
from tests.support.builder import contact
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.events.describing import MOST_COMPANIONS, EventChange, change_event
from turnout.core.events.model import span
from turnout.core.events.programme import create_session, list_ticket_types, set_person_limit
from turnout.core.people.model import Contact
from turnout.core.registrations import booking
from turnout.core.registrations.companions import Companion, register_with_companions
from turnout.core.tickets.mails import claim_ticket_mails
from turnout.errors import Conflict, Invalid

URL = "http://turnout.test"
ZOE, MAX = Contact(email="", first_name="Zoe"), Contact(email="", first_name="Max")


class Form:
    """The form of an event that lets three come along."""

    def __init__(self, node, capacity=6, types=(3, None)) -> None:
        node.clock.now = START
        self.hall = Hall(node, capacity, types)
        self.change(companions=3)

    def change(self, **fields) -> None:
        self.hall.call(change_event, self.hall.event_id, EventChange(**fields), actor="test")

    def send(self, sender, *others, types=(), session_ids=()) -> None:
        kinds = [self.hall.type_ids[number] for number in (*types, *[0] * 9)]
        own, *along = [
            Companion(who, kind) for who, kind in zip((sender, *others), kinds, strict=False)
        ]
        call = (register_with_companions, self.hall.event_id, own, along, URL)
        self.hall.call(*call, session_ids=session_ids)

    def name(self, number: int) -> str:
        types = self.hall.call(list_ticket_types, self.hall.event_id)
        return next(kind.name for kind in types if kind.id == self.hall.type_ids[number])

    def count(self, table: str) -> int:
        question = f"SELECT count(*) FROM {table} WHERE org_id = {self.hall.org_id}"
        return self.hall.db.call(lambda tx: tx.connection.execute(question).fetchone()[0])

    def mails(self) -> list[tuple[str, str]]:
        """To whom tickets are mailed now, and whose they are."""
        mails = self.hall.db.call(claim_ticket_mails)
        return sorted(
            (mail.email, mail.facts.holder) for mail in mails if mail.org_id == self.hall.org_id
        )


@pytest.fixture
def form(node) -> Form:
    return Form(node)


def test_all_are_registered_and_tickets_go_to_their_own_addresses_or_to_the_sender(form):
    form.send(contact("a"), contact("b"), ZOE, types=(0, 0, 1))
    assert form.hall.places() == ((3, 6), [(2, 3), (1, None)])
    assert form.mails() == [
        ("a@example.com", "A Guest"),
        ("a@example.com", "Zoe"),
        ("b@example.com", "B Guest"),
    ]
    assert form.hall.db.call(find_faults) == {}


def test_a_form_that_is_sent_twice_registers_nobody_twice(form):
    for _ in range(2):
        form.send(contact("a"), contact("b"), ZOE, types=(1, 1, 1))
    assert form.hall.places().event == (3, 6)
    form.send(contact("a"), ZOE, ZOE, types=(1, 1, 1))
    assert form.hall.places().event == (4, 6)


def test_where_places_are_few_nobody_is_registered(form):
    before = [form.count(table) for table in ("parties", "registrations", "tickets", "people")]
    with refuses(Conflict, "companions.places", people=4):
        form.send(contact("a"), contact("b"), ZOE, MAX)
    assert [form.count(table) for table in ("parties", "registrations", "tickets", "people")] == (
        before
    )
    assert form.count("ticket_mails") == 0
    form.send(contact("a"), contact("b"), ZOE, MAX, types=(0, 1, 0, 0))
    assert form.hall.places() == ((4, 6), [(3, 3), (1, None)])


@pytest.mark.parametrize(
    ("others", "code", "facts"),
    [
        ([contact("b"), contact("B")], "companions.twice", {"email": "B@example.com"}),
        ([contact("a")], "companions.twice", {"email": "a@example.com"}),
        ([ZOE] * 4, "companions.many", {"limit": 3}),
        ([Contact(email="b", first_name="B")], "contact.email", {"email": "b"}),
        ([Contact(email="", first_name="B\n")], "contact.control", {"field": "first name"}),
    ],
)
def test_forms_that_cannot_be(form, others, code, facts):
    with refuses(Invalid, code, **facts):
        form.send(contact("a"), *others, types=(1, 1, 1, 1, 1))
    assert form.hall.places().event == (0, 6)


def test_those_without_an_address_count_with_the_sender_at_a_limit_for_one_person(form):
    form.hall.call(set_person_limit, form.hall.type_ids[1], 2, actor="test")
    with refuses(Conflict, "companions.limit", name=form.name(1), limit=2):
        form.send(contact("a"), ZOE, MAX, types=(1, 1, 1))
    form.send(contact("a"), ZOE, contact("b"), types=(1, 1, 1))
    assert form.hall.places().event == (3, 6)
    # What the sender has by now, the form does not tell: a mail does.
    form.send(contact("a"), MAX, contact("c"), types=(1, 1, 1))
    assert form.hall.places().event == (3, 6)


def test_sessions_are_booked_for_each_whose_ticket_they_are_for(form):
    when = span("2027-06-01T10:00", "2027-06-01T11:00", "Europe/Berlin")
    make = (create_session, form.hall.event_id, "Workshop", when)
    session = form.hall.call(*make, capacity=2, actor="test")
    with refuses(Conflict, "companions.session", title="Workshop"):
        form.send(contact("a"), contact("b"), ZOE, session_ids=[session.id])
    form.send(contact("a"), ZOE, session_ids=[session.id])
    held = form.hall.call(booking.list_booked_sessions, form.hall.registration_id("a"))
    assert list(held) == [session.id]
    with refuses(Conflict, "session.chosen_full", title="Workshop"):
        form.send(contact("c"), session_ids=[session.id])


def test_an_event_may_let_nobody_come_along_or_too_many(form):
    form.change(companions=0)
    with refuses(Invalid, "companions.many", limit=0):
        form.send(contact("a"), ZOE)
    for number in (-1, MOST_COMPANIONS + 1):
        with refuses(Invalid, "event.companions", limit=MOST_COMPANIONS):
            form.change(companions=number)
