"""What an organization shows of itself, changed by its owners."""

import re
from urllib.parse import urlencode

from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user
from tests.web.console.test_event_flows import done_of
from tests.web.signing_in import FORM
from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.profiles import OrganizationChange, change_organization, get_profile
from turnout.core.ids import OrgId

PATH = "/console/rail/settings"
BASE = {"name": "Rail Forum", "timezone": "UTC", "locale": "en"}


def send(desk: Desk, **fields: str):
    version = re.findall(r'name="version" value="([^"]+)"', desk.read(PATH))[0]
    return desk.send(PATH, PATH, **{"version": version} | BASE | fields)


def test_what_was_typed_is_shown_everywhere(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    given = {
        "country_code": "DE",
        "currency": "EUR",
        "contact_email": "ask@rail.example",
        "imprint_url": "https://rail.example/imprint",
        "payment_text": "Transfer %%amount%%\r\nby %%due%%",
        "pay_within_days": "10",
        "call_words": "SQL = sequel",
    }
    before = len(node.db.call(list_entries, org_id, "organization", org_id))
    assert done_of(send(desk, **given)) == "saved"
    profile = node.db.call(get_profile, org_id)
    assert (profile.country_code, profile.currency, profile.pay_within_days) == ("DE", "EUR", 10)
    assert profile.payment_text == "Transfer %%amount%%\nby %%due%%"
    assert "https://rail.example/imprint" in desk.read("/rail")
    entries = node.db.call(list_entries, org_id, "organization", org_id)[before:]
    assert [entry.facts["fields"] for entry in entries] == [
        [name for name in OrganizationChange.__struct_fields__ if name in given]
    ]
    assert done_of(send(desk, **given)) == "saved"
    again = node.db.call(list_entries, org_id, "organization", org_id)
    assert len(again) == before + 1


def test_faults_are_beside_their_fields(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    answer = send(
        desk,
        name=" ",
        sender_name="Rail <info@rail.example>",
        website="rail.example",
        reply_address="nobody",
        payment_text="%%iban%%",
        call_words="SQL sequel",
        pay_within_days="400",
    )
    page = answer.body.decode()
    assert answer.status == 422
    for name in ("name", "sender_name", "website", "reply_address", "payment_text", "call_words"):
        assert f'<a href="#f-{name}">' in page
    assert '<a href="#f-pay_within_days">' in page
    assert "leave info@rail.example out" in page
    assert 'value="Rail &lt;info@rail.example&gt;"' in page
    assert node.db.call(get_organization, "rail").name == "Rail Forum"


def test_two_owners_lose_nothing(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    version = re.findall(r'name="version" value="([^"]+)"', desk.read(PATH))[0]
    change = OrganizationChange(website="https://theirs.example/")
    node.db.call(change_organization, org_id, change, actor="test")
    mine = {"version": version, "website": "https://mine.example/"} | BASE
    answer = desk.send(PATH, PATH, **mine)
    assert answer.status == 422
    assert "https://theirs.example/" in answer.body.decode()
    assert node.db.call(get_profile, org_id).website == "https://theirs.example/"


def test_others_see_it_and_change_nothing(node: LocalNode, org_id: OrgId) -> None:
    reader = add_user(node, org_id, "rail/sees", Role.AGENT)
    page = reader.read(PATH)
    assert "Only owners of the organization change this." in page
    token = re.findall(r'name="token" value="([^"]+)"', page)[0]
    body = urlencode({"token": token, "name": "Mine"}).encode()
    headers = reader.headers | FORM
    assert reader.client.request("POST", PATH, headers=headers, body=body).status == 403
