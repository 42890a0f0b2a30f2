"""Questions that viewers ask, and their answers."""

from typing import NamedTuple

from turnout.core.audience.sql import sql
from turnout.core.audience.viewings import hold_viewer
from turnout.core.audit.recording import record
from turnout.core.ids import EventId, OrgId, QuestionId, RegistrationId, SessionId
from turnout.core.text import is_storable
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.errors import Invalid, Limited, Missing
from turnout.store import Tx

LONGEST = 2000
# Nobody asks more at one event; a script might.
MOST_QUESTIONS = 100
# Questions of one viewer, in a minute.
PACE_LIMIT, PACE_WINDOW_MS = 10, 60_000


class OwnQuestion(NamedTuple):
    """A question as who asked it sees it; `answer` empty = not answered yet. Epoch ms."""

    id: QuestionId
    question: str
    answer: str
    asked_at: int
    answered_at: int | None


class Question(NamedTuple):
    """A question as the organizer sees it. `asked_at` in epoch ms."""

    id: QuestionId
    session_id: SessionId
    email: str
    question: str
    answer: str
    asked_at: int


def ask_question(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, session_id: SessionId, question: str
) -> OwnQuestion:
    """Keep what a viewer asks, trimmed. Idempotent while the same question waits for its answer.
    Raises Missing, Invalid for an empty or too long text, Limited after a hundred questions, and
    after ten in a minute."""
    text = checked_text(question, LONGEST)
    event_id = hold_viewer(tx, org_id, registration_id, session_id)
    own = list_own_questions(tx, org_id, event_id, registration_id, session_id)
    if same := next((one for one in own if one.question == text and not one.answer), None):
        return same
    if (
        sql.count_questions(tx, org_id=org_id, event_id=event_id, registration_id=registration_id)
        >= MOST_QUESTIONS
    ):
        raise Limited("question.many", limit=MOST_QUESTIONS, retry_after=60)
    key = WindowKey(org_id, "questions", str(registration_id))
    if not counting.count(tx, key, PACE_LIMIT, PACE_WINDOW_MS):
        wait_s = counting.wait_s(tx, key, PACE_WINDOW_MS)
        raise Limited("question.pace", retry_after=wait_s)
    number = QuestionId(tx.next_id("audience"))
    sql.add_question(
        tx,
        org_id=org_id,
        event_id=event_id,
        registration_id=registration_id,
        id=number,
        session_id=session_id,
        question=text,
        now=tx.now,
    )
    return OwnQuestion(number, text, "", tx.now, None)


def answer_question(
    tx: Tx, org_id: OrgId, question_id: QuestionId, answer: str, *, actor: str
) -> None:
    """Answer a question, or answer it again. Audited. Raises Missing, Invalid."""
    text = checked_text(answer, LONGEST)
    if not sql.answer_question(tx, org_id=org_id, id=question_id, answer=text, now=tx.now):
        raise Missing("question.missing", question_id=question_id)
    record(tx, org_id, actor, "answered", "question", question_id)


def list_own_questions(
    tx: Tx, org_id: OrgId, event_id: EventId, registration_id: RegistrationId, session_id: SessionId
) -> list[OwnQuestion]:
    """What one viewer asked in a session, oldest first."""
    return sql.list_own_questions(
        tx,
        org_id=org_id,
        event_id=event_id,
        registration_id=registration_id,
        session_id=session_id,
    )


def list_questions(
    tx: Tx, org_id: OrgId, event_id: EventId, *, after: int = 0, limit: int = 100
) -> list[Question]:
    """Up to `limit` questions of an event by number, from the one behind `after`."""
    return sql.list_questions(tx, org_id=org_id, event_id=event_id, after=after, limit=limit)


def checked_text(text: str, longest: int) -> str:
    """The text, trimmed. Raises Invalid when it is empty, too long or cannot be stored."""
    trimmed = text.strip()
    if not trimmed or len(trimmed) > longest or not is_storable(trimmed):
        raise Invalid("text.length", limit=longest)
    return trimmed
