"""Who consented to marketing: to which text, in which language, when, where and for which address.

Rules.
- People consent themselves, by agreeing on a public form to a question that is marked for it
  (core/questions). Staff, imports and APIs never consent for anybody: nothing else calls
  `note_consents`.
- An opt-out of any kind withdraws the consents of its address (opt_outs.py). It wins over a consent
  that is given later on a form, which anybody can send with anybody's address.
- The owner of an address who allows mails again behind the link of a mail consents again, to the
  text that they knew.
- A consent is for an address: somebody whose address changes has not consented for the new one.
- What was withdrawn stays, as proof; with an erased person's address as a keyed hash.
- The number is that of the contact, or else the answer to a question for one. A number that cannot
  be read has no consents.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from turnout.core.identity.countries import find_country
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import EventId, EventQuestionId, OrgId
from turnout.core.messaging.model import MEDIA, Channel, JobHead, Medium, Purpose
from turnout.core.messaging.numbers import address_key, is_e164, to_address
from turnout.core.messaging.opt_outs import HASH, hash_erased, list_consented_as, list_opted_out
from turnout.core.messaging.sql import sql
from turnout.core.people.model import Contact
from turnout.core.questions.judging import question_key
from turnout.core.questions.model import YES, Answer, Kind, Question
from turnout.core.questions.reading import list_questions
from turnout.store import Tx, to_json

FORM, INVITATION = "form", "invitation"
_CHANNELS = {Medium.EMAIL: Channel.EMAIL, Medium.SMS: Channel.SMS, Medium.CALL: Channel.TTS}


class Consent(NamedTuple):
    """What somebody agreed to. `source` is `form`, `invitation` or `preferences`;
    `version` counts the texts of the event's question; instants in epoch ms, `withdrawn_at` None =
    it holds."""

    id: int
    medium: Medium
    address: str
    event_id: EventId
    question_id: EventQuestionId
    version: int
    language: str
    source: str
    given_at: int
    withdrawn_at: int | None
    text: str


def note_consents(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    contact: Contact,
    answers: Sequence[Answer],
    *,
    source: str,
    language: str = "",
) -> None:
    """Keep what somebody consented to by their answers, as they are kept. Idempotent for the same
    text."""
    given = {question_key(answer.question): answer.answer for answer in answers}
    if YES not in given.values():
        return
    asked = list_questions(tx, org_id, event_id)
    phone = contact.phone or _find_phone(asked, given)
    for question in asked:
        if question.consents and given.get(question_key(question.name)) == YES:
            for medium, address in _addresses(tx, org_id, contact.email, phone, question):
                _note(tx, org_id, event_id, question, medium, address, source, language)


def _find_phone(asked: Iterable[Question], given: Mapping[str, str]) -> str:
    """The number that a form was given where the event asks for one; empty without."""
    keys = [question_key(question.name) for question in asked if question.kind is Kind.PHONE]
    return next((given[key] for key in keys if key in given), "")


def _addresses(
    tx: Tx, org_id: OrgId, email: str, phone: str, question: Question
) -> Iterable[tuple[Medium, str]]:
    for way in question.consents:
        medium = Medium(way.value)
        channel = _CHANNELS[medium]
        is_mail = channel is Channel.EMAIL
        country = "" if is_mail else find_country(tx, org_id)
        address = to_address(channel, email if is_mail else phone, country)
        if address and (is_mail or is_e164(address)):
            yield medium, address_key(channel, address)


def _note(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    question: Question,
    medium: Medium,
    address: str,
    source: str,
    language: str,
) -> None:
    digest = hashlib.sha256(question.text.encode()).hexdigest()
    sql.keep_consent_text(tx, org_id=org_id, digest=digest, text=question.text)
    sql.add_consent(
        tx,
        org_id=org_id,
        medium=medium.value,
        address=address,
        id=tx.next_id("messaging"),
        event_id=event_id,
        question_id=question.id,
        version=question.version,
        digest=digest,
        language=language,
        source=source,
        now=tx.now,
    )


def renew_consent(tx: Tx, org_id: OrgId, medium: Medium, address: str) -> None:
    """The owner of an address (as `address_key` has it, or its keyed hash), who withdrew a consent,
    gives it again, to the same text. Changes nothing for one who never gave any."""
    for known in list_consented_as(tx, org_id, medium, address):
        if not known.startswith(HASH):
            id_ = tx.next_id("messaging")
            sql.renew_consent(
                tx, org_id=org_id, medium=medium.value, address=known, id=id_, now=tx.now
            )


def needs_consent(tx: Tx, head: JobHead) -> bool:
    """Whether a job reaches only those who consented: marketing that asks for it, and all of an
    organization that requires it."""
    if not head.honours_opt_outs or head.options.purpose is not Purpose.MARKETING:
        return False
    return head.options.is_consented_only or get_profile(tx, head.org_id).requires_consent


def find_consented(tx: Tx, org_id: OrgId, channel: Channel, addresses: Collection[str]) -> set[str]:
    """Those of these addresses whose owners consented to marketing by this channel."""
    keys = {address: address_key(channel, address) for address in addresses}
    wanted = to_json(sorted(set(keys.values())))
    medium = MEDIA[channel].value
    rows = sql.find_consented(tx, org_id=org_id, medium=medium, addresses=wanted)
    found = {row.address for row in rows}
    return {address for address, key in keys.items() if key in found}


def list_consents(tx: Tx, org_id: OrgId, limit: int, after: Consent | None = None) -> list[Consent]:
    """Consents of an organization, withdrawn ones too, by medium and address; `after` is the last
    that is known."""
    medium, address, id_ = (after.medium.value, after.address, after.id) if after else ("", "", 0)
    return sql.list_consents(
        tx, org_id=org_id, after_medium=medium, after_address=address, after_id=id_, limit=limit
    )


def list_consents_of(tx: Tx, org_id: OrgId, address: str) -> list[Consent]:
    """All consents that were ever given for an e-mail address or a number, in any spelling."""
    country = find_country(tx, org_id)
    found = []
    for medium, channel in _CHANNELS.items():
        known = to_address(channel, address, country)
        if known:
            key = address_key(channel, known)
            found += sql.list_consents_of(tx, org_id=org_id, medium=medium.value, address=key)
    return found


def find_refused(tx: Tx, org_id: OrgId, consents: Sequence[Consent]) -> set[int]:
    """The numbers of consents that stand and have no effect: their address has opted out."""
    found: set[int] = set()
    for medium, channel in _CHANNELS.items():
        own = [known for known in consents if known.medium == medium and not known.withdrawn_at]
        refused = list_opted_out(tx, org_id, channel, {known.address for known in own})
        found |= {known.id for known in own if known.address in refused}
    return found


def hash_consent(tx: Tx, org_id: OrgId, key: Mapping[str, str]) -> None:
    """An erased person's consent stays as proof, withdrawn, under a keyed hash of the address."""
    address = key["address"]
    (hashed,) = hash_erased(tx, org_id, {address}).values()
    sql.hash_consent(
        tx,
        org_id=org_id,
        medium=key["medium"],
        address=address,
        id=int(key["id"]),
        hashed=hashed,
        now=tx.now,
    )
