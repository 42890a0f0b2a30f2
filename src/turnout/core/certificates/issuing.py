"""Issuing certificates, mailing and withdrawing them, and looking one up by its code.

Theory. A certificate is issued once for a registration, after the event, to those who were checked
in at a door or watched for as long as the event's template asks. Its code is 98 bits of chance and
stands on the paper; anyone who has it may ask whether the certificate is genuine, and is told what
the paper says: name, event, days. No certificate holds a name of its own, so it changes and goes
with the person.
"""

import re
from typing import NamedTuple

import msgspec

from turnout.catalogue.translations import ENGLISH, find_locale, label
from turnout.core.audit.recording import record
from turnout.core.certificates.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.mails.languages import event_language
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, write
from turnout.core.messaging.notices import keep_file
from turnout.core.neutral import neutralize
from turnout.core.text import is_storable
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.pdf.bidi import keep_direction
from turnout.store import Tx

PATH = "/certificate/"
CODE_LENGTH = 20
GROUP = 5
SLICE = 200
LONGEST_TITLE, LONGEST_TEXT = 100, 1000
MOST_MINUTES = 100_000
FIELDS = ("name", "event", "date", "minutes", "organizer", "place")
_FIELD = re.compile(r"%%(\w{1,30})%%", re.ASCII)


class Template(msgspec.Struct, frozen=True):
    """What an event's certificates say. `%%name%%` and the other FIELDS are filled in.
    `minimum_minutes` watched earn one, too; 0 = only being checked in does."""

    title: str = label(ENGLISH, "paper.certificate_title")
    text: str = label(ENGLISH, "paper.certificate_text")
    signer: str = ""
    minimum_minutes: int = 0


class Certificate(NamedTuple):
    """A certificate with its holder. Instants in epoch ms; `minutes` is the time watched,
    `language` that in which they registered, empty = not known."""

    registration_id: RegistrationId
    code: str
    first_name: str
    last_name: str
    email: str
    minutes: int
    issued_at: int
    mailed_at: int | None
    withdrawn_at: int | None
    language: str = ""

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first_name, self.last_name)))


class ProvenCertificate(NamedTuple):
    """What a code proves. `issued_at` and `withdrawn_at` in epoch ms."""

    name: str
    shown: EventView
    organizer: str
    minutes: int
    issued_at: int
    withdrawn_at: int | None


def get_template(tx: Tx, org_id: OrgId, event_id: EventId) -> Template:
    """An event's template; the usual one, in the event's language, where it has none. Raises
    Missing."""
    shown = get_shown_event(tx, org_id, event_id)
    row = sql.find_template(tx, org_id=org_id, event_id=event_id)
    if row:
        return Template(*row)
    return Template(*_usual(event_language(tx, org_id, shown)))


def speak(template: Template, language: str, own: str) -> tuple[Template, str]:
    """The template of an event in that language for somebody who registered in `own` (empty = not
    known), and the language in which it speaks. What an organizer wrote is not translated."""
    spoken = find_locale(own) or language
    if (template.title, template.text) != _usual(language):
        return template, language
    title, text = _usual(spoken)
    return msgspec.structs.replace(template, title=title, text=text), spoken


def _usual(language: str) -> tuple[str, str]:
    return label(language, "paper.certificate_title"), label(language, "paper.certificate_text")


def set_template(
    tx: Tx, org_id: OrgId, event_id: EventId, template: Template, *, actor: str
) -> None:
    """Keep an event's template; papers that were mailed stay as they are. Raises Missing and
    Invalid."""
    get_event(tx, org_id, event_id)
    _check(template)
    sql.set_template(
        tx,
        org_id=org_id,
        event_id=event_id,
        title=template.title.strip(),
        text=template.text.strip(),
        signer=template.signer.strip(),
        minimum_minutes=template.minimum_minutes,
    )
    minutes = template.minimum_minutes
    record(tx, org_id, actor, "set", "certificate template", event_id, minimum_minutes=minutes)


def issue_certificates(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    after: RegistrationId,
    *,
    actor: str,
) -> tuple[int, RegistrationId | None]:
    """Issue up to 200 certificates to registrations after one; those who have one keep it.

    Returns how many were issued, and after which registration to go on, None = all are done. Raises
    Missing, Conflict before the event is over.
    """
    event = get_event(tx, org_id, event_id)
    if event.ends_at > tx.now:
        raise Conflict("certificate.early", event_id=event_id)
    template = get_template(tx, org_id, event_id)
    rows = sql.list_entitled(
        tx,
        org_id=org_id,
        event_id=event_id,
        after=after,
        limit=SLICE,
        least_seconds=template.minimum_minutes * 60,
    )
    for registration_id, _, seconds in rows:
        sql.add_certificate(
            tx,
            org_id=org_id,
            registration_id=registration_id,
            event_id=event_id,
            code=tx.ids.code(CODE_LENGTH),
            minutes=seconds // 60,
            now=tx.now,
        )
    if rows:
        record(tx, org_id, actor, "issued certificates", "event", event_id, count=len(rows))
    last = rows[-1].registration_id if len(rows) == SLICE else None
    return len(rows), last


def list_certificates(
    tx: Tx, org_id: OrgId, event_id: EventId, after: RegistrationId, code: str = ""
) -> list[Certificate]:
    """Certificates of an event after a registration, 200 at most; withdrawn ones too."""
    rows = sql.list_certificates(
        tx, org_id=org_id, event_id=event_id, after=after, limit=SLICE, code=normalize(code)
    )
    return [Certificate(*row) for row in rows]


def send_certificate(
    tx: Tx, org_id: OrgId, event_id: EventId, certificate: Certificate, pdf: bytes, url: str
) -> bool:
    """Queue the mail with a certificate's paper. Whether it was: not without an address, nor for a
    certificate that was withdrawn."""
    if not certificate.email:
        return False
    if not sql.mark_mailed(
        tx, org_id=org_id, registration_id=certificate.registration_id, now=tx.now
    ):
        return False
    shown = get_shown_event(tx, org_id, event_id)
    chosen = choose_for(tx, org_id, shown, MailKind.CERTIFICATE, certificate.language)
    first, last = neutralize(certificate.first_name), neutralize(certificate.last_name)
    file = keep_file(tx, org_id, "certificate.pdf", "application/pdf", pdf)
    said = Particulars({"certificate_link": url})
    write(tx, org_id, shown, chosen, Addressee(certificate.email, first, last), said, files=(file,))
    return True


def withdraw_certificate(tx: Tx, org_id: OrgId, code: str, *, actor: str) -> None:
    """Let a code prove nothing from now on; idempotent. Raises Missing."""
    found = sql.withdraw_certificate(tx, org_id=org_id, code=normalize(code), now=tx.now)
    if found is None:
        raise Missing("certificate.missing")
    record(tx, org_id, actor, "withdrew certificate", "registration", found)


def prove_certificate(tx: Tx, org_id: OrgId, code: str) -> ProvenCertificate:
    """What a code proves. Raises Missing, also for a certificate of somebody who was erased."""
    row = sql.find_certificate(tx, org_id=org_id, code=normalize(code))
    if row is None:
        raise Missing("certificate.missing")
    event_id, first_name, last_name, minutes, issued_at, withdrawn_at = row
    name = " ".join(filter(None, (first_name, last_name)))
    if not name:
        raise Missing("certificate.missing")
    shown = get_shown_event(tx, org_id, event_id)
    organizer = get_organization_of(tx, org_id).name
    return ProvenCertificate(name, shown, organizer, minutes, issued_at, withdrawn_at)


def normalize(code: str) -> str:
    """A code as it is kept: in capitals, without what people put between the letters."""
    return "".join(c for c in code.upper() if c.isascii() and c.isalnum())[: CODE_LENGTH + 1]


def show_code(code: str) -> str:
    """A code as it is printed: `ABCDE-FGHJK-LMNPQ-RSTVW`."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def proof_url(base_url: str, org_id: OrgId, code: str) -> str:
    """Where a code is checked."""
    return f"{base_url}{PATH}{org_id}-{code}"


def fill_in(text: str, facts: dict[str, str]) -> str:
    """A template's text with the fields of one certificate."""
    return _FIELD.sub(lambda found: keep_direction(facts[found[1]], within=text), text)


def _check(template: Template) -> None:
    texts = (template.title, template.text, template.signer)
    if not template.title.strip() or not template.text.strip():
        raise Invalid("certificate.empty")
    limits = (LONGEST_TITLE, LONGEST_TEXT, LONGEST_TITLE)
    if any(len(text) > limit for text, limit in zip(texts, limits, strict=True)):
        raise Invalid("certificate.long", title=LONGEST_TITLE, text=LONGEST_TEXT)
    if not all(map(is_storable, texts)):
        raise Invalid("certificate.empty")
    for name in _FIELD.findall(" ".join(texts)):
        if name not in FIELDS:
            raise Invalid("certificate.field", field=name, known=FIELDS)
    if not 0 <= template.minimum_minutes <= MOST_MINUTES:
        raise Invalid("certificate.minutes", limit=MOST_MINUTES)
