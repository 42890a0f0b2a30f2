"""What a presenter looks at while a session runs: who watches now, and what is asked.

A question is open until it is answered or dismissed. One that is published is shown with its answer
to everybody who watches, without a name; it is the presenter who decides that. Dismissing takes it
from the list of open ones, and from all viewers but the one who asked.
"""

import enum
from typing import NamedTuple

from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.ids import EventId, OrgId, QuestionId, SessionId
from turnout.errors import Missing
from turnout.store import Tx

# A player tells at least once a minute that it plays.
WATCHING_MS = 90_000
NEWEST = QuestionId(2**62)
MOST_PUBLISHED = 50


class QuestionState(enum.StrEnum):
    """Which questions are asked for."""

    OPEN = "open"
    ANSWERED = "answered"
    PUBLISHED = "published"
    DISMISSED = "dismissed"


class AskedQuestion(NamedTuple):
    """A question of a viewer. Instants in epoch ms; None = that was not done."""

    id: QuestionId
    first_name: str
    last_name: str
    email: str
    question: str
    answer: str
    asked_at: int
    answered_at: int | None
    published_at: int | None
    dismissed_at: int | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email


class PublishedQuestion(NamedTuple):
    """A question and its answer as everybody sees them, and how many voted for it; not answered in
    writing = empty."""

    id: QuestionId
    question: str
    answer: str
    votes: int


def count_watching(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[SessionId, int]:
    """How many watch each session now; sessions that nobody watches are left out."""
    rows = sql.count_watching(tx, org_id=org_id, event_id=event_id, since=tx.now - WATCHING_MS)
    return {row.session_id: row.total for row in rows}


def count_to_answer(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[SessionId, int]:
    """How many open questions each session has."""
    rows = sql.count_to_answer(tx, org_id=org_id, event_id=event_id)
    return {row.session_id: row.total for row in rows}


def list_asked(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    session_id: SessionId,
    state: QuestionState | None,
    *,
    before: QuestionId = NEWEST,
    limit: int,
) -> list[AskedQuestion]:
    """A page of what was asked in a session, newest first, behind the question `before`."""
    return sql.list_asked(
        tx,
        org_id=org_id,
        event_id=event_id,
        session_id=session_id,
        state=state.value if state else "",
        before=before,
        limit=limit,
    )


def list_published(tx: Tx, org_id: OrgId, session_id: SessionId) -> list[PublishedQuestion]:
    """What everybody who watches the session is shown, what most voted for first."""
    return sql.list_published(tx, org_id=org_id, session_id=session_id, limit=MOST_PUBLISHED)


def require_question(tx: Tx, org_id: OrgId, event_id: EventId, question_id: QuestionId) -> None:
    """Raise Missing unless somebody asked it at that event."""
    if sql.find_question_event(tx, org_id=org_id, id=question_id) != event_id:
        raise Missing("question.missing", question_id=question_id)


def publish_question(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    question_id: QuestionId,
    *,
    is_published: bool,
    actor: str,
) -> None:
    """Show a question to everybody who watches, or no more. Idempotent. Raises Missing."""
    require_question(tx, org_id, event_id, question_id)
    at = tx.now if is_published else None
    sql.set_published(tx, org_id=org_id, event_id=event_id, id=question_id, published_at=at)
    action = "published" if is_published else "took back"
    record(tx, org_id, actor, action, "question", question_id)


def dismiss_question(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    question_id: QuestionId,
    *,
    is_dismissed: bool,
    actor: str,
) -> None:
    """Answer a question not at all, or after all. Idempotent. Raises Missing."""
    require_question(tx, org_id, event_id, question_id)
    at = tx.now if is_dismissed else None
    sql.set_dismissed(tx, org_id=org_id, event_id=event_id, id=question_id, dismissed_at=at)
    action = "dismissed" if is_dismissed else "reopened"
    record(tx, org_id, actor, action, "question", question_id)
