"""Deciding one submission: who gets which sessions, and what is written for it.

Rules.
- Items succeed or fail alone; a registration without a successful session does not exist, and
  neither does a person who only met with failures.
- The person's row is written first. On PostgreSQL that holds other submissions of the same
  person until this one is done, so no two of them make two registrations.
- Places are taken in one order everywhere (see events/places.py).
"""

from itertools import groupby
from typing import NamedTuple

from turnout.core.events import places
from turnout.core.events.model import EventState, SessionState
from turnout.core.events.places import WantedSession
from turnout.core.ids import EventId, PersonId, SessionId, TicketTypeId
from turnout.core.people.merging import MergeResult, merge_person
from turnout.core.registrations import booking
from turnout.core.registrations.model import (
    Registration,
    RegistrationState,
    join_submissions,
)
from turnout.core.registrations.submissions import ItemStatus, Outcome, Submission
from turnout.core.tickets.issuing import Grant, GrantKind, issue_ticket
from turnout.store import Tx

SOURCE = "registration"


class _Possible(NamedTuple):
    session: WantedSession
    item_id: int


class NothingSucceededError(Exception):
    """Takes back what was written for a submission of which every item failed."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("every item failed")
        self.outcomes = outcomes


def decide(tx: Tx, submission: Submission) -> tuple[int | None, list[Outcome]]:
    """Register the person of a submission for every session that can be had.

    Returns the person's id (None when nobody was written) and one outcome an item. Raises
    NothingSucceededError when every item failed after something was written: roll back.
    """
    possible, outcomes = _sort_out(tx, submission)
    if not possible:
        return None, outcomes
    person = merge_person(tx, submission.org_id, submission.submitted.contact)
    for event_id, group in groupby(possible, key=lambda pair: pair[0].event_id):
        outcomes += _register(tx, submission, person, event_id, list(group))
    if not any(outcome.status is ItemStatus.SUCCESS for outcome in outcomes):
        raise NothingSucceededError(outcomes)
    return person.id, outcomes


def _sort_out(tx: Tx, submission: Submission) -> tuple[list[_Possible], list[Outcome]]:
    """The sessions that take bookings, by event and number, and the failures of the others."""
    sessions = places.list_wanted_sessions(
        tx,
        submission.org_id,
        [item.pak for item in submission.items],
        submission.noun,
        submission.target_id,
    )
    wanted = {session.pak: session for session in sessions}
    possible, failures = [], []
    for item in submission.items:
        session = wanted.get(item.pak)
        if session is None:
            reason = f"Session {item.pak} does not exist in this {submission.noun}."
            failures.append(Outcome(item.id, ItemStatus.FAILED, reason))
        elif closed := _refusal(session):
            failures.append(Outcome(item.id, ItemStatus.FAILED, closed))
        else:
            possible.append(_Possible(session, item.id))
    possible.sort(key=lambda pair: (pair.session.event_id, pair.session.id))
    return possible, failures


_EVENT_REFUSALS = {
    EventState.DRAFT: "The event is not open for registration yet.",
    EventState.CLOSED: "The event is closed for registration.",
    EventState.CANCELLED: "The event is cancelled.",
}
_SESSION_REFUSALS = {
    SessionState.CLOSED: "The session is closed for registration.",
    SessionState.CANCELLED: "The session is cancelled.",
}


def _refusal(session: WantedSession) -> str | None:
    return _EVENT_REFUSALS.get(session.event_state) or _SESSION_REFUSALS.get(session.state)


def _register(
    tx: Tx, submission: Submission, person: MergeResult, event_id: EventId, group: list[_Possible]
) -> list[Outcome]:
    """Register the person for one event with those of its sessions that have places."""
    org_id = submission.org_id
    # Somebody who was made a moment ago, in this transaction, has no registration yet.
    known = None if person.is_new else booking.find_registration(tx, org_id, event_id, person.id)
    confirmed = known if known and known.state is RegistrationState.CONFIRMED else None
    booked = set(booking.list_booked_sessions(tx, org_id, confirmed.id)) if confirmed else set()
    wanted = [pair.session.id for pair in group if pair.session.id not in booked]
    taken = places.take_session_places(tx, org_id, wanted)
    outcomes = [
        Outcome(item_id, ItemStatus.SUCCESS)
        if session.id in booked or session.id in taken
        else Outcome(item_id, ItemStatus.FAILED, "The session is full.")
        for session, item_id in group
    ]
    if confirmed:
        _extend(tx, submission, confirmed, sorted(taken))
    elif taken and (full := _confirm(tx, submission, person.id, event_id, known, sorted(taken))):
        return [
            Outcome(item.id, ItemStatus.FAILED, full if item.message is None else item.message)
            for item in outcomes
        ]
    return outcomes


def _extend(
    tx: Tx, submission: Submission, registration: Registration, session_ids: list[SessionId]
) -> None:
    """The person is registered already: add the sessions, and what was answered again."""
    booking.add_bookings(tx, submission.org_id, registration.id, session_ids)
    joined = join_submissions(registration.submitted, submission.submitted)
    booking.set_answers(tx, submission.org_id, registration.id, joined)


def _confirm(
    tx: Tx,
    submission: Submission,
    person_id: PersonId,
    event_id: EventId,
    cancelled: Registration | None,
    session_ids: list[SessionId],
) -> str | None:
    """Make the registration with its ticket, or revive the one that was cancelled.

    Returns why not when there is no place left; the sessions' places are then given back.
    """
    org_id = submission.org_id
    ticket_type_id = places.take_default_ticket(tx, org_id, event_id)
    if ticket_type_id is None or not places.take_event_place(tx, org_id, event_id):
        for session_id in session_ids:
            places.release_session_place(tx, org_id, session_id)
        if ticket_type_id is None:
            return "Tickets are sold out."
        places.release_ticket(tx, org_id, ticket_type_id)
        return "The event is full."
    registration_id = _write_registration(
        tx, submission, person_id, event_id, ticket_type_id, cancelled
    )
    booking.add_bookings(tx, org_id, registration_id, session_ids)
    issue_ticket(tx, org_id, registration_id, ticket_type_id, Grant(GrantKind.INTEGRATION))
    return None


def _write_registration(
    tx: Tx,
    submission: Submission,
    person_id: PersonId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    cancelled: Registration | None,
) -> int:
    org_id = submission.org_id
    if cancelled:
        joined = join_submissions(cancelled.submitted, submission.submitted)
        booking.set_answers(tx, org_id, cancelled.id, joined)
        booking.set_state(tx, org_id, cancelled.id, RegistrationState.CONFIRMED, ticket_type_id)
        return cancelled.id
    made = booking.add_registration(
        tx,
        org_id,
        event_id,
        person_id,
        ticket_type_id,
        source=SOURCE,
        submitted=submission.submitted,
    )
    if made is None:
        raise LookupError(f"person {person_id} was registered for event {event_id}")
    return made
