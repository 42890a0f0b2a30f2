"""Merging two people who are one: both histories go to the one who is kept.

Theory. One transaction. What names the person moves; where both have the same thing, the kept
one's stays and the other's ends as if by itself:
- Both are registered for one event: tickets, session bookings, notes, tags, what was watched and
  answers to questions that the kept one did not answer move to the kept one's registration, which
  then holds one place of the event; the other place is given back. If only the other's is
  confirmed, the two registrations change hands instead.
- Both wait for one event, or one waits for an event that the other is registered for: the newer
  entry is left; what it was offered goes to the next.
- Both are invited by one campaign: the kept one's invitation says what either said (confirmed
  before declined before nothing) and stands behind what either gave. The other's stays where it
  is, is shown and counted nowhere, and its link leads to the kept one's.
What cannot move stays with the merged person, who has no address, is found by nobody and leads to
the kept one (`people.merged_into`), so that erasing the one erases both.

If a table gets a `person_id`, also move it here (tests/core/erasure/test_uniting.py holds the
tables to this).
"""

from collections.abc import Iterable

import msgspec

from turnout.core.audit.recording import record
from turnout.core.erasure.sql import sql
from turnout.core.ids import OrgId, PersonId
from turnout.core.people.correcting import absorb_contact, is_learner, lock_person
from turnout.core.people.finding import get_person
from turnout.core.questions.judging import question_key
from turnout.core.registrations import booking, places
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.registrations.offers import leave_list
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.errors import Conflict, Invalid
from turnout.store import Tx


def unite_people(
    tx: Tx, org_id: OrgId, kept_id: PersonId, other_id: PersonId, *, actor: str
) -> None:
    """Make `other_id` a part of `kept_id`, who keeps address and details and gets what it lacks.

    Raises Invalid for one person twice, Conflict when the other sits exams (keep that one), and
    Missing, also for somebody who was merged before.
    """
    if kept_id == other_id:
        raise Invalid("person.same", person_id=kept_id)
    for person_id in sorted((kept_id, other_id)):
        lock_person(tx, org_id, person_id)
    kept, other = (get_person(tx, org_id, person_id) for person_id in (kept_id, other_id))
    if is_learner(tx, org_id, other_id):
        raise Conflict("person.learner", other=other_id, kept=kept_id)
    _leave_double_waits(tx, org_id, kept_id, other_id, actor)
    _join_invitations(tx, org_id, kept_id, other_id)
    for mine, theirs in _list_pairs(tx, org_id, kept_id, other_id):
        _join(tx, org_id, mine, theirs, actor)
    sql.move_registrations(tx, org_id=org_id, from_id=other_id, to_id=kept_id, now=tx.now)
    for move in _MOVES:
        move(tx, org_id=org_id, from_id=other_id, to_id=kept_id)
    absorb_contact(tx, org_id, kept, other)
    record(tx, org_id, actor, "merged", "person", kept_id, other=other_id)


_MOVES = (
    sql.move_waiting_entries,
    sql.move_invitations,
    sql.move_candidates,
    sql.move_parties,
    sql.move_queue_items,
)


def _leave_double_waits(
    tx: Tx, org_id: OrgId, kept_id: PersonId, other_id: PersonId, actor: str
) -> None:
    for (entry_id,) in sql.list_double_waits(tx, org_id=org_id, kept_id=kept_id, other_id=other_id):
        leave_list(tx, org_id, entry_id, actor=actor)


def _join_invitations(tx: Tx, org_id: OrgId, kept_id: PersonId, other_id: PersonId) -> None:
    for row in sql.list_double_invitations(tx, org_id=org_id, kept_id=kept_id, other_id=other_id):
        pair = {"mine": row.mine, "theirs": row.theirs}
        sql.join_invitations(tx, org_id=org_id, **pair, said=row.said, now=tx.now)
        sql.regrant_tickets(tx, org_id=org_id, person_id=other_id, **pair)


def _list_pairs(
    tx: Tx, org_id: OrgId, kept_id: PersonId, other_id: PersonId
) -> Iterable[tuple[Registration, Registration]]:
    """The registrations of both for one event, locked, by rising number of the event."""
    for ids in sql.list_pairs(tx, org_id=org_id, kept_id=kept_id, other_id=other_id):
        locked = {id_: booking.lock_registration(tx, org_id, id_) for id_ in sorted(ids)}
        yield locked[ids.kept], locked[ids.other]


def _join(tx: Tx, org_id: OrgId, mine: Registration, theirs: Registration, actor: str) -> None:
    if theirs.state is not RegistrationState.CONFIRMED:
        return
    if mine.state is not RegistrationState.CONFIRMED:
        _swap(tx, org_id, mine, theirs)
        return
    booked = set(booking.list_booked_sessions(tx, org_id, mine.id))
    for session_id in booking.list_booked_sessions(tx, org_id, theirs.id):
        if session_id in booked:
            places.release_session_place(tx, org_id, session_id)
    for move in _REGISTRATION_MOVES:
        move(tx, org_id=org_id, from_id=theirs.id, to_id=mine.id)
    _move_answers(tx, org_id, mine, theirs)
    booking.delete_bookings(tx, org_id, theirs.id)
    for ticket in list_valid_tickets(tx, org_id, theirs.id):
        booking.note_type_left(tx, org_id, theirs.id, ticket.ticket_type_id)
        sql.move_ticket(tx, org_id=org_id, id=ticket.id, to_id=mine.id, now=tx.now)
    booking.note_emptied(tx, org_id, theirs.id)
    places.release_event_place(tx, org_id, theirs.event_id)
    booking.cancel(tx, org_id, theirs.id)
    record(tx, org_id, actor, "merged", "registration", theirs.id, into=mine.id)
    places.offer_places(tx, org_id, theirs.event_id)


_REGISTRATION_MOVES = (
    sql.move_bookings,
    sql.move_notes,
    sql.move_tags,
    sql.move_viewings,
    sql.move_questions,
    sql.move_votes,
    sql.move_survey_answers,
)


def _move_answers(tx: Tx, org_id: OrgId, mine: Registration, theirs: Registration) -> None:
    """Give `mine` the answers to questions that have none there; the others stay where they are."""
    known = {question_key(answer.question) for answer in mine.submitted.answers}
    doubles = [one for one in theirs.submitted.answers if question_key(one.question) in known]
    moved = [one for one in theirs.submitted.answers if question_key(one.question) not in known]
    if not moved:
        return
    for registration, answers in ((mine, mine.submitted.answers + moved), (theirs, doubles)):
        submitted = msgspec.structs.replace(registration.submitted, answers=answers)
        booking.set_answers(tx, org_id, registration.id, submitted)


def _swap(tx: Tx, org_id: OrgId, mine: Registration, theirs: Registration) -> None:
    """Let two registrations of one event change hands; -1 is no sitting, and lies between."""
    sql.hand_over(tx, org_id=org_id, id=mine.id, person_id=theirs.person_id, sitting=-1, now=tx.now)
    sql.hand_over(
        tx,
        org_id=org_id,
        id=theirs.id,
        person_id=mine.person_id,
        sitting=theirs.sitting,
        now=tx.now,
    )
    sql.hand_over(
        tx, org_id=org_id, id=mine.id, person_id=theirs.person_id, sitting=mine.sitting, now=tx.now
    )
