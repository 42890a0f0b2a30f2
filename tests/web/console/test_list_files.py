"""Lists as files: who waits, who is invited, messages, and what was written back."""

import csv

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, job
from tests.core.messaging.test_replies import reply
from tests.support.builder import Builder, contact
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.messages.test_jobs import post
from tests.web.console.test_event_flows import done_of
from tests.web.console.test_event_invitations import make
from tests.web.console.test_event_news import Stage
from turnout.core.audit.recording import list_entries as list_changes
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.model import JobType
from turnout.core.messaging.outcomes import Accepted
from turnout.core.registrations.offers import join_list
from turnout.store import Tx
from turnout.web.console import list_files


@pytest.fixture
def stage(node: LocalNode, org_id: OrgId, desk: Desk) -> Stage:
    return Stage(node, org_id, desk, EventState.OPEN)


def rows_of(desk: Desk, path: str) -> list[list[str]]:
    found = desk.open(path)
    assert (found.status, found.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(found.body.decode("utf-8-sig").splitlines()))


def test_the_waiting_list_is_a_file_in_its_order(stage: Stage) -> None:
    def wait(tx: Tx) -> None:
        house = Builder.of(tx, get_organization(tx, "rail"))
        kind = house.default_type(get_event(tx, house.org_id, stage.id))
        for name in ("cid", "dan"):
            join_list(tx, house.org_id, stage.id, kind.id, contact(name))

    path = f"{stage.base}/waiting"
    assert f'href="{path}.csv"' not in stage.desk.read(path)
    stage.db.call(wait)
    assert f'href="{path}.csv"' in stage.desk.read(path)
    heading, *rows = rows_of(stage.desk, f"{path}.csv")
    assert heading[:4] == ["Email", "First name", "Last name", "Ticket"]
    assert [(row[0], row[5]) for row in rows] == [
        ("cid@example.com", "waiting"),
        ("dan@example.com", "waiting"),
    ]
    last = stage.db.call(list_changes, stage.org_id, "event", stage.id)[-1]
    assert (last.action, last.facts) == ("exported", {"what": "waiting list", "count": 2})


def test_those_who_are_invited_are_a_file(stage: Stage) -> None:
    campaign = make(stage)
    path = f"/invitations/{campaign.id}"
    assert done_of(stage.send(path, add="1", people="Cid Guest <cid@example.com>")) == "added"
    file = f"{stage.base}{path}/people.csv"
    assert f'href="{file}"' in stage.desk.read(f"{stage.base}{path}")
    _, row = rows_of(stage.desk, file)
    assert row == ["cid@example.com", "Cid", "Guest", "pending", "", "", "0", ""]
    last = stage.db.call(list_changes, stage.org_id, "campaign", campaign.id)[-1]
    assert last.facts == {"what": "invited people", "count": 1}
    elsewhere = Stage(stage.node, stage.org_id, stage.desk, EventState.OPEN)
    assert stage.desk.open(f"{elsewhere.base}{path}/people.csv").status == 404


def test_messages_and_replies_are_files(
    node: LocalNode, org_id: OrgId, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "STRETCH", 1)
    first = post(node, NUMBERS[900:902], name="Filed?", job_type=JobType.TWO_WAY_SMS)
    second = post(node, NUMBERS[902:903], name="Filed, too")
    while (job(node.db, first, "open"), job(node.db, second, "open")) != ((0,), (0,)):
        answer(node.db, claim_all(node.db), Accepted(is_final=True))
    reply(node.db, NUMBERS[900], "Yes, gladly")
    reply(node.db, NUMBERS[901], "Parking?")
    base = "/console/rail/messages"
    assert f'href="{base}.csv?q=Filed"' in desk.read(f"{base}?q=Filed")
    heading, *rows = rows_of(desk, f"{base}.csv?q=Filed")
    assert heading[:3] == ["Number", "Name", "Type"]
    assert [row[:2] for row in rows] == [[str(second), "Filed, too"], [str(first), "Filed?"]]
    assert f'href="{base}/replies.csv?job={first}"' in desk.read(f"{base}/replies?job={first}")
    _, *rows = rows_of(desk, f"{base}/replies.csv?job={first}")
    assert [row[4] for row in rows] == ["Parking?", "Yes, gladly"]
    last = node.db.call(list_changes, org_id, "reply", 0)[-1]
    assert last.facts == {"what": "replies", "count": 2}
    assert rows_of(desk, f"{base}/replies.csv?user=rail/nobody")[1:] == []
