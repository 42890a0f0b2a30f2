"""Reminders: once for each registration and date, whatever happens to workers."""

import datetime
import json

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.failures import refuses
from turnout.core.audience.links import list_watch_links
from turnout.core.events.model import EventState
from turnout.core.messaging.delivering import claim as claim_recipients
from turnout.core.people.model import Contact
from turnout.core.registrations.announcing import postpone_event
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import (
    register_checked,
    register_directly,
    register_party,
)
from turnout.core.registrations.parties import Guest
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.reminding import (
    SLICE,
    remind,
    reminder_queue,
    stop_reminding,
)
from turnout.core.work.claims import turn
from turnout.errors import Conflict, Invalid

BASE = "https://events.example.com"
QUEUE = reminder_queue(BASE, list_watch_links)


@pytest.fixture
def hall(own_node) -> Hall:
    """Somebody is registered in German, somebody in no language."""
    hall = Hall(own_node, None, (None, None))
    hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("a"))
    hall.call(register_checked, hall.event_id, hall.type_ids[0], contact("b"), language="de")
    own_node.clock.advance(60)
    return hall


def work(hall: Hall) -> None:
    """What a worker does until nothing is due."""
    claimed = turn_once(hall, [])
    while claimed:
        claimed = turn_once(hall, claimed)


def turn_once(hall: Hall, claimed: list) -> list:
    return hall.db.call(turn, QUEUE, claimed, 1)


def reminded(hall: Hall) -> list[tuple[str, str]]:
    """Address and subject of the mails that were queued since."""
    jobs = hall.db.call(claim_recipients, "email", 500, 1000)
    return sorted(
        (recipient.destination, job.head.content.subject)
        for job in jobs
        for recipient in job.recipients
        if "Reminder" in job.head.content.subject or "Erinnerung" in job.head.content.subject
    )


def test_each_is_reminded_once_in_their_language(hall: Hall) -> None:
    assert hall.call(remind, hall.event_id, actor="test")[1] == 2
    work(hall)
    assert reminded(hall) == [
        ("a@example.com", "Reminder: Dinner"), ("b@example.com", "Erinnerung: Dinner"),
    ]  # fmt: skip
    assert hall.call(remind, hall.event_id, actor="test")[1] == 0
    work(hall)
    assert reminded(hall) == []


def test_the_contact_of_a_party_reads_whose_reminder_it_is(hall: Hall) -> None:
    guests = [Guest(Contact(email="", first_name="Zoe"), hall.type_ids[0])]
    hall.call(register_party, hall.event_id, contact("hob"), guests, actor="test")
    hall.call(remind, hall.event_id, actor="test")
    work(hall)
    greetings = {
        (recipient.destination, json.loads(recipient.fields)["greeting"])
        for job in hall.db.call(claim_recipients, "email", 500, 1000)
        if "Reminder" in job.head.content.subject
        for recipient in job.recipients
    }
    assert ("hob@example.com", "Hello, this is for Zoe.") in greetings


def test_it_waits_for_its_hour_and_leaves_out_those_who_come_later(hall: Hall) -> None:
    at, _ = hall.call(remind, hall.event_id, day_before(hall), actor="test")
    work(hall)
    assert reminded(hall) == []
    hall.call(cancel_registration, hall.registration_id("a"), actor="test")
    hall.node.clock.advance((at - hall.node.clock.now) / 1000 + 1)
    hall.call(register_directly, hall.event_id, hall.type_ids[0], contact("c"))
    work(hall)
    assert [email for email, _ in reminded(hall)] == ["b@example.com"]


def test_more_than_a_slice_is_reminded_and_a_worker_may_die_in_between(hall: Hall) -> None:
    for number in range(SLICE + 3):
        guest = Contact(email=f"x{number}@example.com", last_name="X")
        hall.call(register_checked, hall.event_id, hall.type_ids[0], guest, is_mailed=False)
    hall.node.clock.advance(60)
    hall.call(remind, hall.event_id, actor="test")
    claimed = turn_once(hall, turn_once(hall, []))  # the first slice is done, the next claimed
    assert claimed
    hall.node.clock.advance(3600)  # the worker died, and its claim ran out
    work(hall)
    found = [email for email, _ in reminded(hall)]
    assert len(found) == len(set(found)) == SLICE + 5


def test_a_postponed_event_moves_its_hour_and_reminds_again(hall: Hall) -> None:
    hall.call(remind, hall.event_id, actor="test")
    work(hall)
    assert len(reminded(hall)) == 2
    later = f"{int(hall.event.starts_local[:4]) + 1}{hall.event.starts_local[4:]}"
    hall.call(postpone_event, hall.event_id, later, is_quiet=True, actor="test")
    assert hall.call(remind, hall.event_id, actor="test")[1] == 2
    work(hall)
    assert len(reminded(hall)) == 2


def test_it_can_be_stopped(hall: Hall) -> None:
    hall.call(remind, hall.event_id, actor="test")
    hall.call(stop_reminding, hall.event_id, actor="test")
    work(hall)
    assert reminded(hall) == []


def test_a_cancelled_event_reminds_nobody(hall: Hall) -> None:
    hall.call(remind, hall.event_id, actor="test")
    hall.call(set_event_state, hall.event_id, EventState.CANCELLED, actor="test")
    work(hall)
    assert reminded(hall) == []
    with refuses(Conflict, "reminder.state", event_id=hall.event_id, state="cancelled"):
        hall.call(remind, hall.event_id, actor="test")


@pytest.mark.parametrize("local", ["2001-01-01T09:00", "start"])
def test_an_hour_that_cannot_be_is_refused(hall: Hall, local: str) -> None:
    local = hall.event.starts_local if local == "start" else local
    with refuses(Invalid, "reminder.time", local=local, starts_local=hall.event.starts_local):
        hall.call(remind, hall.event_id, local, actor="test")


def day_before(hall: Hall) -> str:
    starts = datetime.date.fromisoformat(hall.event.starts_local[:10])
    return f"{starts - datetime.timedelta(days=1)}T09:00"
