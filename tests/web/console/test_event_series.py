"""Series in the console: made, named, filled, emptied, deleted, and seen by those who may."""

import re
from collections.abc import Iterator

import pytest

from tests.core.identity.staff import add_user as add_colleague
from tests.support.client import Answer
from tests.support.node import LocalNode, new_database, open_node
from tests.web.console.desk import PASSWORD, Desk
from turnout.core.audit.recording import list_entries
from turnout.core.events.page_names import list_series_events
from turnout.core.events.programme import list_channels
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import limit_colleague, limit_event
from turnout.core.ids import ChannelId, EventId, OrgId, UserId

ALL = "/console/rail/series"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    """On SQLite: the verbs are tested on both databases (tests/core/events/test_series.py)."""
    with open_node(new_database("sqlite", tmp_path_factory.mktemp("series"))) as node:
        yield node


def make(desk: Desk, title: str, name: str = "") -> str:
    """The path of a new series."""
    made = desk.send(f"{ALL}/new", f"{ALL}/new", title=title, name=name)
    assert made.status == 303, made.body.decode()
    return made.headers["location"].partition("?")[0]


def number_of(path: str) -> ChannelId:
    return ChannelId(int(path.rpartition("/")[2]))


def put(desk: Desk, path: str, event: EventId, do: str = "add") -> Answer:
    return desk.send(path, path, do=do, event=event)


def enter(node: LocalNode, org_id: OrgId, name: str, role: StaffRole) -> tuple[Desk, UserId]:
    user = add_colleague(node.db, org_id, name, {role}, hash_password(PASSWORD))
    return Desk(node.client, user.user_code), user.id


def test_the_list_says_what_to_do_first_and_stands_beside_events(desk: Desk, events) -> None:
    page = desk.read(ALL)
    assert "No series yet" in page
    assert f'href="{ALL}/new"' in page
    assert f'href="{ALL}"' in desk.read("/console/events")


def test_a_series_is_made_filled_emptied_and_deleted(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    path = make(desk, "Talks & more", "talks")
    series, summit = number_of(path), events["Summit"]
    empty = desk.read(path)
    assert "No event yet" in empty
    assert "Summit, " in empty
    assert "Called off" not in empty
    assert put(desk, path, summit).headers["location"] == f"{path}?done=added#events"
    assert "The event is in the series." in desk.read(f"{path}?done=added")
    put(desk, path, events["Draft"])
    assert node.db.call(list_series_events, org_id, series) == [summit, events["Draft"]]
    listed = " ".join(re.sub("<.*?>", " ", desk.read(ALL)).split())
    assert "Talks &amp; more talks 2 0" in listed
    kept = desk.send(f"{path}/delete", path)
    assert kept.status == 422
    assert "Talks &amp; more has 2 events: take them out" in kept.body.decode()
    assert f"{path}/delete" not in desk.read(path)
    for event in (summit, events["Draft"]):
        assert put(desk, path, event, "remove").status == 303
    assert "Delete Talks &amp; more" in desk.read(f"{path}/delete")
    gone = desk.send(f"{path}/delete", f"{path}/delete")
    assert gone.headers["location"] == f"{ALL}?done=deleted"
    assert desk.open(path).status == 404
    noted = [entry.action for entry in node.db.call(list_entries, org_id, "channel", series)]
    assert noted == ["created", "named", *["added event"] * 2, *["removed event"] * 2, "deleted"]


def test_its_page_its_feeds_and_its_code(node: LocalNode, desk: Desk, events) -> None:
    path = make(desk, "Evenings")
    assert "No page yet" in desk.read(ALL)
    assert desk.open(f"{path}/qr.svg").status == 404
    assert "/events.rss" not in desk.read(path)
    put(desk, path, events["Summit"])
    assert desk.send(path, path, title="Evenings", name="evenings").status == 303
    page = desk.read(path)
    for link in ("/rail/series/evenings", "/rail/series/evenings/events.ics", f"{path}/qr.svg"):
        assert f'"{link}"' in page
        assert desk.open(link).status == 200
    code = desk.open(f"{path}/qr.svg?download=1")
    assert code.headers["content-type"] == "image/svg+xml"
    assert f"series-{number_of(path)}.svg" in code.headers["content-disposition"]
    assert "/console/rail/log?noun=channel&amp;id=" in page
    log = desk.read(f"/console/rail/log?noun=channel&id={number_of(path)}")
    assert "page the address “evenings”" in log
    assert desk.send(path, path, title="Nights", name="nights").status == 303
    moved = node.client.request("GET", "/rail/series/evenings")
    assert (moved.status, moved.headers["location"]) == (308, "/rail/series/nights")
    assert "Called the series “Nights”" in desk.read(
        f"/console/rail/log?noun=channel&id={number_of(path)}"
    )


@pytest.mark.parametrize(
    ("title", "name", "field", "said"),
    [
        ("", "fine", "title", "Nothing is entered here."),
        ("x" * 201, "fine", "title", "The text is longer than 200 characters."),
        ("Fine", "Two Words", "name", "is no name for an address"),
        ("Fine", "taken", "name", "is the name of another one"),
    ],
)
def test_faults_stand_beside_their_fields_and_nothing_is_made(
    node: LocalNode, desk: Desk, org_id: OrgId, title: str, name: str, field: str, said: str
) -> None:
    if not any(one.title == "First" for one in node.db.call(list_channels, org_id)):
        make(desk, "First", "taken")
    before = node.db.call(list_channels, org_id)
    refused = desk.send(f"{ALL}/new", f"{ALL}/new", title=title, name=name)
    page = refused.body.decode()
    assert (refused.status, node.db.call(list_channels, org_id)) == (422, before)
    assert f'<a href="#f-{field}">' in page
    assert said in page
    assert f'value="{name}"' in page


def test_an_event_that_is_not_there_is_no_choice(desk: Desk, events) -> None:
    path = make(desk, "Strict")
    for wrong in ("", "x"):
        refused = desk.send(path, path, do="add", event=wrong)
        assert (refused.status, 'href="#f-event"' in refused.body.decode()) == (422, True)
    assert put(desk, path, EventId(999999)).status == 422


def test_a_form_that_is_sent_twice_makes_one_series(
    node: LocalNode, desk: Desk, org_id: OrgId
) -> None:
    twice = [
        desk.send(f"{ALL}/new", f"{ALL}/new", title="Once", name="", once="mark") for _ in range(2)
    ]
    assert [answer.status for answer in twice] == [303, 303]
    assert len({answer.headers["location"] for answer in twice}) == 1
    titles = [one.title for one in node.db.call(list_channels, org_id)]
    assert titles.count("Once") == 1


def test_a_form_of_another_session_changes_nothing(node: LocalNode, desk: Desk, org_id) -> None:
    path = make(desk, "Mine")
    for target in (path, f"{path}/delete", f"{ALL}/new"):
        assert desk.send(target, path, token="x" * 43, title="Theirs").status == 403
    assert "Theirs" not in {one.title for one in node.db.call(list_channels, org_id)}


def test_a_reader_reads(node: LocalNode, desk: Desk, org_id: OrgId, events) -> None:
    path = make(desk, "Read", "read")
    put(desk, path, events["Summit"])
    reader, _ = enter(node, org_id, "reader", StaffRole.READER)
    page = reader.read(path)
    assert "Summit" in page
    assert 'name="do"' not in page
    assert "log?noun" not in page
    assert f"{ALL}/new" not in reader.read(ALL)
    assert reader.open(f"{ALL}/new").status == 403
    assert reader.open(f"{path}/delete").status == 403


def test_what_somebody_does_not_see_is_neither_shown_nor_moved(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    path, summit, reunion = make(desk, "Closed"), events["Summit"], events["Reunion"]
    put(desk, path, summit)
    for event in (summit, reunion):
        node.db.call(limit_event, org_id, event, is_limited=True, actor="test")
    organizer, user_id = enter(node, org_id, "organizer", StaffRole.ORGANIZER)
    page = organizer.read(path)
    assert "Summit" not in page
    assert "Reunion" not in page
    assert f"{path}/delete" not in page
    assert put(organizer, path, summit, "remove").status == 422
    assert put(organizer, path, reunion).status == 422
    assert node.db.call(list_series_events, org_id, number_of(path)) == [summit]
    node.db.call(limit_colleague, org_id, user_id, [summit], is_limited=True, actor="test")
    assert [organizer.open(target).status for target in (ALL, path)] == [403, 403]
    for event in (summit, reunion):
        node.db.call(limit_event, org_id, event, is_limited=False, actor="test")
