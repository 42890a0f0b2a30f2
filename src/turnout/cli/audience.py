"""`turnout audience`: who may read reports, audiences of other platforms, and corrections."""

import datetime
from functools import partial
from pathlib import Path

from cyclopts import App

from turnout.cli.app import Number, actor, app, console, database, show_table
from turnout.cli.imports import Row, import_rows, number_of
from turnout.core.audience.asking import add_survey_question, list_survey_questions
from turnout.core.audience.model import Interval, Mode
from turnout.core.audience.readers import limit_reader
from turnout.core.audience.viewing import remove_viewing, set_media
from turnout.core.events.programme import list_sessions
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.users import get_user_id
from turnout.core.journeys.importing import (
    ImportedRegistrant,
    import_registrant,
    import_viewing,
)
from turnout.core.people.model import Contact
from turnout.errors import Invalid
from turnout.store import Tx

audience = App(name="audience", help="Who watched, asked and answered; and who may read of it.")
app.command(audience)


@audience.command
def allow(org: str, user: str, /, *, event: list[Number] | None = None) -> None:
    """Let a user see reports of these events only; without any, of all.

    Args:
        org: Short name of the organization.
        user: Code of the user.
        event: Number of an event; may be repeated.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        user_id = db.call(get_user_id, org_id, user)
        db.call(limit_reader, org_id, user_id, event or [], actor=actor())
    seen = f"events {', '.join(map(str, event))}" if event else "all events"
    console.print(f"{user} sees reports of {seen}.")


@audience.command(name="import")
def import_file(org: str, event: Number, file: Path, /) -> None:
    """Import registrants and viewings from a CSV file; importing again changes nothing.

    The first line names the columns: Email, and as there are FirstName, LastName, Company,
    RegisteredAt, Source, Session (its number), Mode (live, simlive, od), Start and End (ISO 8601).

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file, in UTF-8.
    """
    columns = (
        *("email", "firstname", "lastname", "company", "registeredat", "source"),
        *("session", "mode", "start", "end"),
    )
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        sessions = {each.id for each in db.call(list_sessions, org_id, event)}
        take = partial(_take, org_id, event, sessions)
        count = import_rows(db, file, columns, ["email"], take)
    console.print(f"{count} rows were imported.")


@audience.command
def correct(
    org: str, registration: Number, session: Number, /, *, start: str, end: str, reason: str
) -> None:
    """Take out what somebody did not watch.

    Args:
        org: Short name of the organization.
        registration: Number of the registration, as reports have it.
        session: Number of the session.
        start: From when (ISO 8601; without an offset UTC).
        end: Until when.
        reason: Why; it is kept.
    """
    interval = Interval(_time(start), _time(end))
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        removed = db.call(
            remove_viewing, org_id, registration, session, interval, reason=reason, actor=actor()
        )
    console.print(f"{removed // 1000} seconds were taken out.")


@audience.command
def media(
    org: str,
    session: Number,
    /,
    *,
    kind: str = "",
    url: str = "",
    delivery: Mode = Mode.LIVE,
) -> None:
    """Say what a session's page plays.

    Args:
        org: Short name of the organization.
        session: Number of the session.
        kind: hls, mp4 or embed; empty, it plays nothing.
        url: Address of the stream, the file or the embedded player.
        delivery: live or simlive: what it is while it runs.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(
            set_media,
            org_id,
            session,
            delivery=delivery,
            media_kind=kind,
            media_url=url,
            actor=actor(),
        )
    console.print(f"Session {session} plays {url or 'nothing'}.")


@audience.command
def survey(
    org: str,
    event: Number,
    /,
    *,
    add: str = "",
    choice: list[str] | None = None,
    poll: bool = False,
) -> None:
    """List the questions of an event's survey, and add one.

    Args:
        org: Short name of the organization.
        event: Number of the event.
        add: A question to add.
        choice: One of its answers; may be repeated. Without it, any text is an answer.
        poll: It is a poll, asked while a session runs.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if add:
            kind = "poll" if poll else "survey"
            db.call(add_survey_question, org_id, event, add, choice or [], kind=kind, actor=actor())
        found = db.call(list_survey_questions, org_id, event)
    if not found:
        console.print("The event has no survey.")
        return
    rows = (
        (str(each.id), each.kind, " / ".join(each.choices) or "any text", each.question)
        for each in found
    )
    show_table("NUMBER", "KIND", "ANSWERS", "QUESTION", rows=rows)


def _take(org_id: int, event_id: int, sessions: set[int], tx: Tx, row: Row) -> None:
    contact = Contact(
        email=row["email"],
        first_name=row.get("firstname", ""),
        last_name=row.get("lastname", ""),
        company=row.get("company", ""),
    )
    registered = row.get("registeredat", "")
    new = ImportedRegistrant(
        contact, _time(registered) if registered else None, row.get("source", "")
    )
    registration_id = import_registrant(tx, org_id, event_id, new)
    if not (row.get("start") or row.get("end")):
        return
    session_id = number_of(row, "session", 0)
    if session_id not in sessions:
        raise Invalid("import.session", f"The event has no session {row.get('session')!r}.")
    interval = Interval(_time(row.get("start", "")), _time(row.get("end", "")))
    import_viewing(tx, org_id, registration_id, session_id, interval, _mode(row.get("mode", "")))


def _mode(text: str) -> Mode | None:
    if not text:
        return None
    try:
        return Mode(text.lower())
    except ValueError as error:
        raise Invalid("import.mode", f"Mode is live, simlive or od, not {text!r}.") from error


def _time(text: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid("import.time", f"{text!r} is no time such as 2027-03-01T09:00Z.") from error
