"""Asking for the outcome of queue items: one's own, by number, a page at a time."""

import pytest

from turnout.core.identity.credentials import revoke_credential
from turnout.core.registrations.queue_items import find_next_due, list_items
from turnout.errors import Unauthenticated


def test_items_come_by_number_and_unknown_ones_are_left_out(desk, db):
    items = desk.accept(desk.apply("ada@example.com"))
    asked = [items[2].id, 10**15, items[0].id, items[0].id, items[1].id]
    page = db.call(list_items, desk.account.caller, asked, limit=10)
    assert (page.total, page.items) == (3, items)
    assert db.call(list_items, desk.account.caller, [10**15], limit=10).items == []
    desk.node.run_intake()


def test_a_page_is_cut_out_of_the_matches(desk, db):
    items = desk.accept(*(desk.apply(f"{n}@example.com", desk.paks[:1]) for n in range(5)))
    ids = [item.id for item in items]
    pages = [
        db.call(list_items, desk.account.caller, ids, limit=2, skip=skip) for skip in (0, 2, 4, 6)
    ]
    assert {page.total for page in pages} == {5}
    assert [page.items for page in pages] == [items[:2], items[2:4], items[4:], []]
    desk.node.run_intake()


def test_nobody_sees_the_items_of_another_account(desk, db, node):
    items = desk.accept(desk.apply("ada@example.com"))
    stranger = node.add_account(f"stranger-{desk.org_id}")
    page = db.call(list_items, stranger.caller, [item.id for item in items], limit=10)
    assert (page.total, page.items) == (0, [])
    desk.node.run_intake()


def test_a_credential_that_ended_is_refused(desk, db):
    caller = desk.account.caller
    db.call(revoke_credential, caller.org_id, caller.credential_id, actor="test")
    with pytest.raises(Unauthenticated):
        db.call(list_items, caller, [1], limit=10)


def test_the_next_submission_is_due_when_it_was_accepted(desk, db):
    assert db.call(find_next_due) is None
    accepted_at = db.clock()
    desk.accept(desk.apply("ada@example.com"))
    db.clock.advance(5)
    desk.accept(desk.apply("bob@example.com"))
    assert db.call(find_next_due) == accepted_at
    desk.node.run_intake()
    assert db.call(find_next_due) is None
