"""Lists that are extended and changed, on both databases."""

from tests.core.messaging.jobs import POLICY, new_job
from turnout.core.identity.model import Principal
from turnout.core.ids import ListId, OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.list_changes import (
    ListUse,
    change_entry,
    get_list,
    join_lists,
    list_numbered,
    list_uses,
    remove_entry,
)
from turnout.core.messaging.lists import Entry, add_entries, begin_list, finish_list
from turnout.core.messaging.model import JobType
from turnout.store import Database


def make(db: Database, login: Principal, *emails: str) -> ListId:
    list_id = db.call(begin_list, login.org_id, login.user_id, "People")
    entries = [Entry(email=email) for email in emails]
    db.call(add_entries, login.org_id, list_id, 1, entries)
    return list_id


def people(db: Database, org_id: OrgId, list_id: ListId) -> list[tuple[int, str]]:
    found = db.call(list_numbered, org_id, list_id, 0, 10)
    return [(line.number, line.entry.email) for line in found]


def test_a_list_is_extended_changed_and_cut(db: Database, org_id: OrgId, login: Principal) -> None:
    list_id = make(db, login, "a@x.org", "b@x.org")
    db.call(finish_list, org_id, list_id, 2, actor="test")
    more = make(db, login, "c@x.org", "a@x.org")
    db.call(join_lists, org_id, more, list_id, 2, actor="test")
    assert people(db, org_id, list_id) == [
        (1, "a@x.org"),
        (2, "b@x.org"),
        (3, "c@x.org"),
        (4, "a@x.org"),
    ]
    db.call(change_entry, org_id, list_id, 3, {"email": "d@x.org"}, actor="test")
    db.call(remove_entry, org_id, list_id, 1, actor="test")
    assert people(db, org_id, list_id) == [(2, "b@x.org"), (3, "d@x.org"), (4, "a@x.org")]
    assert db.call(get_list, org_id, list_id).entries == 3


def test_jobs_are_named_newest_first(db: Database, org_id: OrgId, login: Principal) -> None:
    list_id, other = (make(db, login, "a@x.org") for _ in range(2))
    for made in (list_id, other):
        db.call(finish_list, org_id, made, 1, actor="test")
    jobs = [
        db.call(accept_job, login, new_job(JobType.SMS, list_ids=(str(named),)), [], POLICY)
        for named in (list_id, other, list_id)
    ]
    uses = db.call(list_uses, org_id, list_id, 10)
    assert [use.job_id for use in uses] == [jobs[2], jobs[0]]
    assert isinstance(uses[0], ListUse)
