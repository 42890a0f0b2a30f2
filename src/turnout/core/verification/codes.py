"""Sending and checking verification codes; messaging contract, Client Validation.

Theory. A code is six digits, kept as a keyed digest: without the key, which is not in the same
table, a million digests tell nothing. `client_ref` is the organization's own name for somebody; it
is kept as a digest too. The text with the code is the merge field of a job of kind `code`, which
the engine erases once it is handed over, and which no list shows.

A check is counted as wrong *before* it is judged, by one guarded statement, and taken back when it
was right: so many checks at once are many checks. After ten wrong ones nothing is right until the
window ends. A code is used up by the statement that finds it.
"""

import hashlib
import hmac
import secrets

import msgspec

from turnout.core.identity.members import require_member
from turnout.core.identity.model import Login
from turnout.core.messaging.model import Content, JobType, Kind, NewRecipient
from turnout.core.messaging.staging import add_internal_job
from turnout.errors import Limited
from turnout.store import Statements, Tx

MINUTE_MS = 60_000
DEFAULT_WINDOW_MIN, LONGEST_WINDOW_MIN = 10, 120
MOST_WRONG = 10
MOST_SENT, SENT_WINDOW_MIN = 30, 10
PLACE = "[[code]]"
DEFAULT_TEMPLATE = f"Your [[company_name]] verification code is {PLACE}"
SUBJECT = "Your verification code"
SECRET = "codes"

sql = Statements("turnout.core.verification")


class CodeRequest(msgspec.Struct, frozen=True):
    """A code to be sent. `template` has `[[code]]` where the code goes."""

    client_ref: str
    job_type: JobType
    destination: str
    template: str


def send_code(tx: Tx, login: Login, asked: CodeRequest, code: str | None = None) -> int:
    """Queue a message with a new code, ahead of every broadcast; returns its job's number.

    Every code sent to a `client_ref` stays good for the window that the check names. `code` is
    for tests. Raises Unauthenticated, Limited after 30 codes to one `client_ref` in ten minutes.
    """
    member = require_member(tx, login)
    sender = member.profile.default_sms_sender_id or ""
    return send_own_code(tx, login.org_id, login.user_id, asked, code, sms_sender=sender)


def send_own_code(
    tx: Tx,
    org_id: int,
    user_id: int,
    asked: CodeRequest,
    code: str | None = None,
    *,
    sms_sender: str = "",
) -> int:
    """`send_code` for our own pages, in the name of a user who is not asked. Raises Limited."""
    key = _client_key(org_id, asked.client_ref)
    since = tx.now - SENT_WINDOW_MIN * MINUTE_MS
    if sql.count_sent(tx, org_id=org_id, client_key=key, since=since) >= MOST_SENT:
        raise Limited(
            "code.too_many",
            f"{MOST_SENT} codes were sent to this client_ref in {SENT_WINDOW_MIN} minutes. "
            "Wait, or check one of them.",
            retry_after=SENT_WINDOW_MIN * 60,
        )
    code = code or f"{secrets.randbelow(1_000_000):06d}"
    sql.add_code(
        tx,
        org_id=org_id,
        client_key=key,
        id=tx.next_id("messaging"),
        digest=_digest(tx, key, code),
        now=tx.now,
    )
    text = asked.template.replace(PLACE, code)
    return add_internal_job(
        tx,
        org_id,
        user_id,
        kind=Kind.CODE,
        job_type=asked.job_type,
        name=SUBJECT,
        content=Content(subject=SUBJECT, text="%%message%%"),
        recipients=[NewRecipient(asked.destination, fields={"message": text})],
        sender=sms_sender if asked.job_type is JobType.SMS else "",
    )


def check_code(
    tx: Tx, login: Login, client_ref: str, entered: str, window_min: int = DEFAULT_WINDOW_MIN
) -> bool:
    """Whether `entered` is a code that was sent to `client_ref` in the last `window_min` minutes
    and is not used up; if so it is now. Raises Unauthenticated.

    False, whatever was entered, after ten wrong tries until the window of the first one ends.
    """
    require_member(tx, login)
    return check_own_code(tx, login.org_id, client_ref, entered, window_min)


def check_own_code(
    tx: Tx, org_id: int, client_ref: str, entered: str, window_min: int = DEFAULT_WINDOW_MIN
) -> bool:
    """`check_code` for our own pages."""
    key = _client_key(org_id, client_ref)
    window_ms = window_min * MINUTE_MS
    if not sql.count_try(
        tx, org_id=org_id, client_key=key, now=tx.now, window_ms=window_ms, most=MOST_WRONG
    ):
        return False
    digest = _digest(tx, key, entered.strip())
    used = sql.use_code(
        tx, org_id=org_id, client_key=key, digest=digest, now=tx.now, since=tx.now - window_ms
    )
    if used:
        sql.take_back_try(tx, org_id=org_id, client_key=key)
    return bool(used)


def forget_old_codes(tx: Tx, most: int) -> int:
    """Delete up to `most` codes that no window can reach any more, and as many ended counts of
    tries; returns how many of what there was more of."""
    before = tx.now - LONGEST_WINDOW_MIN * MINUTE_MS
    rows = sql.list_old_codes(tx, before=before, most=most)
    named = [{"org_id": org_id, "client_key": key, "id": id_} for org_id, key, id_ in rows]
    sql.delete_code(tx, named)
    tries = sql.list_old_tries(tx, before=before, most=most)
    sql.delete_tries(tx, [{"org_id": org_id, "client_key": key} for org_id, key in tries])
    return max(len(rows), len(tries))


def _client_key(org_id: int, client_ref: str) -> str:
    return hashlib.sha256(f"{org_id}:{client_ref}".encode()).hexdigest()


def _digest(tx: Tx, client_key: str, code: str) -> str:
    key = _secret(tx).encode()
    return hmac.new(key, f"{client_key}:{code}".encode(), hashlib.sha256).hexdigest()


def _secret(tx: Tx) -> str:
    secret: str | None = sql.find_secret(tx, name=SECRET)
    if secret is None:
        sql.add_secret(tx, name=SECRET, secret=secrets.token_hex(32), now=tx.now)
        secret = str(sql.find_secret(tx, name=SECRET))
    return secret
