"""What everybody who is registered is told when an event changes or is cancelled."""

import icalendar
import msgspec
import pytest

from tests.core.messaging.jobs import PRICES
from tests.formats.rfc5545 import faults_of
from tests.support.failures import refuses
from tests.support.turns import run_schedules
from turnout.core.audit.recording import list_entries
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState
from turnout.core.events.programme import list_ticket_types
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import EventId
from turnout.core.mails.facts import event_filling
from turnout.core.messaging.delivering import claim
from turnout.core.messaging.files import read_file
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations.booking import find_registration
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.live_lists import resolve
from turnout.core.registrations.places import set_event_state
from turnout.core.tickets.documents import event_entry
from turnout.core.tickets.event_news import tell_registered
from turnout.errors import Invalid, Missing
from turnout.formats.calendar import calendar_file

BASE = "https://events.example.com"


@pytest.fixture
def registered(own_node):
    """A node, an account, and the registrations of Ada and Bob for its event."""
    account = own_node.add_account("acme")
    made = [register(own_node.db, account, name) for name in ("ada", "bob")]
    return own_node, account, made


def register(db, account, name):
    (ticket_type,) = db.call(list_ticket_types, account.org_id, account.event.id)
    db.call(
        register_directly,
        account.org_id,
        account.event.id,
        ticket_type.id,
        Contact(email=f"{name}@example.com"),
    )
    person = db.call(find_person, account.org_id, f"{name}@example.com")
    return db.call(find_registration, account.org_id, account.event.id, person.id)


def claimed(node):
    while node.db.call(run_schedules, resolve, PRICES):
        pass
    return node.db.call(claim, "email", 50, 1000)


def test_everybody_registered_is_told_of_a_cancelled_event_once(registered) -> None:
    node, account, _ = registered
    db, org_id, event_id = node.db, account.org_id, account.event.id
    before = db.call(get_shown_event, org_id, event_id)
    node.clock.advance(3600)
    db.call(set_event_state, org_id, event_id, EventState.CANCELLED, actor="test")
    told = (tell_registered, org_id, event_id)
    with refuses(Invalid, "mail.words_field", field="firstname"):
        db.call(*told, base_url=BASE, message="Sorry, %%firstname%%.", actor="test")
    db.call(*told, base_url=BASE, message="Sorry: 100%% firstname\nWe pay back.", actor="test")
    (job,) = claimed(node)
    assert [recipient.destination for recipient in job.recipients] == [
        "ada@example.com",
        "bob@example.com",
    ]
    content = job.head.content
    assert content.subject == f"Cancelled: {account.event.title}"
    assert f"{account.event.title} is cancelled." in content.text
    assert "Sorry: 100%\u2060% firstname\nWe pay back." in content.text
    assert f"{BASE}/acme/{event_id}\n" in content.text
    assert content.text.endswith("Your own page, with all that you can do: %%my_link%%\n")
    (file,) = content.files
    assert (file.name, file.content_type) == (
        "event.ics",
        "text/calendar; method=CANCEL; charset=utf-8",
    )
    calendar = db.call(read_file, org_id, file.digest)
    assert faults_of(calendar) == []
    (gone,) = icalendar.Calendar.from_ical(calendar).walk("VEVENT")
    had = calendar_file(event_entry(before, "Acme", 0, BASE))
    (entry,) = icalendar.Calendar.from_ical(had).walk("VEVENT")
    assert (gone["uid"], str(gone["status"])) == (entry["uid"], "CANCELLED")
    assert [int(str(event["sequence"])) for event in (entry, gone)] == [0, 3600]
    assert str(gone["organizer"]) == "mailto:noreply@events.example.com"
    told = db.call(list_entries, org_id, "event", event_id)
    assert [entry.action for entry in told if entry.action == "told"] == ["told"]


def test_whoever_has_cancelled_is_not_told_and_a_change_corrects_calendars(registered) -> None:
    node, account, (ada, _) = registered
    node.db.call(cancel_registration, account.org_id, ada.id, actor="test")
    node.db.call(tell_registered, account.org_id, account.event.id, base_url="", actor="test")
    (job,) = claimed(node)
    assert [recipient.destination for recipient in job.recipients] == ["bob@example.com"]
    assert job.head.content.subject == f"Changed: {account.event.title}"
    assert "Your ticket stays good." in job.head.content.text
    assert job.head.content.files[0].content_type == "text/calendar; method=PUBLISH; charset=utf-8"


def test_of_an_unknown_event_nobody_is_told(registered) -> None:
    node, account, _ = registered
    with pytest.raises(Missing):
        node.db.call(tell_registered, account.org_id, EventId(7), base_url="", actor="test")
    assert claimed(node) == []


def test_the_organizer_in_calendars_is_the_contact_of_the_event(registered) -> None:
    node, account, _ = registered
    shown = node.db.call(get_shown_event, account.org_id, account.event.id)
    assert event_entry(shown, "Acme", 0, f"{BASE}/x").organizer == (
        *("Acme", "noreply@events.example.com"),
    )
    whose = (account.org_id, account.event.id)

    def read_organizer() -> tuple[str, str]:
        shown = node.db.call(get_shown_event, *whose)
        organization = node.db.call(get_organization_of, account.org_id)
        filled = event_filling(shown, organization, "", "en").facts["contact"]
        organizer = event_entry(shown, "Acme", 0, "").organizer
        assert organizer[1] in filled
        return organizer

    change = OrganizationChange(contact_email="all@acme.example", contact_phone="+49 30 1")
    node.db.call(change_organization, account.org_id, change, actor="test")
    assert read_organizer() == ("Acme", "all@acme.example")
    own = EventChange(contact_name="Ann Lee", contact_email="ann@acme.example")
    node.db.call(change_event, *whose, own, actor="test")
    assert read_organizer() == ("Ann Lee", "ann@acme.example")
    assert node.db.call(get_shown_event, *whose).contact.phone == ""


def test_who_is_registered_has_the_online_address_in_the_calendar(registered) -> None:
    node, account, _ = registered
    shown = node.db.call(get_shown_event, account.org_id, account.event.id)
    details = msgspec.structs.replace(shown.details, online_url="https://meet.example/r/7")
    shown = shown._replace(details=details)
    assert "meet.example" not in calendar_file(event_entry(shown, "Acme", 0, BASE)).decode()
    own = event_entry(shown, "Acme", 0, BASE, is_holders=True)
    assert "https://meet.example/r/7" in (own.place, own.description)
    assert faults_of(calendar_file(own)) == []
    given_back = event_entry(shown, "Acme", 0, BASE, is_holders=True, is_given_back=True)
    assert "meet.example" not in calendar_file(given_back).decode()


def test_mails_are_from_the_organizer_and_answers_go_there(registered) -> None:
    node, account, _ = registered
    change = OrganizationChange(sender_name="Acme Events", reply_address="help@acme.example")
    node.db.call(change_organization, account.org_id, change, actor="test")
    node.db.call(tell_registered, account.org_id, account.event.id, base_url="", actor="test")
    (job,) = claimed(node)
    content = job.head.content
    assert (content.from_name, content.reply_to) == ("Acme Events", "help@acme.example")
