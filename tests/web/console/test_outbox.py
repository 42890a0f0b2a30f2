"""The simulator's outbox in the console: mails, and what a phone shows."""

import asyncio
import json
from typing import Any

import pytest

from tests.core.messaging.jobs import POLICY, new_job
from tests.support.builder import make_organization
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from turnout.carriers import Message, Parcel
from turnout.carriers.simulator import SimulatorCarrier, SimulatorSettings
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Role
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.model import Channel, Kind, NewRecipient

PATH = "/console/rail/outbox"
PHONE = "61412345675"


@pytest.fixture(scope="module")
def job(node: LocalNode, org_id: OrgId, desk: Desk) -> JobId:
    """A job of the desk's user, of which a mail and two texts went out."""
    found = node.db.call(find_password, desk.user_code)
    assert found
    to = [NewRecipient("61412345678")]
    number = node.db.call(accept_job, found.principal, new_job(), to, POLICY)
    carrier = SimulatorCarrier(SimulatorSettings(), node.db)
    for channel, subject, text, whom in (
        (Channel.EMAIL, "Your ticket", "Here <it> is", "jo@example.com"),
        (Channel.SMS, "", "Doors open at nine", PHONE),
        (Channel.SMS, "", "Bring a ticket", PHONE),
    ):
        message = Message(id=number, org_id=org_id, channel=channel, subject=subject, text=text)
        parcel = Parcel(attempt_id=1, destination=whom, sender="", fields={})
        asyncio.run(carrier.send(message, [parcel]))
    return number


def test_mails_and_texts_are_shown(desk: Desk, job: JobId) -> None:
    page = desk.read(PATH)
    assert "Your ticket</h2>" in page
    assert "Here &lt;it&gt; is</pre>" in page
    assert '<p class="bubble">Doors open at nine</p>' in page
    assert f'href="?to={PHONE}"' in page
    mails = desk.read(f"{PATH}?channel=email")
    assert "Your ticket" in mails
    assert "Doors open at nine" not in mails
    assert "Nothing like that was sent" in desk.read(f"{PATH}?to=nobody")
    assert desk.open(f"{PATH}?channel=pigeon").status == 400


def test_a_phone_shows_its_texts_in_order(desk: Desk, job: JobId) -> None:
    page = desk.read(f"{PATH}?to=%2B{PHONE}")
    assert '<section class="phone"' in page
    assert page.index("Doors open at nine") < page.index("Bring a ticket")
    assert "Your ticket" not in page


def test_others_see_what_is_theirs(node: LocalNode, org_id: OrgId, job: JobId) -> None:
    account = add_user(node, org_id, "rail/messenger", Role.ACCT)
    assert "Your ticket" not in account.read(PATH)
    agent = add_user(node, org_id, "rail/agent", Role.AGENT)
    assert "Your ticket" in agent.read(PATH)
    slug = f"box-{node.db.backend}"
    other = add_user(
        node, node.db.call(make_organization, slug, "Box"), f"{slug}/owner", Role.ADMIN
    )
    assert "Your ticket" not in other.read(f"/console/{slug}/outbox")
    assert other.open(PATH).status == 404


def test_the_invitation_of_a_colleague_is_seen_by_who_invited(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    """Its link makes a user with the roles that were given: it is for nobody else."""
    users = "/console/rail/users"
    to: dict[str, Any] = {"email": "nora@example.com", "roles": ["door"]}
    assert desk.send(users, users, do="invite", **to).status == 303
    other = add_user(node, org_id, "rail/second", Role.ADMIN)
    ours = "SELECT j.id, r.fields FROM jobs j JOIN recipients r ON r.job_id = j.id"
    ours += " WHERE r.destination = 'nora@example.com'"
    number, fields = node.db.call(lambda tx: tuple(tx.connection.execute(ours).fetchone()))
    message = Message(
        id=number,
        org_id=org_id,
        kind=Kind.CODE,
        channel=Channel.EMAIL,
        subject="%%subject%%",
        text="%%message%%",
    )
    parcel = Parcel(
        attempt_id=2, destination="nora@example.com", sender="", fields=json.loads(fields)
    )
    carrier = SimulatorCarrier(SimulatorSettings(), node.db)
    asyncio.run(carrier.send(message, [parcel]))
    assert "/console/invitation/" in desk.read(f"{PATH}?to=nora@example.com")
    assert "Nothing like that was sent" in other.read(f"{PATH}?to=nora@example.com")
