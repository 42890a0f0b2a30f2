"""`turnout mail …`: what an event's mails say, by kind and language; `turnout event remind`."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from turnout.cli.app import (
    actor,
    base_url,
    console,
    counted,
    database,
    say_time,
    show_table,
    tell_twice,
)
from turnout.cli.files import new_file, open_text
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber
from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId, PersonId
from turnout.core.mails.model import KINDS, MailKind
from turnout.core.times import stamp
from turnout.store import Database

if TYPE_CHECKING:
    from turnout.core.mails.texts import ChosenText

mails = App(name="mail")
LARGEST_FILE = 100_000


@mails.command(name="list")
def list_texts(org: str, event: EventNumber, /) -> None:
    """List the kinds of mails of an event, the languages of those whose text is its own, and the
    links that a text of the kind must have.

    Example: `turnout mail list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    from turnout.core.mails.texts import list_own_texts

    with database() as db:
        own = db.look(list_own_texts, org_of_event(db, org, event), event)
    rows = [
        (
            kind.value,
            ", ".join(f"{o.language} ({say_time(o.updated_at)})" for o in own if o.kind is kind),
            " ".join(f"%%{name}%%" for name in rule.required),
        )
        for kind, rule in KINDS.items()
    ]
    show_table("KIND", "OWN TEXTS", "NEEDS", rows=rows)


@mails.command
def show(org: str, event: EventNumber, kind: MailKind, /, *, language: str = "") -> None:
    """Show the text of a kind of mail, as it is to be written into a file, and its merge fields.

    Example: `turnout mail show acme 1000001 confirmation --language de`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        kind: Why the mail is written.
        language: In which language; without it, the event's.
    """
    from turnout.core.mails.model import fields_of

    with database() as db:
        chosen = _choose(db, org_of_event(db, org, event), event, kind, language)
    usual = "of the organization" if chosen.is_default else "that comes with Turnout"
    origin = "of the event" if chosen.is_own else usual
    console.print(f"Subject: {chosen.text.subject}\n\n{chosen.text.body}\n", soft_wrap=True)
    console.print(f"-- \nThis is the text {origin}, in {chosen.language}.", soft_wrap=True)
    fields = " ".join(f"%%{name}%%" for name in fields_of(kind))
    console.print(f"Fields: {fields}", soft_wrap=True)


@mails.command(name="set")
def set_text(
    org: str,
    event: EventNumber,
    kind: MailKind,
    /,
    *,
    language: str,
    subject: str | None = None,
    text_file: Path | None = None,
) -> None:
    """Set what a kind of mail says in a language, for mails from now on.

    The text is Markdown with merge fields, which `turnout mail show` lists. A line whose fields are
    all empty is left out, and so is a paragraph.

    Example: `turnout mail set acme 1000001 reminder --language en --subject "See you at %%event%%"
    --text-file reminder.md`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        kind: Why the mail is written.
        language: In which language, such as en, de or pt; a region is left out.
        subject: The subject; without it, it stays as it is.
        text_file: A file with the text, in UTF-8; without it, it stays as it is.
    """
    from turnout.core.mails.model import MailText
    from turnout.core.mails.texts import set_text as keep_text

    with database() as db:
        org_id = org_of_event(db, org, event)
        now = _choose(db, org_id, event, kind, language).text
        body = now.body if text_file is None else _read_text(text_file)
        text = MailText(now.subject if subject is None else subject, body)
        kept = db.call(keep_text, org_id, event, kind, language, text, actor=actor())
    console.print(f"The {kind} mail of event {event} is set, in {kept}.")


@mails.command
def reset(org: str, event: EventNumber, kind: MailKind, /, *, language: str) -> None:
    """Use the text again that comes with Turnout.

    Example: `turnout mail reset acme 1000001 reminder --language en`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        kind: Why the mail is written.
        language: In which language.
    """
    from turnout.core.mails.texts import reset_text

    with database() as db:
        org_id = org_of_event(db, org, event)
        db.call(reset_text, org_id, event, kind, language, actor=actor())
    console.print(f"The {kind} mail of event {event} is the usual one again, in {language}.")


@mails.command(name="list-default")
def list_defaults(org: str, /) -> None:
    """List the texts that count at all events of an organization without their own.

    Example: `turnout mail list-default acme`

    Args:
        org: Short name of the organization.
    """
    from turnout.core.mails.defaults import list_default_texts

    with database() as db:
        own = db.look(list_default_texts, db.look(get_organization, org).org_id)
    rows = [(o.kind.value, o.language, o.text.subject, say_time(o.updated_at)) for o in own]
    if rows:
        show_table("KIND", "LANGUAGE", "SUBJECT", "SET", rows=rows)
    else:
        console.print("The organization has no texts of its own.")


@mails.command(name="set-default")
def set_default(
    org: str,
    kind: MailKind,
    /,
    *,
    language: str,
    subject: str | None = None,
    text_file: Path | None = None,
) -> None:
    """Set what a kind of mail says in a language at all events without their own text.

    Example: `turnout mail set-default acme reminder --language en --subject "See you at %%event%%"`

    Args:
        org: Short name of the organization.
        kind: Why the mail is written.
        language: In which language, such as en, de or pt; a region is left out.
        subject: The subject; without it, it stays as it is.
        text_file: A file with the text, in UTF-8; without it, it stays as it is.
    """
    from turnout.core.mails.defaults import get_default_text, set_default_text
    from turnout.core.mails.model import MailText

    with database() as db:
        org_id = db.look(get_organization, org).org_id
        now = db.look(get_default_text, org_id, kind, language).text
        body = now.body if text_file is None else _read_text(text_file)
        text = MailText(now.subject if subject is None else subject, body)
        kept = db.call(set_default_text, org_id, kind, language, text, actor=actor())
    console.print(f"The {kind} mail of {org} is set, in {kept}.")


@mails.command(name="reset-default")
def reset_default(org: str, kind: MailKind, /, *, language: str) -> None:
    """Use the text again that comes with Turnout, at all events without their own.

    Example: `turnout mail reset-default acme reminder --language en`

    Args:
        org: Short name of the organization.
        kind: Why the mail is written.
        language: In which language.
    """
    from turnout.core.mails.defaults import reset_default_text

    with database() as db:
        org_id = db.look(get_organization, org).org_id
        db.call(reset_default_text, org_id, kind, language, actor=actor())
    console.print(f"The {kind} mail of {org} is the usual one again, in {language}.")


@mails.command
def preview(
    org: str,
    event: EventNumber,
    kind: MailKind,
    /,
    *,
    language: str = "",
    person: str = "",
    html_file: Path | None = None,
) -> None:
    """Show a mail as a person would get it; nothing is sent.

    Example: `turnout mail preview acme 1000001 offer --html-file mail.html`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        kind: Why the mail is written.
        language: In which language; without it, the person's, or the event's.
        person: Number or e-mail address; without it, somebody made up.
        html_file: A file for the HTML; one of that name is replaced.
    """
    from turnout.core.registrations.previewing import preview_mail

    with database() as db:
        org_id = org_of_event(db, org, event)
        who = _find(db, org_id, person)
        url = base_url(db)
        seen = db.look(preview_mail, org_id, event, kind, url, language=language, person_id=who)
    console.print(f"Subject: {seen.subject}\n\n{seen.text}", soft_wrap=True)
    if html_file:
        with new_file(html_file) as out:
            out.write(seen.html.encode())
        console.print(f"-- \n{html_file} has the HTML.")


@mails.command(name="test-send")
def send_a_test(
    org: str,
    event: EventNumber,
    kind: MailKind,
    /,
    *,
    to: str,
    language: str = "",
    person: str = "",
) -> None:
    """Send a mail to an address of your own, as a person would get it, without attachments.

    Example: `turnout mail test-send acme 1000001 confirmation --to me@example.com`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        kind: Why the mail is written.
        to: Where it is sent.
        language: In which language; without it, the person's, or the event's.
        person: Number or e-mail address; without it, somebody made up.
    """
    from turnout.core.registrations.previewing import send_test

    with database() as db:
        org_id = org_of_event(db, org, event)
        who = _find(db, org_id, person)
        db.call(
            send_test,
            org_id,
            event,
            kind,
            base_url(db),
            to,
            language=language,
            person_id=who,
            actor=actor(),
        )
    console.print(f"The {kind} mail of event {event} is on its way to {to}.")


def remind(org: str, event: EventNumber, /, *, at: str = "", stop: bool = False) -> None:
    """Remind everybody who is registered by mail, once for each date of the event: doing it again
    reminds only those who registered since.

    Example: `turnout event remind acme 1000001 --at 2027-02-28T09:00`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        at: Local time before the event's start; without it, now.
        stop: Remind nobody from now on.
    """
    from turnout.core.registrations.reminding import remind as set_reminder
    from turnout.core.registrations.reminding import stop_reminding

    with database() as db:
        org_id = org_of_event(db, org, event)
        if stop:
            db.call(stop_reminding, org_id, event, actor=actor())
            console.print(f"Event {event} reminds nobody.")
            return
        timezone = db.look(get_event, org_id, event).timezone
        tell_twice(timezone, at or None)
        due_at, count = db.call(set_reminder, org_id, event, at, actor=actor())
    console.print(
        f"{counted(count, 'person is', 'people are')} reminded at {stamp(due_at, timezone)}."
    )


def _choose(
    db: Database, org_id: OrgId, event: EventId, kind: MailKind, language: str
) -> "ChosenText":
    from turnout.core.events.showing import get_shown_event
    from turnout.core.mails.sending import choose_for

    shown = db.look(get_shown_event, org_id, event)
    return db.look(choose_for, org_id, shown, kind, language)


def _find(db: Database, org_id: OrgId, person: str) -> PersonId | None:
    from turnout.core.people.finding import get_named_person

    return db.look(get_named_person, org_id, person).id if person else None


def _read_text(file: Path) -> str:
    with open_text(file) as lines:
        return lines.read(LARGEST_FILE)
