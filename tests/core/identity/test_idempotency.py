"""Idempotency keys: bound to their request, kept with the effect, for 24 hours."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from turnout.core.identity.idempotency import (
    KEY_LENGTH,
    LIFETIME_MS,
    IdempotentRequest,
    first_answer,
    forget_old_keys,
    idempotent_request,
    keep_answer,
)
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

DAY_S = LIFETIME_MS / 1000


def request(key: str = "k-1", method="PUT", path="/v1.0/register", body=b"{}") -> IdempotentRequest:
    return idempotent_request(key, method, path, body)


def answer(
    tx: Tx, org_id: OrgId, asked: IdempotentRequest, text: str, owner: str = "user:1"
) -> str:
    """A verb as users of keys write it: `text` is its answer where it has an effect."""
    known = first_answer(tx, org_id, owner, asked)
    if known is None:
        keep_answer(tx, org_id, owner, asked, text)
    return text if known is None else known


def test_the_first_answer_is_the_answer_to_every_repetition(db, org_id):
    answers = [db.call(answer, org_id, request(), text) for text in ("first", "second", "third")]
    assert answers == ["first"] * 3


@pytest.mark.parametrize(
    "other", [request(body=b"[]"), request(path="/v1.0/other"), request(method="POST")]
)
def test_a_key_belongs_to_one_request(db, org_id, other):
    db.call(answer, org_id, request(), "first")
    with pytest.raises(Conflict) as refusal:
        db.call(answer, org_id, other, "second")
    assert refusal.value.code == "idempotency_key.reused"
    assert "k-1" in refusal.value.message
    assert db.call(answer, org_id, request(), "third") == "first"


def test_accounts_and_keys_do_not_meet(db, org_id, account):
    assert db.call(answer, org_id, request(), "mine") == "mine"
    assert db.call(answer, account.org_id, request(body=b"[]"), "theirs") == "theirs"
    assert db.call(answer, org_id, request("k-2", body=b"[]"), "another") == "another"


def test_owners_of_one_account_do_not_meet(db, org_id):
    assert db.call(answer, org_id, request(), "mine") == "mine"
    assert db.call(answer, org_id, request(body=b"[]"), "theirs", "user:2") == "theirs"
    assert db.call(answer, org_id, request(), "a key's", "credential:1") == "a key's"
    assert db.call(answer, org_id, request(), "mine again") == "mine"


def test_a_key_of_an_effect_that_was_taken_back_is_free(db, org_id):
    def fail(tx: Tx) -> None:
        answer(tx, org_id, request(), "taken back")
        raise KeyError

    with pytest.raises(KeyError):
        db.call(fail)
    assert db.call(answer, org_id, request(body=b"[]"), "second") == "second"


def test_a_key_lasts_24_hours_and_not_a_millisecond_more(db, org_id):
    db.call(answer, org_id, request(), "first")
    db.clock.advance(DAY_S - 0.001)
    assert db.call(answer, org_id, request(), "second") == "first"
    db.clock.advance(0.001)
    assert db.call(answer, org_id, request(body=b"[]"), "third") == "third"
    assert db.call(answer, org_id, request(body=b"[]"), "fourth") == "third"
    db.clock.advance(DAY_S - 0.001)
    assert db.call(answer, org_id, request(body=b"[]"), "fifth") == "third"


@pytest.mark.parametrize("hours_before", [0, 24])
def test_callers_at_once_have_one_effect(db, org_id, hours_before):
    """Also where the key was used a day ago, and its row is there already."""
    for turn in range(20):
        asked = request(f"{hours_before}-{turn}")
        if hours_before:
            db.call(answer, org_id, asked, "of yesterday")
    db.clock.advance(hours_before * 3600)
    for turn in range(20):
        asked = request(f"{hours_before}-{turn}")
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda n, a=asked: db.call(answer, org_id, a, str(n)), range(4))
            )
        assert len(set(answers)) == 1


def test_old_keys_are_swept_a_bounded_number_at_a_time(db, org_id):
    db.clock.advance(2 * DAY_S)
    while db.call(forget_old_keys):
        pass
    for number in range(5):
        db.call(answer, org_id, request(f"old-{number}"), "old")
    db.clock.advance(DAY_S)
    assert db.call(forget_old_keys) == 0
    db.clock.advance(0.001)
    db.call(answer, org_id, request("new"), "new")
    assert [db.call(forget_old_keys, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert db.call(answer, org_id, request("new"), "newer") == "new"


def test_sweeping_and_using_an_old_key_at_once_hurts_nobody(db, org_id):
    for turn in range(10):
        asked = request(f"swept-{turn}")
        db.call(answer, org_id, asked, "of yesterday")
        db.clock.advance(DAY_S + 1)
        with ThreadPoolExecutor(4) as pool:
            sweeps = [pool.submit(db.call, forget_old_keys) for _ in range(2)]
            uses = [pool.submit(db.call, answer, org_id, asked, str(n)) for n in range(2)]
        assert all(sweep.result() >= 0 for sweep in sweeps)
        assert len({use.result() for use in uses}) == 1
        assert uses[0].result() in ("0", "1")
        assert db.call(answer, org_id, asked, "third") == uses[0].result()


@pytest.mark.parametrize("key", ["", "a" * (KEY_LENGTH + 1), "é", "a\nb", "a\x00", "a\x7f"])
def test_a_key_that_cannot_be_one_is_refused(key):
    with pytest.raises(Invalid) as refusal:
        request(key)
    assert refusal.value.fields == {"Idempotency-Key": ["malformed"]}


@pytest.mark.parametrize("key", ["a", "a b", "~!", "a" * KEY_LENGTH])
def test_any_printable_text_may_be_a_key(key):
    assert request(key).key == key
