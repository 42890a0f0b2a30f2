"""Short names that the server needs for itself: the list, the routers, and the pages elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.node import LocalNode, new_database, open_node
from turnout.core.events.programme import get_event
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.short_names import RESERVED, is_reserved, page_path
from turnout.core.ids import DistributorId, EventId
from turnout.errors import Invalid
from turnout.http.dialect import DialectApp
from turnout.store import Tx

WEBHOOK = {
    "http_sms_url": "https://provider.example.com/messages",
    "http_sms_webhook_secret": "a long and secret key",
}
ELSEWHERE = "/o/events"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalNode]:
    url = new_database("sqlite", tmp_path)
    with open_node(url, carriers={"carrier_sms": "http_sms", **WEBHOOK}) as node:
        yield node


@pytest.fixture
def event_id(node: LocalNode) -> EventId:
    """An event of an organization that has the name `events` since before it was reserved."""
    account = node.add_account("old-name")
    node.execute("UPDATE organizations SET slug = 'events' WHERE slug = 'old-name'")
    return account.event.id


def first_parts(node: LocalNode) -> set[str]:
    """What every address that the routers know begins with, up to its first dot."""
    app = node.node.app
    paths: list[str] = []
    for mount in app.mounts:
        paths.append(mount.prefix)
        if isinstance(mount.app, DialectApp):
            paths += [route.template for route in mount.app.routes]
    firsts = {path.lstrip("/").partition("/")[0].lower() for path in paths}
    return {first.lstrip(".").partition(".")[0] for first in firsts if "{" not in first} - {""}


def test_every_route_begins_with_a_reserved_name(node: LocalNode) -> None:
    found = first_parts(node)
    assert {"api", "v1", "carriers", "healthz", "o", "outbox", "watch", "well-known"} <= found
    assert found - RESERVED == set()


@pytest.mark.parametrize("name", [*sorted(RESERVED), "1", "2027", "0000"])
def test_no_new_organization_gets_such_a_name(node: LocalNode, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        node.db.call(create_organization, name, "X", actor="test")
    kind = "digits" if name.isdigit() else "reserved"
    assert refusal.value.code == f"organization.{kind}"
    assert page_path(name) == f"/o/{name}"


@pytest.mark.parametrize("name", ["apis", "event-2", "2027-fair", "v2", "the-door"])
def test_names_that_only_look_alike_are_free(node: LocalNode, name: str) -> None:
    assert node.db.call(create_organization, name, "X", actor="test").slug == name
    assert (is_reserved(name), page_path(name)) == (False, f"/{name}")


def test_a_company_that_is_named_so_over_the_api_gets_another(node: LocalNode) -> None:
    from turnout.core.identity.companies import create_company
    from turnout.core.identity.model import CompanyDetails

    account = node.add_account()

    def make(tx: Tx, name: str) -> str:
        company = create_company(
            tx,
            name,
            CompanyDetails(),
            distributor_id=DistributorId(1),
            agent_id=None,
            timezone="UTC",
            actor="test",
        )
        row = tx.connection.execute(
            f"SELECT slug FROM organizations WHERE org_id = {company.org_id}"
        ).fetchone()
        return str(row[0])

    assert account.organization.org_id
    assert [node.db.call(make, name) for name in ("Events", "2027", "Events")] == [
        "events-2",
        "2027-2",
        "events-3",
    ]


def get(node: LocalNode, path: str, method: str = "GET") -> tuple[int, str]:
    answer = node.client.request(method, path, headers={"Accept": "text/html"})
    return answer.status, answer.headers.get("location", "")


def test_pages_of_such_an_organization_are_elsewhere(node: LocalNode, event_id: EventId) -> None:
    pages = f"{ELSEWHERE}/{event_id}"
    page = node.client.request("GET", pages)
    assert page.status == 200
    assert f'href="{pages}/event.ics"'.encode() in page.body
    calendar = node.client.request("GET", f"{pages}/event.ics")
    assert calendar.status == 200
    assert f"http://turnout.test{pages}".encode() in calendar.body.replace(b"\r\n ", b"")


@pytest.mark.parametrize("rest", ["", "/event.ics", "?sti=a%20b&x=%2F", "/event.ics?x=1"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_old_links_lead_there(node: LocalNode, event_id: EventId, rest: str, method: str) -> None:
    found = get(node, f"/events/{event_id}{rest}", method)
    if method == "POST" and "ics" in rest:
        assert found[0] in (308, 405)
        return
    assert found == (308, f"{ELSEWHERE}/{event_id}{rest}")


def test_every_organization_is_found_there_and_sent_to_its_own_address(node: LocalNode) -> None:
    account = node.add_account()
    for pages in ("/o/acme", "/O/Acme", "/ACME"):
        for rest in ("", "/event.ics", "?sti=x"):
            found = get(node, f"{pages}/{account.event.id}{rest}")
            assert found == (308, f"/acme/{account.event.id}{rest}")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/1000001",
        "/tickets/1000001",
        "/assets/none.css",
        "/o//evil.example/1000001",
        "/o/evil.example/1",
        "/o/%2Fevil.example/1",
        "/o/..%2Fevil/1000001",
        "/o/acme/x",
    ],
)
def test_what_is_nobodys_leads_nowhere(node: LocalNode, path: str) -> None:
    assert get(node, path) == (404, "")


def test_apis_give_the_address_where_the_pages_are(node: LocalNode, event_id: EventId) -> None:
    def issue(tx: Tx) -> str:
        row: Any = tx.connection.execute("SELECT org_id FROM organizations").fetchone()
        get_event(tx, row[0], event_id)
        kind = CredentialKind.COMPANY_TOKEN
        return issue_credential(tx, row[0], kind, "x", actor="test")[1]

    headers = {"Authorization": f"company {node.db.call(issue)}"}
    company = node.client.request("GET", "/v1/company.json", headers=headers).json()
    text = str(company)
    assert f"http://turnout.test{ELSEWHERE}'" in text
    assert f"http://turnout.test{ELSEWHERE}/{event_id}" in text
    assert "turnout.test/events" not in text
