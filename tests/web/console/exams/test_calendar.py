"""The calendar of exams, planning one, and the page of one."""

import io
import re

import openpyxl

from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.exams.conftest import BILLING, ZONE, Sitting
from turnout.core.exams.model import Exam
from turnout.core.exams.planning import get_exam
from turnout.core.identity.model import Role
from turnout.core.identity.staff import limit_colleague, limit_event
from turnout.core.ids import EventId, OrgId
from turnout.core.times import instant

MARCH = "date=2097-03-01"


def exam_of(node: LocalNode, org_id: OrgId, event_id: EventId) -> Exam:
    return node.db.call(get_exam, org_id, event_id)


def test_the_calendar_has_exams_by_month_week_day_and_as_a_list(
    desk: Desk, sitting: Sitting
) -> None:
    venue = f"venue={sitting.venue_id}"
    for view in ("month", "week", "day", "list"):
        page = desk.read(f"/console/rail/exams?view={view}&{MARCH}&{venue}")
        assert page.count(f'href="{sitting.path}"') >= 1, view
        assert "9:00" in page
        assert 'aria-current="page"' in page
    day = desk.read(f"/console/rail/exams?view=day&{MARCH}&{venue}")
    assert "<h2>Fri 1 Mar 2097</h2>" in day
    assert 'role="img" aria-label="2 exams in 1 row of rooms' in day
    assert '<th scope="col">Room is free at</th>' in day
    assert sitting.path not in desk.read(f"/console/rail/exams?view=month&date=2097-04-01&{venue}")
    none = desk.read(f"/console/rail/exams?view=week&date=2097-06-01&{venue}")
    assert "No exam in this week" in none
    cancelled = desk.read(f"/console/rail/exams?view=list&{MARCH}&{venue}&state=cancelled")
    assert "No exam from this day on" in cancelled
    # What cannot be read is left out.
    assert desk.open("/console/rail/exams?view=x&date=9999-99-99&venue=y&after=z").status == 200
    assert desk.open("/console/rail/exams?view=month&date=9999-12-31").status == 200


def test_the_calendar_is_a_file_too(desk: Desk, sitting: Sitting) -> None:
    query = f"?view=list&{MARCH}&venue={sitting.venue_id}"
    answer = desk.open(f"/console/rail/exams.csv{query}")
    lines = answer.body.decode("utf-8-sig").splitlines()
    assert answer.headers["content-disposition"] == 'attachment; filename="exams.csv"'
    assert len(lines) == 3
    assert "2097-03-01 09:00" in lines[1]
    book = openpyxl.load_workbook(io.BytesIO(desk.open(f"/console/rail/exams.xlsx{query}").body))
    assert [row[1].value for row in book.active.rows] == [
        "Event",
        str(sitting.event_id),
        str(sitting.free),
    ]


def test_the_calendar_has_no_exam_that_is_hidden_from_the_user(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    organizer = add_user(node, org_id, "rail/hidden-from", Role.AGENT)
    query = f"{MARCH}&venue={sitting.venue_id}"
    paths = [f"/console/rail/exams{tail}{query}" for tail in ("?view=list&", ".csv?view=list&")]
    number = str(sitting.event_id)
    for is_hidden in (False, True):
        node.db.call(limit_event, org_id, sitting.event_id, is_limited=is_hidden, actor="test")
        for path in paths:
            assert number in desk.read(path)
            assert (number in organizer.read(path)) is not is_hidden
            assert str(sitting.free) in organizer.read(path)


def test_other_events_show_the_calendar(node: LocalNode, desk: Desk, org_id: OrgId, events) -> None:
    page = desk.read(f"/console/{events['Summit']}/exams")
    assert "is no exam" in page
    assert "Month" in page
    limited = add_user(node, org_id, "rail/limited", Role.AGENT)
    member = node.db.call(
        lambda tx: tx.connection.execute(
            "SELECT id FROM users WHERE user_code = 'rail/limited'"
        ).fetchone()[0]
    )
    node.db.call(limit_colleague, org_id, member, [events["Summit"]], is_limited=True, actor="t")
    assert "You see some events only" in limited.read(f"/console/{events['Summit']}/exams")
    assert limited.open("/console/rail/exams/venues").status == 403
    assert limited.open(f"/console/{events['Summit']}/exams.csv").status == 403


def test_an_exam_is_planned_changed_and_published(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path = "/console/rail/exams/new"
    assert 'value="2097-05-02T09:00"' in desk.read(f"{path}?date=2097-05-02")
    plan = {
        "venue": sitting.venue_id,
        "starts": "2097-05-02T10:00",
        "title": "Summer exams",
        "kind": "Exam",
        "exam_type": "Class",
        "exam_format": "Paper",
        "billing_code": BILLING,
        "limit": "2",
        "is_on_calendar": "1",
    }
    wrong = desk.send(path, path, **plan | {"starts": "2001-05-02T10:00", "limit": "0"})
    assert wrong.status == 422
    page = wrong.body.decode()
    assert '<a href="#f-limit">' in page
    assert 'value="Summer exams"' in page
    nowhere = desk.send(path, path, **plan | {"venue": ""}).body.decode()
    assert '<a href="#f-venue">Venue: Choose one of the list.</a>' in nowhere
    past = desk.send(path, path, **plan | {"starts": "2001-05-02T10:00"})
    assert past.status == 422
    assert '<a href="#f-starts">The exam must start in the future.</a>' in past.body.decode()
    made = desk.send(path, path, **plan)
    assert made.status == 303
    base = made.headers["location"].partition("?")[0]
    event_id = EventId(int(base.split("/")[2]))
    assert "The exam is made, a draft." in desk.read(made.headers["location"])
    assert exam_of(node, org_id, event_id).capacity == 2
    desk.send(base, base, do="publish")
    assert exam_of(node, org_id, event_id).state == "open"
    assert desk.send(base, base, do="publish").status == 422
    change = f"{base}/change"
    (version,) = re.findall(r'name="version" value="(\w+)"', desk.read(change))
    saved = desk.send(change, change, **plan | {"version": version, "starts": "2097-05-03T11:00"})
    assert saved.status == 303
    assert exam_of(node, org_id, event_id).starts_at == instant("2097-05-03T11:00", ZONE)
    stale = desk.send(change, change, **plan | {"version": version, "title": "Mine"})
    assert stale.status == 422
    assert "You saved this in another window" in stale.body.decode()


def test_a_room_gives_seats_and_clashes_are_said(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    page = desk.read(sitting.path)
    assert "This exam has no room." in page
    assert "Without a seat" in page
    for event_id in (sitting.event_id, sitting.free):
        base = f"/console/{event_id}/exams"
        assert desk.send(base, base, do="room", room=sitting.room_id).status == 303
    desk.send(f"{sitting.of('B-2')}", sitting.of("B-2"), do="grant", help="Reader", minutes="120")
    page = desk.read(sitting.path)
    assert len(re.findall(r'class="seat[ "]', page)) == 4
    assert 'class="seat more clash"' in page
    assert "the room is another&#39;s then" in page
    assert "Aula is needed until 13:30 for" in page
    assert exam_of(node, org_id, sitting.event_id).capacity == 4
    # Twice the same people, half an hour apart.
    add = f"/console/{sitting.free}/exams/candidates/add"
    desk.send(add, add, learner="B-2", form="W1")
    assert "Björn Example sits" in desk.read(sitting.path)
    refused = desk.send(sitting.path, sitting.path, do="room", room="999999")
    assert refused.status == 422
    assert '<a href="#f-room">' in refused.body.decode()


def test_who_sees_one_exam_reads_nothing_of_others(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    for event_id in (sitting.event_id, sitting.free):
        base = f"/console/{event_id}/exams"
        desk.send(base, base, do="room", room=sitting.room_id)
    desk.send(sitting.of("B-2"), sitting.of("B-2"), do="grant", help="Reader", minutes="120")
    assert "Aula is needed until" in desk.read(sitting.path)
    code = f"rail/officer-{sitting.event_id}"
    officer = add_user(node, org_id, code, Role.AGENT)
    statement = f"SELECT id FROM users WHERE user_code = '{code}'"
    user_id = node.db.call(lambda tx: tx.connection.execute(statement).fetchone()[0])
    node.db.call(limit_colleague, org_id, user_id, [sitting.event_id], is_limited=True, actor="t")
    page = officer.read(sitting.path)
    assert "Björn Example" in page
    assert "Later" not in page
    assert "Later" not in officer.read(f"{sitting.of('B-2')}/move")
    move = f"{sitting.of('B-2')}/move"
    assert "/exams/new" not in officer.read(move)
    assert officer.send(move, move, exam=sitting.free).status == 422
    assert officer.open(sitting.of("B-2")).status == 200


def test_news_of_events_lead_to_those_of_exams(desk: Desk, sitting: Sitting) -> None:
    for name, tail in (("postpone", "change"), ("cancel", "cancel"), ("tell", "tell")):
        page = desk.read(f"/console/{sitting.event_id}/{name}")
        assert f'<a href="{sitting.path}/{tail}">' in page
        assert "<textarea" not in page


def test_cancelling_shows_the_message_first(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path = f"{sitting.path}/cancel"
    page = desk.read(path)
    assert "Cancel “test_cancelling" in page
    assert "with 3 candidates" in page
    assert "Dear Ada Example," in page
    wrong = desk.send(path, path, subject="Off", text="%%nonsense%%")
    assert wrong.status == 422
    assert "no field %%nonsense%%" in wrong.body.decode()
    seen = desk.send(path, path, subject="Off, %%name%%", text="Sorry", preview="1")
    assert "Off, Ada Example" in seen.body.decode()
    assert exam_of(node, org_id, sitting.event_id).state == "open"
    done = desk.send(path, path, subject="Off, %%name%%", text="Sorry")
    assert done.status == 303
    exam = exam_of(node, org_id, sitting.event_id)
    assert (exam.state, exam.held) == ("cancelled", 0)
    subjects = node.db.call(
        lambda tx: [
            row[0]
            for row in tx.connection.execute(
                "SELECT fields FROM recipients WHERE fields LIKE '%Off, %'"
            ).fetchall()
        ]
    )
    assert len(subjects) == 3
    assert "The exam is cancelled." in desk.read(path)
