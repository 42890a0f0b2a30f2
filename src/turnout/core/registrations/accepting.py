"""Accepting applications for the intake queue: what was answered is on disk.

Theory. `accept` writes the submission and one queue item a session in one transaction. `accept_all`
does it for all requests of one moment, in two statements, and a third that claims the idempotency
keys of those that have one, each with its answer. A key that somebody has claimed before, and one
that comes twice in a moment, is looked at alone.

Rules.
- What depends on the state of things (unknown or closed session, no place left) fails the item
  later, never the request (deciding.py decides that).
- Keys are claimed, and then looked at, in one order: two batches with the same keys never wait for
  each other in a ring.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from turnout.core.identity.demo import check_demo
from turnout.core.identity.idempotency import (
    IdempotentRequest,
    NewAnswer,
    OwnedKey,
    claim_answers,
    first_answer,
    keep_answer,
)
from turnout.core.identity.model import Principal
from turnout.core.ids import OrgId, QueueItemId, SubmissionId
from turnout.core.registrations.sql import sql
from turnout.core.registrations.submissions import (
    Application,
    ItemStatus,
    QueueItem,
    TargetNoun,
)
from turnout.errors import Failure, Missing, Unauthenticated
from turnout.store import Tx, to_json

QUEUE = "intake"
MAX_SESSIONS = 200

_items_decoder = msgspec.json.Decoder(list[QueueItem])


def accept(
    tx: Tx, caller: Principal, application: Application, request: IdempotentRequest | None = None
) -> list[QueueItem]:
    """Queue an application, one item a session in request order; registration API 2.1.

    With `request` it is idempotent for 24 hours: a repetition gets the first items again.
    Raises Unauthenticated when the credential has ended, Missing for an unknown event or
    channel pak, Conflict when the idempotency key belongs to another request.
    """
    target_id = _find_target(tx, caller, application.noun, application.pak)
    if request and (answer := first_answer(tx, caller.org_id, caller.actor, request)) is not None:
        return _items_decoder.decode(answer)
    entry = _number(tx, caller.org_id, target_id, application)
    _queue(tx, [entry])
    if request:
        keep_answer(tx, caller.org_id, caller.actor, request, to_json(entry.items))
    return entry.items


class Asking(NamedTuple):
    """One request to be accepted."""

    caller: Principal
    application: Application
    request: IdempotentRequest | None = None

    @property
    def target(self) -> tuple[Principal, TargetNoun, str]:
        """What it is for, and who asks."""
        return self.caller, self.application.noun, self.application.pak


def accept_all(tx: Tx, asked: Sequence[Asking]) -> list[list[QueueItem] | Failure]:
    """`accept` for many callers in three statements; a refusal stands in its caller's place."""
    targets = _find_targets(tx, asked)
    answers: dict[int, list[QueueItem] | Failure] = {}
    entries: dict[int, _Entry] = {}
    for place, asking in enumerate(asked):
        target = targets[asking.target]
        if isinstance(target, Failure):
            answers[place] = target
        else:
            entries[place] = _number(tx, asking.caller.org_id, target, asking.application)
    known = _claim_keys(tx, asked, entries)
    fresh = {place: entry for place, entry in entries.items() if place not in known}
    _queue(tx, list(fresh.values()))
    answers |= {place: entry.items for place, entry in fresh.items()}
    answers |= {place: _accept_alone(tx, asked[place]) for place in known}
    return [answers[place] for place in range(len(asked))]


class _Entry(NamedTuple):
    """An application with its items as they will be."""

    org_id: OrgId
    target_id: int
    application: Application
    items: list[QueueItem]


_NOT_FOUND = {TargetNoun.EVENT: "event.unknown_pak", TargetNoun.CHANNEL: "channel.unknown_pak"}


def _find_targets(
    tx: Tx, asked: Sequence[Asking]
) -> dict[tuple[Principal, TargetNoun, str], int | Failure]:
    targets: dict[tuple[Principal, TargetNoun, str], int | Failure] = {}
    for target in dict.fromkeys(asking.target for asking in asked):
        try:
            targets[target] = _find_target(tx, *target)
        except (Unauthenticated, Missing) as refusal:
            targets[target] = refusal
    return targets


def _find_target(tx: Tx, caller: Principal, noun: TargetNoun, pak: str) -> int:
    row = sql.find_intake_target(
        tx, org_id=caller.org_id, credential_id=caller.credential_id, pak=pak
    )
    if row is None:
        raise Unauthenticated("credential.unknown")
    revoked_at, expires_at, is_demo, found, target_id = row
    if revoked_at is not None or (expires_at is not None and expires_at <= tx.now):
        raise Unauthenticated("credential.ended")
    check_demo(tx, bool(is_demo))
    if found != noun or target_id is None:
        raise Missing(_NOT_FOUND[noun], pak=pak)
    return target_id


def _claim_keys(tx: Tx, asked: Sequence[Asking], entries: dict[int, _Entry]) -> list[int]:
    """Claim the keys of the entries, each with its answer. Returns the places of those that are to
    be looked at alone, in the order of their keys."""
    keyed = [(_key(asked[place]), place) for place in entries if asked[place].request]
    if not keyed:
        return []
    firsts: dict[OwnedKey, int] = {}
    for key, place in keyed:
        firsts.setdefault(key, place)
    new = [
        NewAnswer(key, request, to_json(entries[place].items))
        for key, place in firsts.items()
        if (request := asked[place].request)
    ]
    claimed = claim_answers(tx, new)
    return [place for key, place in sorted(keyed) if key not in claimed or firsts[key] != place]


def _key(asking: Asking) -> OwnedKey:
    key = asking.request.key if asking.request else ""
    return OwnedKey(asking.caller.org_id, asking.caller.actor, key)


def _accept_alone(tx: Tx, asking: Asking) -> list[QueueItem] | Failure:
    try:
        with tx.savepoint():
            return accept(tx, *asking)
    except Failure as failure:
        return failure


def _number(tx: Tx, org_id: OrgId, target_id: int, application: Application) -> _Entry:
    paks = list(dict.fromkeys(application.session_paks))
    ids = [QueueItemId(number) for number in tx.next_ids("queue_item", len(paks))]
    email = application.submitted.contact.email
    items = [
        QueueItem(id_, pak, ItemStatus.QUEUED, email) for id_, pak in zip(ids, paks, strict=True)
    ]
    return _Entry(org_id, target_id, application, items)


def _queue(tx: Tx, entries: Sequence[_Entry]) -> None:
    """Write the submissions and their items, all of them in one statement each."""
    if not entries:
        return
    submissions, rows = [], []
    for org_id, target_id, application, items in entries:
        first, last = SubmissionId(items[0].id), items[-1].id
        submitted = application.submitted
        email, contact = submitted.contact.email, to_json(submitted)
        submissions.append((org_id, first, last, application.noun, target_id, email, contact))
        rows += [(org_id, item.id, first, item.session_pak) for item in items]
    sql.add_submissions(tx, rows=to_json(submissions), now=tx.now)
    sql.add_queue_items(tx, rows=to_json(rows))
    tx.wake(QUEUE)
