"""A guest's pages as HTML."""

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from turnout.catalogue.translations import label
from turnout.core.checkin.attendees import ShownTicket
from turnout.core.events.model import GuestRight
from turnout.core.events.showing import EventView
from turnout.core.ids import OrgId
from turnout.core.registrations.model import RegistrationState
from turnout.core.times import local
from turnout.errors import Failure, Invalid
from turnout.formats.qr import qr_svg, qr_svg_file
from turnout.web.hosts import Host
from turnout.web.languages import language, list_languages
from turnout.web.local_times import times
from turnout.web.my.actions import SESSION
from turnout.web.my.kept import event_on_phones
from turnout.web.my.reading import Mine
from turnout.web.payments import say_due
from turnout.web.public_frame import frame_of
from turnout.web.questions import enter, read_answers, show_fields
from turnout.web.refusals import say_to_guest
from turnout.web.templates import render

# Beside which field a refusal is said.
FIELDS_OF = {
    "contact.email_typed": "email",
    "contact.email_domain": "email",
    "contact.email": "email",
    "contact.name": "first_name",
    "contact.one_name": "first_name",
    "form.code": "code",
    "code.tries": "code",
    "guest.many_codes": "code",
    "guest.address": "email",
    "guest.transfer": "email",
}


class Ended(NamedTuple):
    """What a page says after a link has ended: the label `done` of what was done with `email`, and
    which tickets are `gone` from phones."""

    org_id: OrgId
    shown: EventView
    host: Host
    language: str
    done: str
    email: str
    gone: str


class GuestForm(NamedTuple):
    """A form that was sent: what was typed, why it was refused, and the step that follows; `done`
    is the label of what was done before."""

    given: Mapping[str, str] | None = None
    refusal: Failure | None = None
    step: str = ""
    is_code_sent: bool = False
    done: str = ""


NO_FORM = GuestForm()
NOTHING_GIVEN = dict.fromkeys(
    ("email", "first_name", "last_name", "company", "ticket", "step", "language"), ""
)


class PassTicket(NamedTuple):
    """A ticket as the page shows it; `qr` is SVG, `checked` local time at the event; `kept` is JSON
    of what a phone keeps of it, empty for one that lets nobody in."""

    code: str
    address: str
    type_name: str
    is_cancelled: bool
    qr: str
    checked: Any
    kept: str


def make_page(mine: Mine, token: str, part: str, now: int, state: GuestForm = NO_FORM) -> str:
    """The guest's first page (`part` empty), or that of one thing that they change, at that moment
    (epoch ms)."""
    common = _common(mine, state)
    tickets = [_show_ticket(mine, ticket, now) for ticket in mine.tickets]
    valid = [ticket for ticket in tickets if not ticket.is_cancelled]
    rights = mine.shown.details.guest_rights if mine.hindrance is None else ()
    # On the page of a copy, what is known is no field: a form sends nothing of it.
    is_known = state.given is None or part == "data"
    given = NOTHING_GIVEN | (_known(mine, part) if is_known else dict(state.given or {}))
    return render(
        "my/part.html" if part else "my/index.html",
        **common,
        part=part,
        here=f"/my/{token}",
        tickets=valid or tickets[-1:],
        valid=valid,
        gone=" ".join(t.address for t in tickets if t.is_cancelled),
        holder="" if mine.is_nameless else name_of(mine),
        booked=mine.booked,
        choosable=mine.choosable,
        booked_ids={session.id for session in mine.booked},
        session=SESSION,
        watch=mine.watch,
        payment=say_due(mine.due),
        payments=mine.payments,
        receipts={payment.reference: payment.code for payment in mine.receipts},
        is_passed_on=mine.is_passed_on,
        messages=mine.messages,
        waiting=mine.waiting,
        zone=mine.shown.event.timezone,
        may={right.value: right in rights for right in GuestRight},
        closed=say_to_guest(mine.hindrance) if mine.hindrance else "",
        is_cancelled=mine.registration.state is not RegistrationState.CONFIRMED,
        is_over=mine.shown.is_over(now),
        online=mine.shown.details.online_url,
        has_one_name=mine.shown.details.has_one_name,
        given=given,
        questions=_fields(mine, given, state, now),
        step=state.step or given["step"],
        local=local,
        own_languages=list_languages(),
    )


def make_closed_page(mine: Mine, state: GuestForm = NO_FORM) -> str:
    """What a browser sees that has to prove the address first: nobody's name, no code."""
    return render("my/closed.html", **_common(mine, state, is_masked=True))


def end(mine: Mine, done: str, email: str) -> Ended:
    """What is said of this link from now on."""
    gone = " ".join(f"{mine.guest.org_id}-{ticket.code}" for ticket in mine.tickets)
    facts = (mine.guest.org_id, mine.shown, mine.host, mine.language)
    return Ended(*facts, done, email or mine.address, gone)


def make_done_page(ended: Ended) -> str:
    """What was done where the link has ended with it."""
    own = _frame(ended.shown, ended.host, ended.language)
    said = label(language.get(), ended.done, email=ended.email, organizer=ended.host.name)
    return render("my/done.html", **own, email=ended.email, said=said, gone=ended.gone)


def _frame(shown: EventView, host: Host, spoken: str) -> dict[str, Any]:
    return {
        **frame_of(host.organization, host.profile, shown.details.colour),
        "event": shown.event,
        "place": shown.place,
        "host": host,
        "contact": shown.contact,
        **times(shown, spoken),
    }


def _common(mine: Mine, state: GuestForm, *, is_masked: bool = False) -> dict[str, Any]:
    own = _frame(mine.shown, mine.host, mine.language)  # before anything is said
    name = _field_of(state.refusal) if state.refusal else ""
    said = say_to_guest(state.refusal) if state.refusal else ""
    return {
        **own,
        "email": _mask(mine.address) if is_masked else mine.address,
        "refusal": said,
        "faults": {name: said} if name else {},
        "is_code_sent": state.is_code_sent,
        "done": say_done(mine, state.done) if state.done else "",
    }


def _field_of(refusal: Failure) -> str:
    """The field beside which a refusal is said; empty = the refusal is about none."""
    own = next(iter(refusal.fields), "") if isinstance(refusal, Invalid) else ""
    return own if own in NOTHING_GIVEN else FIELDS_OF.get(refusal.code, "")


def say_done(mine: Mine, code: str) -> str:
    """What was done, in the language of the page."""
    return label(language.get(), code, email=mine.address, organizer=mine.host.name)


def _fields(mine: Mine, given: Mapping[str, str], state: GuestForm, now: int) -> list[Any]:
    type_id = mine.registration.ticket_type_id
    types = [kind for kind in mine.shown.ticket_types if kind.id == type_id]
    is_wrong = isinstance(state.refusal, Invalid) and state.given is not None
    wrong = read_answers(mine.questions, given, type_id, now).wrong if is_wrong else {}
    return show_fields(mine.questions, types, given, wrong)


def _known(mine: Mine, part: str) -> dict[str, str]:
    if part not in ("answers", "data"):
        return {}
    contact = mine.contact
    names = {name: getattr(contact, name) for name in ("first_name", "last_name", "company")}
    return names | enter(mine.questions, mine.registration.submitted.answers)


def _show_ticket(mine: Mine, ticket: ShownTicket, now: int) -> PassTicket:
    address = f"{mine.guest.org_id}-{ticket.code}"
    timezone = mine.shown.event.timezone
    is_off = ticket.is_cancelled
    return PassTicket(
        ticket.code,
        address,
        ticket.type_name,
        is_off,
        "" if is_off else qr_svg(ticket.signed),
        local(ticket.checked_in_at, timezone) if ticket.checked_in_at else None,
        "" if is_off or mine.shown.is_over(now) else _keep(mine, ticket, address),
    )


def _keep(mine: Mine, ticket: ShownTicket, address: str) -> str:
    """What a phone keeps of a ticket: enough to be shown at the door, no answers and no address;
    until a day after the event."""
    kept = {
        **event_on_phones(mine.shown, language.get()),
        "key": address,
        "type": ticket.type_name,
        "holder": "" if mine.is_nameless else name_of(mine),
        "code": ticket.code,
        "qr": base64.b64encode(qr_svg_file(ticket.signed)).decode(),
    }
    return msgspec.json.encode(kept).decode()


def name_of(mine: Mine) -> str:
    """The guest's name."""
    return " ".join(filter(None, (mine.contact.first_name, mine.contact.last_name)))


def _mask(address: str) -> str:
    """An address of which its owner knows it, and nobody else."""
    name, mark, domain = address.partition("@")
    return f"{name[:1]}…{mark}{domain[:1]}…" if mark else ""
