"""Tickets with a price, taken at the event's page or from its waiting list: asked for at once."""

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.mails import list_mails
from tests.support.node import START
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.mails.model import MailKind, MailText
from turnout.core.mails.texts import set_text
from turnout.core.payments.settling import OVERDUE, Payment, PaymentState, list_payments, settle
from turnout.core.registrations.joining import register_directly, register_from_program
from turnout.core.registrations.offers import join_list, take_offer
from turnout.core.registrations.places import set_ticket_capacity
from turnout.core.registrations.pricing import PAYMENT_DAYS
from turnout.core.registrations.rules import Door
from turnout.core.tickets.mails import claim_ticket_mails, send_ticket_mail
from turnout.core.tickets.prices import find_price
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


def stored_contents(tx) -> str:
    """What jobs say to everybody: the reference is the person's own."""
    rows = tx.connection.execute("SELECT content FROM jobs").fetchall()
    return " ".join(str(content) for (content,) in rows)


def test_who_takes_a_ticket_with_a_price_is_asked_for_it_once(hall):
    assert register(hall, "a")
    assert not register(hall, "a")
    [payment] = payments(hall)
    code = hall.code("a")
    due_at = min(hall.node.clock.now + PAYMENT_DAYS * DAY_MS, hall.event.starts_at)
    assert payment[:6] == (code, PaymentState.OPEN, 4950, "EUR", f"T-{code}", due_at)
    assert "Please pay €49.50 by" in mail_text(hall)
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
