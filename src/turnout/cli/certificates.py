"""`turnout certificate …`: what certificates say, issuing, printing, mailing and withdrawing."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from turnout.cli.app import (
    Count,
    actor,
    base_url,
    console,
    counted,
    database,
    say_time,
    show_table,
)
from turnout.cli.exports import noting
from turnout.cli.files import new_file, open_text
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.errors import Missing
from turnout.formats.pdf import PaperSize
from turnout.store import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from turnout.core.certificates.issuing import Certificate

certificates = App(name="certificate")


@certificates.command(name="set")
def set_certificate(
    org: str,
    event: EventNumber,
    /,
    *,
    title: str | None = None,
    text: Path | None = None,
    signer: str | None = None,
    minutes: Count | None = None,
) -> None:
    """Say what an event's certificates say, and who gets one; without options, show it.

    `%%name%%`, `%%event%%`, `%%date%%`, `%%minutes%%`, `%%organizer%%` and `%%place%%` are filled
    in.

    Example: `turnout certificate set acme 1000001 --minutes 45 --signer "Dr. Mara Lind"`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        title: The heading.
        text: A file with the sentence below the name, in UTF-8.
        signer: Who signs; without it, the organization.
        minutes: Minutes watched that earn a certificate, as being checked in does; 0 is none.
    """
    from turnout.core.certificates.issuing import Template, get_template, set_template

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        now = db.look(get_template, org_id, event)
        words = now.text
        if text is not None:
            with open_text(text) as lines:
                words = lines.read()
        chosen = Template(
            now.title if title is None else title,
            words,
            now.signer if signer is None else signer,
            now.minimum_minutes if minutes is None else minutes,
        )
        if chosen != now:
            db.call(set_template, org_id, event, chosen, actor=actor())
            chosen = db.look(get_template, org_id, event)
    earned = (
        f" or {counted(chosen.minimum_minutes, 'minute')} watched" if chosen.minimum_minutes else ""
    )
    console.print(f"{chosen.title}\n{chosen.text}\nSigned by: {chosen.signer or 'the organizer'}")
    console.print(f"Earned by being checked in{earned}.")


@certificates.command
def issue(org: str, event: EventNumber, /) -> None:
    """Issue certificates to everybody who has earned one, once the event is over. Those who have
    one keep it, so it may be repeated.

    Example: `turnout certificate issue acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    from turnout.core.certificates.issuing import issue_certificates

    count = 0
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        after: RegistrationId | None = RegistrationId(0)
        while after is not None:
            more, after = db.call(issue_certificates, org_id, event, after, actor=actor())
            count += more
    console.print(f"{counted(count, 'certificate is', 'certificates are')} issued.")


@certificates.command(name="list")
def list_issued(org: str, event: EventNumber, /) -> None:
    """List the certificates of an event.

    Example: `turnout certificate list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    from turnout.core.certificates.issuing import show_code

    with database() as db:
        found = list(_read_all(db, org_of_event(db, org, event), event))
    if not found:
        console.print("No certificate is issued yet: `turnout certificate issue` does it.")
        return
    rows = (
        (
            show_code(certificate.code),
            say_time(certificate.issued_at),
            say_time(certificate.mailed_at) if certificate.mailed_at else "",
            "withdrawn" if certificate.withdrawn_at else "good",
            str(certificate.minutes),
            certificate.name,
        )
        for certificate in found
    )
    show_table("CODE", "ISSUED", "MAILED", "STATE", "MINUTES", "NAME", rows=rows)


@certificates.command(name="print")
def print_certificates(
    org: str,
    event: EventNumber,
    file: Path,
    /,
    *,
    code: str = "",
    paper: PaperSize = PaperSize.A4,
) -> None:
    """Write certificates as a PDF, a page each.

    Example: `turnout certificate print acme 1000001 certificates.pdf`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        file: The file to write; one of that name is replaced.
        code: Only the certificate with this code.
        paper: What is printed on.
    """
    from turnout.core.certificates.drawing import draw_certificates
    from turnout.core.certificates.issuing import get_template
    from turnout.core.events.showing import get_shown_event
    from turnout.core.mails.languages import event_language

    with database() as db:
        organization = db.call(get_organization, org)
        found = _good(_read_all(db, organization.org_id, event, code))
        template = db.look(get_template, organization.org_id, event)
        shown = db.look(get_shown_event, organization.org_id, event)
        language = db.look(event_language, organization.org_id, shown)
        url = base_url(db)
    if not found:
        raise Missing("certificate.none")
    with database() as db, new_file(file) as out:
        draw_certificates(
            *(out, organization.org_id, shown, organization.name, template, found, url, paper),
            language=language,
        )
        noting(db, organization.org_id, "certificates", "event", event)(len(found))
    console.print(f"{file} has {counted(len(found), 'certificate')}.")


@certificates.command
def send(
    org: str, event: EventNumber, /, *, code: str = "", again: bool = False, dry_run: bool = False
) -> None:
    """Mail certificates to those who have an address and were not mailed theirs before.

    Example: `turnout certificate send acme 1000001 --dry-run`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        code: Only the certificate with this code.
        again: Also those that were mailed before.
        dry_run: Only say how many would be mailed.
    """
    with database() as db:
        organization = db.call(get_organization, org)
        found = _good(_read_all(db, organization.org_id, event, code))
        due = [one for one in found if one.email and (again or not one.mailed_at)]
        if not dry_run:
            _send(db, organization.org_id, organization.name, event, due)
    done = "would be" if dry_run else "is" if len(due) == 1 else "are"
    console.print(f"{counted(len(due), 'certificate')} {done} mailed.")


@certificates.command
def withdraw(org: str, code: str, /) -> None:
    """Withdraw a certificate: its code proves nothing from now on.

    Example: `turnout certificate withdraw acme ABCDE-FGHJK-LMNPQ-RSTVW`

    Args:
        org: Short name of the organization.
        code: The code on it.
    """
    from turnout.core.certificates.issuing import withdraw_certificate

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(withdraw_certificate, org_id, code, actor=actor())
    console.print(f"Certificate {code} is withdrawn.")


def _send(
    db: Database, org_id: OrgId, organizer: str, event: EventId, due: "list[Certificate]"
) -> None:
    from turnout.core.certificates.drawing import draw_certificates
    from turnout.core.certificates.issuing import (
        get_template,
        proof_url,
        send_certificate,
    )
    from turnout.core.events.showing import get_shown_event
    from turnout.core.mails.languages import event_language

    template = db.look(get_template, org_id, event)
    shown = db.look(get_shown_event, org_id, event)
    language = db.look(event_language, org_id, shown)
    url = base_url(db)
    for certificate in due:
        out = io.BytesIO()
        draw_certificates(
            *(out, org_id, shown, organizer, template, [certificate], url), language=language
        )
        proof = proof_url(url, org_id, certificate.code)
        db.call(send_certificate, org_id, event, certificate, out.getvalue(), proof)


def _read_all(
    db: Database, org_id: OrgId, event: EventId, code: str = ""
) -> "Iterator[Certificate]":
    from turnout.core.certificates.issuing import list_certificates

    after = RegistrationId(0)
    while found := db.look(list_certificates, org_id, event, after, code):
        yield from found
        after = found[-1].registration_id


def _good(found: "Iterator[Certificate]") -> "list[Certificate]":
    return [certificate for certificate in found if not certificate.withdrawn_at]
