"""`turnout reporting`, `survey` and `asked`: who sees reports, and what viewers say."""

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber, QuestionNumber, SessionNumber, SurveyNumber
from turnout.core.audience.asking import answer_question, list_questions
from turnout.core.audience.permissions import (
    grant_reporting,
    list_reporting_users,
    revoke_reporting,
)
from turnout.core.audience.surveys import Item, create_survey, list_surveys, set_survey_open
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.users import get_user_id
from turnout.core.ids import SurveyId

reporting = App(name="reporting")
survey = App(name="survey")
asked = App(name="asked")


@reporting.command
def grant(org: str, user: str, /, *, event: list[EventNumber] | None = None) -> None:
    """Let a user see reports; it replaces what the user could see.

    Example: `turnout reporting grant acme au/jo`

    Args:
        org: Short name of the organization.
        user: Code of the user, who logs in to the reporting API with it.
        event: Number of an event; may be repeated. Without it: all events, later ones too.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        user_id = db.call(get_user_id, org_id, user)
        db.call(grant_reporting, org_id, user_id, event, actor=actor())
    what = "all events" if event is None else f"{len(event)} of the events"
    console.print(f"User {user} sees reports of {what}.")


@reporting.command
def revoke(org: str, user: str, /) -> None:
    """Let a user see no reports any more, at once.

    Example: `turnout reporting revoke acme au/jo`

    Args:
        org: Short name of the organization.
        user: Code of the user.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        user_id = db.call(get_user_id, org_id, user)
        db.call(revoke_reporting, org_id, user_id, actor=actor())
    console.print(f"User {user} sees no reports.")


@reporting.command(name="list")
def list_users_(org: str, /) -> None:
    """List the users who may see reports.

    Example: `turnout reporting list acme`

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_reporting_users, org_id)
    if not found:
        console.print("Nobody sees reports. See `turnout reporting grant`.")
        return
    rows = ((user.user_code, "all" if user.is_all else str(user.events)) for user in found)
    show_table("USER", "EVENTS", rows=rows)


@survey.command
def create(
    org: str,
    event: EventNumber,
    title: str,
    /,
    *,
    ask: list[str],
    session: SessionNumber | None = None,
    poll: bool = False,
) -> None:
    """Make a survey, or a poll of one question; it is open at once.

    Example: `turnout survey create acme 1000001 Feedback --ask "How was it?"`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        title: What it is called.
        ask: A question; may be repeated. Choices follow it, each after a |: 'How?|Good|Bad'.
        session: Number of the session that shows it; without it, all of the event's do.
        poll: It is a poll.
    """
    items = tuple(_item(text) for text in ask)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        made = db.call(
            create_survey,
            org_id,
            event,
            title,
            items,
            session_id=session,
            is_poll=poll,
            actor=actor(),
        )
    console.print(f"{'Poll' if poll else 'Survey'} {made.id} is open.")


@survey.command
def close(org: str, survey: SurveyNumber, /) -> None:
    """Take no more answers.

    Example: `turnout survey close acme 3`

    Args:
        org: Short name of the organization.
        survey: Number of the poll or survey.
    """
    _set_open(org, survey, is_open=False)


@survey.command(name="open")
def open_(org: str, survey: SurveyNumber, /) -> None:
    """Take answers again.

    Example: `turnout survey open acme 3`

    Args:
        org: Short name of the organization.
        survey: Number of the poll or survey.
    """
    _set_open(org, survey, is_open=True)


@survey.command(name="list")
def list_all(org: str, event: EventNumber, /) -> None:
    """List the polls and surveys of an event.

    Example: `turnout survey list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_surveys, org_id, event)
    if not found:
        console.print("The event has no polls and no surveys.")
        return
    rows = (
        (
            str(survey.id),
            "poll" if survey.is_poll else "survey",
            "open" if survey.is_open else "closed",
            str(survey.session_id or "all"),
            survey.title,
        )
        for survey in found
    )
    show_table("NUMBER", "KIND", "STATE", "SESSION", "TITLE", rows=rows)


@asked.command(name="list")
def list_asked(org: str, event: EventNumber, /, *, after: int = 0, limit: Number = 100) -> None:
    """List what viewers of an event asked, oldest first.

    Example: `turnout asked list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        after: Go on behind this number.
        limit: How many at most.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_questions, org_id, event, after=after, limit=limit)
    if not found:
        console.print("Nobody asked anything.")
        return
    rows = (
        (
            str(question.id),
            say_time(question.asked_at),
            question.email,
            question.question,
            question.answer,
        )
        for question in found
    )
    show_table("NUMBER", "ASKED", "WHO", "QUESTION", "ANSWER", rows=rows)


@asked.command
def answer(org: str, question: QuestionNumber, answer: str, /) -> None:
    """Answer a question; who asked sees it on the watch page.

    Example: `turnout asked answer acme 12 "At noon."`

    Args:
        org: Short name of the organization.
        question: Number of the question.
        answer: What to answer.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(answer_question, org_id, question, answer, actor=actor())
    console.print(f"Question {question} is answered.")


def _set_open(org: str, survey: SurveyId, *, is_open: bool) -> None:
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(set_survey_open, org_id, survey, is_open, actor=actor())
    console.print(f"Survey {survey} is {'open' if is_open else 'closed'}.")


def _item(text: str) -> Item:
    asked, *choices = (part.strip() for part in text.split("|"))
    return Item(asked, tuple(choices))
