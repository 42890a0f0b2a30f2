"""Deciding one submission: who gets which sessions, and what is written for it.

Rules.
- Items succeed or fail alone; a registration without a successful session does not exist, and
  neither does a person who only met with failures.
- The person's row is written first. On PostgreSQL that holds other submissions of the same
  person until this one is done, so no two of them make two registrations.
- What is granted, and why not, is granting's to say.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

import msgspec

from turnout.core.events.model import EventState, SessionState
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import EventId, OrgId, PersonId, QueueItemId, SessionId
from turnout.core.people.merging import MergeResult, merge_person
from turnout.core.questions.reading import accept_answers
from turnout.core.registrations.extras import Extras
from turnout.core.registrations.granting import SessionGrant, Wish, grant_with_sessions
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.model import Submitted, WantedSession
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.rules import Door, find_refusal
from turnout.core.registrations.sql import sql
from turnout.core.registrations.submissions import Outcome, Submission, TargetNoun
from turnout.core.waiting_list.entries import find_offer
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

SOURCE = "registration"
WAITS = "waiting.joined"
_NOT_IN = {
    TargetNoun.EVENT: "session.not_of_event",
    TargetNoun.CHANNEL: "session.not_of_channel",
}


class Possible(NamedTuple):
    """An item whose session takes bookings."""

    session: WantedSession
    item_id: QueueItemId


class NothingSucceededError(Exception):
    """Takes back what was written for a submission of which every item failed."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("every item failed")
        self.outcomes = outcomes


def decide(tx: Tx, submission: Submission) -> tuple[PersonId | None, list[Outcome]]:
    """Register the person of a submission for every session that can be had.

    Returns the person's id (None when nobody was written) and one outcome an item. Raises
    NothingSucceededError when every item failed after something was written: roll back.
    """
    paks = [item.pak for item in submission.items]
    wanted = list_wanted_sessions(
        tx, submission.org_id, paks, submission.noun, submission.target_id
    )
    possible, outcomes = sort_out(submission, {session.pak: session for session in wanted})
    if not possible:
        return None, outcomes
    person = merge_person(tx, submission.org_id, submission.submitted.contact)
    for event_id, group in groupby(possible, key=lambda pair: pair[0].event_id):
        outcomes += _register(tx, submission, person, event_id, list(group))
    if all(outcome.refusal for outcome in outcomes):
        raise NothingSucceededError(outcomes)
    return person.id, outcomes


def sort_out(
    submission: Submission, wanted: Mapping[str, WantedSession]
) -> tuple[list[Possible], list[Outcome]]:
    """The items whose sessions take bookings, by event and number, and the failures of the others;
    `wanted` are the sessions of its target, by pak."""
    possible, failures = [], []
    for item in submission.items:
        session = wanted.get(item.pak)
        if session is None:
            absent = Missing(_NOT_IN[submission.noun], pak=item.pak)
            failures.append(Outcome(item.id, absent))
        elif closed := _refusal(session):
            failures.append(Outcome(item.id, closed))
        else:
            possible.append(Possible(session, item.id))
    possible.sort(key=lambda pair: (pair.session.event_id, pair.session.id))
    return possible, failures


def list_wanted_sessions(
    tx: Tx, org_id: OrgId, paks: list[str], noun: TargetNoun, target_id: int
) -> list[WantedSession]:
    """Those of `paks` that are sessions of the event or channel, by event and number."""
    return sql.list_wanted_sessions(
        tx,
        org_id=org_id,
        paks=to_json(paks),
        noun=noun.value,
        target_id=target_id,
        now=tx.now,
    )


_SESSION_REFUSALS: dict[str, Conflict] = {
    SessionState.CLOSED: Conflict("session.closed"),
    SessionState.CANCELLED: Conflict("session.cancelled"),
}
FULL = Conflict("session.full")
_OTHER_TYPE = Conflict("session.ticket_type")
_types = msgspec.json.Decoder(list[int])
# When the event ends does not matter at this door.
_EVENT_REFUSALS: dict[str, Conflict] = {
    state: refusal for state in EventState if (refusal := find_refusal(Door.QUEUE, state, 0, 0))
}
_EXAM = Conflict("event.exam")
_FULL_CODES = ("event.full", "tickets.sold_out")


def _refusal(session: WantedSession) -> Conflict | None:
    return (
        _EVENT_REFUSALS.get(session.event_state)
        or (_EXAM if session.is_exam else None)
        or _SESSION_REFUSALS.get(session.state)
    )


def _register(
    tx: Tx, submission: Submission, person: MergeResult, event_id: EventId, group: list[Possible]
) -> list[Outcome]:
    """Register the person for one event with those of its sessions that have places."""
    group, refused = _keep_enterable(tx, submission.org_id, person, group)
    if not group:
        return refused
    submitted = submission.submitted
    if group[0].session.has_questions and submitted.answers:
        try:
            submitted = _judge(tx, submission.org_id, event_id, submitted)
        except Invalid as wrong:
            return [*refused, *(Outcome(item_id, wrong) for _, item_id in group)]
    wish = Wish(Door.QUEUE, event_id, person.id, None, source=SOURCE, submitted=submitted)
    wanted = [pair.session.id for pair in group]
    granted = grant_with_sessions(tx, submission.org_id, wish, wanted, is_person_new=person.is_new)
    choices = group[0].session
    if granted.ticket and choices.mails_tickets:
        queue_ticket_mail(tx, submission.org_id, granted.ticket.id)
    extras = Extras(wanted, submitted)
    if choices.waits_when_full and _waits(tx, submission, event_id, granted.refusal, extras):
        return [*refused, *(Outcome(item_id, note=WAITS) for _, item_id in group)]
    return [*refused, *(_outcome(item_id, session.id, granted) for session, item_id in group)]


def _keep_enterable(
    tx: Tx, org_id: OrgId, person: MergeResult, group: list[Possible]
) -> tuple[list[Possible], list[Outcome]]:
    """The sessions of one event that are for the person's ticket type, and the failures of the
    others. The type is that of the tickets that they have, of their offer, or the default one."""
    if all(session.ticket_type_ids == "[]" for session, _ in group):
        return group, []
    event_id = group[0].session.event_id
    rows = sql.list_entering_types(tx, org_id=org_id, event_id=event_id, person_id=person.id)
    own = {int(row.ticket_type_id) for row in rows}
    if not own and (offered := find_offer(tx, org_id, event_id, person.id)):
        own = {int(offered.ticket_type_id)}
    if not own and (default := sql.find_default_type(tx, org_id=org_id, event_id=event_id)):
        own = {int(default)}
    kept, refused = [], []
    for possible in group:
        types = set(_types.decode(possible.session.ticket_type_ids))
        if not types or types & own:
            kept.append(possible)
        else:
            refused.append(Outcome(possible.item_id, _OTHER_TYPE))
    return kept, refused


def _judge(tx: Tx, org_id: OrgId, event_id: EventId, submitted: Submitted) -> Submitted:
    """What was submitted, with the answers as the event's questions take them. Raises Invalid."""
    answers = accept_answers(tx, org_id, event_id, submitted.answers)
    return msgspec.structs.replace(submitted, answers=answers)


def _waits(
    tx: Tx, submission: Submission, event_id: EventId, refusal: Conflict | None, extras: Extras
) -> bool:
    """Whether somebody whom a full event refused is on its waiting list now, with the sessions and
    answers."""
    if refusal is None or refusal.code not in _FULL_CODES:
        return False
    org_id = submission.org_id
    types = list_ticket_types(tx, org_id, event_id)
    own = next((kind for kind in types if kind.is_default), None)
    if own is None or own.is_locked or own.is_hidden or not own.is_on_sale(tx.now):
        return False
    try:
        with tx.savepoint():
            contact = submission.submitted.contact
            join_list(tx, org_id, event_id, own.id, contact, extras=extras)
    except Conflict:
        return False
    return True


def _outcome(item_id: QueueItemId, session_id: SessionId, granted: SessionGrant) -> Outcome:
    if session_id in granted.session_ids:
        return Outcome(item_id)
    is_full = session_id in granted.full_ids or granted.refusal is None
    return Outcome(item_id, FULL if is_full else granted.refusal)
