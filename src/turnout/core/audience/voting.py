"""Votes for questions that everybody who watches is shown: one a viewer and question."""

from turnout.core.audience.sql import sql
from turnout.core.audience.viewings import hold_viewer
from turnout.core.ids import OrgId, QuestionId, RegistrationId, SessionId
from turnout.errors import Missing
from turnout.store import Tx


def vote_for_question(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    session_id: SessionId,
    question_id: QuestionId,
    *,
    is_on: bool,
) -> None:
    """Count a viewer's vote for a question, or take it back. Idempotent. Raises Missing for a
    question that the session does not show to everybody."""
    event_id = hold_viewer(tx, org_id, registration_id, session_id)
    if sql.find_published_session(tx, org_id=org_id, id=question_id) != session_id:
        raise Missing("question.missing", question_id=question_id)
    if is_on:
        sql.add_vote(
            tx,
            org_id=org_id,
            question_id=question_id,
            registration_id=registration_id,
            event_id=event_id,
            now=tx.now,
        )
    else:
        sql.remove_vote(tx, org_id=org_id, question_id=question_id, registration_id=registration_id)


def list_own_votes(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> set[QuestionId]:
    """The questions that a viewer has voted for."""
    rows = sql.list_own_votes(tx, org_id=org_id, registration_id=registration_id)
    return {row.question_id for row in rows}
