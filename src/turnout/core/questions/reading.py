"""The questions of an event, and what was answered to them at any door."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from turnout.core.ids import EventId, EventQuestionId, OrgId, TicketTypeId
from turnout.core.questions.judging import find_unmet, judge_all, parts_of, question_key, unmet
from turnout.core.questions.model import WITH_CHOICES, AgreementText, Answer, Kind, Question
from turnout.core.questions.sql import sql
from turnout.errors import Missing
from turnout.store import Tx, to_json

COUNTED = WITH_CHOICES | {Kind.YES_NO, Kind.AGREEMENT}
"""Whose answers are few, so that each is counted."""


def list_questions(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_all: bool = False
) -> list[Question]:
    """What the event asks, in order; with `is_all` also what it asked once."""
    found = sql.list_questions(tx, org_id=org_id, event_id=event_id)
    return [question for question in found if is_all or not question.is_removed]


def get_question(
    tx: Tx, org_id: OrgId, event_id: EventId, question_id: EventQuestionId
) -> Question:
    """A question of the event, a removed one too. Raises Missing."""
    for question in sql.list_questions(tx, org_id=org_id, event_id=event_id):
        if question.id == question_id:
            return question
    raise Missing("event_question.missing", question_id=question_id, event_id=event_id)


def list_texts(
    tx: Tx, org_id: OrgId, event_id: EventId, question_id: EventQuestionId
) -> list[AgreementText]:
    """All texts of an agreement, oldest first; none of another question. Raises Missing."""
    get_question(tx, org_id, event_id, question_id)
    return sql.list_texts(tx, org_id=org_id, event_id=event_id, question_id=question_id)


class AnswerCount(NamedTuple):
    """How many of those who are registered answered a question, and how many each choice; for
    questions without choices that is empty."""

    total: int
    by_choice: dict[str, int]


def count_answers(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[str, AnswerCount]:
    """What was answered to the event's questions, by their names; reads every registration."""
    asked = list_questions(tx, org_id, event_id, is_all=True)
    several = {question.name: question.kind is Kind.SEVERAL for question in asked}
    names = [question.name for question in asked if question.kind in COUNTED]
    counts = {question.name: AnswerCount(0, {}) for question in asked}
    rows = sql.count_answers(tx, org_id=org_id, event_id=event_id, counted=to_json(names))
    for name, answer, total in rows:
        if name not in counts:
            continue
        known = counts[name]
        for choice in parts_of(answer) if several[name] else [answer]:
            if choice:
                known.by_choice[choice] = known.by_choice.get(choice, 0) + total
        counts[name] = known._replace(total=known.total + total)
    return counts


def accept_answers(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    given: Sequence[Answer],
    *,
    must_meet: TicketTypeId | None = None,
    known: Sequence[Answer] = (),
) -> list[Answer]:
    """What was answered to an event, as it is kept (judging.py). A door that shows the questions
    names the ticket type in `must_meet`: then what is required must be answered, now or in what is
    `known`. One statement where the event asks nothing.

    Raises Invalid for the first answer that its question does not take, or that is missing.
    """
    asked = list_questions(tx, org_id, event_id)
    if not asked:
        return list(given)
    kept = judge_all(asked, given, tx.now)
    if must_meet is not None:
        for question in find_unmet(asked, [*known, *kept], must_meet):
            raise unmet(question)
    _mark_answered(tx, org_id, event_id, asked, kept)
    return kept


class AnswerJudge:
    """`accept_answers` for many, who answer the same questions: each event's are looked up once.
    Nothing is written; what is kept of it is noted by `note_answers`."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._asked: dict[tuple[OrgId, EventId], list[Question]] = {}

    def judge(self, org_id: OrgId, event_id: EventId, given: Sequence[Answer]) -> list[Answer]:
        """The answers as they are kept. Raises Invalid."""
        if (org_id, event_id) not in self._asked:
            self._asked[org_id, event_id] = list_questions(self._tx, org_id, event_id)
        asked = self._asked[org_id, event_id]
        return judge_all(asked, given, self._tx.now) if asked else list(given)


def note_answers(tx: Tx, org_id: OrgId, event_id: EventId, kept: Iterable[Answer]) -> None:
    """Note that these answers, as they were judged, are kept now."""
    _mark_answered(tx, org_id, event_id, list_questions(tx, org_id, event_id), kept)


def order_names(asked: Iterable[Question], found: Iterable[str]) -> list[str]:
    """The names of columns for answers: the questions in their order, those that are removed if
    they are `found` in answers; then what else is found, as it came up."""
    names = dict.fromkeys(found)
    ordered = [
        question.name for question in asked if not question.is_removed or question.name in names
    ]
    return list(dict.fromkeys((*ordered, *names)))


def order_answers(asked: Iterable[Question], answers: Iterable[Answer]) -> list[Answer]:
    """Answers in the order of their questions, others behind them."""
    places = {question.name: place for place, question in enumerate(asked)}
    return sorted(answers, key=lambda answer: places.get(answer.question, len(places)))


def _mark_answered(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    asked: Iterable[Question],
    answers: Iterable[Answer],
) -> None:
    """Note which questions have answers now, for the first time: their names stay."""
    given = {question_key(answer.question) for answer in answers}
    first = [
        {"org_id": org_id, "event_id": event_id, "id": question.id}
        for question in sorted(asked, key=lambda question: question.id)
        if not question.is_answered and question_key(question.name) in given
    ]
    if first:
        sql.mark_answered(tx, first)
