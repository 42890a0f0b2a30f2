"""Uploaded lists: seen when whole, read by pages, and gone without a trace."""

import pytest

from tests.support.builder import make_organization
from turnout.core.events.model import span
from turnout.core.events.programme import create_event
from turnout.core.messaging.lists import (
    Entry,
    add_entries,
    begin_list,
    delete_list,
    finish_list,
    is_list,
    list_entries,
    list_lists,
)
from turnout.core.messaging.model import Person
from turnout.errors import Invalid, Missing


def make_list(db, login, entries, name="Everybody"):
    list_id = db.call(begin_list, login.org_id, login.user_id, name)
    db.call(add_entries, login.org_id, list_id, 1, entries)
    db.call(finish_list, login.org_id, list_id, len(entries), actor="test")
    return list_id


def test_a_list_is_there_once_it_is_whole(db, login):
    org_id = login.org_id
    list_id = db.call(begin_list, org_id, login.user_id, " Everybody ")
    db.call(add_entries, org_id, list_id, 1, [Entry(email="a@example.com")])
    assert db.call(list_lists, org_id) == []
    assert not db.call(is_list, org_id, str(list_id))
    db.call(finish_list, org_id, list_id, 1, actor="test")
    [found] = db.call(list_lists, org_id)
    assert (found.id, found.user_id, found.name, found.entries) == (
        *(list_id, login.user_id, "Everybody", 1),
    )
    assert db.call(is_list, org_id, str(list_id))


def test_a_list_is_read_by_pages_in_its_order(db, login):
    entries = [
        Entry(recipient=f"R{n}", reference=f"r{n}", email=f"e{n}@example.com", custom={"C": str(n)})
        for n in range(5)
    ]
    list_id = make_list(db, login, entries)
    people, cursor = [], ""
    for size in (2, 2, 1):
        page, cursor = db.call(list_entries, login.org_id, list_id, cursor, 2)
        assert len(page) == size
        people += page
    assert cursor == ""
    assert people == [
        Person(f"r{n}", f"R{n}", f"e{n}@example.com", "", "", "", {"C": str(n)}) for n in range(5)
    ]


def test_names_of_lists(db, login):
    when = span("2027-06-01T18:00", "2027-06-01T23:00", "UTC")
    event = db.call(create_event, login.org_id, "Party", when, actor="test")
    other = db.call(make_organization, f"other-{event.id}", "Other")
    live = [f"event:{event.id}{which}" for which in ("", ":checked", ":unchecked", ":pending")]
    live.append(f"event:{event.id}:no-shows")
    for name in live:
        assert db.call(is_list, login.org_id, name), name
        assert not db.call(is_list, other, name), name
    for name in ("", "0", "x", "1" * 30, "event:", "event:7", f"event:{event.id}:x", "²"):
        assert not db.call(is_list, login.org_id, name), name


def test_a_list_is_deleted(db, login):
    list_id = make_list(db, login, [Entry(email="a@example.com")])
    db.call(delete_list, login.org_id, list_id, actor="test")
    assert db.call(list_lists, login.org_id) == []
    assert db.call(list_entries, login.org_id, list_id, "", 10) == ([], "")
    with pytest.raises(Missing, match=f"There is no list {list_id}"):
        db.call(delete_list, login.org_id, list_id, actor="test")


def test_another_organizations_list_is_none(db, login):
    list_id = make_list(db, login, [Entry(email="a@example.com")])
    other = db.call(make_organization, f"alien-{list_id}", "Other")
    assert not db.call(is_list, other, str(list_id))
    with pytest.raises(Missing):
        db.call(delete_list, other, list_id, actor="test")
    assert db.call(is_list, login.org_id, str(list_id))


@pytest.mark.parametrize("name", ["", " ", "x" * 201])
def test_a_list_has_a_name(db, login, name):
    with pytest.raises(Invalid, match="1 to 200 characters"):
        db.call(begin_list, login.org_id, login.user_id, name)
