"""Questions to the stage, and surveys and polls."""

from typing import NamedTuple

import msgspec

from turnout.core.audience.sql import sql
from turnout.core.audience.viewing import get_watched_session
from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

LONGEST = 2000
MOST_QUESTIONS = 100
_choices = msgspec.json.Decoder(list[str])


class SurveyQuestion(NamedTuple):
    """A question of an event's survey, or a poll; without choices any text is an answer."""

    id: int
    kind: str
    question: str
    choices: list[str]


def ask_question(tx: Tx, org_id: int, registration_id: int, session_id: int, text: str) -> int:
    """Put a question to the stage; its number. Raises Invalid for an empty or overlong one,
    Conflict for one too many, Missing."""
    text = text.strip()
    if not 0 < len(text) <= LONGEST:
        raise Invalid("question.text", f"A question has up to {LONGEST} characters.")
    session = get_watched_session(tx, org_id, session_id)
    _check_registered(tx, org_id, registration_id, session.event_id)
    count = sql.count_asked(tx, org_id=org_id, registration_id=registration_id)
    if count >= MOST_QUESTIONS:
        raise Conflict("question.many", f"More than {MOST_QUESTIONS} questions are not taken.")
    question_id = tx.next_id("audience")
    sql.add_question(
        tx,
        org_id=org_id,
        id=question_id,
        registration_id=registration_id,
        session_id=session_id,
        event_id=session.event_id,
        question=text,
        now=tx.now,
    )
    return question_id


def answer_question(tx: Tx, org_id: int, question_id: int, answer: str, *, actor: str) -> None:
    """Answer a question from the stage; answering again replaces. Raises Missing."""
    if not sql.set_question_answer(tx, org_id=org_id, id=question_id, answer=answer.strip()):
        raise Missing("question.missing", f"There is no question {question_id}.")
    record(tx, org_id, actor, "answered", "question", question_id)


def add_survey_question(
    tx: Tx, org_id: int, event_id: int, question: str, choices: list[str], *, kind: str, actor: str
) -> SurveyQuestion:
    """Add a question to an event's survey, or a poll. Raises Invalid, Missing."""
    if kind not in ("survey", "poll") or not question.strip():
        raise Invalid("survey.question", "A survey or poll has a question.")
    get_event(tx, org_id, event_id)
    made = SurveyQuestion(tx.next_id("audience"), kind, question.strip(), choices)
    sql.add_survey_question(
        tx,
        org_id=org_id,
        id=made.id,
        event_id=event_id,
        kind=kind,
        question=made.question,
        choices=msgspec.json.encode(choices).decode(),
        now=tx.now,
    )
    record(tx, org_id, actor, "added", "survey_question", made.id, event_id=event_id)
    return made


def list_survey_questions(tx: Tx, org_id: int, event_id: int) -> list[SurveyQuestion]:
    """The event's questions in the order in which they were added."""
    rows = sql.list_survey_questions(tx, org_id=org_id, event_id=event_id)
    return [
        SurveyQuestion(id_, kind, question, _choices.decode(choices))
        for id_, kind, question, choices in rows
    ]


def answer_survey(
    tx: Tx, org_id: int, registration_id: int, event_id: int, question_id: int, answer: str
) -> None:
    """Answer a survey or poll; answering again replaces. Raises Invalid for an answer that is not
    one of its choices, Missing."""
    _check_registered(tx, org_id, registration_id, event_id)
    questions = {each.id: each for each in list_survey_questions(tx, org_id, event_id)}
    if question_id not in questions:
        raise Missing("survey.missing", f"There is no question {question_id} for this event.")
    choices = questions[question_id].choices
    answer = answer.strip()
    if not 0 < len(answer) <= LONGEST or (choices and answer not in choices):
        raise Invalid("survey.answer", "Choose one of the answers.")
    sql.set_survey_answer(
        tx,
        org_id=org_id,
        registration_id=registration_id,
        question_id=question_id,
        event_id=event_id,
        answer=answer,
        now=tx.now,
    )


def _check_registered(tx: Tx, org_id: int, registration_id: int, event_id: int) -> None:
    if not sql.lock_registration(tx, org_id=org_id, id=registration_id, event_id=event_id):
        raise Missing("registration.missing", f"There is no registration {registration_id}.")
