"""A lost link: the page answers every address alike, and mails what there is."""

from urllib.parse import urlencode

from tests.core.registrations.office import Office
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.reading import Page
from turnout.core.registrations.giving_back import cancel_registration

FORM = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}


def send(office: Office, email: str) -> Answer:
    body = urlencode({"email": email}).encode()
    return office.node.client.request("POST", f"/my/find/{office.slug}", headers=FORM, body=body)


def test_tickets_that_lie_ahead_are_mailed_and_every_address_reads_the_same(
    node: LocalNode,
) -> None:
    office = Office(node)
    office.add("ann", is_mailed=False)
    gone = office.add("bob", is_mailed=False)
    office.act(cancel_registration, gone)
    said = {
        name: Page(send(office, f"{name}@example.com").body).text.replace(name, "X")
        for name in ("ann", "bob", "eve")
    }
    assert len(set(said.values())) == 1
    assert "If X@example.com is registered" in said["eve"]
    assert office.mails() == 1


def test_what_is_no_address_is_said_and_unknown_organizers_have_no_page(node: LocalNode) -> None:
    office = Office(node)
    answer = send(office, "ann")
    assert answer.status == 422
    assert b'value="ann"' in answer.body
    assert b'aria-invalid="true"' in answer.body
    assert node.client.request("GET", "/my/find/no-such-house").status == 404
    assert node.client.request("GET", f"/my/find/{office.slug}").status == 200
