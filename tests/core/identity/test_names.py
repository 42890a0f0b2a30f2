"""The directory: one name, one thing, in the whole installation."""

import itertools

import pytest

from turnout.core.identity.names import ATTEMPTS, Target, find_name, make_name, take_name
from turnout.errors import Conflict, Unavailable


def test_a_name_leads_to_what_took_it(db, org_id):
    target = Target(org_id, "event", 7)
    db.call(take_name, "pak", f"n-{org_id}", target)
    assert db.call(find_name, "pak", f"n-{org_id}") == target
    assert db.call(find_name, "guid", f"n-{org_id}") is None


def test_a_name_is_taken_once_in_its_namespace(db, org_id, account):
    db.call(take_name, "pak", f"n-{org_id}", Target(org_id, "event", 7))
    with pytest.raises(Conflict) as refusal:
        db.call(take_name, "pak", f"n-{org_id}", Target(account.org_id, "event", 8))
    assert refusal.value.code == "name.taken"
    db.call(take_name, "guid", f"n-{org_id}", Target(account.org_id, "event", 8))
    assert db.call(find_name, "pak", f"n-{org_id}") == Target(org_id, "event", 7)


def test_a_made_name_is_a_free_one(db, org_id):
    names = [f"{org_id}-{letter}" for letter in "aab"]
    made = [
        db.call(make_name, "pak", iter(names[n:]).__next__, Target(org_id, "event", n))
        for n in range(2)
    ]
    assert made == [f"{org_id}-a", f"{org_id}-b"]


def test_the_search_for_a_free_name_ends(db, org_id):
    db.call(take_name, "pak", f"n-{org_id}", Target(org_id, "event", 7))
    tries = itertools.count(1)

    def always_the_same() -> str:
        next(tries)
        return f"n-{org_id}"

    with pytest.raises(Unavailable) as refusal:
        db.call(make_name, "pak", always_the_same, Target(org_id, "event", 8))
    assert refusal.value.code == "name.exhausted"
    assert next(tries) == ATTEMPTS + 1
