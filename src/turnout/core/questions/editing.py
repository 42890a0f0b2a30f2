"""What an organizer does to the questions of an event: add, change, move, remove.

Rules.
- Answers are kept under a question's name. So once somebody answered, its name and kind stay, and
  removing it only ends the asking; the label that people read may always change.
- A new text of an agreement is a new version; the former ones stay, for those who agreed to them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from turnout.core.audit.recording import record
from turnout.core.fields import changed_fields, check_filled, check_line, check_prose
from turnout.core.ids import EventId, EventQuestionId, OrgId, TicketTypeId
from turnout.core.questions.judging import question_key
from turnout.core.questions.model import WITH_CHOICES, Kind, Question, Way
from turnout.core.questions.reading import get_question, list_questions
from turnout.core.questions.sql import sql
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

NOUN = "event_question"
QUESTIONS_LIMIT, CHOICES_LIMIT = 50, 50
LONGEST_NAME, LONGEST_LABEL, LONGEST_HINT = 200, 500, 1000


class QuestionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None = it stays, empty text or list = not given any more (an empty `label`
    is the name). `text` is an agreement's, in Markdown."""

    name: str | None = None
    kind: Kind | None = None
    label: str | None = None
    hint: str | None = None
    choices: Sequence[str] | None = None
    is_required: bool | None = None
    ticket_type_ids: Sequence[TicketTypeId] | None = None
    text: str | None = None
    consents: Sequence[Way] | None = None
    is_removed: bool | None = None
    is_at_door: bool | None = None


def add_question(
    tx: Tx, org_id: OrgId, event_id: EventId, change: QuestionChange, *, actor: str
) -> Question:
    """Ask one more question, behind the others; it needs a name. Raises Invalid for what cannot be
    asked, Conflict for a name that another has, or once had, and for too many; Missing."""
    known = _lock(tx, org_id, event_id)
    last = max((question.position for question in known), default=0)
    question_id = EventQuestionId(tx.next_id("programme"))
    blank = Question(
        question_id, last + 1, "", Kind.TEXT, "", "", (), False, (), 0, "", False, False
    )
    question = _apply(tx, org_id, event_id, blank, change, known)
    columns = _columns(question)
    del columns["removed_at"]
    named: dict[str, Any] = {"org_id": org_id, "event_id": event_id, "now": tx.now}
    sql.add_question(tx, id=question_id, position=question.position, **columns, **named)
    if question.version:
        _add_text(tx, question, named)
    record(tx, org_id, actor, "created", NOUN, question_id, event_id=event_id)
    return question


def change_question(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    question_id: EventQuestionId,
    change: QuestionChange,
    *,
    actor: str,
) -> Question:
    """Change a question; answers that were given stay as they are. Idempotent. Raises as
    `add_question`, and Conflict for the name or the kind of one that was answered."""
    known = _lock(tx, org_id, event_id)
    before = get_question(tx, org_id, event_id, question_id)
    question = _apply(tx, org_id, event_id, before, change, known)
    if before.is_answered and (question.name, question.kind) != (before.name, before.kind):
        raise Conflict("event_question.answered", question=before.name)
    columns = _columns(question)
    columns["removed_at"] = tx.now if question.is_removed else None
    named: dict[str, Any] = {"org_id": org_id, "event_id": event_id, "now": tx.now}
    sql.set_question(tx, id=question_id, **columns, **named)
    if question.version > before.version:
        _add_text(tx, question, named)
    record(tx, org_id, actor, "changed", NOUN, question_id, fields=changed_fields(change))
    return question


def move_question(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    question_id: EventQuestionId,
    place: int,
    *,
    actor: str,
) -> list[Question]:
    """Make a question the one at `place` of those that are asked, counted from 1; behind the last
    is the last. Returns them in order. Raises Invalid below 1, Missing."""
    if place < 1:
        raise Invalid("event_question.place", place=place)
    known = _lock(tx, org_id, event_id)
    moved = get_question(tx, org_id, event_id, question_id)
    others = [question for question in known if question.id != question_id]
    asked = [question for question in others if not question.is_removed]
    behind = asked[place - 2] if 1 < place <= len(asked) + 1 else None
    start = others.index(behind) + 1 if behind else 0 if place == 1 else len(others)
    named = {"org_id": org_id, "event_id": event_id, "now": tx.now}
    order = [*others[:start], moved, *others[start:]]
    rows = [named | {"id": found.id, "position": at} for at, found in enumerate(order, 1)]
    sql.set_position(tx, rows)
    record(tx, org_id, actor, "moved", NOUN, question_id, place=place)
    return list_questions(tx, org_id, event_id)


def remove_question(
    tx: Tx, org_id: OrgId, event_id: EventId, question_id: EventQuestionId, *, actor: str
) -> bool:
    """Ask a question no more. One that nobody answered is deleted; another stays with its answers,
    and can be asked again (`is_removed` False). Returns whether it was deleted. Idempotent for one
    that stays. Raises Missing."""
    _lock(tx, org_id, event_id)
    question = get_question(tx, org_id, event_id, question_id)
    if question.is_answered:
        change = QuestionChange(is_removed=True)
        change_question(tx, org_id, event_id, question_id, change, actor=actor)
        return False
    _delete(tx, org_id, event_id, question_id)
    record(tx, org_id, actor, "deleted", NOUN, question_id, event_id=event_id)
    return True


def copy_questions(
    tx: Tx,
    org_id: OrgId,
    source: EventId,
    target: EventId,
    types: Mapping[int, TicketTypeId],
    *,
    actor: str,
) -> None:
    """Ask in another event what one asks; `types` are its ticket types by those of the one."""
    for question in list_questions(tx, org_id, source):
        change = QuestionChange(
            name=question.name,
            kind=question.kind,
            label=question.label,
            hint=question.hint,
            choices=question.choices,
            is_required=question.is_required,
            ticket_type_ids=[types[id_] for id_ in question.ticket_type_ids if id_ in types],
            text=question.text,
            consents=question.consents,
            is_at_door=question.is_at_door,
        )
        add_question(tx, org_id, target, change, actor=actor)


def delete_questions(tx: Tx, org_id: OrgId, event_id: EventId) -> None:
    """Delete all questions of an event that is deleted."""
    for question in list_questions(tx, org_id, event_id, is_all=True):
        _delete(tx, org_id, event_id, question.id)


def _delete(tx: Tx, org_id: OrgId, event_id: EventId, question_id: EventQuestionId) -> None:
    named: dict[str, Any] = {"org_id": org_id, "event_id": event_id}
    sql.delete_texts(tx, question_id=question_id, **named)
    sql.delete_question(tx, id=question_id, **named)


def _lock(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Question]:
    """All questions of the event, held against concurrent changes."""
    if sql.lock_event(tx, org_id=org_id, id=event_id) is None:
        raise Missing("event.missing", event_id=event_id)
    return list_questions(tx, org_id, event_id, is_all=True)


# -- what can be asked ---------------------------------------------------------------------


def _apply(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    before: Question,
    change: QuestionChange,
    known: Sequence[Question],
) -> Question:
    """The question as it is after the change. Raises Invalid, Conflict, Missing."""
    given = {name: getattr(change, name) for name in changed_fields(change)}
    for name in ("name", "label", "hint", "text"):
        if name in given:
            given[name] = given[name].strip()
    if "consents" in given:
        given["consents"] = tuple(sorted(set(given["consents"])))
    if "choices" in given:
        given["choices"] = tuple(choice.strip() for choice in given["choices"])
    if "ticket_type_ids" in given:
        given["ticket_type_ids"] = tuple(given["ticket_type_ids"])
    question = msgspec.structs.replace(before, **given)
    if not question.label or (before.label == before.name and "label" not in given):
        question = msgspec.structs.replace(question, label=question.name)
    _check_texts(question)
    _check_name(question, known)
    _check_count(question, known)
    _check_choices(question)
    _check_agreement(question)
    _check_types(tx, org_id, event_id, question)
    is_new_text = question.kind is Kind.AGREEMENT and question.text != before.text
    return msgspec.structs.replace(question, version=before.version + is_new_text)


def _check_texts(question: Question) -> None:
    check_filled("name", question.name)
    check_line("name", question.name, LONGEST_NAME)
    check_line("label", question.label, LONGEST_LABEL)
    check_line("hint", question.hint, LONGEST_HINT)
    check_prose("text", question.text)
    # `--answer "Name=answer"` and a list's `?name=answer` end the name there.
    if "=" in question.name:
        raise Invalid("event_question.sign", name=question.name)


def _check_name(question: Question, known: Sequence[Question]) -> None:
    for other in known:
        is_same = question_key(other.name) == question_key(question.name)
        if not is_same or other.id == question.id:
            continue
        if other.is_removed:
            raise Conflict("event_question.removed_name", name=other.name, question_id=other.id)
        raise Conflict("event_question.same_name", name=other.name, question_id=other.id)


def _check_count(question: Question, known: Sequence[Question]) -> None:
    others = sum(not other.is_removed and other.id != question.id for other in known)
    if not question.is_removed and others >= QUESTIONS_LIMIT:
        raise Conflict("event_question.many", limit=QUESTIONS_LIMIT)


def _check_choices(question: Question) -> None:
    if question.kind not in WITH_CHOICES:
        if question.choices:
            raise Invalid("event_question.no_choices", kind=question.kind.value)
        return
    if not 1 <= len(question.choices) <= CHOICES_LIMIT:
        raise Invalid("event_question.choices", limit=CHOICES_LIMIT)
    for choice in question.choices:
        check_filled("choice", choice)
        check_line("choice", choice)
        # Several choices are one answer with semicolons between them.
        if ";" in choice:
            raise Invalid("event_question.choice", choice=choice)
    if len({question_key(choice) for choice in question.choices}) < len(question.choices):
        raise Invalid("event_question.choice_twice")


def _check_agreement(question: Question) -> None:
    is_agreement = question.kind is Kind.AGREEMENT
    if is_agreement and not question.text:
        raise Invalid("event_question.text_missing")
    if question.text and not is_agreement:
        raise Invalid("event_question.text", kind=question.kind.value)
    if question.consents and not is_agreement:
        raise Invalid("event_question.consents", kind=question.kind.value)
    if question.consents and question.is_required:
        raise Invalid("event_question.consent_required", name=question.name)


def _check_types(tx: Tx, org_id: OrgId, event_id: EventId, question: Question) -> None:
    if not question.ticket_type_ids:
        return
    own = {row.id for row in sql.list_type_ids(tx, org_id=org_id, event_id=event_id)}
    for type_id in question.ticket_type_ids:
        if type_id not in own:
            raise Missing("ticket_type.no_such", ticket_type_id=type_id)


def _add_text(tx: Tx, question: Question, named: dict[str, Any]) -> None:
    sql.add_text(tx, question_id=question.id, version=question.version, text=question.text, **named)


def _columns(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "name_key": question_key(question.name),
        "kind": question.kind.value,
        "label": question.label,
        "hint": question.hint,
        "choices": to_json(question.choices),
        "is_required": int(question.is_required),
        "ticket_type_ids": to_json(question.ticket_type_ids),
        "version": question.version,
        "consents": to_json(question.consents),
        "is_at_door": int(question.is_at_door),
        "removed_at": None,
    }
