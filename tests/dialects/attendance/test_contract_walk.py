"""A walk through the contract: its curl lines, in its order, against a real demo."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import proof
from tests.support.curl import search_path
from tests.support.server import Server, clean_environment

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("attendance-walk")]


class Walk:
    """Runs curl as the contract does: a token, and perhaps a form."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.demo: dict[str, Any] = server.demo["attendance"]
        self.requests = 0

    def run(self, path: str, *options: str, token: str = "") -> Any:
        header = f"Authorization: {token or 'event ' + self.demo['eventToken']}"
        environment = clean_environment()
        environment["PATH"] = search_path(self.server.folder, environment["PATH"])
        done = subprocess.run(
            ["curl", "-sS", "-H", header, *options, self.server.url + path],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.requests += 1
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder: Path = tmp_path_factory.mktemp("walk")
    with Server(folder, access_log="false") as server:
        yield Walk(server)


def test_the_walk(walk: Walk) -> None:
    demo = walk.demo
    event = walk.run("/v1/event.json")
    assert (event["id"], event["name"]) == (demo["eventId"], "Open Rail Summit")
    company_token = f"event {demo['companyToken']}"
    code, another = demo["ticketCodes"][:2]
    by_company = walk.run(
        f"/v1/event/attendees/code/{code}.json?event_id={demo['eventId']}", token=company_token
    )
    assert by_company == walk.run(f"/v1/event/attendees/code/{code}.json")
    assert by_company == walk.run(f"/event/attendees/code/{code}.json")

    before = walk.run("/v1/event/attendees/checked.json")
    at = "at=2012-11-16T08:27:05-03:00"
    checked = walk.run(f"/v1/event/attendees/code/{code}.json", "-d", at)
    (ticket,) = checked["tickets"]
    assert (ticket["code"], ticket["checked_at"]) == (code, "2012-11-16T12:27:05+01:00")
    also = walk.run(f"/v1/event/attendees/code/{another}/check.json", "-d", at)
    again = walk.run(f"/v1/event/attendees/code/{another}/check.json", "-d", at)
    assert again["error"].endswith(f"was checked already, at {also['tickets'][0]['checked_at']}.")
    after = walk.run("/v1/event/attendees/checked.json")
    assert len(after) == len(before) + 2
    everybody = walk.run("/v1/event/attendees.json")
    unchecked = walk.run("/v1/event/attendees/unchecked.json")
    assert len(everybody) == len(after) + len(unchecked)
    ids = [invitee["id"] for invitee in everybody]
    assert ids == sorted(ids)

    invitations = {invitee["id"]: invitee for invitee in walk.run("/v1/event/invitations.json")}
    stats = invitations[demo["invitationId"]]["stats"]
    assert stats == {"confirmed": 8, "declined": 4, "pending": 12}
    recipients = walk.run(f"/v1/event/invitations/{demo['invitationId']}/recipients.json")
    pending = [recipient["id"] for recipient in recipients if recipient["state"] == "pending"]
    assert pending == demo["recipientIds"]
    first, second = pending[:2]
    base = f"/v1/event/invitations/{demo['invitationId']}/recipients"
    confirmed = walk.run(f"{base}/{first}/confirm.json", "-X", "POST")
    assert confirmed["state"] == "confirmed"
    scanned = walk.run(f"/v1/event/attendees/code/{confirmed['ticket_code']}.json", "-d", "")
    assert scanned["email"] == confirmed["email"]
    declined = walk.run(f"/v1/event/invitations/all/recipients/{second}/decline.json", "-X", "POST")
    assert (declined["state"], declined["ticket_code"]) == ("declined", None)

    company = walk.run("/v1/company.json", token=f"company {demo['companyToken']}")
    states = {event["name"]: event["real_state"] for event in company["events"]}
    assert states["Autumn excursion"] == "cancelled"
    summit = next(event for event in company["events"] if event["id"] == demo["eventId"])
    dinner = next(ticket for ticket in summit["tickets"] if ticket["name"] == "Dinner")
    assert (dinner["quantity"], dinner["available"], dinner["prices"]) == (6, 0, {})
    prices = {ticket["name"]: ticket["prices"] for ticket in summit["tickets"]}
    assert prices["Early bird"] == {"eur": "190"}
    assert walk.run("/v1/event.json", token="event wrong") == {
        "error": walk.run("/v1/event.json", token="event alsowrong")["error"]
    }
    proof.report("contract walk attendance", requests=walk.requests)
