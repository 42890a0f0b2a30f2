"""The stored side of rate limits: windows that several servers add to."""

from turnout.core.identity.organizations import list_organizations, set_rate_limit
from turnout.core.identity.rate_limits import WINDOW_MS, Window, add_to_windows, load_window


def test_nothing_was_counted_yet(db, org_id):
    assert db.call(load_window, org_id, "register") == Window(None, 0, 0)


def test_counts_of_several_servers_add_up_in_the_window_that_came_first(db, org_id):
    now = db.clock()
    first = {(org_id, "register"): (now, 3), (org_id, "signin"): (now, 1)}
    assert db.call(add_to_windows, first) == {
        (org_id, "register"): Window(None, now, 3),
        (org_id, "signin"): Window(None, now, 1),
    }
    later = {(org_id, "register"): (now + 500, 4)}
    assert db.call(add_to_windows, later) == {(org_id, "register"): Window(None, now, 7)}
    assert db.call(load_window, org_id, "register") == Window(None, now, 7)


def test_a_window_that_is_over_is_replaced(db, org_id):
    started = db.clock()
    db.call(add_to_windows, {(org_id, "register"): (started, 3)})
    db.clock.advance(WINDOW_MS / 1000 - 0.001)
    assert db.call(load_window, org_id, "register") == Window(None, started, 3)
    db.clock.advance(0.001)
    assert db.call(load_window, org_id, "register") == Window(None, 0, 0)
    fresh = {(org_id, "register"): (db.clock(), 2)}
    assert db.call(add_to_windows, fresh)[org_id, "register"] == Window(None, db.clock(), 2)


def test_asking_without_a_count_brings_the_accounts_own_limit_and_writes_nothing(db, org_id):
    (slug,) = [
        organization.slug
        for organization in db.call(list_organizations)
        if organization.org_id == org_id
    ]
    db.call(set_rate_limit, slug, 5, actor="test")
    asked = {(org_id, "register"): (db.clock(), 0)}
    assert db.call(add_to_windows, asked) == {(org_id, "register"): Window(5, 0, 0)}
