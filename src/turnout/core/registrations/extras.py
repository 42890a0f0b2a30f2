"""What somebody asked for along with a place that they wait for: sessions, and what they answered.

It is kept with the entry of the waiting list, and used by whatever grants them the offered place
(granting.py), at any door. Sessions that are full by then, or closed, cancelled, removed or for
other ticket types, are left out.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import msgspec

from turnout.core.events.model import SessionState
from turnout.core.events.programme import list_sessions
from turnout.core.events.sessions import list_session_texts
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations import booking, places
from turnout.core.registrations.model import Registration, Submitted, join_submissions
from turnout.store import Tx, to_json


class Extras(msgspec.Struct, frozen=True):
    """What was asked for along with a place; `submitted` None = nothing was answered."""

    session_ids: list[SessionId] = []
    submitted: Submitted | None = None


NOTHING = Extras()
_decoder = msgspec.json.Decoder(Extras)


def with_answers(
    contact: Contact, answers: Sequence[Answer], session_ids: Sequence[SessionId] = ()
) -> Extras:
    """What somebody answered, held against the event's questions, and the sessions that they chose,
    along with a place."""
    submitted = Submitted(contact, list(answers)) if answers else None
    return Extras(list(session_ids), submitted)


def write_extras(extras: Extras) -> str:
    """As an entry of the waiting list keeps it; empty for nothing."""
    return "" if extras == NOTHING else to_json(extras)


def read_extras(text: str) -> Extras:
    """What an entry of the waiting list keeps."""
    return _decoder.decode(text) if text else NOTHING


def join_extras(old: Extras, new: Extras) -> Extras:
    """Both of one person: all sessions, and what was answered last."""
    ids = dict.fromkeys((*old.session_ids, *new.session_ids))
    return Extras(list(ids), join_submitted(old.submitted, new.submitted))


def join_submitted(old: Submitted | None, new: Submitted | None) -> Submitted | None:
    """Both submissions of one person, the newer wins; None = nothing was said."""
    return join_submissions(old, new) if old and new else new or old


def book_extras(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    registration_id: RegistrationId,
    ticket_type_id: TicketTypeId,
    extras: Extras,
) -> None:
    """Book the sessions, as far as they can be had now, with a registration that has a ticket of
    the type."""
    if not extras.session_ids:
        return
    booked = set(booking.list_booked_sessions(tx, org_id, registration_id))
    wanted = set(extras.session_ids) - booked
    taken = take_sessions(tx, org_id, event_id, ticket_type_id, wanted)
    booking.add_bookings(tx, org_id, registration_id, sorted(taken))


def take_chosen(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId | None,
    session_ids: Sequence[SessionId],
    confirmed: Registration | None,
) -> set[SessionId]:
    """Take places in sessions that somebody chose with a ticket of the type, before the ticket's
    own (see places.py), but for those that they have already; returns which those are."""
    if not session_ids or ticket_type_id is None:
        return set()
    known = booking.list_booked_sessions(tx, org_id, confirmed.id) if confirmed else ()
    return take_sessions(tx, org_id, event_id, ticket_type_id, set(session_ids) - set(known))


def take_sessions(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    wanted: AbstractSet[SessionId],
) -> set[SessionId]:
    """Take a place in each of the sessions that takes bookings of the type and has one; returns
    which those are."""
    enterable = _list_enterable(tx, org_id, event_id, ticket_type_id)
    return places.take_session_places(tx, org_id, [id_ for id_ in enterable if id_ in wanted])


def _list_enterable(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId
) -> Sequence[SessionId]:
    """The sessions that take bookings of the type, by rising number."""
    types = {text.id: text.ticket_type_ids for text in list_session_texts(tx, org_id, event_id)}
    return sorted(
        session.id
        for session in list_sessions(tx, org_id, event_id)
        if session.state is SessionState.OPEN
        and ticket_type_id in (types[session.id] or (ticket_type_id,))
    )
