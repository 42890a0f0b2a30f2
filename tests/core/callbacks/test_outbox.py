"""The outbox: nothing is lost, nobody stands before others, everything can be replayed."""

import itertools
from collections import Counter

import msgspec
import pytest

from tests.support.builder import make_organization
from turnout.core.audit.recording import list_entries
from turnout.core.callbacks.model import (
    Busy,
    CallbackResult,
    CallbackState,
    ClaimedCallback,
    Limits,
    NewCallback,
    Turns,
)
from turnout.core.callbacks.outbox import (
    add_callbacks,
    claim_callbacks,
    forget_old_callbacks,
    get_secret,
    host_of,
    list_attempts,
    list_callbacks,
    record_callbacks,
    replay_callback,
    rotate_callback_key,
)
from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.errors import Missing
from turnout.store import Tx

DAY_S = 24 * 3600
IDLE = Busy()
_hosts = itertools.count(1)


@pytest.fixture
def host() -> str:
    """A receiver that no other test has."""
    return f"receiver-{next(_hosts)}.example"


JOB = JobId(7)


def new(host: str, body: str = "a=1", job_id: JobId = JOB) -> NewCallback:
    return NewCallback(job_id, RecipientId(9), f"https://{host}/hook", body, "simulator")


def claim(
    db, host: str, *, busy: int = 0, each: int = 8, limit: int = 1000
) -> list[ClaimedCallback]:
    # Other tests leave calls of theirs behind, which are claimed too.
    claimed, _ = db.call(
        claim_callbacks,
        Busy(hosts={host: busy}),
        Turns(),
        Limits(each, 1000, limit),
        lease_ms=60_000,
    )
    return [callback for callback in claimed if callback.host == host]


def answer(callback: ClaimedCallback, status: int | None, **others) -> CallbackResult:
    return CallbackResult(callback.org_id, callback.id, callback.until, 1000, 25, status, **others)


def shown(db, org_id: OrgId) -> list[tuple]:
    found = db.call(list_callbacks, org_id, job_id=None, state=None, limit=10)
    return [
        (callback.body, callback.state, callback.attempts, callback.last_status)
        for callback in found
    ]


def test_one_that_is_taken_is_over(node, db, org_id, host):
    db.call(add_callbacks, org_id, [new(host)])
    [callback] = claim(db, host)
    assert callback == ClaimedCallback(
        org_id, callback.id, callback.uuid, f"https://{host}/hook", host, "a=1", "simulator", 0,
        callback.until, db.call(get_secret, org_id),
    )  # fmt: skip
    assert claim(db, host) == []
    db.call(record_callbacks, [answer(callback, 204)])
    assert shown(db, org_id) == [("a=1", CallbackState.DELIVERED, 1, 204)]
    node.clock.advance(2 * DAY_S)
    assert claim(db, host) == []


def test_none_costs_nothing(db, org_id):
    db.call(add_callbacks, org_id, [])
    assert shown(db, org_id) == []


@pytest.mark.parametrize("status", [199, 301, 404, 500, None])
def test_any_other_answer_is_tried_again_until_the_day_is_over(node, db, org_id, host, status):
    db.call(add_callbacks, org_id, [new(host)])
    tries = 0
    for _ in range(60):
        for callback in claim(db, host):
            tries += 1
            db.call(record_callbacks, [answer(callback, status, error="" if status else "slow")])
        node.clock.advance(1800)
    assert shown(db, org_id) == [("a=1", CallbackState.FAILED, tries, status)]
    assert 20 < tries <= 31


def test_what_cannot_get_better_is_not_tried_again(db, org_id, host):
    db.call(add_callbacks, org_id, [new(host)])
    [callback] = claim(db, host)
    db.call(record_callbacks, [answer(callback, None, error="refused", is_final=True)])
    assert shown(db, org_id) == [("a=1", CallbackState.FAILED, 1, None)]


def test_a_claim_that_nobody_records_is_made_again(node, db, org_id, host):
    db.call(add_callbacks, org_id, [new(host)])
    [first] = claim(db, host)
    node.clock.advance(61)
    [second] = claim(db, host)
    assert second == msgspec.structs.replace(first, until=first.until + 61_000)
    db.call(record_callbacks, [answer(first, 200), answer(second, 500)])
    [callback] = db.call(list_callbacks, org_id, job_id=None, state=None, limit=10)
    assert (callback.state, callback.attempts) == (CallbackState.DELIVERED, 2)
    attempts = db.call(list_attempts, org_id, callback.id)
    assert [(attempt.number, attempt.status) for attempt in attempts] == [(1, 200), (2, 500)]


def test_what_a_lost_claim_says_changes_nothing_but_the_tries(node, db, org_id, host):
    """The other's claim stands: the call is not due before that one ends."""
    db.call(add_callbacks, org_id, [new(host)])
    [frozen] = claim(db, host)
    node.clock.advance(61)
    [taken] = claim(db, host)
    db.call(record_callbacks, [answer(frozen, 500)])
    [callback] = db.call(list_callbacks, org_id, job_id=None, state=None, limit=10)
    assert (callback.state, callback.due_at) == (CallbackState.CLAIMED, taken.until)
    db.call(record_callbacks, [answer(taken, 503)])
    [callback] = db.call(list_callbacks, org_id, job_id=None, state=None, limit=10)
    assert (callback.state, callback.attempts) == (CallbackState.WAITING, 2)
    due_at = callback.due_at
    db.call(record_callbacks, [answer(frozen, 502)])
    [callback] = db.call(list_callbacks, org_id, job_id=None, state=None, limit=10)
    assert (callback.state, callback.due_at) == (CallbackState.WAITING, due_at)
    attempts = db.call(list_attempts, org_id, callback.id)
    assert [(attempt.number, attempt.status) for attempt in attempts] == [
        (1, 500),
        (2, 503),
        (3, 502),
    ]


@pytest.mark.parametrize("is_waiting", [False, True])
def test_a_call_that_the_receiver_took_is_over_whoever_has_it(node, db, org_id, host, is_waiting):
    db.call(add_callbacks, org_id, [new(host)])
    [frozen] = claim(db, host)
    node.clock.advance(61)
    [taken] = claim(db, host)
    if is_waiting:
        db.call(record_callbacks, [answer(taken, 503)])
    db.call(record_callbacks, [answer(frozen, 200)])
    node.clock.advance(DAY_S // 2)
    assert claim(db, host) == []
    assert shown(db, org_id)[0][1] == CallbackState.DELIVERED


def test_a_call_that_was_not_made_is_due_again_at_once(node, db, org_id, host):
    db.call(add_callbacks, org_id, [new(host)])
    [frozen] = claim(db, host)
    db.call(record_callbacks, [answer(frozen, None, is_lapsed=True)])
    assert shown(db, org_id) == [("a=1", CallbackState.WAITING, 0, None)]
    node.clock.advance(1)
    [again] = claim(db, host)
    db.call(record_callbacks, [answer(frozen, None, is_lapsed=True)])
    assert claim(db, host) == []  # it is another's now
    assert db.call(list_attempts, org_id, again.id) == []


def test_a_receiver_gets_a_few_at_once_and_holds_nobody_up(db, org_id, host):
    other = f"other-{host}"
    db.call(add_callbacks, org_id, [new(host, f"n={n}") for n in range(30)] + [new(other)])
    assert [callback.body for callback in claim(db, host, each=4)] == ["n=0", "n=1", "n=2", "n=3"]
    assert [callback.body for callback in claim(db, host, each=6, busy=4)] == ["n=4", "n=5"]
    assert claim(db, host, each=6, busy=6) == []


@pytest.fixture
def orgs(db, org_id) -> tuple[OrgId, OrgId, OrgId]:
    """Three organizations of which no other test has calls that are due."""
    db.call(_end_all)
    others = (f"turn-{next(_hosts)}" for _ in range(2))
    made = [db.call(make_organization, slug, slug) for slug in others]
    return org_id, made[0], made[1]


def _end_all(tx: Tx) -> None:
    tx.connection.execute("UPDATE callbacks SET due_at = NULL WHERE due_at IS NOT NULL")


def take(db, turns: Turns, limits: Limits, busy: Busy = IDLE) -> tuple[Counter[int], Turns]:
    """How many calls of each organization are claimed."""
    claimed, turns = db.call(claim_callbacks, busy, turns, limits, lease_ms=60_000)
    return Counter(callback.org_id for callback in claimed), turns


def test_an_organization_has_its_share_however_many_receivers_it_calls(db, orgs, host):
    greedy, modest, _ = orgs
    db.call(add_callbacks, greedy, [new(f"{number:03}-{host}") for number in range(300)])
    db.call(add_callbacks, modest, [new(host)])
    claimed, turns = take(db, Turns(), Limits(8, 5, 100))
    assert claimed == {greedy: 5, modest: 1}
    claimed, turns = take(db, turns, Limits(8, 5, 100), Busy(orgs={greedy: 5}))
    assert claimed == {}
    total = 0
    for _ in range(10):
        claimed, turns = take(db, turns, Limits(8, 50, 100))
        total += claimed[greedy]
    assert total == 295


def test_organizations_take_turns_when_there_is_room_for_few(db, orgs, host):
    for org_id in orgs:
        db.call(add_callbacks, org_id, [new(host, f"n={n}") for n in range(4)])
    turns, served = Turns(), []
    for _ in range(6):
        claimed, turns = take(db, turns, Limits(8, 2, 2))
        served.append(dict(claimed))
    assert served == [{org_id: 2} for org_id in sorted(orgs)] * 2


def test_receivers_of_an_organization_take_turns(db, orgs, host):
    hosts = [f"{letter}-{host}" for letter in "abc"]
    db.call(add_callbacks, orgs[0], [new(host, f"n={n}") for host in hosts for n in range(2)])
    turns, served = Turns(), []
    for _ in range(6):
        claimed, turns = db.call(claim_callbacks, Busy(), turns, Limits(1, 1, 1), lease_ms=60_000)
        served += [(callback.host, callback.body) for callback in claimed]
    assert served == [(host, f"n={n}") for n in range(2) for host in hosts]


def test_what_is_not_due_stands_before_nobody(db, node, orgs, host):
    many = [f"{number:03}-{host}" for number in range(450)]
    db.call(add_callbacks, orgs[0], [new(host) for host in many])
    turns = Turns()
    for _ in range(5):
        claimed, turns = db.call(claim_callbacks, IDLE, turns, Limits(8, 500, 500), lease_ms=60_000)
        db.call(record_callbacks, [answer(callback, 500) for callback in claimed])
    db.call(add_callbacks, orgs[0], [new(f"zzz-{host}")])
    found = 0
    for _ in range(3):
        took, turns = take(db, turns, Limits(8, 8, 8))
        found += took[orgs[0]]
    assert found == 1


def test_a_host_is_taken_from_the_address(host):
    assert host_of("https://user@Example.COM:8443/a?b#c") == "example.com:8443"
    assert host_of("http://[::1]:80/") == "[::1]:80"


def test_replaying_makes_it_again_and_is_audited(node, db, org_id, host):
    db.call(add_callbacks, org_id, [new(host)])
    [callback] = claim(db, host)
    db.call(record_callbacks, [answer(callback, 200)])
    node.clock.advance(3 * DAY_S)
    db.call(replay_callback, org_id, callback.id, actor="cli:ada")
    [again] = claim(db, host)
    assert again.uuid == callback.uuid
    db.call(record_callbacks, [answer(again, 500)])
    assert shown(db, org_id) == [("a=1", CallbackState.WAITING, 2, 500)]
    attempts = db.call(list_attempts, org_id, callback.id)
    assert [(attempt.number, attempt.status, attempt.took_ms) for attempt in attempts] == [
        (1, 200, 25),
        (2, 500, 25),
    ]
    [entry] = db.call(list_entries, org_id, "callback", callback.id)
    assert (entry.actor, entry.action) == ("cli:ada", "replayed")


def test_what_is_not_there_cannot_be_replayed_or_shown(db, org_id):
    for verb, options in ((replay_callback, {"actor": "cli:ada"}), (list_attempts, {})):
        with pytest.raises(Missing):
            db.call(verb, org_id, 999_999_999, **options)


def test_lists_are_filtered(db, org_id, host):
    db.call(
        add_callbacks,
        org_id,
        [new(host, "a=1", JobId(1)), new(host, "a=2", JobId(2)), new(host, "a=3", JobId(2))],
    )

    def bodies(**filters):
        found = db.call(
            list_callbacks, org_id, **({"job_id": None, "state": None, "limit": 10} | filters)
        )
        return [callback.body for callback in found]

    assert bodies() == ["a=3", "a=2", "a=1"]
    assert bodies(job_id=2) == ["a=3", "a=2"]
    assert bodies(limit=1) == ["a=3"]
    assert bodies(state=CallbackState.FAILED) == []


def test_a_key_is_made_once_and_replaced_when_asked(db, org_id):
    first = db.call(get_secret, org_id)
    assert len(first) == 64
    assert db.call(get_secret, org_id) == first
    second = db.call(rotate_callback_key, org_id, 0, actor="cli:ada")
    assert second != first
    assert db.call(get_secret, org_id) == second


def test_a_rotated_key_signs_beside_the_former_one_for_its_grace_time(node, db, org_id, host):
    former = db.call(get_secret, org_id)
    db.call(add_callbacks, org_id, [new(host, "a=1"), new(host, "a=2")])
    secret = db.call(rotate_callback_key, org_id, DAY_S * 1000, actor="cli:ada")
    found = claim(db, host)
    assert {(callback.secret, callback.next_secret) for callback in found} == {(former, secret)}
    node.clock.advance(DAY_S)
    found = claim(db, host)
    assert {(callback.secret, callback.next_secret) for callback in found} == {(secret, "")}


def test_old_ones_are_forgotten(node, db, org_id, host):
    db.call(add_callbacks, org_id, [new(host, "a=1"), new(host, "a=2")])
    first, second = claim(db, host)
    db.call(record_callbacks, [answer(first, 200), answer(second, 200)])
    node.clock.advance(29 * DAY_S)
    db.call(forget_old_callbacks, 1000)
    assert len(shown(db, org_id)) == 2
    node.clock.advance(2 * DAY_S)
    assert db.call(forget_old_callbacks, 1000) >= 2
    assert shown(db, org_id) == []
