"""The log of changes and the learners, for staff from whom some events are hidden."""

import pytest

from tests.core.people.test_reach import DOOR, ORGANIZER, OWNER, Team
from tests.support.builder import WHEN
from tests.support.node import Account
from turnout.core.audit.recording import LogFilter, record
from turnout.core.events.programme import create_session
from turnout.core.events.sessions import remove_session
from turnout.core.exams.browsing import find_learners
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.identity.staff import Access, limit_event
from turnout.core.ids import OrgId
from turnout.core.timeline.seen_log import list_seen_log
from turnout.store import Database


@pytest.fixture
def team(db: Database, account: Account) -> Team:
    team = Team(db, account)
    db.call(limit_event, team.org_id, team.hidden, is_limited=True, actor="test")
    return team


def note(db: Database, org_id: OrgId, actor: str, action: str, noun: str, noun_id: int) -> None:
    db.call(lambda tx: record(tx, org_id, actor, action, noun, noun_id))


def read(team: Team, access: Access, **wanted) -> list[tuple[str, int]]:
    lines = team.db.call(list_seen_log, team.org_id, LogFilter(**wanted), access, 500)
    return [(line.noun, line.noun_id) for line in lines]


def test_changes_of_a_hidden_event_and_its_parts_are_left_out(team: Team) -> None:
    db, org_id = team.db, team.org_id
    own, hidden = team.register("seen", team.own), team.register("unseen", team.hidden)
    registered = team.last
    session = db.call(create_session, org_id, team.hidden, "Secret", WHEN, actor="test")
    gone = db.call(create_session, org_id, team.hidden, "Gone", WHEN, actor="test")
    db.call(remove_session, org_id, team.hidden, gone.id, actor="test")
    for person in (own, hidden):
        note(db, org_id, "test", "corrected", "person", person)
    note(db, org_id, "test", "set", "form", 9)
    owner = team.access(OWNER, DOOR)
    whole = read(team, owner)
    secret = {
        ("event", team.hidden),
        ("registration", registered),
        ("session", session.id),
        ("person", hidden),
    }
    assert secret <= set(whole)
    seen = read(team, team.access(ORGANIZER))
    assert secret.isdisjoint(seen)
    assert {("person", own), ("event", team.own), ("form", 9)} <= set(seen)
    deleted = [line for line in whole if line == ("session", gone.id)]
    assert len(deleted) == 2
    assert [line for line in seen if line == ("session", gone.id)] == deleted[:1]


def test_pages_of_the_log_go_on_where_the_last_ended(team: Team) -> None:
    db, org_id = team.db, team.org_id
    for number in range(6):
        event_id = team.hidden if number % 2 else team.own
        note(db, org_id, "pager", "told", "event", event_id)
    access = team.access(ORGANIZER)
    found, before = [], 2**62
    while lines := db.call(
        list_seen_log, org_id, LogFilter(actor="pager", before=before), access, 2
    ):
        found += [line.noun_id for line in lines]
        before = lines[-1].id
    assert found == [team.own] * 3


def test_the_limited_see_their_events_and_what_they_did_themselves(team: Team) -> None:
    access = team.access(ORGANIZER, is_limited=True)
    for actor in (access.actor, "test"):
        note(team.db, team.org_id, actor, "set", "form", 9)
    seen = read(team, access)
    assert seen.count(("form", 9)) == 1
    assert ("event", team.own) in seen
    assert ("event", team.hidden) not in seen


def test_learners_of_hidden_events_alone_are_left_out(team: Team) -> None:
    for name in ("own", "unseen", "both"):
        team.register(name, team.hidden if name == "unseen" else team.own)
    team.register("both", team.hidden)
    for code in ("both", "free", "own", "unseen"):
        new = NewLearner(code, code, "Guest", f"{code}@example.com")
        team.db.call(add_learner, team.org_id, new, actor="test")
    seen = {"viewer": team.access(ORGANIZER)}

    def find(**wanted) -> list[str]:
        return [one.code for one in team.db.call(find_learners, team.org_id, **wanted)]

    assert find(viewer=team.access(OWNER, DOOR)) == find() == ["both", "free", "own", "unseen"]
    assert find(**seen) == ["both", "free", "own"]
    assert find(**seen, limit=2) == ["both", "free"]
    assert find(**seen, limit=2, after="free") == ["own"]
    assert find(**seen, text="unseen") == []
