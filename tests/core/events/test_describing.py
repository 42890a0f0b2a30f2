"""What an event says of itself is changed field by field, and held against what it may be."""

import msgspec
import pytest

from tests.support.builder import WHEN
from turnout.core.audit.recording import list_entries
from turnout.core.events.describing import EventChange, change_event, set_event_times
from turnout.core.events.model import (
    EventState,
    GuestRight,
    PayingDoor,
    VenueDetails,
    Visibility,
    span,
)
from turnout.core.events.programme import create_event, create_venue, get_event, list_events
from turnout.core.events.showing import get_shown_event, has_page, list_public_events
from turnout.core.events.venues import (
    VenueChange,
    change_venue,
    find_venue,
    list_venues,
)
from turnout.core.ids import EventId, VenueId
from turnout.errors import Conflict, Invalid, Missing

ALL = EventChange(
    title="Rail Summit",
    summary="Two days on rails",
    description="# Come\n\n*All* of you",
    locale="pt-BR",
    visibility=Visibility.UNLISTED,
    colour="#0A7d5c",
    online_url="https://live.example.org/a?b=c",
    contact_name="Ada",
    contact_email="ada@example.org",
    contact_phone="+49 30 1234",
    payment_text="Pay %%amount%% by bank.",
    pay_within_days=7,
    payment_doors=(PayingDoor.STAFF,),
    guest_rights=(GuestRight.CANCEL,),
    confirms_links=True,
    shows_ticket_at_once=True,
    companions=3,
    has_one_name=True,
    recording_url="https://video.example.org/1",
    publishes_numbers=True,
)


@pytest.fixture
def event(db, org_id):
    return db.call(create_event, org_id, "Summit", WHEN, actor="test")


def change(db, org_id, event, **fields):
    db.call(change_event, org_id, event.id, EventChange(**fields), actor="test")


def test_an_event_says_what_it_was_given(db, org_id, event):
    db.call(change_event, org_id, event.id, ALL, actor="test")
    shown = db.call(get_shown_event, org_id, event.id)
    details = msgspec.structs.asdict(shown.details)
    fields = [name for name in ALL.__struct_fields__ if getattr(ALL, name) is not None]
    wanted = {name: getattr(ALL, name) for name in fields if name in details}
    assert {name: details[name] for name in wanted} == wanted
    assert (shown.event.title, shown.details.visibility) == ("Rail Summit", Visibility.UNLISTED)
    newest = db.call(list_entries, org_id, "event", event.id)[-1]
    assert newest.action == "changed"
    facts = newest.facts
    assert facts["title"] == ["Summit", "Rail Summit"]
    assert facts["payment_doors"] == [["form", "offer"], ["staff"]]
    assert facts["confirms_links"] == [False, True]
    told = ["description", "online_url", "contact_name", "contact_email", "contact_phone"]
    assert facts["fields"] == [*told, "payment_text"]
    assert {*facts, *facts["fields"]} == {"fields", *(n for n in fields if getattr(ALL, n))}


def test_the_audit_has_what_changed_and_nothing_else(db, org_id, event):
    db.call(change_event, org_id, event.id, ALL, actor="test")
    before = len(db.call(list_entries, org_id, "event", event.id))
    again = msgspec.structs.replace(ALL, title=" Rail Day ", contact_email="eve@example.org")
    for _ in range(2):
        db.call(change_event, org_id, event.id, again, actor="test")
    entries = db.call(list_entries, org_id, "event", event.id)[before:]
    facts = {"title": ["Rail Summit", "Rail Day"], "fields": ["contact_email"]}
    assert [entry.facts for entry in entries] == [facts]


def test_only_what_is_named_changes_and_empty_text_takes_away(db, org_id, event):
    db.call(change_event, org_id, event.id, ALL, actor="test")
    before = db.call(get_shown_event, org_id, event.id)
    change(db, org_id, event, summary="")
    after = db.call(get_shown_event, org_id, event.id)
    assert after == before._replace(details=msgspec.structs.replace(before.details, summary=""))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": "  "}, "title.missing"),
        ({"title": "x" * 201}, "text.long"),
        ({"title": "a\nb"}, "text.line"),
        ({"summary": "x" * 501}, "text.long"),
        ({"description": "x" * 20_001}, "text.long"),
        ({"description": "a\x00b"}, "text.line"),
        ({"description": "a\ud800b"}, "text.line"),
        ({"colour": "red"}, "colour.form"),
        ({"colour": '#12345"'}, "colour.form"),
        ({"locale": "english, please"}, "language.form"),
        ({"online_url": "javascript:alert(1)"}, "url.form"),
        ({"online_url": "https://"}, "url.form"),
        ({"online_url": "https://[x"}, "url.form"),
        ({"contact_email": "nobody"}, "user.email"),
        ({"registration_ends": "soon"}, "time.unreadable"),
        ({"recording_url": "javascript:alert(1)"}, "url.form"),
        ({"pictures": ("0" * 64,) * 31}, "event.pictures"),
    ],
)
def test_what_cannot_be_changes_nothing(db, org_id, event, fields, code):
    before = db.call(get_shown_event, org_id, event.id)
    with pytest.raises(Invalid) as refusal:
        change(db, org_id, event, **({"contact_name": "Eve"} | fields))
    assert refusal.value.code == code
    assert db.call(get_shown_event, org_id, event.id) == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"venue_id": VenueId(9)}, "venue.missing"),
        ({"cover": "0" * 64}, "picture.missing"),
        ({"pictures": ("0" * 64,)}, "picture.missing"),
    ],
)
def test_what_is_not_there_is_missing(db, org_id, event, fields, code):
    with pytest.raises(Missing) as refusal:
        change(db, org_id, event, **fields)
    assert refusal.value.code == code
    with pytest.raises(Missing):
        db.call(change_event, org_id, EventId(7), ALL, actor="test")


def test_a_place_is_shown_with_how_to_get_there(db, org_id, event):
    venue = db.call(
        create_venue,
        org_id,
        "Town Hall",
        timezone="Europe/Berlin",
        details=VenueDetails(48.4, 10.0),
        actor="test",
    )
    change(db, org_id, event, venue_id=venue.id)
    moved = VenueChange(city="Ulm", country_code="de", directions="Tram 2")
    db.call(change_venue, org_id, venue.id, moved, actor="test")
    place = db.call(get_shown_event, org_id, event.id).place
    assert tuple(place) == ("Town Hall", "", "Ulm", "DE", 48.4, 10.0, "Tram 2")
    assert db.call(find_venue, org_id, "Town Hall") == db.call(list_venues, org_id)[0]
    change(db, org_id, event, venue_id=VenueId(0))
    assert db.call(get_shown_event, org_id, event.id).place.venue == ""


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "name.missing"),
        ({"country_code": "DEU"}, "country.form"),
        ({"timezone": "Moon"}, "timezone.unknown"),
        ({"latitude": 91.0}, "venue.degrees"),
        ({"longitude": float("nan")}, "venue.degrees"),
        ({"directions": "x" * 5_001}, "text.long"),
    ],
)
def test_a_venue_refuses(db, org_id, fields, code):
    venue = db.call(create_venue, org_id, "Hall", timezone="UTC", actor="test")
    before = db.call(list_venues, org_id)
    with pytest.raises(Invalid) as refusal:
        db.call(change_venue, org_id, venue.id, VenueChange(**fields), actor="test")
    assert refusal.value.code == code
    assert db.call(list_venues, org_id) == before


def test_two_venues_of_one_name_are_told_apart_by_guid(db, org_id):
    one, two = (db.call(create_venue, org_id, "Hall", timezone="UTC", actor="t") for _ in "ab")
    with pytest.raises(Conflict):
        db.call(find_venue, org_id, "Hall")
    assert db.call(find_venue, org_id, two.uuid).id == two.id
    with pytest.raises(Missing):
        db.call(find_venue, org_id, "Barn")
    assert one.id != two.id


def test_who_finds_it(db, org_id, event):
    assert db.call(list_public_events, org_id, 10) == [(event, "", False)]
    for visibility, is_listed, has_own_page in (
        (Visibility.UNLISTED, False, True),
        (Visibility.PRIVATE, False, False),
        (Visibility.PUBLIC, True, True),
    ):
        change(db, org_id, event, visibility=visibility)
        shown = db.call(get_shown_event, org_id, event.id)
        assert (shown.details.visibility, has_page(shown)) == (visibility, has_own_page)
        assert bool(db.call(list_public_events, org_id, 10)) is is_listed


def test_times_are_set_and_the_end_of_registration_keeps_its_local_time(db, org_id, event):
    change(db, org_id, event, registration_ends="2027-05-30T12:00")
    when = span("2027-07-01T09:00", "2027-07-01T17:00", "Asia/Tokyo")
    db.call(set_event_times, org_id, event.id, when, actor="test")
    now = db.call(get_event, org_id, event.id)
    assert (now.timezone, now.starts_local, now.starts_at) == (
        "Asia/Tokyo",
        "2027-07-01T09:00",
        1_814_400_000_000,
    )
    ends_at = db.call(get_shown_event, org_id, event.id).registration_ends_at
    assert ends_at == 1_811_646_000_000


def test_an_event_is_closed_when_its_registration_has_ended(node, db, org_id, event):
    change(db, org_id, event, registration_ends="1971-01-01T00:00")
    assert db.call(get_event, org_id, event.id).state is EventState.CLOSED
    assert db.call(list_events, org_id)[0].state is EventState.CLOSED
    assert db.call(get_shown_event, org_id, event.id).event.state is EventState.CLOSED
    change(db, org_id, event, registration_ends="")
    assert db.call(get_event, org_id, event.id).state is EventState.OPEN
