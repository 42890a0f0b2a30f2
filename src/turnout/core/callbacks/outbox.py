"""The outbox of callbacks: add, claim, record, list, replay.

Theory. A callback is a row written with its cause. A worker claims a few for each receiver (a
receiver is a host with its port), calls without a transaction, and records. A claim is a lease:
`due_at` is its end, after which the row is claimed again, and its token too: no two claims of a row
end at the same instant. No call is begun after that end, and what a worker says whose claim is
another's by now counts only if the receiver took the call. A call can be made twice nevertheless,
and `X-Turnout-Delivery`, which stays the same, tells the receiver. Organizations and their
receivers are jumped to one after another by the index `(org_id, host, due_at)`: neither an
organization with a million receivers that never answer nor a receiver with a million waiting calls
costs the others more than its share of what is under way.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from turnout.core.audit.recording import record
from turnout.core.callbacks.model import (
    GIVE_UP_AFTER_MS,
    KEPT_MS,
    Busy,
    Callback,
    CallbackAttempt,
    CallbackKey,
    CallbackResult,
    CallbackState,
    ClaimedCallback,
    Limits,
    NewCallback,
    Turns,
    next_try_at,
)
from turnout.core.callbacks.sql import sql
from turnout.core.ids import NO_JOB, CallbackId, JobId, OrgId
from turnout.core.work.apart import do_apart
from turnout.core.work.claims import claim, list_aside, settle
from turnout.errors import Missing
from turnout.store import Tx, to_json

if TYPE_CHECKING:
    from turnout.core.callbacks.sql import ClaimCallbacksRow

QUEUE = "callbacks"
WORK = "callback"
UNRECORDED = "The answer could not be recorded; the log says why."
WAIT_MS = 1_000
RECEIVERS_A_TURN = 200
LONGEST_HOST = 261  # a name, a colon and a port
_END_OF_AUTHORITY = re.compile(r"[/?#]")


def add_callbacks(tx: Tx, org_id: OrgId, new: Sequence[NewCallback]) -> None:
    """Queue calls, in the transaction of what they tell of. They are tried for 24 hours."""
    if not new:
        return
    ids = tx.next_ids("callback", len(new))
    rows = [
        (id_, tx.uuid(), callback.job_id, callback.recipient_id, callback.url,
         host_of(callback.url), callback.body, callback.carrier)
        for id_, callback in zip(ids, new, strict=True)
    ]  # fmt: skip
    sql.add_callbacks(
        tx,
        org_id=org_id,
        rows=to_json(rows),
        now=tx.now,
        give_up_at=tx.now + GIVE_UP_AFTER_MS,
    )
    tx.wake(QUEUE)


def host_of(url: str) -> str:
    """The receiver that `url` leads to: host and port as written, in lower case.

    Never raises, and fits into an index: what is stored may be older than the rules for it, and
    the call itself finds out that it is no address.
    """
    authority = _END_OF_AUTHORITY.split(url.partition("://")[2], maxsplit=1)[0]
    return authority.rpartition("@")[2].lower()[:LONGEST_HOST]


def claim_callbacks(
    tx: Tx, busy: Busy, turns: Turns, limits: Limits, *, lease_ms: int
) -> tuple[list[ClaimedCallback], Turns]:
    """Claim due calls within the limits, less what is under way; also says whose turn is next.

    Organizations take turns, and so do the receivers of each. `lease_ms` is how long the claim
    holds.
    """
    claimed: list[ClaimedCallback] = []
    pending = sorted(org_id for (org_id,) in sql.list_orgs_with_callbacks(tx))
    later = [org_id for org_id in pending if org_id > turns.org_id]
    hosts: dict[OrgId, str] = {}
    for org_id in later + pending[: len(pending) - len(later)]:
        if len(claimed) >= limits.at_once:
            return claimed, Turns(turns.org_id, {**turns.hosts, **hosts})
        room = min(limits.of_org - busy.orgs.get(org_id, 0), limits.at_once - len(claimed))
        found, hosts[org_id] = _claim_of(
            tx, org_id, busy.hosts, turns.hosts.get(org_id, ""), limits.to_host, room, lease_ms
        )
        claimed += found
        if found:
            turns = turns._replace(org_id=org_id)
    return claimed, Turns(turns.org_id, hosts)


def _claim_of(
    tx: Tx,
    org_id: OrgId,
    busy: Mapping[str, int],
    after: str,
    to_host: int,
    room: int,
    lease_ms: int,
) -> tuple[list[ClaimedCallback], str]:
    """Claim up to `room` due calls of one organization, of receivers behind `after`; also the last
    receiver that was looked at, empty at the end."""
    claimed: list[ClaimedCallback] = []
    if room <= 0:
        return claimed, after
    receivers = sql.list_receivers(tx, after=after, org_id=org_id, limit=RECEIVERS_A_TURN)
    if after and not receivers:
        receivers = sql.list_receivers(tx, after="", org_id=org_id, limit=RECEIVERS_A_TURN)
    for host, due_at in receivers:
        free = min(to_host - busy.get(host, 0), room - len(claimed))
        if due_at <= tx.now and free > 0:
            rows = sql.claim_callbacks(
                tx,
                org_id=org_id,
                host=host,
                now=tx.now,
                lease_now=tx.lease_now,
                lease_end=tx.now + lease_ms,
                limit=free,
            )
            rows = _without_killers(tx, rows)
            keys = _signing_secrets(tx, org_id)
            claimed += [ClaimedCallback(*row, *keys) for row in rows]
        if len(claimed) >= room:
            return claimed, host
    return claimed, receivers[-1].host if len(receivers) == RECEIVERS_A_TURN else ""


def _without_killers(tx: Tx, rows: "list[ClaimCallbacksRow]") -> "list[ClaimCallbacksRow]":
    """The claimed calls that may be made now: what is set aside is due no more, and those that
    wait until another was made alone are due again soon."""
    keys = [(row.org_id, row.id) for row in rows]
    chosen = {claimed.key for claimed in claim(tx, WORK, keys)}
    left = [key for key in keys if key not in chosen]
    aside = list_aside(tx, WORK, left)
    for org_id, id_ in left:
        due_at = None if (org_id, id_) in aside else tx.now + WAIT_MS
        sql.return_callback(tx, org_id=org_id, id=id_, due_at=due_at)
    return [row for row in rows if (row.org_id, row.id) in chosen]


def release_callback(tx: Tx, org_id: OrgId, callback_id: CallbackId) -> None:
    """Let a call that was set aside be made again, now."""
    sql.return_callback(tx, org_id=org_id, id=callback_id, due_at=tx.now)
    tx.wake(QUEUE)


def record_callbacks(tx: Tx, results: Sequence[CallbackResult]) -> list[CallbackResult]:
    """Write down how tries ended: delivered, to be tried again, or given up. Returns those whose
    rows another transaction holds: to be written down later. They hold up no others, whose leases
    would run out, and whose calls be made again.

    A try of a call that somebody else has ended or claimed since is kept; it changes nothing
    else, unless the receiver took the call. A call that was not made, since its time was over, is
    due again at once. What cannot be written down costs the others nothing: it counts as a try
    without an answer; and if not even that, its lease runs out, and the claims count it.
    """
    keys = sorted({(result.org_id, result.id) for result in results})
    held = set(sql.list_held_callbacks(tx, keys=to_json(keys)))
    free = [result for result in results if (result.org_id, result.id) not in held]
    for result in do_apart(tx, WORK, _record_callbacks, free):
        unread = replace(result, status=None, error=UNRECORDED, is_final=False)
        do_apart(tx, WORK, _record_callbacks, [unread])
    return [result for result in results if (result.org_id, result.id) in held]


class _CallState(NamedTuple):
    """Where a call stands. A final state stays, whatever comes."""

    state: CallbackState
    attempts: int
    give_up_at: int
    due_at: int | None

    def after(self, result: CallbackResult, now: int) -> "_CallState":
        """Where it stands once a try of it has ended."""
        is_held = self.state is CallbackState.CLAIMED and self.due_at == result.until
        if result.is_lapsed:
            return self._replace(state=CallbackState.WAITING, due_at=now) if is_held else self
        tried = self._replace(attempts=self.attempts + 1)
        is_open = self.state in (CallbackState.WAITING, CallbackState.CLAIMED)
        if not (is_held or (is_open and result.is_delivered)):
            return tried
        state, due_at = _judge(result, tried.attempts, now, self.give_up_at)
        return tried._replace(state=state, due_at=due_at)


def _record_callbacks(tx: Tx, results: Sequence[CallbackResult]) -> None:
    standings: dict[CallbackId, _CallState | None] = {}
    attempts, records, held = [], [], []
    for result in results:
        key: dict[str, object] = {"org_id": result.org_id, "id": result.id}
        if result.id not in standings:
            standings[result.id] = _find_standing(tx, result.org_id, result.id)
        before = standings[result.id]
        if before is None:
            continue
        after = standings[result.id] = before.after(result, tx.now)
        if after.attempts > before.attempts:
            tried = {"number": after.attempts, "at": result.at, "took_ms": result.took_ms}
            attempts.append(key | tried | {"status": result.status, "error": result.error})
        if after.due_at != before.due_at:
            held.append((result.org_id, result.id))
        is_done = after.state in (CallbackState.DELIVERED, CallbackState.FAILED)
        ending = {"state": after.state.value, "due_at": after.due_at, "attempts": after.attempts}
        done = {"done_at": tx.now if is_done else None, "was_due_at": before.due_at or 0}
        records.append(key | ending | done)
    settle(tx, WORK, held)
    sql.add_attempt(tx, attempts)
    sql.record_callback(tx, records)


def _find_standing(tx: Tx, org_id: OrgId, id: CallbackId) -> _CallState | None:  # noqa: A002
    return sql.find_callback_state(tx, org_id=org_id, id=id)


def _judge(
    result: CallbackResult, number: int, now: int, give_up_at: int
) -> tuple[CallbackState, int | None]:
    if result.is_delivered:
        return CallbackState.DELIVERED, None
    due_at = None if result.is_final else next_try_at(result.id, number, now, give_up_at)
    return (CallbackState.FAILED, None) if due_at is None else (CallbackState.WAITING, due_at)


def list_callbacks(
    tx: Tx, org_id: OrgId, *, job_id: JobId | None, state: CallbackState | None, limit: int
) -> list[Callback]:
    """Callbacks of an organization, newest first."""
    return sql.list_callbacks(
        tx, org_id=org_id, job_id=job_id or NO_JOB, state=state.value if state else "", limit=limit
    )


def get_callback(tx: Tx, org_id: OrgId, callback_id: CallbackId) -> Callback:
    """One callback of the organization. Raises Missing."""
    found = sql.find_callback(tx, org_id=org_id, id=callback_id)
    if found is None:
        raise _missing(callback_id)
    return found


def list_attempts(tx: Tx, org_id: OrgId, callback_id: CallbackId) -> list[CallbackAttempt]:
    """Every try of one callback, in order. Raises Missing."""
    if sql.find_callback_state(tx, org_id=org_id, id=callback_id) is None:
        raise _missing(callback_id)
    return sql.list_attempts(tx, org_id=org_id, callback_id=callback_id)


def replay_callback(tx: Tx, org_id: OrgId, callback_id: CallbackId, *, actor: str) -> None:
    """Make a call again, whatever became of it, and try for another 24 hours. Raises Missing."""
    if not sql.replay_callback(
        tx, org_id=org_id, id=callback_id, now=tx.now, give_up_at=tx.now + GIVE_UP_AFTER_MS
    ):
        raise _missing(callback_id)
    record(tx, org_id, actor, "replayed", "callback", callback_id)
    tx.wake(QUEUE)


def _missing(callback_id: CallbackId) -> Missing:
    return Missing("callback.missing", callback_id=callback_id)


def get_secret(tx: Tx, org_id: OrgId) -> str:
    """The key with which an organization's callbacks are signed; made when first needed."""
    secret: str | None = sql.find_secret(tx, org_id=org_id)
    if secret is None:
        sql.add_secret(tx, org_id=org_id, secret=secrets.token_hex(32), now=tx.now)
        secret = str(sql.find_secret(tx, org_id=org_id))
    return secret


def find_callback_key(tx: Tx, org_id: OrgId) -> CallbackKey | None:
    """The key of an organization's callbacks, None where none was needed yet."""
    row = sql.find_callback_key(tx, org_id=org_id)
    if row is None:
        return None
    secret, created_at, former, until = row
    is_over = until is None or until <= tx.now
    return CallbackKey(secret, created_at, "" if is_over else former, None if is_over else until)


def rotate_callback_key(tx: Tx, org_id: OrgId, grace_ms: int, *, actor: str) -> str:
    """A new key for the organization's signatures, which is returned.

    For `grace_ms` calls bear the signatures of both keys; with 0 the former one ends at once.
    """
    get_secret(tx, org_id)
    secret = secrets.token_hex(32)
    until = tx.now + grace_ms if grace_ms else None
    sql.set_secret(tx, org_id=org_id, secret=secret, former_until=until, now=tx.now)
    record(tx, org_id, actor, "rotated", "callback_key", org_id, former_until=until)
    return secret


def _signing_secrets(tx: Tx, org_id: OrgId) -> tuple[str, str]:
    """The key of the signature that receivers look at, and the one that they change to."""
    secret = get_secret(tx, org_id)
    key = find_callback_key(tx, org_id)
    return (key.former_secret, secret) if key and key.former_secret else (secret, "")


def forget_old_callbacks(tx: Tx, limit: int) -> int:
    """Delete up to `limit` callbacks that ended 30 days ago, with their attempts."""
    rows: list[Any] = sql.list_old_callbacks(tx, before=tx.now - KEPT_MS, limit=limit)
    named = [{"org_id": org_id, "id": id_} for org_id, id_ in rows]
    sql.delete_attempts(tx, named)
    sql.delete_callback(tx, named)
    return len(rows)
