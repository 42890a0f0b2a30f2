"""An event with all its parts is copied to another date, without its people."""

import pytest

from tests.support.builder import Builder, contact
from tests.support.mails import list_mails
from turnout.core.audience.surveys import (
    Item,
    create_survey,
    list_surveys,
    set_survey_open,
)
from turnout.core.checkin.gates import create_gate, list_gates
from turnout.core.events.copying import copy_event
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState, SessionState, Visibility, span
from turnout.core.events.programme import (
    create_event,
    list_sessions,
    list_ticket_types,
    set_session_state,
)
from turnout.core.events.sessions import (
    SessionChange,
    change_session,
    list_session_texts,
    remove_session,
)
from turnout.core.events.showing import get_shown_event
from turnout.core.events.speakers import (
    SpeakerChange,
    add_speaker,
    change_speaker,
    list_speakers,
    remove_speaker,
)
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.ids import SessionId, SpeakerId, TicketTypeId
from turnout.core.people.merging import know_person
from turnout.core.registrations import booking, places
from turnout.core.registrations.announcing import cancel_session, postpone_event
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.rules import Door
from turnout.core.times import instant
from turnout.errors import Conflict, Invalid, Missing

WHEN = span("2027-03-01T09:00", "2027-03-02T17:00", "Europe/Berlin")


def make(tx, slug):
    """An event with everything that is copied; its numbers."""
    house = Builder(tx, slug)
    event = house.event("Summit", WHEN, capacity=9)
    org_id = house.org_id
    text = EventChange(
        summary="Two days",
        visibility=Visibility.UNLISTED,
        colour="#0a7d5c",
        registration_ends="2027-02-26T12:00",
    )
    change_event(tx, org_id, event.id, text, actor="t")
    vip = house.ticket_type(event, "VIP", capacity=3, person_limit=1)
    sale = TicketTypeChange(
        description="All of it",
        price_minor=1_050,
        currency="EUR",
        sale_starts="2027-01-01T00:00",
        sale_ends="2027-02-01T00:00",
        access_code="secret-1",
        position=2,
    )
    edit_ticket_type(tx, org_id, event.id, vip.id, sale, actor="t")
    default = house.default_type(event)
    own = TicketTypeChange(name="Visitor", position=1)
    edit_ticket_type(tx, org_id, event.id, default.id, own, actor="t")
    speaker = add_speaker(
        tx, org_id, event.id, SpeakerChange(name="Grace", headline="Navy"), actor="t"
    )
    talk = house.session(
        event, "Talk", span("2027-03-02T09:00", "2027-03-02T10:00", "Europe/Berlin"), capacity=2
    )
    said = SessionChange(
        description="*On rails*",
        track="A",
        room="Hall 1",
        position=5,
        ticket_type_ids=[vip.id],
        speaker_ids=[speaker.id],
    )
    change_session(tx, org_id, event.id, talk.id, said, actor="t")
    gone = house.session(event, "Gone")
    set_session_state(tx, org_id, gone.id, SessionState.CANCELLED, actor="t")
    for name, types, sessions in (("Main", [vip.id], [talk.id]), ("Gone only", [], [gone.id])):
        create_gate(tx, org_id, event.id, name, types, sessions, actor="t")
    person = know_person(tx, org_id, contact("ada"))
    grant(tx, org_id, Wish(Door.STAFF, event.id, person, vip.id, source="test"))
    return org_id, event, talk, vip, speaker


@pytest.fixture
def made(db, request):
    return db.call(make, f"copy-{abs(hash(request.node.nodeid)) % 10**9}")


def test_a_copy_has_all_parts_and_no_people(db, made):
    org_id, event, talk, vip, speaker = made
    copy = db.call(copy_event, org_id, event.id, "2028-04-03T10:00", title="Again", actor="t")
    assert (copy.title, copy.state, copy.capacity, copy.held) == ("Again", EventState.DRAFT, 9, 0)
    assert (copy.starts_local, copy.ends_local) == ("2028-04-03T10:00", "2028-04-04T18:00")
    old, new = (db.call(get_shown_event, org_id, id_) for id_ in (event.id, copy.id))
    assert (new.details, new.cover, new.place) == (old.details, old.cover, old.place)
    assert new.registration_ends_at == instant("2028-03-31T13:00", "Europe/Berlin")
    types = db.call(list_ticket_types, org_id, copy.id)
    assert [(t.name, t.is_default, t.capacity, t.person_limit, t.held) for t in types] == [
        ("Visitor", True, None, None, 0),
        ("VIP", False, 3, 1, 0),
    ]
    known = db.call(list_ticket_types, org_id, event.id)[1]
    same = ("description", "price_minor", "currency", "access_code", "position", "is_hidden")
    assert [getattr(types[1], n) for n in same] == [getattr(known, n) for n in same]
    (grace,) = db.call(list_speakers, org_id, copy.id)
    assert (grace.name, grace.headline, grace.event_id) == ("Grace", "Navy", copy.id)
    (session,) = db.call(list_sessions, org_id, copy.id)
    assert (session.title, session.capacity, session.held) == ("Talk", 2, 0)
    assert (session.starts_local, session.ends_local) == ("2028-04-04T10:00", "2028-04-04T11:00")
    (text,) = db.call(list_session_texts, org_id, copy.id)
    assert text[1:] == ("*On rails*", "A", "Hall 1", 5, (types[1].id,), (grace.id,))
    (gate,) = db.call(list_gates, org_id, copy.id)
    assert (gate.name, list(gate.ticket_type_ids), list(gate.session_ids)) == (
        "Main",
        [types[1].id],
        [session.id],
    )
    assert {session.pak, copy.pak} & {talk.pak, event.pak} == set()
    assert (speaker.event_id, vip.event_id) == (event.id, event.id)


def test_a_copy_to_no_time_makes_nothing(db, made):
    org_id, event, *_ = made
    with pytest.raises(Invalid) as refusal:
        db.call(copy_event, org_id, event.id, "2027-03-28T02:30", actor="t")
    assert refusal.value.code == "time.skipped"


def test_postponing_moves_sessions_and_tells_everybody(db, made):
    org_id, event, talk, *_ = made
    now = db.call(postpone_event, org_id, event.id, "2027-04-01T09:00", message="Snow", actor="t")
    assert (now.starts_local, now.ends_local, now.held) == (
        "2027-04-01T09:00",
        "2027-04-02T17:00",
        1,
    )
    moved = {s.id: s.starts_local for s in db.call(list_sessions, org_id, event.id)}
    assert moved[talk.id] == "2027-04-02T09:00"
    question = f"SELECT name FROM jobs WHERE org_id = {org_id}"
    jobs = db.call(lambda tx: [row[0] for row in tx.connection.execute(question).fetchall()])
    assert jobs == ["New date: Summit"]


def book(tx, org_id, event, talk, vip):
    person = know_person(tx, org_id, contact("bob"))
    given = grant(tx, org_id, Wish(Door.STAFF, event.id, person, vip.id, source="test"))
    places.take_session_places(tx, org_id, [talk.id])
    booking.add_bookings(tx, org_id, given.registration_id, [talk.id])


def test_who_booked_a_cancelled_session_is_told(db, made):
    org_id, event, talk, vip, _ = made
    db.call(book, org_id, event, talk, vip)
    assert db.call(cancel_session, org_id, event.id, talk.id, message="Ill", actor="t") == 1
    (mail,) = db.call(list_mails, org_id)
    assert (mail.address, mail.subject) == ("bob@example.com", "Cancelled: Talk (Summit)")
    assert "Talk is cancelled" in mail.text
    assert "Ill" in mail.text
    with pytest.raises(Conflict):
        db.call(cancel_session, org_id, event.id, talk.id, actor="t")
    with pytest.raises(Missing):
        db.call(cancel_session, org_id, event.id, SessionId(7), actor="t")


def test_a_session_is_removed_while_nobody_booked_it(db, made):
    org_id, event, talk, vip, _ = made
    db.call(book, org_id, event, talk, vip)
    with pytest.raises(Conflict) as refusal:
        db.call(remove_session, org_id, event.id, talk.id, actor="t")
    assert refusal.value.code == "session.in_use"
    gone = next(s for s in db.call(list_sessions, org_id, event.id) if s.title == "Gone")
    db.call(remove_session, org_id, event.id, gone.id, actor="t")
    assert [s.id for s in db.call(list_sessions, org_id, event.id)] == [talk.id]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": " "}, "title.missing"),
        ({"room": "a\x07"}, "text.line"),
        ({"position": -1}, "position.range"),
        ({"ticket_type_ids": [TicketTypeId(7)]}, "ticket_type.no_such"),
        ({"speaker_ids": [SpeakerId(7)]}, "speaker.missing"),
        ({"starts_local": "2027-03-03T09:00"}, "span.order"),
    ],
)
def test_a_session_refuses(db, made, fields, code):
    org_id, event, talk, *_ = made
    before = db.call(list_session_texts, org_id, event.id)
    change = SessionChange(**({"track": "B"} | fields))
    with pytest.raises((Invalid, Missing)) as refusal:
        db.call(change_session, org_id, event.id, talk.id, change, actor="t")
    assert refusal.value.code == code
    assert db.call(list_session_texts, org_id, event.id) == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "name.missing"),
        ({"price_minor": -1}, "ticket_type.price"),
        ({"currency": "XXY"}, "money.currency"),
        ({"access_code": "short"}, "ticket_type.code"),
        ({"sale_starts": "2027-02-01T00:00"}, "span.order"),
        ({"sale_ends": "then"}, "time.unreadable"),
    ],
)
def test_a_ticket_type_refuses(db, made, fields, code):
    org_id, event, _, vip, _ = made
    before = db.call(list_ticket_types, org_id, event.id)
    change = TicketTypeChange(**({"position": 9} | fields))
    with pytest.raises(Invalid) as refusal:
        db.call(edit_ticket_type, org_id, event.id, vip.id, change, actor="t")
    assert refusal.value.code == code
    assert db.call(list_ticket_types, org_id, event.id) == before


def test_speakers_come_change_and_go(db, made):
    org_id, event, *_, grace = made
    first = db.call(add_speaker, org_id, event.id, SpeakerChange(name="Ada"), actor="t")
    later = SpeakerChange(headline="Countess", position=1)
    ada = db.call(change_speaker, org_id, event.id, first.id, later, actor="t")
    assert db.call(list_speakers, org_id, event.id) == [grace, ada]
    db.call(remove_speaker, org_id, event.id, grace.id, actor="t")
    assert db.call(list_speakers, org_id, event.id) == [ada]
    with pytest.raises(Missing):
        db.call(remove_speaker, org_id, event.id, grace.id, actor="t")
    with pytest.raises(Invalid):
        db.call(add_speaker, org_id, event.id, SpeakerChange(), actor="t")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sale_starts": "2098-01-01T00:00"}, "ticket_type.not_yet"),
        ({"sale_ends": "1971-01-01T00:00"}, "ticket_type.sale_over"),
        ({}, None),
    ],
)
@pytest.mark.parametrize("door", [Door.QUEUE, Door.STAFF])
def test_who_just_registers_gets_what_is_on_sale(db, org_id, door, fields, code):
    def build(tx):
        event = create_event(tx, org_id, "Fair", WHEN, actor="t")
        type_id = list_ticket_types(tx, org_id, event.id)[0].id
        edit_ticket_type(tx, org_id, event.id, type_id, TicketTypeChange(**fields), actor="t")
        person = know_person(tx, org_id, contact("eve"))
        return Wish(door, event.id, person, None if door is Door.QUEUE else type_id, source="t")

    wish = db.call(build)
    if code is None or door is Door.STAFF:
        assert db.call(grant, org_id, wish).is_new
        return
    with pytest.raises(Conflict) as refusal:
        db.call(grant, org_id, wish)
    assert refusal.value.code == code


def test_a_copy_has_the_polls_and_surveys_and_none_of_their_answers(db, request):
    def ask(tx):
        house = Builder(tx, request.node.name[:20].replace("_", "-").strip("-"))
        event = house.event("Summit", WHEN)
        kept, gone = (house.session(event, title, WHEN) for title in ("Kept", "Gone"))
        whose = (tx, house.org_id, event.id)
        items = (Item("How?", ("Good", "Bad")), Item("More?"))
        closed = create_survey(*whose, "Feedback", items, actor="t")
        set_survey_open(tx, house.org_id, closed.id, False, actor="t")
        poll = items[:1]
        create_survey(*whose, "Now", poll, session_id=kept.id, is_poll=True, actor="t")
        create_survey(*whose, "Lost", poll, session_id=gone.id, actor="t")
        set_session_state(tx, house.org_id, gone.id, SessionState.CANCELLED, actor="t")
        made = copy_event(*whose, "2028-03-01T09:00", actor="t")
        (session,) = list_sessions(tx, house.org_id, made.id)
        return list_surveys(tx, house.org_id, made.id), session.id, items

    (feedback, now), session_id, items = db.call(ask)
    assert feedback[2:] == (None, False, "Feedback", items, False)
    assert now[2:] == (session_id, True, "Now", items[:1], True)
