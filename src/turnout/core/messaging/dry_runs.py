"""What a job would do, before it does it: nothing is sent, and nothing written.

Reckoned as it would be sent: the same addresses, duplicates, opt-outs and suppression
(delivering.py), the same merged texts, parts and prices (reckoning.py). The recipients are those of
a request, of a job that was accepted, or of lists as they are now.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from turnout.core.identity.countries import find_country
from turnout.core.identity.model import Member
from turnout.core.ids import NO_JOB, JobId, ListId, OrgId, RecipientId
from turnout.core.messaging.accepting import Policy, complete_job, scheduled_instant
from turnout.core.messaging.calling import Call, find_faults
from turnout.core.messaging.consents import needs_consent
from turnout.core.messaging.delivering import (
    ClaimedRecipient,
    find_agreed,
    find_opted_out,
    find_refused,
)
from turnout.core.messaging.hours import cutoff_after
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.lengths import Lengths, known_of
from turnout.core.messaging.lists import is_number, list_entries
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Channel, JobHead, JobState, Kind, NewJob, NewRecipient
from turnout.core.messaging.numbers import address_key, is_deliverable, needs_country, to_address
from turnout.core.messaging.parts import Alphabet, alphabet_of
from turnout.core.messaging.reckoning import fields_of, find_unknown, reckoning_of
from turnout.core.messaging.sights import may_write_to
from turnout.core.messaging.spending import foresee
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import SLICE
from turnout.core.messaging.starting import Resolve, to_recipient
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

Pages = Iterable[Sequence[NewRecipient]]


class Sample(NamedTuple):
    """One recipient: what is known of them, and what their message takes. `left_out` says why they
    get none, empty = they do; `alphabet` is None but for SMS."""

    recipient: NewRecipient
    address: str
    left_out: str
    fields: dict[str, str]
    parts: int
    micros: int
    alphabet: Alphabet | None


class DryRun(NamedTuple):
    """What would follow. `left_out` counts those who get nothing, by reason; `unicode` those whose
    SMS is Unicode, the first of them as `unicode_sample`. `unknown` are merge fields that nobody
    has. `sample` is the recipient that was asked for, the one of `number`; None when there are not
    so many. `named` are some who get nothing, by reason. `refusal` is the error with which a job of
    this cost is refused now, empty = it is taken."""

    head: JobHead
    asked: int
    left_out: dict[str, int]
    parts: int
    micros: int
    unicode: int
    unicode_sample: Sample | None
    unknown: list[str]
    sample: Sample | None
    number: int
    named: dict[str, list[str]]
    refusal: str = ""

    @property
    def recipients(self) -> int:
        """How many would be sent to."""
        return self.asked - sum(self.left_out.values())


DUPLICATE, INVALID = "duplicate", "no valid address"
CUT_OFF = "cut-off hour over"
LONG, EMPTY = "text too long", "text empty"
OPTED_OUT, REFUSED, NO_CONSENT = "opted out", "suppressed", "no consent"
FENCED_OFF = "not allowed"
NAMED = 5
FIRST = 0
"""In place of a number: the first who gets it, or the first of all where nobody does."""


def preview_new(
    tx: Tx,
    member: Member,
    new: NewJob,
    recipients: Iterable[NewRecipient],
    policy: Policy,
    resolve: Resolve,
    *,
    number: int = 1,
) -> DryRun:
    """What a job would do that nobody has posted yet; `number` is the recipient to show, from 1, or
    FIRST.
    Raises Invalid for a text that is too long, and for an unknown list."""
    if not may_write_to(tx, member.user.org_id, member.user.id, new.list_ids):
        raise Invalid("job.list_unknown")
    new = complete_job(new, member, policy, NO_JOB)
    start = max(tx.now, scheduled_instant(new.scheduled_local, member.timezone) or 0)
    cutoff_at = cutoff_after(new.options.cutoff_hour, start, member.timezone)
    head = msgspec.structs.replace(_head_of(member, new), cutoff_at=cutoff_at)
    pages = _list_pages(tx, head, new.list_ids, resolve) if new.list_ids else [list(recipients)]
    run = _run(tx, head, pages, policy, start, is_deduped=new.is_deduped, number=number)
    return run._replace(refusal=foresee(tx, member, run.micros))


def preview_job(
    tx: Tx, org_id: OrgId, job_id: JobId, policy: Policy, resolve: Resolve, *, number: int = 1
) -> DryRun:
    """What an accepted job would still do: for those who wait, or for its lists as they are now.
    Raises Missing, Conflict when it has ended."""
    head = get_job_head(tx, org_id, job_id)
    if head.state.is_ended:
        raise Conflict("job.ended", job_id=job_id)
    is_deduped = bool(sql.get_staged(tx, org_id=org_id, id=job_id).is_deduped)
    lists = msgspec.json.decode(sql.get_lists(tx, org_id=org_id, id=job_id).list_ids)
    is_unread = lists and not sql.count_open(tx, org_id=org_id, id=job_id)
    is_ahead = head.state in (JobState.SCHEDULED, JobState.LISTING)
    pages = (
        _list_pages(tx, head, lists, resolve)
        if is_unread and is_ahead
        else _waiting_pages(tx, head)
    )
    facts = sql.get_start_facts(tx, org_id=org_id, id=job_id)
    if head.cutoff_at is None:
        day = facts.scheduled_at or facts.accepted_at
        cutoff_at = cutoff_after(head.options.cutoff_hour, day, head.timezone)
        head = msgspec.structs.replace(head, cutoff_at=cutoff_at)
    start = max(tx.now, facts.scheduled_at or 0)
    return _run(tx, head, pages, policy, start, is_deduped=is_deduped, number=number)


def _head_of(member: Member, new: NewJob) -> JobHead:
    return JobHead(
        org_id=member.user.org_id,
        id=NO_JOB,
        user_id=member.user.id,
        kind=Kind.BROADCAST,
        job_type=new.job_type,
        lane=new.job_type.channel.value,
        name=new.name,
        state=JobState.SCHEDULED,
        is_paused=False,
        sender=new.sender,
        content=new.content,
        options=new.options,
        timezone=member.timezone,
        cutoff_at=None,
        expires_at=None,
        closing_reason="",
    )


def _list_pages(
    tx: Tx, head: JobHead, lists: Sequence[str], resolve: Resolve
) -> Iterator[Sequence[NewRecipient]]:
    for list_id in lists:
        cursor = ""
        while True:
            if is_number(list_id):
                number = ListId(int(list_id))
                people, cursor = list_entries(tx, head.org_id, number, cursor, SLICE)
            else:
                found, cursor = resolve(tx, head.org_id, list_id, cursor, SLICE)
                people = list(found)
            yield [to_recipient(head, person) for person in people]
            if not cursor:
                break


def _waiting_pages(tx: Tx, head: JobHead) -> Iterator[Sequence[NewRecipient]]:
    after = RecipientId(0)
    while rows := sql.list_waiting(
        tx, org_id=head.org_id, job_id=head.id, after=after, limit=SLICE
    ):
        yield [
            NewRecipient(row.destination, row.reference, row.name, _read(row.fields))
            for row in rows
        ]
        after = rows[-1].id


def _read(fields: str) -> dict[str, str]:
    return msgspec.json.decode(fields, type=dict[str, str]) if fields else {}


def _run(
    tx: Tx,
    head: JobHead,
    pages: Pages,
    policy: Policy,
    start: int,
    *,
    is_deduped: bool,
    number: int,
) -> DryRun:
    run = _Run(tx, head, policy, start, is_deduped=is_deduped, number=number)
    for page in pages:
        run.add(page)
    return run.result()


class _Run:
    """Goes through the recipients of a job, a page at a time."""

    def __init__(
        self,
        tx: Tx,
        head: JobHead,
        policy: Policy,
        start: int,
        *,
        is_deduped: bool,
        number: int,
    ) -> None:
        self._is_cut_off = head.cutoff_at is not None and head.cutoff_at <= start
        self._tx, self._head, self._fence = tx, head, policy.fence
        self._reckoning = reckoning_of(head, policy.prices)
        self._channel = head.job_type.channel
        self._country = find_country(tx, head.org_id)
        self._lengths = Lengths(self._channel, head.content)
        self._text = Template(head.content.text)
        self._unknown = set(self._lengths.names)
        self._seen: set[str] | None = set() if is_deduped else None
        self._number, self._first = number, 0
        self._named: dict[str, list[str]] = {}
        self._asked = self._parts = self._micros = self._unicode = 0
        self._left_out: Counter[str] = Counter()
        self._odd: Sample | None = None
        self._sample: Sample | None = None

    def add(self, page: Sequence[NewRecipient]) -> None:
        addresses = [self._address_of(recipient) for recipient in page]
        reasons = self._refusals(page, addresses)
        self._unknown = set(find_unknown(self._unknown, page)) if self._unknown else set()
        for place, (recipient, address) in enumerate(zip(page, addresses, strict=True)):
            self._asked += 1
            reason = self._why_not(recipient, address) or reasons.get(place, "")
            self._count(recipient, address, reason)

    def result(self) -> DryRun:
        return DryRun(
            self._head,
            self._asked,
            dict(self._left_out),
            self._parts,
            self._micros,
            self._unicode,
            self._odd,
            sorted(self._unknown),
            self._sample,
            self._number or self._first or 1,
            self._named,
        )

    def _address_of(self, recipient: NewRecipient) -> str:
        """Where the message goes; empty where it cannot go."""
        found = to_address(self._channel, recipient.destination, self._country)
        if self._channel is Channel.EMAIL:
            return found
        if not self._country and needs_country(self._channel, recipient.destination):
            return ""
        return found if is_deliverable(found) else ""

    def _refusals(self, page: Sequence[NewRecipient], addresses: list[str]) -> dict[int, str]:
        """Why some of a page are left out when they would be sent to, by place."""
        claimed = [
            ClaimedRecipient(RecipientId(place), "", "", "", address, "", 0, 0, None)
            for place, address in enumerate(addresses)
            if address
        ]
        found: dict[int, str] = {}
        if self._channel is Channel.EMAIL and claimed:
            found |= dict.fromkeys(find_refused(self._tx, self._head, claimed), REFUSED)
        if self._head.honours_opt_outs and claimed:
            found |= dict.fromkeys(self._without_consent(claimed), NO_CONSENT)
            found |= dict.fromkeys(find_opted_out(self._tx, self._head, claimed), OPTED_OUT)
        calls = [Call(one.id, one.address, 0) for one in claimed]
        found |= dict.fromkeys(find_faults(self._tx, self._head, calls, self._fence), FENCED_OFF)
        return found

    def _without_consent(self, claimed: list[ClaimedRecipient]) -> set[RecipientId]:
        if not needs_consent(self._tx, self._head):
            return set()
        agreed = find_agreed(self._tx, self._head, claimed)
        return {recipient.id for recipient in claimed if recipient.id not in agreed}

    def _why_not(self, recipient: NewRecipient, address: str) -> str:
        if not address:
            return INVALID
        if self._seen is not None:
            key = address_key(self._channel, address)
            if key in self._seen:
                return DUPLICATE
            self._seen.add(key)
        known = known_of(self._head.job_type, recipient)
        if self._lengths.is_empty(known):
            return EMPTY
        if self._lengths.find_excess(known):
            return LONG
        return CUT_OFF if self._is_cut_off else ""

    def _count(self, recipient: NewRecipient, address: str, reason: str) -> None:
        if not reason and not self._first:
            self._first = self._asked
        is_wanted = self._asked == (self._number or self._first or 1)
        if reason:
            self._left_out[reason] += 1
            named = self._named.setdefault(reason, [])
            if len(named) < NAMED:
                named.append(recipient.name or recipient.destination or recipient.reference)
            if is_wanted:
                self._sample = self._sample_of(recipient, address, reason)
            return
        parts, micros = self._reckoning.reckon(recipient, address)
        self._parts += parts
        self._micros += micros
        if not is_wanted and self._channel is not Channel.SMS:
            return
        sample = self._sample_of(recipient, address, "")
        if sample.alphabet and sample.alphabet.place is not None:
            self._unicode += 1
            self._odd = self._odd or sample
        if is_wanted:
            self._sample = sample

    def _sample_of(self, recipient: NewRecipient, address: str, reason: str) -> Sample:
        head = self._head
        fields = fields_of(
            head.job_type,
            head.options,
            head.sender,
            reference=recipient.reference,
            name=recipient.name,
            given=recipient.fields,
        )
        is_short = reason != LONG and self._channel is Channel.SMS
        alphabet = alphabet_of(self._text.merge(fields)) if is_short else None
        parts, micros = self._reckoning.reckon(recipient, "" if reason else address)
        return Sample(recipient, address, reason, fields, parts, micros, alphabet)
