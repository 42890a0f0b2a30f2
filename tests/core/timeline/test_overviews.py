"""How an event stands: figures, days, sources, and what is written next."""

import datetime

import pytest

from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.messaging.suppression import Reason, suppress
from turnout.core.payments.settling import PaymentState, ask_for_payment, settle
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.reminding import remind
from turnout.core.timeline.overviews import (
    Figures,
    Money,
    NextMessages,
    Source,
    count_by_day,
    count_parts,
    count_waiting,
    get_figures,
    list_next_messages,
    list_sources,
)

DAY_MS = 86_400_000


@pytest.fixture
def office(node) -> Office:
    return Office(node)


NOTHING = Figures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, [])


def test_nobody_yet(office: Office) -> None:
    assert office.call(get_figures, office.event_id) == NOTHING
    assert office.call(count_by_day, office.event_id, "Europe/Berlin") == {}
    assert office.call(list_sources, office.event_id) == []
    assert office.call(list_next_messages, office.event_id) == NextMessages([], None)


def test_people_are_counted_once(office: Office) -> None:
    office.add("ann")
    office.node.clock.advance(8 * 24 * 3600)
    office.add("bob")
    figures = office.call(get_figures, office.event_id)
    assert figures == NOTHING._replace(registered=2, recent=1)
    days = office.call(count_by_day, office.event_id, "Europe/Berlin")
    first, second = days
    assert (days[first], days[second]) == (1, 1)
    assert second - first == datetime.timedelta(days=8)


def test_days_are_those_of_the_zone(office: Office) -> None:
    office.add("ann")
    here = list(office.call(count_by_day, office.event_id, "Pacific/Kiritimati"))
    there = list(office.call(count_by_day, office.event_id, "Pacific/Pago_Pago"))
    assert here[0] - there[0] == datetime.timedelta(days=1)


def test_the_rest_of_the_figures(office: Office) -> None:
    ann, bob = office.add("ann"), office.add("bob")
    due_at = office.db.clock() + DAY_MS
    for registration, minor in ((ann, 4950), (bob, 50)):
        code = office.tickets(registration)[0].code
        office.act(ask_for_payment, code, minor, "EUR", due_at=due_at)
    office.act(settle, office.tickets(bob)[0].code, PaymentState.PAID)
    office.call(suppress, "ann@example.com", Reason.BOUNCE)
    office.call(suppress, "bob@example.com", Reason.COMPLAINT)
    figures = office.call(get_figures, office.event_id)
    assert figures == NOTHING._replace(
        registered=2, recent=2, undeliverable=1, money=[Money("EUR", 4950, 50)]
    )


def test_those_without_an_address_cannot_be_reached(office: Office) -> None:
    office.add("ann")
    office.add("bob", facts={"email": ""}, needs_address=False)
    office.add("cid")
    office.call(suppress, "cid@example.com", Reason.BOUNCE)
    figures = office.call(get_figures, office.event_id)
    assert (figures.registered, figures.undeliverable, figures.unaddressed) == (3, 1, 1)
    assert figures.reachable == 1


def test_who_waits_and_for_what(office: Office) -> None:
    office.add("ann", ticket_type_id=office.hall)
    office.add("bob", ticket_type_id=office.hall)
    office.call(join_list, office.event_id, office.hall, contact("cid"))
    assert office.call(count_waiting, office.event_id) == {office.hall: 1}
    assert office.call(get_figures, office.event_id).waiting == 1


def test_sources_and_reminders(office: Office) -> None:
    office.add("ann")
    office.add("bob")
    (source,) = office.call(list_sources, office.event_id)
    assert source == Source(source.source, "", 2)
    at, _ = office.act(remind, office.event_id, "2027-05-30T09:00")
    assert office.call(list_next_messages, office.event_id) == NextMessages([], at)


def test_how_many_parts_it_has(office: Office) -> None:
    office.add("ann")
    assert office.call(count_parts, office.event_id) == {
        "programme": 2,
        "tickets": 2,
        "questions": 0,
        "registrations": 1,
        "invitations": 0,
        "waiting": 0,
    }
