"""Changes that people are told of in the same transaction: an event postponed, a session cancelled.
The mails to those who are registered are in tickets/event_news.py."""

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.copying import move_gates, move_local, shift, shift_between
from turnout.core.events.describing import (
    EventChange,
    change_event,
    note_postponed,
    set_event_times,
)
from turnout.core.events.model import Event, EventState, Session, SessionState, span
from turnout.core.events.programme import get_event, list_sessions, set_session_state
from turnout.core.events.sessions import store_session_times
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.events.sql import sql as events_sql
from turnout.core.ids import EntryId, EventId, OrgId, SessionId
from turnout.core.mails.composing import check_own_words
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, fill_for, to_content
from turnout.core.messaging.model import NewRecipient
from turnout.core.messaging.notices import queue_content
from turnout.core.registrations.event_states import Move, move_event
from turnout.core.registrations.reminding import move_reminder
from turnout.core.registrations.rules import EVENT_CANCELLED, Door, check, check_no_exam
from turnout.core.registrations.sql import sql
from turnout.core.tickets.event_news import Told, tell_registered
from turnout.core.times import local
from turnout.core.waiting_list.steering import FROM_THE_START, tell_waiting
from turnout.errors import Conflict, Missing
from turnout.formats.local_dates import say_moment
from turnout.store import Tx

LONGEST_MESSAGE = 5_000


def postpone_event(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    starts_local: str,
    *,
    base_url: str = "",
    message: str = "",
    is_quiet: bool = False,
    actor: str,
) -> Event:
    """Move an event so that it starts then (local time in its zone), with its sessions, the days of
    its gates and an end of registration that lies ahead; tickets stay. Unless `is_quiet`, everybody
    who is registered is told, with a file for their calendar: call `formats.calendar.load` before.
    Raises Invalid for a time that is not one there, Conflict for an exam, Missing."""
    event = get_event(tx, org_id, event_id)
    check_no_exam(tx, org_id, event_id)
    note_postponed(tx, org_id, event_id, since=event.starts_local, is_date_open=False)
    days = shift_between(event.starts_local, starts_local)
    set_event_times(tx, org_id, event_id, shift(event, days), actor=actor)
    for session in list_sessions(tx, org_id, event_id):
        starts, ends = (move_local(t, days) for t in (session.starts_local, session.ends_local))
        store_session_times(tx, org_id, session.id, span(starts, ends, event.timezone))
    move_gates(tx, org_id, event, get_event(tx, org_id, event_id))
    text = events_sql.lock_event_text(tx, org_id=org_id, id=event_id)
    stored = events_sql.find_stored_state(tx, org_id=org_id, id=event_id)
    if text and stored and (stored.registration_ends_at or 0) > tx.now:
        later = EventChange(registration_ends=move_local(text.registration_ends_local, days))
        change_event(tx, org_id, event_id, later, actor=actor)
    move_reminder(tx, org_id, event_id, days)
    if not is_quiet:
        tell_registered(
            tx,
            org_id,
            event_id,
            base_url=base_url,
            message=message,
            kind=MailKind.POSTPONED,
            actor=actor,
        )
    return get_event(tx, org_id, event_id)


def postpone_without_date(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    *,
    base_url: str = "",
    message: str = "",
    is_quiet: bool = False,
    actor: str,
) -> Event:
    """Say that an event is postponed and that its new date is not known yet: `postpone_event` sets
    it. Until then an open one is closed for registration, nobody is reminded, and calendars take
    it out; tickets stay. Tells as `postpone_event` does. Raises Conflict for an exam, one that is
    cancelled or over, or whose date is open already; Missing."""
    shown = get_shown_event(tx, org_id, event_id)
    event = shown.event
    check_no_exam(tx, org_id, event_id)
    check(Door.STAFF, event.state, event.ends_at, tx.now)
    if shown.details.is_date_open:
        raise Conflict("event.date_open", event_id=event_id)
    if event.state is EventState.OPEN:
        move_event(tx, org_id, event_id, Move.CLOSE, actor=actor)
    note_postponed(tx, org_id, event_id, since=event.starts_local, is_date_open=True)
    sql.set_reminder(tx, org_id=org_id, id=event_id, remind_at=None)
    record(tx, org_id, actor, "postponed", "event", event_id, starts_local=event.starts_local)
    if not is_quiet:
        told: dict[str, str] = {"base_url": base_url, "message": message}
        tell_registered(tx, org_id, event_id, **told, kind=MailKind.POSTPONED, actor=actor)
    return get_event(tx, org_id, event_id)


def tell_cancelled(
    tx: Tx, org_id: OrgId, event_id: EventId, *, base_url: str, message: str, actor: str
) -> Told:
    """Tell everybody that an event is cancelled, in the transaction that cancels it: those who are
    registered as `tell_registered` does, and its waiting list. Not idempotent. Raises Missing."""
    told = tell_registered(tx, org_id, event_id, base_url=base_url, message=message, actor=actor)
    waiting = 0
    after: EntryId | None = FROM_THE_START
    while after is not None:
        count, after = tell_waiting(
            tx,
            org_id,
            event_id,
            base_url,
            message[:LONGEST_MESSAGE],
            ended_by=EVENT_CANCELLED,
            after=after,
            actor=actor,
        )
        waiting += count
    return told._replace(waiting=waiting)


def cancel_session(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    session_id: SessionId,
    *,
    message: str = "",
    actor: str,
) -> int:
    """Cancel a session of the event: nobody books it any more, and those who booked it are told by
    mail. Returns how many. Raises Missing, Conflict if it is cancelled already, Invalid for a
    `message` with merge fields."""
    check_own_words(message)
    shown = get_shown_event(tx, org_id, event_id)
    session = _get_session(tx, org_id, event_id, session_id)
    if session.state is SessionState.CANCELLED:
        raise Conflict("session.cancelled")
    set_session_state(tx, org_id, session_id, SessionState.CANCELLED, actor=actor)
    rows = sql.list_session_bookers(tx, org_id=org_id, session_id=session_id)
    addresses: dict[str, list[str]] = {}
    for row in rows:
        addresses.setdefault(row.language, []).append(row.email)
    for own, emails in sorted(addresses.items()):
        _tell_of_session(tx, org_id, shown, session, message, own, emails)
    return len(rows)


def _tell_of_session(
    tx: Tx,
    org_id: OrgId,
    shown: EventView,
    session: Session,
    message: str,
    own: str,
    emails: list[str],
) -> None:
    chosen = choose_for(tx, org_id, shown, "session_cancelled", own)
    timezone = shown.event.timezone
    at = say_moment(local(session.starts_at, timezone), chosen.language)
    facts = {
        "session": session.title,
        "session_date": label(chosen.language, "date.zoned", moment=at, timezone=timezone),
        "message": message[:LONGEST_MESSAGE],
    }
    composed, fields = fill_for(tx, org_id, shown, chosen, Addressee(""), Particulars(facts=facts))
    recipients = [NewRecipient(email, fields=fields) for email in emails]
    queue_content(tx, org_id, None, to_content(tx, org_id, composed), recipients)


def _get_session(tx: Tx, org_id: OrgId, event_id: EventId, session_id: SessionId) -> Session:
    for session in list_sessions(tx, org_id, event_id):
        if session.id == session_id:
            return session
    raise Missing("session.missing", session_id=session_id)
