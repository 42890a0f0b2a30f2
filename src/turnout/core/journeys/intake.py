"""The intake queue: applications are accepted at once, and decided a moment later.

Theory. `accept` writes the submission and one queue item a session in one transaction: what was
answered is on disk. `process` claims submissions and decides them *in the same transaction* in
which the person, registration, bookings and ticket are written and the items are closed. There
is no state between: after a crash a submission is either still waiting or wholly done, so every
item ends exactly once without leases.

Rules.
- What depends on the state of things (unknown or closed session, no place left) fails the item,
  never the request.
- Items succeed or fail alone; a registration without a successful session does not exist, and
  neither does a person who only met with failures: the savepoint takes all of it back.
- The person's row is written first. On PostgreSQL that holds other submissions of the same
  person until this one is done, so no two of them make two registrations.
- Places are taken in one order everywhere (see events/places.py).
- An unexpected error takes back one submission only; it is tried again with growing pauses and
  then fails with a message, so that a single bad row never blocks the queue.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

import msgspec
import structlog

from turnout.core.events import places
from turnout.core.events.model import EventState, SessionState
from turnout.core.events.places import TargetNoun, WantedSession
from turnout.core.identity.idempotency import IdempotentRequest, first_answer, keep_answer
from turnout.core.identity.model import Caller
from turnout.core.journeys.model import Application, ItemStatus, QueueItem
from turnout.core.journeys.sql import sql
from turnout.core.people.merging import merge_person
from turnout.core.registrations import booking
from turnout.core.registrations.model import (
    Registration,
    RegistrationState,
    Submitted,
    join_submissions,
)
from turnout.core.tickets.issuing import issue_ticket
from turnout.errors import Missing, Unauthenticated
from turnout.store import Tx

QUEUE = "intake"
SOURCE = "registration"
ATTEMPTS = 5
MAX_SESSIONS = 200

log = structlog.get_logger()
_submitted_decoder = msgspec.json.Decoder(Submitted)
_items_decoder = msgspec.json.Decoder(list[QueueItem])


# -- accepting -----------------------------------------------------------------------------


def accept(
    tx: Tx, caller: Caller, application: Application, request: IdempotentRequest | None = None
) -> list[QueueItem]:
    """Queue an application, one item a session in request order; registration API 2.1.

    With `request` it is idempotent for 24 hours: a repetition gets the first items again.
    Raises Unauthenticated when the credential has ended, Missing for an unknown event or
    channel pak, Conflict when the idempotency key belongs to another request.
    """
    target_id = _find_target(tx, caller, application)
    if request and (answer := first_answer(tx, caller.org_id, request)) is not None:
        return _items_decoder.decode(answer)
    items = _queue(tx, caller.org_id, target_id, application)
    if request:
        keep_answer(tx, caller.org_id, request, msgspec.json.encode(items).decode())
    tx.wake(QUEUE)
    return items


def _find_target(tx: Tx, caller: Caller, application: Application) -> int:
    row = sql.find_intake_target(
        tx, org_id=caller.org_id, credential_id=caller.credential_id, pak=application.pak
    )
    if row is None:
        raise Unauthenticated("credential.unknown", "The credential is not known.")
    revoked_at, expires_at, noun, target_id = row
    if revoked_at is not None or (expires_at is not None and expires_at <= tx.now):
        raise Unauthenticated("credential.ended", "The credential was revoked or has expired.")
    if noun != application.noun:
        raise Missing(
            f"{application.noun}.missing",
            f"No {application.noun} has the {application.noun}Pak {application.pak}.",
        )
    return target_id  # type: ignore[no-any-return]


def _queue(tx: Tx, org_id: int, target_id: int, application: Application) -> list[QueueItem]:
    paks = list(dict.fromkeys(application.session_paks))
    ids = tx.next_ids("queue_item", len(paks))
    email = application.submitted.contact.email
    sql.add_submission(
        tx,
        org_id=org_id,
        id=ids[0],
        last_item_id=ids[-1],
        noun=application.noun.value,
        target_id=target_id,
        email=email,
        contact=msgspec.json.encode(application.submitted).decode(),
        now=tx.now,
    )
    sql.add_queue_items(
        tx,
        org_id=org_id,
        submission_id=ids[0],
        items=msgspec.json.encode(list(zip(ids, paks, strict=True))).decode(),
    )
    return [
        QueueItem(id_, pak, ItemStatus.QUEUED, email) for id_, pak in zip(ids, paks, strict=True)
    ]


# -- processing ----------------------------------------------------------------------------


class _Submission(NamedTuple):
    org_id: int
    id: int
    last_item_id: int
    noun: TargetNoun
    target_id: int
    submitted: Submitted


class _Item(NamedTuple):
    id: int
    pak: str


class _Outcome(msgspec.Struct, frozen=True):
    id: int
    status: ItemStatus
    message: str | None = None


class _NothingSucceededError(Exception):
    """Takes back what was written for a submission of which every item failed."""

    def __init__(self, outcomes: list[_Outcome]) -> None:
        self.outcomes = outcomes


def process(tx: Tx, most: int) -> int:
    """Decide up to `most` waiting submissions; returns how many there were.

    Each ends exactly once, whatever happens in between; other workers skip those claimed here.
    """
    rows = sql.claim_submissions(tx, now=tx.now, most=most)
    for org_id, id_, last_id, noun, target_id, contact, attempts in rows:
        submitted = _submitted_decoder.decode(contact)
        submission = _Submission(org_id, id_, last_id, TargetNoun(noun), target_id, submitted)
        _process_one(tx, submission, attempts)
    return len(rows)


def _process_one(tx: Tx, submission: _Submission, attempts: int) -> None:
    items = _list_queue_items(tx, submission)
    person_id = None
    try:
        with tx.savepoint():
            person_id, outcomes = _decide(tx, submission, items)
    except _NothingSucceededError as nothing:
        outcomes = nothing.outcomes
    except tx.transient:
        raise
    except Exception:
        log.exception("submission failed", submission=submission.id, attempt=attempts + 1)
        if attempts + 1 < ATTEMPTS:
            pause_ms = 1000 * 4**attempts
            sql.postpone_submission(
                tx, org_id=submission.org_id, id=submission.id, due_at=tx.now + pause_ms
            )
            return
        outcomes = _fail(items, "The server could not process this registration. Try it again.")
    _finish(tx, submission, outcomes, person_id)


def _list_queue_items(tx: Tx, submission: _Submission) -> list[_Item]:
    rows = sql.list_queue_items(
        tx,
        org_id=submission.org_id,
        submission_id=submission.id,
        last_item_id=submission.last_item_id,
    )
    return [_Item(*row) for row in rows]


def _decide(
    tx: Tx, submission: _Submission, items: list[_Item]
) -> tuple[int | None, list[_Outcome]]:
    wanted = {
        session.pak: session
        for session in places.list_wanted_sessions(
            tx,
            submission.org_id,
            [item.pak for item in items],
            submission.noun,
            submission.target_id,
        )
    }
    outcomes = []
    possible = []
    for item in items:
        session = wanted.get(item.pak)
        if reason := _refusal(session, item.pak, submission.noun):
            outcomes.append(_Outcome(item.id, ItemStatus.FAILED, reason))
        elif session:
            possible.append((session, item.id))
    if not possible:
        return None, outcomes
    person_id = merge_person(tx, submission.org_id, submission.submitted.contact)
    possible.sort(key=lambda pair: (pair[0].event_id, pair[0].id))
    for event_id, group in groupby(possible, key=lambda pair: pair[0].event_id):
        outcomes += _register(tx, submission, person_id, event_id, list(group))
    if not any(outcome.status is ItemStatus.SUCCESS for outcome in outcomes):
        raise _NothingSucceededError(outcomes)
    return person_id, outcomes


_EVENT_REFUSALS = {
    EventState.DRAFT: "The event is not open for registration yet.",
    EventState.CLOSED: "The event is closed for registration.",
    EventState.CANCELLED: "The event is cancelled.",
}
_SESSION_REFUSALS = {
    SessionState.CLOSED: "The session is closed for registration.",
    SessionState.CANCELLED: "The session is cancelled.",
}


def _refusal(session: WantedSession | None, pak: str, noun: TargetNoun) -> str | None:
    if session is None:
        return f"Session {pak} does not exist in this {noun}."
    return _EVENT_REFUSALS.get(session.event_state) or _SESSION_REFUSALS.get(session.state)


def _register(
    tx: Tx,
    submission: _Submission,
    person_id: int,
    event_id: int,
    group: list[tuple[WantedSession, int]],
) -> list[_Outcome]:
    """Register the person for one event with those of its sessions that have places."""
    org_id = submission.org_id
    registration = booking.find_registration(tx, org_id, event_id, person_id)
    is_confirmed = registration and registration.state is RegistrationState.CONFIRMED
    booked = set()
    if registration and is_confirmed:
        booked = set(booking.list_booked_sessions(tx, org_id, registration.id))
    taken, outcomes = [], []
    for session, item_id in group:
        if session.id in booked:
            outcomes.append(_Outcome(item_id, ItemStatus.SUCCESS))
        elif places.take_session_place(tx, org_id, session.id):
            taken.append((session.id, item_id))
        else:
            outcomes.append(_Outcome(item_id, ItemStatus.FAILED, "The session is full."))
    if registration and is_confirmed:
        return outcomes + _extend(tx, submission, registration, taken)
    if not taken:
        return outcomes
    return outcomes + _confirm(tx, submission, person_id, event_id, registration, taken)


def _extend(
    tx: Tx, submission: _Submission, registration: Registration, taken: list[tuple[int, int]]
) -> list[_Outcome]:
    """The person is registered already: add the sessions, and what was answered anew."""
    booking.add_bookings(
        tx, submission.org_id, registration.id, [session_id for session_id, _ in taken]
    )
    joined = join_submissions(registration.submitted, submission.submitted)
    booking.set_answers(tx, submission.org_id, registration.id, joined)
    return [_Outcome(item_id, ItemStatus.SUCCESS) for _, item_id in taken]


def _confirm(
    tx: Tx,
    submission: _Submission,
    person_id: int,
    event_id: int,
    cancelled: Registration | None,
    taken: list[tuple[int, int]],
) -> list[_Outcome]:
    """Make the registration with its ticket, or revive the one that was cancelled."""
    org_id = submission.org_id
    session_ids = [session_id for session_id, _ in taken]
    ticket_type_id = places.take_default_ticket(tx, org_id, event_id)
    if ticket_type_id is None or not places.take_event_place(tx, org_id, event_id):
        if ticket_type_id is not None:
            places.release_ticket(tx, org_id, ticket_type_id)
        for session_id in session_ids:
            places.release_session_place(tx, org_id, session_id)
        message = "The event is full." if ticket_type_id is not None else "Tickets are sold out."
        return [_Outcome(item_id, ItemStatus.FAILED, message) for _, item_id in taken]
    registration_id = _write_registration(
        tx, submission, person_id, event_id, ticket_type_id, cancelled
    )
    booking.add_bookings(tx, org_id, registration_id, session_ids)
    issue_ticket(tx, org_id, registration_id, ticket_type_id)
    return [_Outcome(item_id, ItemStatus.SUCCESS) for _, item_id in taken]


def _write_registration(
    tx: Tx,
    submission: _Submission,
    person_id: int,
    event_id: int,
    ticket_type_id: int,
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
        raise LookupError(f"person {person_id} was registered for event {event_id} meanwhile")
    return made


def _fail(items: Iterable[_Item], message: str) -> list[_Outcome]:
    return [_Outcome(item.id, ItemStatus.FAILED, message) for item in items]


def _finish(
    tx: Tx, submission: _Submission, outcomes: list[_Outcome], person_id: int | None
) -> None:
    rows = [
        {
            "org_id": submission.org_id,
            "id": outcome.id,
            "status": outcome.status.value,
            "message": outcome.message,
            "person_id": person_id if outcome.status is ItemStatus.SUCCESS else None,
            "now": tx.now,
        }
        for outcome in outcomes
    ]
    sql.finish_items(tx, rows)
    sql.finish_submission(tx, org_id=submission.org_id, id=submission.id, now=tx.now)


def count_waiting(tx: Tx, most: int) -> int:
    """How many submissions wait, counted up to `most`."""
    return sql.count_waiting(tx, most=most)  # type: ignore[no-any-return]
