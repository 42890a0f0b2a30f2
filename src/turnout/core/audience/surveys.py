"""Polls and surveys: a poll is one quick question in a session, a survey has several."""

from typing import NamedTuple

import msgspec

from turnout.core.audience.asking import LONGEST, checked_text
from turnout.core.audience.media import get_session
from turnout.core.audience.sql import sql
from turnout.core.audience.viewings import hold_viewer
from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId, RegistrationId, SessionId, SurveyId
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

MOST_ITEMS = 50


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question; without choices it is answered in words."""

    question: str
    choices: tuple[str, ...] = ()


class Survey(NamedTuple):
    """A poll or survey; `session_id` None = it is shown in every session of the event."""

    id: SurveyId
    event_id: EventId
    session_id: SessionId | None
    is_poll: bool
    title: str
    items: tuple[Item, ...]
    is_open: bool


def create_survey(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    title: str,
    items: tuple[Item, ...],
    *,
    session_id: SessionId | None = None,
    is_poll: bool = False,
    actor: str,
) -> Survey:
    """Make a survey or poll, which is open at once. Raises Missing, Invalid for one that asks
    nothing or too much."""
    get_event(tx, org_id, event_id)
    if session_id is not None and get_session(tx, org_id, session_id).event_id != event_id:
        raise Missing("session.not_in_event", event_id=event_id, session_id=session_id)
    limit = 1 if is_poll else MOST_ITEMS
    if not 1 <= len(items) <= limit:
        raise Invalid("survey.items", limit=limit)
    for text in (title, *(text for item in items for text in (item.question, *item.choices))):
        checked_text(text, LONGEST)
    survey_id = SurveyId(tx.next_id("audience"))
    sql.add_survey(
        tx,
        org_id=org_id,
        id=survey_id,
        event_id=event_id,
        session_id=session_id,
        is_poll=int(is_poll),
        title=title,
        items=to_json(items),
        now=tx.now,
    )
    record(tx, org_id, actor, "created", "survey", survey_id, title=title)
    return get_survey(tx, org_id, survey_id)


def get_survey(tx: Tx, org_id: OrgId, survey_id: SurveyId) -> Survey:
    """The survey or poll of that number. Raises Missing."""
    survey = sql.find_survey(tx, org_id=org_id, id=survey_id)
    if survey is None:
        raise Missing("survey.missing", survey_id=survey_id)
    return survey


def list_surveys(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Survey]:
    """The polls and surveys of an event, oldest first."""
    return sql.list_surveys(tx, org_id=org_id, event_id=event_id)


def set_survey_open(
    tx: Tx, org_id: OrgId, survey_id: SurveyId, is_open: bool, *, actor: str
) -> None:
    """Take answers, or no more. Raises Missing."""
    changed = sql.set_survey_open(tx, org_id=org_id, id=survey_id, is_open=int(is_open), now=tx.now)
    if not changed:
        raise Missing("survey.missing", survey_id=survey_id)
    record(tx, org_id, actor, "opened" if is_open else "closed", "survey", survey_id)


def answer_survey(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    session_id: SessionId,
    survey_id: SurveyId,
    given: dict[int, str],
) -> None:
    """Keep what a viewer answers, by the number of the item from 0. Answering again replaces what
    was answered; words that were emptied are taken back.

    Raises Missing, Conflict when it is closed, Invalid for a choice that there is not and when
    nothing is answered or taken back.
    """
    event_id = hold_viewer(tx, org_id, registration_id, session_id)
    survey = get_survey(tx, org_id, survey_id)
    if survey.event_id != event_id or survey.session_id not in (None, session_id):
        raise Missing("survey.not_here", survey_id=survey_id)
    if not survey.is_open:
        raise Conflict("survey.closed")
    rows = [
        {
            "org_id": org_id,
            "event_id": event_id,
            "registration_id": registration_id,
            "is_poll": int(survey.is_poll),
            "survey_id": survey_id,
            "number": number,
            "question": item.question,
            "answer": _checked(item, given[number]),
            "now": tx.now,
        }
        for number, item in enumerate(survey.items)
        if given.get(number, "").strip()
    ]
    taken_back = [
        sql.remove_answer(
            tx,
            org_id=org_id,
            event_id=event_id,
            registration_id=registration_id,
            is_poll=int(survey.is_poll),
            survey_id=survey_id,
            number=number,
        )
        for number, item in enumerate(survey.items)
        if not item.choices and number in given and not given[number].strip()
    ]
    if not rows and not any(taken_back):
        raise Invalid("survey.empty")
    if rows:
        sql.put_answer(tx, rows)


def list_own_answers(
    tx: Tx, org_id: OrgId, event_id: EventId, registration_id: RegistrationId
) -> dict[tuple[SurveyId, int], str]:
    """What one viewer answered, by survey and number of the item."""
    rows = sql.list_own_answers(
        tx, org_id=org_id, event_id=event_id, registration_id=registration_id
    )
    return {(survey_id, number): answer for survey_id, number, answer in rows}


def _checked(item: Item, answer: str) -> str:
    text = checked_text(answer, LONGEST)
    if item.choices and text not in item.choices:
        raise Invalid("survey.choice", text=text, question=item.question)
    return text
