"""Texts of mails that an organization writes once, for all of its events without their own."""

from turnout.core.audit.recording import record
from turnout.core.fields import check_language
from turnout.core.ids import OrgId
from turnout.core.mails.languages import primary
from turnout.core.mails.model import MailKind, MailText
from turnout.core.mails.sql import sql
from turnout.core.mails.texts import ChosenText, OwnText, check_text, usual_text
from turnout.errors import Missing
from turnout.store import Tx


def list_default_texts(tx: Tx, org_id: OrgId) -> list[OwnText]:
    """The organization's texts, by kind and language."""
    return [
        OwnText(MailKind(row.kind), row.language, MailText(row.subject, row.body), row.updated_at)
        for row in sql.list_default_texts(tx, org_id=org_id)
    ]


def get_default_text(tx: Tx, org_id: OrgId, kind: MailKind, language: str) -> ChosenText:
    """The organization's text in that language, else the one that comes with Turnout."""
    language = primary(language)
    for own in list_default_texts(tx, org_id):
        if (own.kind, own.language) == (kind, language):
            return ChosenText(language, own.text, is_own=False, is_default=True)
    return ChosenText(language, usual_text(kind, language), is_own=False)


def set_default_text(
    tx: Tx, org_id: OrgId, kind: MailKind, language: str, text: MailText, *, actor: str
) -> str:
    """Keep the organization's text; mails that are queued already stay as they are. Returns the
    language as it is kept, without a region. Idempotent. Raises Invalid as `set_text` does."""
    check_language("language", language)
    check_text(kind, text)
    kept = primary(language)
    subject, body = text.subject.strip(), text.body.strip()
    sql.set_default_text(
        tx, org_id=org_id, kind=kind.value, language=kept, subject=subject, body=body, now=tx.now
    )
    record(tx, org_id, actor, "set mail text", "organization", org_id, kind=kind, language=kept)
    return kept


def reset_default_text(tx: Tx, org_id: OrgId, kind: MailKind, language: str, *, actor: str) -> None:
    """Use the text again that comes with Turnout. Raises Missing where the organization has none in
    that language."""
    kept = primary(language)
    if not sql.delete_default_text(tx, org_id=org_id, kind=kind.value, language=kept):
        raise Missing("mail.no_default", kind=kind.value, language=kept)
    record(tx, org_id, actor, "reset mail text", "organization", org_id, kind=kind, language=kept)
