"""The mails of tickets: queued with their cause, written by a worker.

A ticket's mail has the ticket as PDF, its QR code as SVG and PNG, and the event for calendars.
Drawing takes a tenth of a second, so it is not done where the ticket is issued: a row in
`ticket_mails` waits until the worker has drawn, and goes in the transaction that queues the mail.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import EventId, OrgId, RegistrationId, TicketId, UserId
from turnout.core.mails.facts import say_where
from turnout.core.mails.languages import choose_language, preferred_languages
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, write
from turnout.core.mails.texts import ChosenText
from turnout.core.messaging.notices import keep_file
from turnout.core.neutral import neutralize
from turnout.core.tickets.documents import TicketFacts, event_entry
from turnout.core.tickets.prices import find_price, get_payment_terms, say_price
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.core.tickets.sql import sql
from turnout.core.work.claims import Claim, claim, do_claimed, take
from turnout.errors import Missing
from turnout.formats.calendar import Entry, calendar_file
from turnout.formats.local_dates import say_money
from turnout.store import Tx
from turnout.store.back_off import growing

TICKET = "/ticket/"
PAYMENT = "%%payment%%"
SLICE = 20
# A ticket that cannot be drawn is tried again, and then given up: its page still shows it.
ATTEMPTS = 5
PAUSES_S = growing(60, 960)
TICKET_MAIL = "ticket mail"
DRAWING_S = 30
# Longer than drawing one takes: the others wait, and are claimed again if that takes long.
CLAIM_MS = 2 * DRAWING_S * 1000

ListLinks = Callable[[Tx, OrgId, str], list[tuple[str, str]]]
"""Lists titles and paths of what the ticket of an organization and code lets somebody watch."""


class TicketMail(NamedTuple):
    """A ticket that is to be mailed, with what its papers say; claimed `at`, `until` then (epoch
    ms). `user_id` is the user who asked for it, None where nobody did; `language` that in which
    its holder registered, empty = not known."""

    org_id: OrgId
    ticket_id: TicketId
    user_id: UserId | None
    attempts: int
    registration_id: RegistrationId
    to: Addressee
    language: str
    facts: TicketFacts
    at: int
    until: int

    @property
    def email(self) -> str:
        return self.to.email

    @property
    def claim(self) -> Claim:
        return Claim(self.org_id, self.ticket_id, self.until)


class MailedTicket(NamedTuple):
    """A ticket of which a mail tells."""

    org_id: OrgId
    shown: EventView
    code: str
    type_name: str


class Attachment(NamedTuple):
    """A file of a mail."""

    name: str
    content_type: str
    content: bytes


def claim_ticket_mails(tx: Tx) -> list[TicketMail]:
    """Tickets that are due to be mailed, claimed for CLAIM_MS."""
    mails = []
    shown: dict[tuple[OrgId, EventId], EventView] = {}
    rows = sql.list_due_ticket_mails(tx, now=tx.now, limit=SLICE)
    due = [(row.org_id, row.ticket_id) for row in rows]
    claimed = claim(tx, TICKET_MAIL, due, CLAIM_MS)
    until = {claim.key: claim.until for claim in claimed}
    for row in rows:
        if (row.org_id, row.ticket_id) not in until:
            continue
        org_id, ticket_id, user_id, attempts = row.org_id, row.ticket_id, row.user_id, row.attempts
        event_id, code, type_id = row.event_id, row.code, row.ticket_type_id
        first, last = neutralize(row.first_name), neutralize(row.last_name)
        if (org_id, event_id) not in shown:
            shown[org_id, event_id] = get_shown_event(tx, org_id, event_id)
        event = shown[org_id, event_id]
        to = Addressee.of(row.email, first, last, is_for_guest=bool(row.is_for_contact))
        facts = TicketFacts(
            shown=event,
            organizer=get_organization_of(tx, org_id).name,
            type_name=next((t.name for t in event.ticket_types if t.id == type_id), ""),
            code=code,
            signed=sign_ticket(ensure_ticket_key(tx, org_id), event_id, code, type_id),
            holder=neutralize(" ".join(filter(None, (first, last)))),
            language=choose_language(preferred_languages(tx, org_id, event, row.language)),
        )
        ends_at = until[org_id, ticket_id]
        mails.append(
            TicketMail(
                *(org_id, ticket_id, user_id, attempts, row.registration_id),
                *(to, row.language, facts, tx.now, ends_at),
            )
        )
    return mails


def calendar_attachment(entry: Entry) -> Attachment:
    """An event for calendars, with the method that mail programs go by (RFC 6047)."""
    return Attachment("event.ics", entry.content_type, calendar_file(entry))


def choose_ticket_names(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_nameless: bool, actor: str
) -> None:
    """Say whether an event's tickets leave out who has them, in mails and on paper; idempotent.
    Raises Missing."""
    found = sql.set_nameless(
        tx, org_id=org_id, event_id=event_id, is_nameless=int(is_nameless), now=tx.now
    )
    if found is None:
        raise Missing("event.missing", event_id=event_id)
    record(tx, org_id, actor, "changed", "event", event_id, has_nameless_tickets=is_nameless)


def has_nameless_tickets(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Whether an event's tickets leave out who has them."""
    return bool(sql.is_nameless(tx, org_id=org_id, event_id=event_id))


def draw_attachments(mail: TicketMail, base_url: str) -> list[Attachment]:
    """The files that go with a ticket. Slow, and needs no transaction."""
    # Loaded where it is drawn: commands that queue mails need none of it.
    from turnout.core.tickets.drawing import ticket_pdf
    from turnout.formats.qr import qr_png, qr_svg_file

    facts = mail.facts
    url = f"{base_url}{TICKET}{mail.org_id}-{facts.code}"
    files = [
        Attachment("ticket.pdf", "application/pdf", ticket_pdf(facts)),
        Attachment("ticket.png", "image/png", qr_png(facts.signed, is_quick=True)),
        Attachment("ticket.svg", "image/svg+xml", qr_svg_file(facts.signed, is_quick=True)),
    ]
    # Without a date nothing is to be put into a calendar, nor taken out of a newcomer's.
    if not facts.shown.details.is_date_open:
        entry = event_entry(facts.shown, facts.organizer, mail.at, url, is_holders=True)
        files.append(calendar_attachment(entry))
    return files


def send_ticket_mail(
    tx: Tx,
    mail: TicketMail,
    attachments: list[Attachment],
    base_url: str,
    list_links: ListLinks,
) -> None:
    """Queue the mail, once: another worker that has drawn the same ticket finds nothing to do. A
    ticket that was cancelled since is not mailed, nor one that another worker has in hand. One
    that cannot be written, or needs a row that is held, rests for a while (claims.py)."""
    do_claimed(
        tx,
        TICKET_MAIL,
        [mail.claim],
        lambda tx, _: _send(tx, mail, attachments, base_url, list_links),
    )


def give_ticket_mails_back(tx: Tx, mails: Sequence[TicketMail]) -> None:
    """Let any worker claim them: they were never begun, or come to nothing here."""
    take(tx, TICKET_MAIL, [mail.claim for mail in mails])


def _send(
    tx: Tx,
    mail: TicketMail,
    attachments: list[Attachment],
    base_url: str,
    list_links: ListLinks,
) -> None:
    if not sql.delete_ticket_mail(tx, org_id=mail.org_id, ticket_id=mail.ticket_id):
        return
    if not sql.is_ticket_valid(tx, org_id=mail.org_id, id=mail.ticket_id):
        return
    shown = mail.facts.shown
    files = tuple(keep_file(tx, mail.org_id, *attachment) for attachment in attachments)
    chosen = choose_for(tx, mail.org_id, shown, MailKind.CONFIRMATION, mail.language)
    links = list_links(tx, mail.org_id, mail.facts.code)
    ticket = MailedTicket(mail.org_id, shown, mail.facts.code, mail.facts.type_name)
    price = find_price(tx, mail.org_id, ticket.code)
    terms = get_payment_terms(tx, mail.org_id, shown.details)
    whose = (shown, mail.facts.organizer, terms.text, chosen.language)
    payment = say_price(price, *whose) if price else ""
    write(
        tx,
        mail.org_id,
        shown,
        _with_payment(chosen, payment) if payment else chosen,
        mail.to,
        say_ticket(ticket, base_url, links, chosen.language, payment)._replace(
            registration_id=mail.registration_id
        ),
        base_url=base_url,
        files=files,
        user_id=mail.user_id,
    )


def _with_payment(chosen: ChosenText, payment: str) -> ChosenText:
    """The text, with how to pay below it unless it says so itself. Each of its lines is a field, so
    that it stays a line; what is a person's is in no text that all get."""
    text = chosen.text
    body = text.body if PAYMENT in text.body else f"{text.body}\n\n{PAYMENT}"
    lines = "\n".join(f"%%{name}%%" if line else "" for name, line in _payment_lines(payment))
    return chosen._replace(text=text._replace(body=body.replace(PAYMENT, lines)))


def _payment_lines(payment: str) -> list[tuple[str, str]]:
    lines = [line.strip() for line in payment.splitlines()]
    return [(f"payment_{n}" if n else "payment", line) for n, line in enumerate(lines)]


def say_ticket(
    ticket: MailedTicket,
    base_url: str,
    links: Sequence[tuple[str, str]],
    language: str,
    payment: str = "",
) -> Particulars:
    """What mails say of a ticket; `links` are titles and paths of what it lets somebody watch,
    `payment` how it is to be paid."""
    fields = {f"watch_link_{n}": f"{base_url}{path}" for n, (_, path) in enumerate(links, 1)}
    is_at_door = bool(say_where(ticket.shown)) or not links
    use = "mail.ticket_use_door" if is_at_door else "mail.ticket_use_online"
    types = {type_.name: type_ for type_ in ticket.shown.ticket_types}
    type_ = types.get(ticket.type_name)
    price = say_money(type_.price_minor, type_.currency, language) if type_ else ""
    return Particulars(
        fields={
            "ticket_code": ticket.code,
            "ticket_link": f"{base_url}{TICKET}{ticket.org_id}-{ticket.code}",
            "payment": "",
            **dict(_payment_lines(payment)),
            **fields,
        },
        facts={
            "ticket_type": ticket.type_name,
            "ticket_use": label(language, use),
            "price": price if type_ and type_.price_minor else "",
        },
        watch=[(title, name) for (title, _), name in zip(links, fields, strict=True)],
    )


def postpone_ticket_mail(tx: Tx, mail: TicketMail) -> None:
    """A ticket could not be drawn: try again later, and not for ever. If another worker has it in
    hand, that one says."""
    if not take(tx, TICKET_MAIL, [mail.claim]):
        return
    if mail.attempts + 1 >= ATTEMPTS:
        sql.delete_ticket_mail(tx, org_id=mail.org_id, ticket_id=mail.ticket_id)
        return
    pause_s = PAUSES_S.scatter(mail.attempts + 1, mail.ticket_id)
    due_at = tx.now + round(pause_s * 1000)
    sql.postpone_ticket_mail(tx, org_id=mail.org_id, ticket_id=mail.ticket_id, due_at=due_at)


def write_to_guest(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    email: str,
    kind: MailKind,
    base_url: str,
    language: str,
) -> None:
    """Queue a mail to an address that somebody typed into a form, perhaps not their own, in the
    language of that form; of a kind that is to a stranger."""
    shown = get_shown_event(tx, org_id, event_id)
    chosen = choose_for(tx, org_id, shown, kind, language)
    write(tx, org_id, shown, chosen, Addressee(email), base_url=base_url)
