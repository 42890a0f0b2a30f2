"""Tickets with a price, taken at the event's page or from its waiting list: asked for at once."""

import re

import pytest

from tests.core.registrations.desk import Desk
from tests.core.registrations.doors import Doors
from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.mails import list_mails
from tests.support.node import START
from turnout.core.audit.recording import list_entries
from turnout.core.checkin.walk_ins import add_walk_in
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import PayingDoor
from turnout.core.events.programme import list_ticket_types
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.invitations.invitees import confirm
from turnout.core.mails.model import MailKind, MailText
from turnout.core.mails.texts import set_text
from turnout.core.payments.settling import OVERDUE, Payment, PaymentState, list_payments, settle
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly, register_from_program
from turnout.core.registrations.offers import join_list, take_offer
from turnout.core.registrations.places import set_ticket_capacity
from turnout.core.registrations.pricing import Asking
from turnout.core.registrations.restoring import restore_registration
from turnout.core.registrations.rules import Door
from turnout.core.tickets.mails import claim_ticket_mails, send_ticket_mail
from turnout.core.tickets.prices import PAYMENT_DAYS, find_price
from turnout.core.times import end_of_day, local
from turnout.core.work.claims import turn
from turnout.errors import Invalid

DAY_MS = 86_400_000
PRICE = TicketTypeChange(price_minor=4950, currency="EUR")


@pytest.fixture
def hall(node) -> Hall:
    node.clock.now = START
    made = Hall(node, None, (1, None))
    for type_id in made.type_ids:
        made.call(edit_ticket_type, made.event_id, type_id, PRICE, actor="test")
    return made


def register(hall: Hall, guest: str, type_: int = 0) -> bool:
    return hall.call(register_directly, hall.event_id, hall.type_ids[type_], contact(guest))


def payments(hall: Hall) -> list[Payment]:
    return hall.call(list_payments, hall.event_id, limit=9)


def mail_text(hall: Hall) -> str:
    for mail in hall.db.call(claim_ticket_mails):
        hall.db.call(send_ticket_mail, mail, [], "https://t.example", lambda *_: [])
    return hall.call(list_mails)[-1].text


def describe(hall: Hall, **fields) -> None:
    hall.call(change_event, hall.event_id, EventChange(**fields), actor="test")


def stored_contents(tx) -> str:
    """What jobs say to everybody: the reference is the person's own."""
    rows = tx.connection.execute("SELECT content FROM jobs").fetchall()
    return " ".join(str(content) for (content,) in rows)


def test_who_takes_a_ticket_with_a_price_is_asked_for_it_once(hall):
    assert register(hall, "a")
    assert not register(hall, "a")
    [payment] = payments(hall)
    code = hall.code("a")
    last = local(hall.node.clock.now + PAYMENT_DAYS * DAY_MS, hall.event.timezone).date()
    due_at = min(end_of_day(last, hall.event.timezone), hall.event.starts_at)
    assert payment[:6] == (code, PaymentState.OPEN, 4950, "EUR", f"T-{code}", due_at)
    assert re.search(r"Please pay €49.50 by [^(]+ \(Europe/Berlin\), with", mail_text(hall))
    assert code not in hall.db.call(stored_contents)
    hall.call(settle, code, PaymentState.PAID, actor="test")
    assert hall.call(find_price, code) is None


def test_an_own_text_that_does_not_say_how_to_pay_gets_it(hall):
    text = MailText("Yours", "Here: %%ticket_link%%")
    hall.call(set_text, hall.event_id, MailKind.CONFIRMATION, "en", text, actor="test")
    register(hall, "a")
    assert f"with the reference T-{hall.code('a')}" in mail_text(hall)


def test_what_is_offered_from_the_list_is_to_be_paid_too_and_lapses_unpaid(hall):
    register(hall, "a")
    hall.call(join_list, hall.event_id, hall.type_ids[0], contact("b"))
    hall.call(set_ticket_capacity, hall.type_ids[0], 2, actor="test")
    for _ in range(2):
        hall.call(take_offer, hall.entry("b"), actor="test")
    assert {payment.code for payment in payments(hall)} == {hall.code("a"), hall.code("b")}
    hall.node.clock.now = max(payment.due_at for payment in payments(hall))
    hall.db.call(turn, OVERDUE, hall.db.call(turn, OVERDUE, [], 9), 0)
    assert hall.tickets() == {}


def test_a_program_gets_no_ticket_that_costs_money(hall):
    named = {"answers": [], "sti": "", "is_mailed": False}
    register_ = (register_from_program, hall.event_id, contact("c"))
    assert hall.call(*register_, **named)
    assert payments(hall) == []
    with pytest.raises(Invalid) as refused:
        hall.call(
            register_directly, hall.event_id, hall.type_ids[1], contact("d"), door=Door.PROGRAM
        )
    assert refused.value.code == "ticket_type.offered"


# -- who comes back ------------------------------------------------------------------------


def come_back(hall: Hall, state: PaymentState) -> str:
    """Pay or not, cancel and register again; the code of then."""
    register(hall, "a")
    former = hall.code("a")
    hall.call(settle, former, PaymentState.PAID, actor="test")
    if state is PaymentState.REFUNDED:
        hall.call(settle, former, state, actor="test")
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    assert register(hall, "a")
    return former


def test_what_was_paid_for_the_type_counts_for_who_comes_back(hall):
    former = come_back(hall, PaymentState.PAID)
    [payment] = payments(hall)
    code = hall.code("a")
    assert (payment.code, payment.state, payment.reference) == (code, "paid", f"T-{former}")
    assert hall.call(find_price, code) is None
    assert "Please pay" not in mail_text(hall)
    entry = hall.call(list_entries, "registration", hall.registration_id("a"))[-1]
    assert (entry.action, entry.facts) == (
        "counted payment",
        {
            "state": "paid",
            "amount_minor": 4950,
            "currency": "EUR",
            "from_code": former,
            "code": code,
        },
    )
    hall.call(settle, code, PaymentState.REFUNDED, actor="test")


def test_what_was_paid_counts_once_and_at_every_door(hall):
    come_back(hall, PaymentState.PAID)
    for again in (
        lambda: hall.call(confirm, hall.invitees[0]["a"], actor="test"),
        lambda: hall.call(
            *(add_by_staff, hall.event_id, contact("a")),
            ticket_type_id=hall.type_ids[0],
            actor="test",
        ),
    ):
        hall.call(cancel_registration, hall.registration_id("a"), actor="test")
        again()
        assert [(one.code, one.state) for one in payments(hall)] == [(hall.code("a"), "paid")]


def test_what_was_paid_back_is_to_be_paid_again(hall):
    former = come_back(hall, PaymentState.REFUNDED)
    assert {(one.code, one.state) for one in payments(hall)} == {
        (former, "refunded"),
        (hall.code("a"), "open"),
    }


def test_what_was_paid_counts_for_its_type_alone(hall):
    register(hall, "a")
    former = hall.code("a")
    hall.call(settle, former, PaymentState.PAID, actor="test")
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    assert register(hall, "a", 1)
    assert {(one.code, one.state) for one in payments(hall)} == {
        (former, "paid"),
        (hall.code("a"), "open"),
    }


def test_staff_who_say_what_is_to_be_paid_are_obeyed(hall):
    register(hall, "a")
    former = hall.code("a")
    hall.call(settle, former, PaymentState.WAIVED, actor="test")
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    hall.call(
        *(add_by_staff, hall.event_id, contact("a")),
        ticket_type_id=hall.type_ids[0],
        asking=Asking.OPEN,
        actor="test",
    )
    assert {(one.code, one.state) for one in payments(hall)} == {
        (former, "waived"),
        (hall.code("a"), "open"),
    }


# -- what events and organizations say of it -----------------------------------------------


def test_a_text_of_the_event_says_how_to_pay_before_that_of_the_organization(hall):
    whole = "Pay %%amount%% to\n\nDE02 1203 0000 <b>\nuntil %%due%%: %%Reference%%"
    hall.call(change_organization, OrganizationChange(payment_text="To DE99."), actor="test")
    register(hall, "a")
    said = mail_text(hall)
    assert "Please pay €49.50 by" in said
    assert "\n\nTo DE99." in said
    describe(hall, payment_text=whole)
    register(hall, "b", 1)
    said = mail_text(hall)
    assert "Pay €49.50 to\n\nDE02 1203 0000 <b>\nuntil " in said
    assert f": T-{hall.code('b')}" in said
    assert "Please pay" not in said
    assert "DE99" not in said


@pytest.mark.parametrize(
    ("own", "organization", "days"), [(3, 5, 3), (0, 5, 5), (0, 0, PAYMENT_DAYS)]
)
def test_the_time_to_pay_is_the_events_or_the_organizations(hall, own, organization, days):
    hall.node.clock.now = hall.event.starts_at - 40 * DAY_MS
    hall.call(change_organization, OrganizationChange(pay_within_days=organization), actor="test")
    describe(hall, pay_within_days=own)
    register(hall, "a")
    last = local(hall.node.clock.now + days * DAY_MS, hall.event.timezone).date()
    assert payments(hall)[0].due_at == end_of_day(last, hall.event.timezone)


@pytest.mark.parametrize(
    "wrong",
    [
        {"payment_text": "%%iban%%"},
        {"payment_text": "x" * 2001},
        {"payment_text": "x\n" * 31},
        {"payment_text": "x\x07"},
        {"pay_within_days": 366},
        {"pay_within_days": -1},
    ],
)
def test_what_is_no_way_to_pay_is_refused(hall, wrong):
    with pytest.raises(Invalid):
        describe(hall, **wrong)
    with pytest.raises(Invalid):
        hall.call(change_organization, OrganizationChange(**wrong), actor="test")


# -- who is asked --------------------------------------------------------------------------


def by_staff(hall: Hall, guest: str, type_: int = 0, **named) -> None:
    type_id = hall.type_ids[type_]
    who = (hall.event_id, contact(guest))
    hall.call(add_by_staff, *who, ticket_type_id=type_id, actor="test", **named)


def by_invitation(hall: Hall, guest: str) -> None:
    hall.call(confirm, hall.invitees[0][guest], actor="test")


def by_program(hall: Hall, guest: str) -> None:
    who = (hall.event_id, contact(guest))
    hall.call(register_from_program, *who, answers=[], sti="", is_mailed=False)


def price_default(hall: Hall) -> None:
    types = hall.call(list_ticket_types, hall.event_id)
    default = next(kind.id for kind in types if kind.is_default)
    hall.call(edit_ticket_type, hall.event_id, default, PRICE, actor="test")


DOORS = {
    PayingDoor.STAFF: by_staff,
    PayingDoor.INVITATION: by_invitation,
    PayingDoor.INTEGRATION: by_program,
}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_asks_for_the_price_where_the_event_says_so(hall, door):
    by_staff(hall, "a", 1)
    assert payments(hall) == []
    price_default(hall)
    describe(hall, payment_doors=(door,))
    DOORS[door](hall, "b")
    [payment] = payments(hall)
    assert (payment.email[0], payment.state, payment.amount_minor) == ("b", "open", 4950)
    register(hall, "c", 1)
    assert len(payments(hall)) == 1, "the page was not named"


def test_who_takes_an_offer_by_a_program_pays_where_programs_are_asked(hall):
    describe(hall, payment_doors=(PayingDoor.INTEGRATION,))
    register(hall, "a")
    hall.call(join_list, hall.event_id, hall.type_ids[0], contact("b"))
    hall.call(set_ticket_capacity, hall.type_ids[0], 2, actor="test")
    by_program(hall, "b")
    assert [payment.email[0] for payment in payments(hall)] == ["b"]


OFFER_DOORS = {
    "the page": lambda doors: doors.page("b", 1),
    "the list": lambda doors: doors.take("b"),
    "the registration API": lambda doors: doors.queue("b", [0]),
}


@pytest.mark.parametrize("door", OFFER_DOORS)
@pytest.mark.parametrize("asked", [PayingDoor.OFFER, None])
def test_an_offer_is_to_be_paid_wherever_it_is_taken(node, door, asked):
    doors = Doors(node, None, [None, 1, None], [None, None])
    type_id = doors.type_ids[1]
    doors.call(edit_ticket_type, doors.event_id, type_id, PRICE, actor="test")
    change = EventChange(payment_doors=(asked,) if asked else ())
    doors.call(change_event, doors.event_id, change, actor="test")
    assert (doors.page("a", 1), doors.join("b", 1)) == ("", "")
    doors.call(set_ticket_capacity, type_id, 2, actor="test")
    OFFER_DOORS[door](doors)
    assert list(doors.tickets()["b"].values()) == [1]
    found = doors.call(list_payments, doors.event_id, limit=9)
    assert [payment.email[0] for payment in found] == (["b"] if asked else [])


def test_staff_and_invitations_give_what_is_offered_as_they_give_all(hall):
    register(hall, "a")
    describe(hall, payment_doors=(PayingDoor.OFFER,))
    for guest in "bc":
        hall.call(join_list, hall.event_id, hall.type_ids[0], contact(guest))
    hall.call(set_ticket_capacity, hall.type_ids[0], 3, actor="test")
    by_staff(hall, "b")
    by_invitation(hall, "c")
    assert hall.queue(is_all=True) == [("b", "taken"), ("c", "taken")]
    assert [payment.email[0] for payment in payments(hall)] == ["a"]


@pytest.mark.parametrize("asking", Asking)
def test_staff_say_whether_a_ticket_is_paid(hall, asking):
    describe(hall, payment_doors=tuple(PayingDoor))
    by_staff(hall, "a", asking=asking)
    assert [payment.state.value for payment in payments(hall)] == (
        [] if asking is Asking.NONE else [asking.value]
    )
    assert (hall.call(find_price, hall.code("a")) is not None) == (asking is Asking.OPEN)


def test_a_walk_in_is_asked_as_staff_say_and_restored_with_that(hall):
    who = (hall.event_id, contact("a"))
    named = {"ticket_type_id": hall.type_ids[0], "device": "x", "actor": "test"}
    hall.call(add_walk_in, *who, asking=Asking.OPEN, **named)
    registration = hall.registration_id("a")
    hall.call(cancel_registration, registration, actor="test")
    describe(hall, payment_doors=(PayingDoor.STAFF,))
    hall.call(restore_registration, registration, actor="test")
    assert [payment.email[0] for payment in payments(hall)] == ["a"]
    assert hall.call(find_price, hall.code("a"))


def test_nothing_is_asked_for_a_free_ticket(hall):
    free = TicketTypeChange(price_minor=0)
    hall.call(edit_ticket_type, hall.event_id, hall.type_ids[0], free, actor="test")
    with pytest.raises(Invalid) as refused:
        by_staff(hall, "a", asking=Asking.OPEN)
    assert refused.value.code == "payment.free"
    assert hall.tickets() == {}


@pytest.mark.parametrize("is_asked", [True, False])
def test_the_registration_api_asks_for_the_default_type_where_the_event_says_so(node, is_asked):
    desk = Desk(node, node.add_account(f"priced-{int(is_asked)}"))
    where = (desk.org_id, desk.event.id)
    types = node.db.call(list_ticket_types, *where)
    default = next(kind.id for kind in types if kind.is_default)
    node.db.call(edit_ticket_type, *where, default, PRICE, actor="test")
    doors = (PayingDoor.INTEGRATION,) if is_asked else (PayingDoor.FORM,)
    node.db.call(change_event, *where, EventChange(payment_doors=doors), actor="test")
    assert {state for state, _ in desk.decide(desk.apply("ann@example.com"))} == {"success"}
    found = node.db.call(list_payments, *where, limit=9)
    assert [payment.amount_minor for payment in found] == ([4950] if is_asked else [])
