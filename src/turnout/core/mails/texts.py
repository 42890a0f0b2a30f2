"""The texts of an event's mails: those that come with Turnout, and those that an organizer wrote.

A text of an organizer is of one event, kind and language. Where there is none, the organization's
own is used (defaults.py), else the catalogue's, in the language in which somebody is written to.
"""

from typing import NamedTuple

from turnout.catalogue.translations import ENGLISH, find_locale, label
from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.fields import check_language
from turnout.core.ids import EventId, OrgId
from turnout.core.mails.composing import breaks_links, lost_links, unknown_fields
from turnout.core.mails.languages import primary
from turnout.core.mails.model import KINDS, MailKind, MailText, fields_of
from turnout.core.mails.sql import sql
from turnout.core.text import is_line, is_paragraph
from turnout.errors import Invalid, Missing
from turnout.store import Tx

LONGEST_SUBJECT, LONGEST_BODY = 200, 20_000


class OwnText(NamedTuple):
    """A text that an organizer wrote. `updated_at` in epoch ms."""

    kind: MailKind
    language: str
    text: MailText
    updated_at: int


class ChosenText(NamedTuple):
    """The text of a mail, and its language. `is_own`: somebody wrote it for the event;
    `is_default`: for all events of the organization."""

    language: str
    text: MailText
    is_own: bool
    is_default: bool = False


def usual_text(kind: str, language: str) -> MailText:
    """The text that comes with Turnout, of a kind or of another mail that has a text there; in
    English where the language has none."""
    locale = find_locale(language) or ENGLISH
    return MailText(label(locale, f"mail.{kind}.subject"), label(locale, f"mail.{kind}.text"))


def list_own_texts(tx: Tx, org_id: OrgId, event_id: EventId) -> list[OwnText]:
    """The texts that were written for an event, by kind and language. Raises Missing."""
    get_event(tx, org_id, event_id)
    return [
        OwnText(MailKind(kind), language, MailText(subject, body), updated_at)
        for kind, language, subject, body, updated_at in sql.list_texts(
            tx, org_id=org_id, event_id=event_id
        )
    ]


def choose_text(
    tx: Tx, org_id: OrgId, event_id: EventId, kind: MailKind, languages: list[str]
) -> ChosenText:
    """The text in the first of these languages that the event, its organization or the catalogue
    has; the event's own before the organization's."""
    rows = sql.list_texts_of_kind(tx, org_id=org_id, event_id=event_id, kind=kind.value)
    own = {row.language: MailText(row.subject, row.body) for row in rows if row.is_own}
    defaults = {row.language: MailText(row.subject, row.body) for row in rows if not row.is_own}
    for language in (*languages, ENGLISH):
        if language in own:
            return ChosenText(language, own[language], is_own=True)
        if language in defaults:
            return ChosenText(language, defaults[language], is_own=False, is_default=True)
        if find_locale(language):
            break
    return ChosenText(language, usual_text(kind, language), is_own=False)


def set_text(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    kind: MailKind,
    language: str,
    text: MailText,
    *,
    actor: str,
) -> str:
    """Keep an event's own text; mails that are queued already stay as they are. Returns the
    language as it is kept, without a region. Idempotent.

    Raises Missing; Invalid for a text that is empty, too long, asks for an unknown field or lacks
    the link that its kind is for, and for what is not the tag of a language.
    """
    get_event(tx, org_id, event_id)
    check_language("language", language)
    check_text(kind, text)
    kept = primary(language)
    sql.set_text(
        tx,
        org_id=org_id,
        event_id=event_id,
        kind=kind.value,
        language=kept,
        subject=text.subject.strip(),
        body=text.body.strip(),
        now=tx.now,
    )
    record(tx, org_id, actor, "set mail text", "event", event_id, kind=kind, language=kept)
    return kept


def reset_text(
    tx: Tx, org_id: OrgId, event_id: EventId, kind: MailKind, language: str, *, actor: str
) -> None:
    """Use the text again that comes with Turnout. Raises Missing where the event has none of its
    own in that language."""
    get_event(tx, org_id, event_id)
    language = primary(language)
    deleted = sql.delete_text(
        tx, org_id=org_id, event_id=event_id, kind=kind.value, language=language
    )
    if not deleted:
        raise Missing("mail.none", event_id=event_id, kind=kind.value, language=language)
    record(tx, org_id, actor, "reset mail text", "event", event_id, kind=kind, language=language)


def check_text(kind: MailKind, text: MailText) -> None:
    """Raise Invalid for a text that cannot be sent as a mail of that kind."""
    if not text.subject.strip() or not text.body.strip():
        raise Invalid("mail.empty")
    if len(text.subject) > LONGEST_SUBJECT or len(text.body) > LONGEST_BODY:
        raise Invalid("mail.long", subject=LONGEST_SUBJECT, text=LONGEST_BODY)
    if not is_line(text.subject.strip()) or not is_paragraph(text.body.strip()):
        raise Invalid("mail.text")
    known = sorted(fields_of(kind))
    if unknown := unknown_fields(text, known):
        raise Invalid("mail.field", field=unknown[0], kind=kind.value, known=known)
    if lost := lost_links(text, KINDS[kind].required):
        raise Invalid("mail.link", field=lost[0], kind=kind.value)
    if broken := breaks_links(text):
        raise Invalid("mail.target", field=broken[0])
