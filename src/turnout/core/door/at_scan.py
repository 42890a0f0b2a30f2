"""What the organizer wants to be seen at the door: answers, notes of the staff, and agreements that
are still to be agreed to. Only what is marked for the door gets there."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from turnout.core.door.decisions import FoundTicket, ShownAnswer, WantedAgreement
from turnout.core.door.model import Post, Standing
from turnout.core.door.sql import sql
from turnout.core.ids import EventId, OrgId, RegistrationId, TicketTypeId
from turnout.core.questions.judging import question_key
from turnout.core.questions.model import NO, YES, Answer, Kind, Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.changing import set_answers
from turnout.errors import Conflict, Missing
from turnout.formats.markdown import to_plain
from turnout.store import Tx


class AtDoor(msgspec.Struct, frozen=True):
    """What is shown beside a ticket."""

    answers: list[ShownAnswer] = []
    notes: list[str] = []
    agreements: list[WantedAgreement] = []

    @property
    def is_empty(self) -> bool:
        return not (self.answers or self.notes or self.agreements)


class _Kept(msgspec.Struct):
    """The part of what was submitted that is read here."""

    answers: list[Answer] = []


NOTHING = AtDoor()
_kept = msgspec.json.Decoder(_Kept)


def find_shown(tx: Tx, org_id: OrgId, event_id: EventId, found: FoundTicket) -> AtDoor:
    """What is shown beside a ticket of the event."""
    where: dict[str, Any] = {"org_id": org_id, "registration_id": found.registration_id}
    row = sql.find_at_door(tx, event_id=event_id, **where)
    if row is None:
        return NOTHING
    notes = [one.note for one in sql.list_notes(tx, **where)] if row.has_notes else []
    asked = list_asked(tx, org_id, event_id) if row.has_questions else []
    return _show(asked, found.ticket_type_id, _kept.decode(row.answers).answers, notes)


def list_asked(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Question]:
    """The event's questions that are marked for the door, in order."""
    return [one for one in list_questions(tx, org_id, event_id) if one.is_at_door]


class DoorReader:
    """`find_shown` for many registrations of an event, or (None) for all of it."""

    def __init__(
        self, tx: Tx, org_id: OrgId, event_id: EventId, only: Sequence[RegistrationId] | None
    ) -> None:
        where: dict[str, Any] = {"org_id": org_id, "event_id": event_id}
        self._asked = list_asked(tx, org_id, event_id)
        self._answers: dict[RegistrationId, str] = {}
        self._notes: dict[RegistrationId, list[str]] = {}
        wanted = None if only is None else set(only)
        for note in sql.list_event_notes(tx, **where):
            if wanted is None or note.registration_id in wanted:
                self._notes.setdefault(note.registration_id, []).append(note.note)
        if not self._asked:
            return
        if only is None:
            rows = sql.list_event_answers(tx, **where)
            self._answers = {row.id: row.answers for row in rows}
        for id_ in only or ():
            found = sql.find_at_door(tx, registration_id=id_, **where)
            if found:
                self._answers[id_] = found.answers

    @property
    def is_silent(self) -> bool:
        """Whether nothing is shown of anybody."""
        return not (self._asked or self._notes)

    def read(self, registration_id: RegistrationId, ticket_type_id: TicketTypeId) -> AtDoor:
        """What is shown beside a ticket."""
        notes = self._notes.get(registration_id, [])
        if not self._asked:
            return AtDoor(notes=notes) if notes else NOTHING
        given = _kept.decode(self._answers.get(registration_id, "{}")).answers
        return _show(self._asked, ticket_type_id, given, notes)


def agree(
    tx: Tx, standing: Standing, post: Post, found: FoundTicket | None, question: str
) -> AtDoor:
    """Keep that the holder of a ticket agreed at the door, with the version of the text; what is
    shown after it. Idempotent. Raises Conflict for a ticket that is not the event's, Missing for
    a question that is no agreement of the door."""
    if found is None:
        raise Conflict("door.undo_none")
    asked = list_asked(tx, standing.org_id, post.event_id)
    wanted = {question_key(one.name) for one in asked if one.kind is Kind.AGREEMENT}
    if question_key(question) not in wanted:
        raise Missing("door.agreement", question=question)
    shown = find_shown(tx, standing.org_id, post.event_id, found)
    if question_key(question) in {question_key(one.question) for one in shown.agreements}:
        answers = {question: YES}
        where = (tx, standing.org_id, found.registration_id)
        set_answers(*where, answers, actor=standing.actor)
    return find_shown(tx, standing.org_id, post.event_id, found)


@lru_cache(maxsize=256)
def _say_text(markdown: str) -> str:
    """The text of an agreement; a snapshot has it beside each ticket."""
    return to_plain(markdown)


def _show(
    asked: Sequence[Question],
    ticket_type_id: TicketTypeId,
    given: Sequence[Answer],
    notes: list[str],
) -> AtDoor:
    by_key = {question_key(one.question): one for one in given}
    answers, agreements = [], []
    for question in asked:
        if not question.is_asked_with(ticket_type_id):
            continue
        known = by_key.get(question_key(question.name))
        if question.kind is not Kind.AGREEMENT:
            if known and known.answer:
                answers.append(ShownAnswer(question.label, known.answer))
        elif known is None or known.answer in ("", NO):
            agreements.append(
                WantedAgreement(question.name, question.label, _say_text(question.text))
            )
    return AtDoor(answers, notes, agreements)
