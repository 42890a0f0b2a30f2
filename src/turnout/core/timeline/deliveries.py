"""What was sent to one address, over all jobs and channels: did Jane get it, and if not, why?

Nothing is written for it: a message's row, its attempts, the calls to integrators and replies are
read side by side, by indexes on the address and the recipient. What was said is not in it.
"""

import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from turnout.core.identity.countries import find_country
from turnout.core.ids import EventId, JobId, OrgId, RecipientId, RegistrationId
from turnout.core.messaging.delivering import ALWAYS_ON
from turnout.core.messaging.hours import QuietHours
from turnout.core.messaging.model import Channel, JobType, Kind, Status
from turnout.core.messaging.numbers import sought_addresses
from turnout.core.messaging.opt_outs import OptOut, find_opt_outs
from turnout.core.messaging.suppression import Suppression, find_suppressed
from turnout.core.people.merging import find_person
from turnout.core.registrations.browsing import PersonEvent, list_person_events
from turnout.core.timeline.sql import sql
from turnout.errors import Invalid, Missing
from turnout.store import Tx

_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_BY_NUMBER = (Channel.SMS, Channel.TTS, Channel.FAX)


class Message(NamedTuple):
    """A message to somebody. `user_code` is empty where nobody asked for it; `kind` as jobs have
    it; instants in epoch ms. With `is_next` nothing but quiet hours keeps it."""

    job_id: JobId
    id: RecipientId
    name: str
    job_type: JobType
    kind: str
    user_code: str
    destination: str
    status: str
    notes: str
    carrier: str
    accepted_at: int
    scheduled_at: int | None
    sent_at: int | None
    done_at: int | None
    is_next: bool
    address: str
    timezone: str
    reference: str


class Step(NamedTuple):
    """Something that happened to a message: when (epoch ms), what, and what was said."""

    at: int
    what: str
    said: str = ""


class Story(NamedTuple):
    """A message with its steps, oldest first."""

    message: Message
    steps: list[Step]


class Findings(NamedTuple):
    """The messages to an address, newest first, and what keeps others from it."""

    stories: list[Story]
    opt_outs: list[OptOut]
    suppressions: list[Suppression]


def find_messages(
    tx: Tx, org_id: OrgId, address: str, *, limit: int, quiet: QuietHours = ALWAYS_ON
) -> Findings:
    """The newest messages to an e-mail address or number, however that is spelled. Raises Invalid
    for what is neither."""
    is_mail = "@" in address
    emails, phones = ([address], []) if is_mail else ([], [address])
    forms = sought_addresses(emails, phones, find_country(tx, org_id))
    if not forms:
        raise Invalid("message.address", address=address)
    found = [
        message
        for form in forms
        for message in sql.list_sent(tx, org_id=org_id, address=form, limit=limit)
    ]
    newest = sorted(found, key=lambda message: (message.job_id, message.id), reverse=True)[:limit]
    stories = [Story(message, _read_steps(tx, org_id, message, quiet)) for message in newest]
    refusals = [
        refusal
        for channel in ([Channel.EMAIL] if is_mail else _BY_NUMBER)
        for refusal in find_opt_outs(tx, org_id, channel, forms[0])
    ]
    suppressed = find_suppressed(tx, org_id, forms[:1]) if is_mail else {}
    return Findings(stories, refusals, list(suppressed.values()))


def get_story(
    tx: Tx, org_id: OrgId, job_id: JobId, recipient_id: RecipientId, quiet: QuietHours = ALWAYS_ON
) -> Story:
    """One message of a job, with its steps. Raises Missing."""
    message = sql.get_sent(tx, org_id=org_id, job_id=job_id, id=recipient_id)
    if message is None:
        raise Missing("job.recipient_unknown", job_id=job_id, recipient_id=recipient_id)
    return Story(message, _read_steps(tx, org_id, message, quiet))


def list_addressed(
    tx: Tx, org_id: OrgId, message: Message, events: Collection[EventId]
) -> list[PersonEvent]:
    """The registrations of the person whom a message was for: the one that a live list of these
    events had it from first, then those of who has the e-mail address."""
    person = find_person(tx, org_id, message.destination) if "@" in message.destination else None
    known = list_person_events(tx, org_id, person.id) if person else []
    reference = sql.find_reference(tx, org_id=org_id, job_id=message.job_id, id=message.id) or ""
    number = RegistrationId(int(reference)) if _NUMBER.fullmatch(reference) else None
    facts = sql.find_facts(tx, org_id=org_id, id=number) if number else None
    if facts is None or facts.event_id not in events:
        return known
    listed = list_person_events(tx, org_id, facts.person_id)
    return [one for one in listed if one.id == number] + [one for one in known if one.id != number]


def _read_steps(tx: Tx, org_id: OrgId, message: Message, quiet: QuietHours) -> list[Step]:
    attempts = list(_attempts(tx, org_id, message))
    steps = [
        *_accepted(message),
        *attempts,
        *_ended(message, {attempt.said for attempt in attempts}),
        *_told(tx, org_id, message),
        *_replied(tx, org_id, message),
        *_waits(tx, message, quiet),
    ]
    return sorted(steps, key=lambda step: step.at)


def _accepted(message: Message) -> Iterator[Step]:
    yield Step(message.accepted_at, "accepted", f"by {message.user_code or 'Turnout itself'}")
    if message.scheduled_at:
        yield Step(message.scheduled_at, "scheduled for then")


def _attempts(tx: Tx, org_id: OrgId, message: Message) -> Iterator[Step]:
    """What networks answered; a first answer that took it is noted in the message alone."""
    for at, number, outcome, reason in sql.list_attempts(
        tx, org_id=org_id, job_id=message.job_id, recipient_id=message.id
    ):
        if outcome != "accepted":
            yield Step(at, f"attempt {number}: {outcome}", reason)
    if message.sent_at:
        yield Step(message.sent_at, "handed over", f"taken by {message.carrier}")


def _ended(message: Message, known: set[str]) -> Iterator[Step]:
    """Its end. A message that arrived may still have the notes of an earlier attempt."""
    if message.done_at:
        is_old = message.status == Status.SENT and message.notes in known
        yield Step(message.done_at, message.status, "" if is_old else message.notes)


def _waits(tx: Tx, message: Message, quiet: QuietHours) -> Iterator[Step]:
    """Until when it waits, since it is quiet for the recipient."""
    is_held = message.is_next and message.kind == Kind.BROADCAST
    if is_held and quiet.apply(message.job_type.channel):
        end = quiet.ends_at(message.address, tx.now, message.timezone)
        if end is not None:
            yield Step(end, "waits until then", "quiet hours")


def _told(tx: Tx, org_id: OrgId, message: Message) -> Iterator[Step]:
    for created_at, state, at, status, error in sql.list_callback_tries(
        tx, org_id=org_id, recipient_id=message.id
    ):
        if at is None:
            yield Step(created_at, "callback", state)
        else:
            yield Step(at, "callback", error or f"answered {status}")


def _replied(tx: Tx, org_id: OrgId, message: Message) -> Iterator[Step]:
    for id_, received_at, is_opt_out in sql.list_answers(
        tx, org_id=org_id, recipient_id=message.id
    ):
        yield Step(received_at, "opted out" if is_opt_out else "replied", f"reply {id_}")
