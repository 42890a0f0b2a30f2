"""An event that is postponed, with a new date or without."""

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.checkin.gates import create_gate, list_gates
from turnout.core.events.copying import copy_event
from turnout.core.events.describing import set_event_times
from turnout.core.events.model import EventState, span
from turnout.core.events.showing import get_shown_event
from turnout.core.mails.model import MailKind
from turnout.core.registrations.announcing import postpone_event, postpone_without_date
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.previewing import preview_news
from turnout.core.registrations.reminding import remind
from turnout.core.tickets.documents import event_entry
from turnout.core.tickets.mails import claim_ticket_mails, draw_attachments
from turnout.core.timeline.overviews import list_next_messages
from turnout.errors import Conflict
from turnout.formats.calendar import load

LATER = "2028-05-05T09:00"


@pytest.fixture
def hall(node) -> Hall:
    node.clock.now = START
    return Hall(node, None, (None, None))


def shown(hall: Hall):
    return hall.call(get_shown_event, hall.event_id)


def days(hall: Hall, event_id) -> list[str]:
    return [gate.day for gate in hall.call(list_gates, event_id)]


def hold(hall: Hall, **more) -> None:
    hall.call(postpone_without_date, hall.event_id, actor="test", **more)


def test_a_postponed_event_keeps_when_it_was_to_start_at_first(hall):
    planned = hall.event.starts_local
    for starts in ("2028-01-01T09:00", LATER):
        hall.call(postpone_event, hall.event_id, starts, is_quiet=True, actor="test")
    details = shown(hall).details
    assert (details.postponed_from, details.is_date_open) == (planned, False)
    made = hall.call(copy_event, hall.event_id, "2029-01-01T09:00", actor="test")
    assert hall.call(get_shown_event, made.id).details.postponed_from == ""


def test_a_gates_day_moves_along_by_whole_days(hall):
    old = hall.event
    day = old.starts_local[:10]
    hall.call(create_gate, hall.event_id, "West", [], [], day=day, actor="test")
    hall.call(create_gate, hall.event_id, "Always", [], [], actor="test")
    hold(hall)
    assert days(hall, hall.event_id) == [day, ""]
    hall.call(postpone_event, hall.event_id, "2028-05-05T00:30", is_quiet=True, actor="test")
    assert days(hall, hall.event_id) == ["2028-05-05", ""]
    made = hall.call(copy_event, hall.event_id, "2029-01-01T23:30", actor="test")
    assert days(hall, made.id) == ["2029-01-01", ""]
    again = hall.call(copy_event, made.id, "2029-02-01T08:00", actor="test")
    assert days(hall, again.id) == ["2029-02-01", ""]


def test_without_a_date_registration_closes_and_nobody_is_reminded(hall):
    hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"))
    hall.call(remind, hall.event_id, "2027-05-24T09:00", actor="test")
    hold(hall, message="Flooded.")
    now = shown(hall)
    assert (now.event.state, now.details.is_date_open) == (EventState.CLOSED, True)
    assert hall.call(list_next_messages, hall.event_id).remind_at is None
    assert event_entry(now, "Acme", START, "https://a.example").is_cancelled
    jobs = "SELECT count(*) FROM jobs WHERE org_id = " + str(hall.org_id)
    assert hall.db.call(lambda tx: tx.connection.execute(jobs).fetchone()[0]) == 1
    mail = hall.call(preview_news, hall.event_id, MailKind.POSTPONED, "", message="Flooded.")
    assert mail.subject == f"Postponed: {hall.event.title}"
    for words in ("is postponed. The new date is not known yet", "Flooded."):
        assert words in mail.text
    content = "SELECT content FROM jobs WHERE org_id = " + str(hall.org_id)
    assert "Postponed: " in hall.db.call(lambda tx: tx.connection.execute(content).fetchone()[0])
    with refuses(Conflict, "event.closed"):
        hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("b"))


@pytest.mark.parametrize("is_date_open", [False, True])
def test_a_ticket_of_an_event_without_a_date_has_no_file_for_calendars(hall, is_date_open):
    load()
    if is_date_open:
        hold(hall, is_quiet=True)
    hall.call(add_by_staff, hall.event_id, contact("late"), actor="test")
    (mail,) = [one for one in hall.db.call(claim_ticket_mails) if one.org_id == hall.org_id]
    names = [file.name for file in draw_attachments(mail, "https://a.example")]
    usual = ["ticket.pdf", "ticket.png", "ticket.svg"]
    assert names == (usual if is_date_open else [*usual, "event.ics"])


def test_the_new_date_ends_it(hall):
    hold(hall)
    with refuses(Conflict, "event.date_open", event_id=hall.event_id):
        hold(hall)
    # Nothing else does: it was planned for what it has.
    planned = hall.event.starts_local
    when = span("2027-04-01T09:00", "2027-04-02T17:00", hall.event.timezone)
    with refuses(Conflict, "event.no_date", event_id=hall.event_id):
        hall.call(set_event_times, hall.event_id, when, actor="test")
    assert shown(hall).event.starts_local == planned
    hall.call(postpone_event, hall.event_id, LATER, is_quiet=True, actor="test")
    now = shown(hall)
    assert now.details.postponed_from == planned
    assert (now.details.is_date_open, now.event.starts_local[:16]) == (False, LATER)


@pytest.mark.parametrize("state", [EventState.CANCELLED])
def test_what_is_cancelled_is_not_postponed(hall, state):
    hall.call(set_event_state, hall.event_id, state, actor="test")
    with refuses(Conflict, "event.cancelled"):
        hold(hall)
