"""Sending and checking verification codes; messaging contract, Client Validation.

Theory. A code is six digits, kept as a keyed digest: without the key, which is not in the same
table, a million digests tell nothing. `client_ref` is a name for somebody; it is kept as a digest
too. Each `Purpose` has names of its own: a column that no caller can write tells a `client_ref` of
the API from the names that our own pages use, so that neither ever meets the other, whatever a
caller sends. The text with the code is the merge field of a job of kind `code`, which the engine
erases once it is handed over, and which no list shows.

A check is counted as wrong *before* it is judged, by one guarded statement for each count, and
taken back when it was right: so many checks at once are many checks. After too many wrong ones
nothing is right until the window ends. A code is used up by the statement that finds it.
"""

import enum
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from turnout.catalogue.translations import ENGLISH
from turnout.core.identity.countries import find_country
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Member, Principal
from turnout.core.ids import NO_USER, JobId, OrgId
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.calling import check_call
from turnout.core.messaging.layout import MailBrand
from turnout.core.messaging.letterheads import find_brand, lay_out_text
from turnout.core.messaging.merged_links import without_odd_signs
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobOptions,
    JobType,
    Kind,
    NewRecipient,
)
from turnout.core.messaging.numbers import address_key, is_deliverable, needs_country, to_address
from turnout.core.messaging.reckoning import Reckoning
from turnout.core.messaging.sender_ids import to_sender
from turnout.core.messaging.speakable import check_text
from turnout.core.messaging.spending import reserve
from turnout.core.messaging.staging import add_internal_job
from turnout.core.verification.sql import sql
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.errors import Invalid, Limited
from turnout.store import Tx
from turnout.store.windows import edges, is_over, seconds_left

MINUTE_MS = 60_000
HOUR_MIN = 60
DAY_MIN = 24 * 60
DEFAULT_WINDOW_MIN, LONGEST_WINDOW_MIN = 10, 120
WRONG_LIMIT = 10
# A page's visitors: one source for one address, all sources for one address, one source in all.
WRONG_LIMIT_TOGETHER, WRONG_LIMIT_OF_SOURCE = 30, 60
CLIENT_LIMIT, CLIENT_WINDOW_MIN = 30, 10
# Codes to one destination: so many within so many minutes.
DESTINATION_LIMITS = (
    (5, 10, "code.many_to_destination"),
    (20, DAY_MIN, "code.many_to_destination_today"),
)
PLACE = "[[code]]"
COMPANY_PLACE = "[[company_name]]"
DEFAULT_TEMPLATE = f"Your {COMPANY_PLACE} verification code is {PLACE}"
SUBJECT = "Your verification code"
SECRET = "codes"


class Purpose(enum.StrEnum):
    """Whose names a `client_ref` is of: the callers' of the API, or our own for a page."""

    API = "api"
    WATCH = "watch"


class CodeRequest(msgspec.Struct, frozen=True):
    """A code to be sent; `template` has `[[code]]` where it goes, and `[[company_name]]` where a
    `company` is given; `subject` is an e-mail's, `language` that of its page (own codes)."""

    client_ref: str
    job_type: JobType
    destination: str
    template: str
    subject: str = SUBJECT
    company: str | None = None
    language: str = ENGLISH


class _Count(NamedTuple):
    """Wrong tries that are counted together, and how many there may be in a window."""

    name: str
    limit: int


def send_code(
    tx: Tx, principal: Principal, asked: CodeRequest, policy: Policy, code: str | None = None
) -> JobId:
    """Queue a message with a new code, ahead of every broadcast; returns its job's number.

    Every code sent to a `client_ref` stays good for the window that the check names. It costs
    what a job would, and counts for the month's limit. `code` is for tests. Raises Unauthenticated;
    Limited after 30 codes to one `client_ref` in ten minutes, after 5 codes in ten minutes or 20 in
    a day to one destination, and after the policy's codes of one user in an hour; Invalid when the
    month's limit would be exceeded, for a number without its country, for a call in a language that
    no voice speaks, and for one that the fence bars or this hour has no money for.
    """
    member = require_member(tx, principal)
    if asked.job_type is JobType.TTS:
        check_text("message_template", _fill(asked, PLACE))
    key = _client_key(principal.org_id, asked.client_ref)
    if policy.codes_per_hour:
        _limit_user(tx, principal, policy.codes_per_hour)
    return _send(tx, principal.org_id, member, Purpose.API, key, asked, code, policy)


def send_own_code(
    tx: Tx, org_id: OrgId, purpose: Purpose, asked: CodeRequest, code: str | None = None
) -> JobId:
    """`send_code` for our own pages; the job is nobody's. The new code ends
    those that were sent to this `client_ref` before. How many mails go to an address is for the
    caller to bound: limits here would let strangers lock its owner out."""
    key = _client_key(org_id, asked.client_ref)
    sql.end_codes(tx, org_id=org_id, purpose=purpose.value, client_key=key, now=tx.now)
    return _send(tx, org_id, None, purpose, key, asked, code)


def _send(
    tx: Tx,
    org_id: OrgId,
    member: Member | None,
    purpose: Purpose,
    key: str,
    asked: CodeRequest,
    code: str | None,
    policy: Policy | None = None,
) -> JobId:
    """`member` sends it by `policy` and pays by its prices; None = a page does."""
    channel = asked.job_type.channel
    country = find_country(tx, org_id)
    address = to_address(channel, asked.destination, country)
    if needs_country(channel, asked.destination) and not is_deliverable(address):
        if country:
            raise Invalid("number.none", number=asked.destination, country=country)
        raise Invalid("number.national", number=asked.destination)
    destination_key = _destination_key(org_id, channel, address or asked.destination)
    if purpose is Purpose.API:
        _limit_sending(tx, org_id, purpose, key, destination_key)
    code = code or f"{secrets.randbelow(1_000_000):06d}"
    sql.add_code(
        tx,
        org_id=org_id,
        purpose=purpose.value,
        client_key=key,
        id=tx.next_id("messaging"),
        user_id=member.user.id if member else NO_USER,
        destination_key=destination_key,
        digest=_digest(tx, purpose, key, code),
        now=tx.now,
    )
    sender = member.profile.default_sms_sender_id if member else None
    sender = to_sender(sender, country) if sender and asked.job_type is JobType.SMS else ""
    content = Content(subject="%%subject%%", text="%%message%%")
    fields = {"message": _fill(asked, code)}
    if channel is Channel.EMAIL:
        fields["subject"] = asked.subject
    if purpose is not Purpose.API:
        brand = find_brand(tx, org_id, asked.language)
        has_code = PLACE in asked.template
        content = say_code(asked.subject, asked.language, brand, has_code=has_code)
        fields |= {"code": code} if has_code else {}
    recipient = NewRecipient(asked.destination, fields=fields)
    reckoning, micros = None, 0
    if policy:
        reckoning = Reckoning(asked.job_type, content, JobOptions(), sender, policy.prices)
        micros = reckoning.reckon(recipient, address).micros
        check_call(tx, org_id, channel, address, micros, policy.fence)
    job_id = add_internal_job(
        tx,
        org_id,
        member.user.id if member else None,
        kind=Kind.CODE,
        job_type=asked.job_type,
        name=SUBJECT,
        content=content,
        recipients=[recipient],
        sender=sender,
        timezone=member.timezone if member else "UTC",
        reckoning=reckoning,
    )
    if member and reckoning:
        reserve(tx, member, micros)
    return job_id


def say_code(subject: str, language: str, brand: MailBrand, *, has_code: bool = True) -> Content:
    """What a mail with a code says, whose `%%message%%` and `%%code%%` are its recipient's."""
    text = "%%message%%" + ("\n\n%%code%%" if has_code else "")
    page = lay_out_text(text, subject, language, brand)
    return Content(subject="%%subject%%", text="%%message%%", html=page)


def _fill(asked: CodeRequest, code: str) -> str:
    """What is sent, filled in one pass: what a company is called is text, whatever stands in it."""
    known = {PLACE: code}
    if asked.company is not None:
        known[COMPANY_PLACE] = asked.company
    places = re.compile("|".join(map(re.escape, known)))
    return without_odd_signs(places.sub(lambda found: known[found[0]], asked.template))


def _limit_user(tx: Tx, principal: Principal, limit: int) -> None:
    """Raises Limited when a user has sent too many codes in the last hour."""
    at = sql.find_nth_code_of(
        tx,
        org_id=principal.org_id,
        user_id=principal.user_id,
        ahead=edges(0, tx.now).ahead,
        skipped=limit - 1,
    )
    _refuse_since(tx, at, limit, HOUR_MIN, "code.many_of_user")


def _limit_sending(
    tx: Tx, org_id: OrgId, purpose: Purpose, client_key: str, destination_key: str
) -> None:
    """Raises Limited, with the seconds to wait, when too many codes were sent already."""
    ahead = edges(0, tx.now).ahead
    where: dict[str, Any] = {"org_id": org_id, "purpose": purpose.value, "ahead": ahead}
    at = sql.find_nth_code(tx, **where, client_key=client_key, skipped=CLIENT_LIMIT - 1)
    _refuse_since(tx, at, CLIENT_LIMIT, CLIENT_WINDOW_MIN, "code.many_to_client")
    for limit, window_min, code in DESTINATION_LIMITS:
        at = sql.find_nth_code_to(tx, **where, destination_key=destination_key, skipped=limit - 1)
        _refuse_since(tx, at, limit, window_min, code)


def _refuse_since(tx: Tx, at: int | None, limit: int, window_min: int, code: str) -> None:
    """Refuse if `limit` codes were sent since `at`, and that is within the window."""
    window_ms = window_min * MINUTE_MS
    if at is None or is_over(at, window_ms, tx.now):
        return
    wait_s = seconds_left(at + window_ms, window_ms, tx.now)
    raise Limited(code, limit=limit, minutes=window_min, retry_after=wait_s)


def check_code(
    tx: Tx,
    principal: Principal,
    client_ref: str,
    entered: str,
    window_min: int = DEFAULT_WINDOW_MIN,
) -> bool:
    """Whether `entered` is a code that was sent to `client_ref` in the last `window_min` minutes
    and is not used up; if so it is now. Raises Unauthenticated.

    False, whatever was entered, after ten wrong tries until the window of the first one ends.
    """
    require_member(tx, principal)
    key = _client_key(principal.org_id, client_ref)
    counts = [_Count(key, WRONG_LIMIT)]
    return _check(tx, principal.org_id, Purpose.API, key, entered, window_min, counts) is True


def has_own_code(
    tx: Tx, org_id: OrgId, purpose: Purpose, client_ref: str, good_min: int = DEFAULT_WINDOW_MIN
) -> bool:
    """Whether a code that a page sent to `client_ref` can still be entered."""
    found = sql.find_good_code(
        tx,
        org_id=org_id,
        purpose=purpose.value,
        client_key=_client_key(org_id, client_ref),
        **edges(good_min * MINUTE_MS, tx.now)._asdict(),
    )
    return found is not None


def check_own_code(
    tx: Tx,
    org_id: OrgId,
    purpose: Purpose,
    client_ref: str,
    entered: str,
    source: str,
    good_min: int = DEFAULT_WINDOW_MIN,
) -> bool | Limited:
    """`check_code` for our own pages, where everybody can type; `source` is the client's address.
    A code is good for `good_min` minutes.

    Wrong tries are counted for `client_ref` from this source (10 in ten minutes), for `client_ref`
    from anywhere (30), and for this source with whatever `client_ref` (60), so that a stranger
    locks nobody else out. Returns Limited, a value so that tries stay counted, beyond them. Blanks
    and dashes count for nothing: people type `610 724`.
    """
    entered = "".join(entered.split()).replace("-", "")
    key = _client_key(org_id, client_ref)
    counts = _count_own(org_id, client_ref, source)
    return _check(tx, org_id, purpose, key, entered, DEFAULT_WINDOW_MIN, counts, good_min=good_min)


def find_own_lock(
    tx: Tx, org_id: OrgId, purpose: Purpose, client_ref: str, source: str
) -> Limited | None:
    """Why `check_own_code` would refuse even the right code, until when; None = it would not."""
    for count in _count_own(org_id, client_ref, source):
        window = WindowKey(org_id, f"{purpose.value} codes", count.name)
        counted = counting.find(tx, window)
        if counted and counted.counted >= count.limit:
            wait_s = counting.wait_s(tx, window, DEFAULT_WINDOW_MIN * MINUTE_MS)
            return Limited("code.tries", retry_after=wait_s)
    return None


def _count_own(org_id: OrgId, client_ref: str, source: str) -> list[_Count]:
    return [
        _Count(_hash(f"pair:{org_id}:{len(source)}:{source}:{client_ref}"), WRONG_LIMIT),
        _Count(_client_key(org_id, client_ref), WRONG_LIMIT_TOGETHER),
        _Count(_hash(f"source:{org_id}:{source}"), WRONG_LIMIT_OF_SOURCE),
    ]


def _check(
    tx: Tx,
    org_id: OrgId,
    purpose: Purpose,
    key: str,
    entered: str,
    window_min: int,
    counts: Sequence[_Count],
    *,
    good_min: int | None = None,
) -> bool | Limited:
    window_ms = window_min * MINUTE_MS
    running = edges(window_ms if good_min is None else good_min * MINUTE_MS, tx.now)
    keys = [WindowKey(org_id, f"{purpose.value} codes", count.name) for count in counts]
    for window, count in zip(keys, counts, strict=True):
        if not counting.count(tx, window, count.limit, window_ms):
            return Limited("code.tries", retry_after=counting.wait_s(tx, window, window_ms))
    used = sql.use_code(
        tx,
        org_id=org_id,
        purpose=purpose.value,
        client_key=key,
        digest=_digest(tx, purpose, key, entered.strip()),
        now=tx.now,
        **running._asdict(),
    )
    if used:
        for window in keys:
            counting.take_back(tx, window)
    return bool(used)


def restart_codes(tx: Tx) -> None:
    """Let codes that were sent in the future count as sent now, so that they can be entered."""
    sql.restart_codes(tx, now=tx.now, ahead=edges(0, tx.now).ahead)


def forget_old_codes(tx: Tx, limit: int) -> int:
    """Delete up to `limit` codes that no limit counts any more; returns how many."""
    rows = sql.list_old_codes(tx, before=tx.now - DAY_MIN * MINUTE_MS, limit=limit)
    names = ("org_id", "purpose", "client_key", "id")
    sql.delete_code(tx, [dict(zip(names, row, strict=True)) for row in rows])
    return len(rows)


def _client_key(org_id: OrgId, client_ref: str) -> str:
    return _hash(f"{org_id}:{client_ref}")


def _destination_key(org_id: OrgId, channel: Channel, address: str) -> str:
    return _hash(f"{org_id}:{address_key(channel, address)}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _digest(tx: Tx, purpose: Purpose, client_key: str, code: str) -> str:
    key = _secret(tx).encode()
    return hmac.new(key, f"{purpose}:{client_key}:{code}".encode(), hashlib.sha256).hexdigest()


def _secret(tx: Tx) -> str:
    secret: str | None = sql.find_secret(tx, name=SECRET)
    if secret is None:
        sql.add_secret(tx, name=SECRET, secret=secrets.token_hex(32), now=tx.now)
        secret = str(sql.find_secret(tx, name=SECRET))
    return secret
