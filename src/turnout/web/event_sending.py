"""What is done with a form of an event's page: read, judged, and sent on in one transaction."""

from collections.abc import Mapping
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.identity.link_keys import find_link_key
from turnout.core.ids import SessionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.companions import Companion, register_with_companions
from turnout.core.registrations.form_limits import (
    FormLimits,
    Sender,
    admit_registration,
    ask_for_code,
    is_address_proved,
)
from turnout.core.registrations.forms import register_by_form, wait_by_form
from turnout.core.registrations.joining import list_offered
from turnout.errors import Conflict, Invalid
from turnout.store import Tx
from turnout.web.at_once import AtOnce, find_at_once
from turnout.web.companions import Read, read_companions, say_wrong
from turnout.web.event_forms import WAIT, Filled, read_filled
from turnout.web.event_page import FoundEvent
from turnout.web.languages import language

CODE_LIMIT = 256


class Judged(NamedTuple):
    """A form that was read: the sender's part, and those of the others."""

    filled: Filled
    others: Read

    @property
    def is_refused(self) -> bool:
        """Whether something in it cannot be taken."""
        return bool(self.filled.faults or self.others.faults or any(self.others.wrong))

    @property
    def faults(self) -> dict[str, str]:
        """What is said beside the fields, by their names."""
        return self.filled.beside() | self.others.faults

    def say(self) -> str:
        """All that is wrong, each sentence once, and that nothing was sent."""
        others = (*self.others.faults.values(), say_wrong(self.others.wrong))
        words = (self.filled.say(), *others, say("event_page.nothing_sent"))
        return " ".join(dict.fromkeys(filter(None, words)))


def judge(found: FoundEvent, given: dict[str, str], now: int) -> Judged:
    """What a form says, at that moment (epoch ms)."""
    details, asked = found.shown.details, found.questions
    type_id, is_one = _find_type(found, given, now), details.has_one_name
    offered = list_offered(found.shown.ticket_types, now, _read_access(given))
    people = (asked, given, details.companions, offered, type_id, now)
    return Judged(
        read_filled(asked, given, type_id, now, has_one_name=is_one),
        read_companions(*people, has_one_name=is_one),
    )


class Form(NamedTuple):
    """A form that was sent from `place`, on a page in the language `spoken`; `base_url` is this
    server's address."""

    found: FoundEvent
    given: dict[str, str]
    contact: Contact
    answers: list[Answer]
    base_url: str
    place: str
    spoken: str
    session_ids: list[SessionId]
    companions: list[Companion]

    @property
    def sender(self) -> Sender:
        event = self.found.shown.event
        return Sender(self.found.organization.org_id, event.id, self.place, self.contact.email)


def send(tx: Tx, form: Form, limits: FormLimits) -> tuple[Conflict | str | AtOnce | None, str]:
    """Do what a form asks for, or return why not (a text is the name of a code's request); and the
    key that signs links, empty = none was made yet."""
    return _try_to_send(tx, form, limits), find_link_key(tx)


def _try_to_send(tx: Tx, form: Form, limits: FormLimits) -> Conflict | str | AtOnce | None:
    is_proved = is_address_proved(tx, form.sender, form.given.get("proved", ""))
    people = [form.contact, *(one.contact for one in form.companions)]
    if not is_proved and sum(admit_registration(tx, form.sender, limits) for _ in people):
        _read_type(form.found, form.given, tx.now)
        return ask_for_code(tx, form.sender, form.found.shown.event, language=form.spoken)
    return _act(tx, form, is_proved=is_proved)


def _act(tx: Tx, form: Form, *, is_proved: bool) -> Conflict | AtOnce | None:
    found, given = form.found, form.given
    org_id, event_id = found.organization.org_id, found.shown.event.id
    type_id = _read_type(found, given, tx.now)
    is_waiting = given.get("answer") == WAIT
    sti = given.get("sti", "")
    if form.companions:
        if is_waiting:
            raise Invalid("companions.wait")
        register_with_companions(
            *(tx, org_id, event_id, Companion(form.contact, type_id, form.answers)),
            *(form.companions, form.base_url),
            sti=sti,
            language=form.spoken,
            session_ids=form.session_ids,
        )
        refused = None
    else:
        verb = wait_by_form if is_waiting else register_by_form
        refused = verb(
            *(tx, org_id, event_id, type_id, form.contact, form.base_url),
            sti=sti,
            answers=form.answers,
            language=form.spoken,
            session_ids=form.session_ids,
        )
    if refused or is_waiting:
        return refused
    return find_at_once(tx, org_id, found.shown, form.contact.email, is_proved=is_proved)


def say(code: str) -> str:
    """A label in the language of the page at hand."""
    return label(language.get(), code)


def _read_type(found: FoundEvent, given: dict[str, str], now: int) -> TicketTypeId:
    """The ticket type that was chosen. Raises Invalid."""
    type_id = _find_type(found, given, now)
    if type_id is None:
        raise Invalid("ticket_type.chosen")
    return type_id


def _find_type(found: FoundEvent, given: dict[str, str], now: int) -> TicketTypeId | None:
    """The ticket type that was chosen, if the page offers it."""
    if found.is_exam:
        return None
    offered = list_offered(found.shown.ticket_types, now, _read_access(given))
    chosen = given.get("ticket", "")
    return next((kind.id for kind in offered if str(kind.id) == chosen), None)


def _read_access(given: Mapping[str, str]) -> str:
    return given.get("access", "")[:CODE_LIMIT]


def list_sessions(found: FoundEvent, given: dict[str, str]) -> list[SessionId]:
    """The sessions that were chosen."""
    return [
        item.id
        for item in found.programme.items
        if item.is_chosen and given.get(f"session-{item.id}")
    ]
