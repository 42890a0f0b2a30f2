"""Payments: asked for, settled, extended, booked from statements, and not paid in time."""

import pytest

from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.checkin.scans import Result, Scan, check_in
from turnout.core.events.model import EventState
from turnout.core.payments.settling import (
    OVERDUE,
    Booked,
    PaymentState,
    ask_for_payment,
    book_statement_line,
    extend,
    find_due_end,
    list_of_registration,
    list_payments,
    mail_payment,
    set_refuses_unpaid,
    settle,
)
from turnout.core.people.model import Contact
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_party
from turnout.core.registrations.listing import RegistrationFilter, count_matching
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.transferring import transfer_ticket
from turnout.core.tickets.prices import find_price, list_payments_of
from turnout.core.timeline.overviews import sum_money
from turnout.core.times import wall_clock
from turnout.core.waiting_list.entries import list_entries
from turnout.core.work.claims import turn
from turnout.errors import Conflict, Invalid, Missing

DAY_MS = 86_400_000
PRICE = (4950, "EUR")


class Till:
    """An office with Ann, who is to pay within a day."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.ann = office.add("ann")
        self.code = office.tickets(self.ann)[0].code
        self.reference = self.ask(self.code)

    def ask(self, code: str, **more) -> str:
        named = {"due_at": self.office.db.clock() + DAY_MS} | more
        return self.office.act(ask_for_payment, code, *PRICE, **named)

    def settle(self, state: PaymentState, code: str = "") -> None:
        self.office.act(settle, code or self.code, state)

    def states(self, state: PaymentState | None = None) -> list[tuple[str, str]]:
        found = self.office.call(list_payments, self.office.event_id, state, limit=9)
        return [(payment.code, payment.state.value) for payment in found]

    def sweep(self) -> None:
        claimed = self.office.db.call(turn, OVERDUE, [], 9)
        self.office.db.call(turn, OVERDUE, claimed, 0)

    def scan(self, code: str = "") -> Result:
        scan = Scan(code=code or self.code, at=self.office.db.clock())
        return self.office.call(check_in, self.office.event_id, scan).result


@pytest.fixture
def till(node) -> Till:
    return Till(Office(node, 1))


def test_what_is_asked_for_is_open_and_then_paid_once(till):
    assert till.reference == f"T-{till.code}"
    assert till.states(PaymentState.OPEN) == [(till.code, "open")]
    for _ in range(2):
        till.settle(PaymentState.PAID)
    assert till.states() == [(till.code, "paid")]
    assert till.states(PaymentState.OPEN) == []
    with pytest.raises(Conflict) as refused:
        till.settle(PaymentState.WAIVED)
    assert refused.value.code == "payment.settled"
    till.settle(PaymentState.REFUNDED)
    assert till.states() == [(till.code, "refunded")]
    assert till.office.audited(till.ann)[1:] == ["asked for payment", "paid", "refunded"]


def test_what_cannot_be_asked_for_is_refused(till):
    office = till.office
    now = office.db.clock()
    for code, amount, more, failure in (
        (till.code, 4950, {}, Conflict),
        ("NONE", 4950, {}, Missing),
        (till.code, 0, {}, Invalid),
        (till.code, 4950, {"due_at": now}, Invalid),
        (till.code, 4950, {"reference": "a b"}, Invalid),
    ):
        named = {"due_at": now + 1} | more
        with pytest.raises(failure):
            office.act(ask_for_payment, code, amount, "EUR", **named)
    assert till.states() == [(till.code, "open")]
    with pytest.raises(Conflict) as none:
        till.settle(PaymentState.REFUNDED)
    assert none.value.code == "payment.settled"


def test_what_is_not_paid_in_time_goes_to_the_waiting_list(till):
    office = till.office
    office.call(join_list, office.event_id, office.general, contact("bob"))
    till.sweep()
    assert office.get(till.ann).state is RegistrationState.CONFIRMED
    office.node.clock.now += DAY_MS
    till.sweep()
    till.sweep()
    assert office.get(till.ann).state is RegistrationState.CANCELLED
    [entry] = office.call(list_entries, office.event_id, limit=9)
    assert (entry.email, entry.state.value) == ("bob@example.com", "offered")
    assert office.held()["event"] == 1
    assert office.audited(till.ann)[-1] == "cancelled"
    assert till.states(PaymentState.OPEN) == []
    with pytest.raises(Conflict):
        till.settle(PaymentState.PAID)
    with pytest.raises(Conflict):
        office.act(extend, till.code, office.db.clock() + 1)


def test_more_time_is_given(till):
    office = till.office
    office.act(extend, till.code, office.db.clock() + 2 * DAY_MS)
    with pytest.raises(Invalid):
        office.act(extend, till.code, office.db.clock())
    office.node.clock.now += DAY_MS
    till.sweep()
    assert office.get(till.ann).state is RegistrationState.CONFIRMED
    office.node.clock.now += DAY_MS
    till.sweep()
    assert office.get(till.ann).state is RegistrationState.CANCELLED


@pytest.mark.parametrize("state", [PaymentState.PAID, PaymentState.WAIVED])
def test_what_is_settled_never_lapses(till, state):
    till.settle(state)
    till.office.node.clock.now += 2 * DAY_MS
    till.sweep()
    assert till.office.get(till.ann).state is RegistrationState.CONFIRMED


def test_the_door_refuses_what_is_open_where_the_event_says_so(till):
    office = till.office
    office.act(set_refuses_unpaid, office.event_id, is_refused=True)
    assert till.scan() is Result.UNPAID
    till.settle(PaymentState.PAID)
    assert (till.scan(), till.scan()) == (Result.ADMITTED, Result.REPEATED)


def test_the_door_lets_in_what_is_open_otherwise(till):
    assert till.scan() is Result.ADMITTED


@pytest.mark.parametrize("ends", ["registration", "event"])
def test_an_open_payment_ends_with_its_registration_or_the_event(till, ends):
    office = till.office
    if ends == "event":
        office.act(set_event_state, office.event_id, EventState.CANCELLED)
    else:
        office.act(cancel_registration, till.ann)
    assert till.states() == till.states(PaymentState.CANCELLED) == [(till.code, "cancelled")]
    assert till.states(PaymentState.OPEN) == []
    assert office.call(find_price, till.code) is None
    assert [one.state for one in office.call(list_payments_of, till.ann)] == ["cancelled"]
    assert "open" not in [one.state for one in office.call(list_of_registration, till.ann)]
    wanted = RegistrationFilter(office.event_id, payment="open")
    assert office.call(count_matching, wanted) == 0
    assert [one.open_minor for one in office.call(sum_money, office.event_id)] in ([], [0])
    now = office.db.clock()
    for verb, arguments, code in (
        (settle, (PaymentState.PAID,), "payment.settled"),
        (settle, (PaymentState.WAIVED,), "payment.settled"),
        (extend, (now + DAY_MS,), "payment.not_open"),
    ):
        with pytest.raises(Conflict) as refused:
            office.act(verb, till.code, *arguments)
        assert refused.value.code == code
    with pytest.raises(Conflict):
        till.ask(till.code)
    line = (till.reference, *PRICE)
    assert office.act(book_statement_line, *line) == Booked(till.code, "closed")
    office.node.clock.now += DAY_MS
    till.sweep()
    [payment] = office.call(list_payments, office.event_id, limit=9)
    assert (payment.state.value, payment.lapsed_at) == ("cancelled", None)
    if ends == "event":
        assert office.get(till.ann).state == "confirmed"
        office.act(set_event_state, office.event_id, EventState.OPEN)
        till.sweep()
        [payment] = office.call(list_payments, office.event_id, limit=9)
        assert (payment.state.value, payment.lapsed_at) == ("cancelled", office.db.clock())
    assert office.get(till.ann).state == "cancelled"


def test_the_last_day_ends_by_the_events_clock(till):
    def end(day: str) -> str:
        at = till.office.call(find_due_end, till.code, day)
        return wall_clock(at, "Europe/Berlin")

    assert end("2027-02-01") == "2027-02-01 23:59:59"
    assert end("2027-03-28") == "2027-03-28 23:59:59"
    for wrong in ("tomorrow", "9999-12-31"):
        with pytest.raises(Invalid):
            end(wrong)


def test_what_is_to_be_paid_is_mailed_where_the_ticket_goes(till):
    office = till.office
    assert office.call(mail_payment, till.code)
    office.act(cancel_registration, till.ann)
    guests = [Guest(Contact(email="", first_name="Zoe"), office.hall)]
    party = office.act(register_party, office.event_id, contact("boss"), guests)
    assert office.call(mail_payment, party.tickets[0].ticket.code)


def test_a_payment_goes_along_with_its_ticket(till):
    office = till.office
    new = office.act(transfer_ticket, till.code, contact("bob"))
    assert till.states() == [(new, "open")]
    office.node.clock.now += DAY_MS
    till.sweep()
    assert office.held()["event"] == 0


def test_a_statement_settles_what_it_names_exactly(till):
    office = till.office

    def book(text: str, amount: int = 4950, currency: str = "EUR") -> Booked:
        return office.act(book_statement_line, text, amount, currency)

    said = f"SEPA Lee, Ann / {till.reference.lower()}, thanks"
    assert book(said, 4900) == Booked(till.code, "amount")
    assert book(said, currency="USD") == Booked(till.code, "currency", "EUR")
    assert book("T-AAAAAAAAAA") == book("") == Booked(fault="unknown")
    assert book(f"{said}\x00") == Booked(fault="text")
    assert till.states() == [(till.code, "open")]
    assert book(said) == Booked(till.code)
    assert book(said) == Booked(till.code, "paid")
    assert till.states() == [(till.code, "paid")]
    till.settle(PaymentState.REFUNDED)
    assert book(said) == Booked(till.code, "closed")


@pytest.mark.parametrize(
    "text", ["{code}", "Ticket {code}!", "t {code}", "T{code}", "EREF+T-{code}-", "--t-{code}--"]
)
def test_a_reference_is_found_as_people_and_banks_write_it(till, text):
    named = {"actor": "test"}
    line = (text.format(code=till.code.lower()), *PRICE)
    booked = till.office.call(book_statement_line, *line, **named)
    assert (booked, till.states()) == (Booked(till.code), [(till.code, "paid")])


def test_a_ticket_that_was_passed_on_is_paid_by_its_own_code_too(till):
    new = till.office.act(transfer_ticket, till.code, contact("bob"))
    booked = till.office.call(book_statement_line, f"Ticket {new}", *PRICE, actor="test")
    assert (booked, till.states()) == (Booked(new), [(new, "paid")])


def test_another_organization_settles_nothing(till, org_id):
    for verb, arguments in (
        (settle, (till.code, PaymentState.PAID)),
        (list_payments, (till.office.event_id,)),
    ):
        named = {"limit": 9} if verb is list_payments else {"actor": "test"}
        with pytest.raises(Missing):
            till.office.db.call(verb, org_id, *arguments, **named)
    line = (till.reference, *PRICE)
    booked = till.office.db.call(book_statement_line, org_id, *line, actor="test")
    assert booked == Booked(fault="unknown")
