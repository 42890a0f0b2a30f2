"""Events that are hidden from somebody: neither the messaging API nor the pages of the whole
organization show their people."""

import base64
import json
from typing import Any, NamedTuple

import pytest

from tests.core.messaging.jobs import POLICY, new_job
from tests.support.builder import Builder, contact
from tests.support.node import LocalNode
from tests.web.console.conftest import AHEAD
from tests.web.console.desk import PASSWORD, Desk, add_user
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.staff import limit_colleague, limit_event
from turnout.core.ids import EventId, JobId, ListId, OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.lists import Entry, add_entries, begin_list, finish_list
from turnout.core.messaging.model import JobOptions, NewRecipient
from turnout.core.people.finding import get_named_person
from turnout.core.registrations.changing import add_by_staff
from turnout.store import Tx

PAGE = "/console/rail/messages"
# `scoped` sees Summit alone; Secret is shown to nobody but owners.
WHO = ("boss", "scoped", "organizer")
ADDRESSES = {"Summit": "sue", "Gala": "rex", "Secret": "dora"}


class House(NamedTuple):
    """Jobs by name, uploaded lists by their user, and desks."""

    org_id: OrgId
    events: dict[str, EventId]
    jobs: dict[str, JobId]
    lists: dict[str, ListId]
    desks: dict[str, Desk]

    def ask(self, node: LocalNode, who: str, method: str, target: str, body: Any = None) -> Any:
        pair = base64.b64encode(f"rail/{who}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
        encoded = json.dumps(body).encode() if body else b""
        return node.client.request(method, f"/api/v1{target}", headers=headers, body=encoded)

    def post(self, node: LocalNode, who: str, lists: str) -> int:
        body = {"job_type": "sms", "message": "Hello", "user_list_ids": lists}
        return self.ask(node, who, "POST", "/jobs", body).status


@pytest.fixture(scope="module")
def house(node: LocalNode, org_id: OrgId) -> House:
    roles = {"boss": Role.ADMIN, "scoped": Role.AGENT, "organizer": Role.AGENT}
    desks = {who: add_user(node, org_id, f"rail/{who}", roles[who]) for who in WHO}

    def make(tx: Tx) -> House:
        builder, logins = Builder.of(tx, get_organization(tx, "rail")), {}
        events = {title: builder.event(title, when=AHEAD).id for title in ADDRESSES}
        for who in WHO:
            found = find_password(tx, f"rail/{who}")
            assert found
            logins[who] = found.principal
        for title, name in ADDRESSES.items():
            guest = contact(name, last_name="Lee", phone="+61412345600")
            add_by_staff(tx, org_id, events[title], guest, is_mailed=False, actor="test")
        jobs: dict[str, JobId] = {}
        lists: dict[str, ListId] = {}
        for title in ("Summit", "Gala", "Secret"):
            options = JobOptions(event=str(events[title]))
            people = [NewRecipient("+61412345678", name=f"Guest of {title}")]
            new = new_job(name=f"For {title}", options=options)
            jobs[title] = accept_job(tx, logins["boss"], new, people, POLICY)
        both = (f"event:{events['Summit']}", f"event:{events['Secret']}:checked?Diet=vegan")
        new = new_job(name="For both", list_ids=both)
        jobs["both"] = accept_job(tx, logins["boss"], new, [], POLICY)
        people = [NewRecipient("+61412345679", name="Somebody")]
        for who in WHO:
            new = new_job(name=f"Of {who}")
            jobs[who] = accept_job(tx, logins[who], new, people, POLICY)
            list_id = begin_list(tx, org_id, logins[who].user_id, f"List of {who}")
            add_entries(tx, org_id, list_id, 1, [Entry("Lee", mobile="+61412345677")])
            finish_list(tx, org_id, list_id, 1, actor="test")
            lists[who] = list_id
        scoped = logins["scoped"].user_id
        events_seen = [events["Summit"]]
        limit_colleague(tx, org_id, scoped, events_seen, is_limited=True, actor="test")
        limit_event(tx, org_id, events["Secret"], is_limited=True, actor="test")
        return House(org_id, events, jobs, lists, desks)

    return node.db.call(make)


def test_a_job_is_sent_to_lists_of_events_that_the_user_sees(node: LocalNode, house: House) -> None:
    answers = {
        (who, title): house.post(node, who, f"event:{house.events[title]}{more}")
        for who in WHO
        for title in ("Summit", "Gala", "Secret")
        for more in ("", ":checked", "?Diet=vegan")
    }
    hidden = {("scoped", "Gala"), ("scoped", "Secret"), ("organizer", "Secret")}
    assert answers == {of: 422 if of in hidden else 200 for of in answers}
    uploaded = {
        (who, whose): house.post(node, who, str(house.lists[whose])) for who in WHO for whose in WHO
    }
    others = {("scoped", "boss"), ("scoped", "organizer")}
    assert uploaded == {of: 422 if of in others else 200 for of in uploaded}
    refused = house.ask(
        node,
        "scoped",
        "POST",
        "/jobs",
        {"job_type": "sms", "message": "x", "user_list_ids": f"event:{house.events['Secret']}"},
    )
    unknown = house.ask(
        node, "scoped", "POST", "/jobs", {"job_type": "sms", "message": "x", "user_list_ids": "9"}
    )
    assert refused.json() == unknown.json()


JOBS = ("Summit", "Gala", "Secret", "both", "boss", "scoped", "organizer")
SEEN = {
    "boss": set(JOBS),
    "organizer": set(JOBS) - {"Secret", "both"},
    "scoped": {"Summit", "scoped"},
}


@pytest.mark.parametrize("who", WHO)
def test_jobs_of_hidden_events_are_not_shown_over_the_api(
    node: LocalNode, house: House, who: str
) -> None:
    names = {number: name for name, number in house.jobs.items()}
    listed = house.ask(node, who, "GET", "/jobs?page_size=1000").json()
    shown = {names[job["job_id"]] for job in listed["data"] if job["job_id"] in names}
    assert shown == SEEN[who]
    assert listed["total"] == len(listed["data"])
    first = house.ask(node, who, "GET", "/jobs?page_size=1&page=2").json()
    assert [job["job_id"] for job in first["data"]] == [listed["data"][1]["job_id"]]
    status = {
        name: house.ask(node, who, "GET", f"/jobs/{house.jobs[name]}").status for name in JOBS
    }
    assert status == {name: 200 if name in SEEN[who] else 404 for name in JOBS}
    of_boss = house.ask(node, who, "GET", "/jobs?user_code=rail/boss&page_size=1000").json()
    found = {names[job["job_id"]] for job in of_boss["data"] if job["job_id"] in names}
    assert found == SEEN[who] & {"Summit", "Gala", "Secret", "both", "boss"}


def test_pages_of_the_organization_show_no_job_of_a_hidden_event(
    node: LocalNode, house: House
) -> None:
    desk, boss = house.desks["organizer"], house.desks["boss"]
    for path in (PAGE, "/console/search?q=For"):
        page = desk.read(path)
        assert "For Gala" in page
        assert "For Secret" not in page
        assert "For both" not in page
        assert "For Secret" in boss.read(path)
    hidden, shown = house.jobs["Secret"], house.jobs["Gala"]
    for path in (
        f"{PAGE}/{hidden}",
        f"{PAGE}/{hidden}/recipients.csv",
        f"{PAGE}/new?like={hidden}",
    ):
        assert desk.open(path).status == 404, path
        assert desk.open(path.replace(str(hidden), str(shown))).status == 200, path
    assert f"{PAGE}/{hidden}" not in desk.read(f"/console/search?q={hidden}")
    # At the event that is seen too, a job that also goes to a hidden one is not shown.
    at = f"/console/{house.events['Summit']}/messages"
    assert "For both" not in house.desks["scoped"].read(at)
    assert house.desks["scoped"].open(f"{at}/{house.jobs['both']}").status == 404
    assert house.desks["scoped"].open(PAGE).status == 403


def test_a_message_is_not_written_to_a_hidden_event(node: LocalNode, house: House) -> None:
    desk, number = house.desks["organizer"], house.events["Secret"]
    assert f'value="event:{number}"' not in desk.read(f"{PAGE}/new")
    assert f'value="event:{number}"' in house.desks["boss"].read(f"{PAGE}/new")
    answer = desk.send(
        f"{PAGE}/new",
        f"{PAGE}/new",
        to=f"event:{number}",
        channel="sms",
        purpose="service",
        text="Hello",
        name="Sneaky",
        send="1",
    )
    assert answer.status == 422


def test_people_of_hidden_events_alone_are_hidden(node: LocalNode, house: House) -> None:
    desk, boss = house.desks["organizer"], house.desks["boss"]
    for path in ("/console/rail/people", "/console/rail/people?q=Lee", "/console/rail/people.csv"):
        page = desk.read(path)
        assert "rex@" in page
        assert "dora@" not in page
        assert "dora@" in boss.read(path)
    dora = node.db.call(get_named_person, house.org_id, contact("dora").email).id
    for tail in ("", "/edit", "/export.json", "/export.html"):
        assert desk.open(f"/console/rail/people/{dora}{tail}").status == 404
        assert boss.open(f"/console/rail/people/{dora}{tail}").status == 200


def test_what_was_hidden_is_shown_by_naming_the_user(node: LocalNode, house: House) -> None:
    number = house.jobs["Secret"]
    organizer = node.db.call(find_password, "rail/organizer")
    assert organizer
    user_id, draft = organizer.principal.user_id, house.events["Secret"]

    def name(events: list[EventId]) -> None:
        node.db.call(limit_colleague, house.org_id, user_id, events, is_limited=False, actor="test")

    name([draft])
    assert house.desks["organizer"].open(f"{PAGE}/{number}").status == 200
    assert house.ask(node, "organizer", "GET", f"/jobs/{number}").status == 200
    name([])
    assert house.desks["organizer"].open(f"{PAGE}/{number}").status == 404
