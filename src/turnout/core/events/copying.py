"""An event again, at another date: a draft with all parts of its model, and no people.

What is planned in local time moves by whole days and minutes of the wall clock: a session at nine
stays at nine wherever the clocks change in between.
"""

import datetime

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import Event, EventState, SessionState, Span, span
from turnout.core.events.programme import (
    add_to_channel,
    create_event,
    create_session,
    create_ticket_type,
    get_event,
    list_sessions,
)
from turnout.core.events.sessions import SessionChange, change_session, list_session_texts
from turnout.core.events.showing import get_shown_event
from turnout.core.events.speakers import SpeakerChange, add_speaker, list_speakers
from turnout.core.events.sql import sql
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.ids import (
    EventId,
    GateId,
    OrgId,
    SessionId,
    SpeakerId,
    SurveyId,
    TicketTypeId,
)
from turnout.core.questions.editing import copy_questions
from turnout.core.times import read_wall
from turnout.errors import Conflict
from turnout.store import Tx, to_json

_numbers = msgspec.json.Decoder(list[int])


def copy_event(
    tx: Tx, org_id: OrgId, event_id: EventId, starts_local: str, *, title: str = "", actor: str
) -> Event:
    """Make a draft like the event that starts then (local time in its zone): its texts, place,
    sessions, ticket types, speakers, questions, surveys, gates, channels, choices and mails, moved
    with its start. `title` empty = the same. Raises Invalid for a time that is not one there,
    Conflict for an exam, Missing."""
    source = get_shown_event(tx, org_id, event_id)
    if sql.is_exam_event(tx, org_id=org_id, event_id=event_id):
        raise Conflict("event.copy_exam", event_id=event_id)
    event = source.event
    days = shift_between(event.starts_local, starts_local)
    made = create_event(
        tx,
        org_id,
        title or event.title,
        shift(event, days),
        state=EventState.DRAFT,
        capacity=event.capacity,
        details=source.details.afresh(),
        actor=actor,
    )
    text = sql.lock_event_text(tx, org_id=org_id, id=event_id)
    ends = text.registration_ends_local if text else ""
    change = EventChange(
        cover=source.cover,
        venue_id=text.venue_id if text else None,
        registration_ends=move_local(ends, days) if ends else None,
    )
    change_event(tx, org_id, made.id, change, actor=actor)
    sql.copy_event_choices(tx, org_id=org_id, source=event_id, target=made.id)
    sql.copy_mail_texts(tx, org_id=org_id, source=event_id, target=made.id, now=tx.now)
    types = _copy_types(tx, org_id, event_id, made.id, days, actor)
    speakers = _copy_speakers(tx, org_id, event_id, made.id, actor)
    sessions = _copy_sessions(tx, org_id, event, made.id, days, (types, speakers), actor)
    _copy_gates(tx, org_id, event, made.id, (types, sessions))
    copy_questions(tx, org_id, event_id, made.id, types, actor=actor)
    _copy_surveys(tx, org_id, event_id, made.id, sessions, actor)
    for row in sql.list_event_channels(tx, org_id=org_id, event_id=event_id):
        add_to_channel(tx, org_id, row.channel_id, made.id, actor=actor)
    record(tx, org_id, actor, "copied", "event", made.id, source=event_id)
    return get_event(tx, org_id, made.id)


def shift_between(before: str, after: str) -> datetime.timedelta:
    """How far it is from one local time to another, on the wall clock. Raises Invalid."""
    return read_wall(after) - read_wall(before)


def shift(event: Event, days: datetime.timedelta) -> Span:
    """When the event is, moved. Raises Invalid for a time that the clock skips."""
    starts, ends = (move_local(text, days) for text in (event.starts_local, event.ends_local))
    return span(starts, ends, event.timezone)


def move_local(local: str, days: datetime.timedelta) -> str:
    """A local time, moved on the wall clock."""
    return (read_wall(local) + days).isoformat(timespec="minutes")


def move_day(day: str, before: Event, after: Event) -> str:
    """A day of an event (YYYY-MM-DD), moved by as many days as its start; never after its end."""
    first, start, last = (
        read_wall(text).date()
        for text in (before.starts_local, after.starts_local, after.ends_local)
    )
    moved = datetime.date.fromisoformat(day) + (start - first)
    return min(moved, last).isoformat()


def move_gates(tx: Tx, org_id: OrgId, before: Event, after: Event) -> None:
    """Move the days of an event's gates along with it."""
    for gate in sql.list_gate_days(tx, org_id=org_id, event_id=before.id):
        moved = move_day(gate.day, before, after)
        sql.set_gate_day(tx, org_id=org_id, event_id=before.id, id=gate.id, day=moved)


def _copy_types(
    tx: Tx,
    org_id: OrgId,
    source: EventId,
    target: EventId,
    days: datetime.timedelta,
    actor: str,
) -> dict[int, TicketTypeId]:
    default = sql.list_ticket_types(tx, org_id=org_id, event_id=target)[0]
    made: dict[int, TicketTypeId] = {}
    for known in sql.list_ticket_types(tx, org_id=org_id, event_id=source):
        if known.is_default:
            new_id = default.id
            limits = {"capacity": known.capacity, "person_limit": known.person_limit}
            sql.set_ticket_capacity(
                tx, org_id=org_id, id=new_id, capacity=limits["capacity"], now=tx.now
            )
            sql.set_person_limit(
                tx, org_id=org_id, id=new_id, person_limit=limits["person_limit"], now=tx.now
            )
        else:
            new_id = create_ticket_type(
                tx,
                org_id,
                target,
                known.name,
                capacity=known.capacity,
                is_rsvp=known.is_rsvp,
                person_limit=known.person_limit,
                actor=actor,
            ).id
        made[known.id] = new_id
        row = sql.lock_ticket_type(tx, org_id=org_id, event_id=source, id=known.id)
        starts = row.sale_starts_local if row else ""
        ends = row.sale_ends_local if row else ""
        change = TicketTypeChange(
            name=known.name,
            description=known.description,
            price_minor=known.price_minor,
            currency=known.currency,
            position=known.position,
            is_hidden=known.is_hidden,
            is_locked=known.is_locked,
            access_code=known.access_code,
            sale_starts=move_local(starts, days) if starts else None,
            sale_ends=move_local(ends, days) if ends else None,
        )
        edit_ticket_type(tx, org_id, target, new_id, change, actor=actor)
    return made


def _copy_speakers(
    tx: Tx, org_id: OrgId, source: EventId, target: EventId, actor: str
) -> dict[int, SpeakerId]:
    made: dict[int, SpeakerId] = {}
    for known in list_speakers(tx, org_id, source):
        change = SpeakerChange(
            name=known.name,
            headline=known.headline,
            description=known.description,
            picture=known.picture,
            position=known.position,
        )
        made[known.id] = add_speaker(tx, org_id, target, change, actor=actor).id
    return made


def _copy_sessions(
    tx: Tx,
    org_id: OrgId,
    source: Event,
    target: EventId,
    days: datetime.timedelta,
    maps: tuple[dict[int, TicketTypeId], dict[int, SpeakerId]],
    actor: str,
) -> dict[int, SessionId]:
    """The sessions that are not cancelled."""
    types, speakers = maps
    texts = {text.id: text for text in list_session_texts(tx, org_id, source.id)}
    made: dict[int, SessionId] = {}
    for known in list_sessions(tx, org_id, source.id):
        if known.state is SessionState.CANCELLED:
            continue
        starts, ends = (move_local(t, days) for t in (known.starts_local, known.ends_local))
        when = span(starts, ends, source.timezone)
        new = create_session(
            tx, org_id, target, known.title, when, capacity=known.capacity, actor=actor
        )
        text = texts[known.id]
        change = SessionChange(
            description=text.description,
            track=text.track,
            room=text.room,
            position=text.position,
            ticket_type_ids=[types[id_] for id_ in text.ticket_type_ids if id_ in types],
            speaker_ids=[speakers[id_] for id_ in text.speaker_ids if id_ in speakers],
        )
        change_session(tx, org_id, target, new.id, change, actor=actor)
        made[known.id] = new.id
    return made


def _copy_gates(
    tx: Tx,
    org_id: OrgId,
    source: Event,
    target: EventId,
    made: tuple[dict[int, TicketTypeId], dict[int, SessionId]],
) -> None:
    types, sessions = made
    after = get_event(tx, org_id, target)
    for gate in sql.list_gate_copies(tx, org_id=org_id, event_id=source.id):
        old_types = _numbers.decode(gate.ticket_type_ids)
        old_sessions = _numbers.decode(gate.session_ids)
        kept = [sessions[id_] for id_ in old_sessions if id_ in sessions]
        if old_sessions and not kept and not old_types:
            continue  # With no session left it would let everybody in.
        sql.add_gate_copy(
            tx,
            org_id=org_id,
            id=GateId(tx.next_id("programme")),
            event_id=target,
            name=gate.name,
            ticket_type_ids=to_json([types[id_] for id_ in old_types if id_ in types]),
            session_ids=to_json(kept),
            has_exit=gate.has_exit,
            day=move_day(gate.day, source, after) if gate.day else "",
            now=tx.now,
        )


def _copy_surveys(
    tx: Tx,
    org_id: OrgId,
    source: EventId,
    target: EventId,
    sessions: dict[int, SessionId],
    actor: str,
) -> None:
    """Polls and surveys, open as the ones that they are made of; those of a session that is not
    copied stay behind."""
    for known in sql.list_survey_copies(tx, org_id=org_id, event_id=source):
        session_id = None if known.session_id is None else sessions.get(known.session_id)
        if known.session_id is not None and session_id is None:
            continue
        survey_id = SurveyId(tx.next_id("audience"))
        sql.add_survey_copy(
            tx,
            org_id=org_id,
            id=survey_id,
            event_id=target,
            session_id=session_id,
            is_poll=known.is_poll,
            title=known.title,
            items=known.items,
            is_open=known.is_open,
            now=tx.now,
        )
        record(tx, org_id, actor, "created", "survey", survey_id, title=known.title)
