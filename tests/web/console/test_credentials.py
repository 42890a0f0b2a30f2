"""Credentials: made and shown once, with lines that work, and revoked."""

import re

from tests.support.node import LocalNode, key_pair
from tests.web.console.desk import Desk
from turnout.core.identity.credentials import list_credentials
from turnout.core.identity.model import CredentialKind
from turnout.core.identity.signing import ensure_signing_key
from turnout.core.ids import EventId, OrgId

PAGE = "/console/rail/credentials"


def secret_in(text: str) -> str:
    [secret] = re.findall(r'aria-label="Secret"><code>([^<]+)</code>', text)
    return str(secret)


def test_a_key_is_shown_once_and_works(node: LocalNode, desk: Desk) -> None:
    answer = desk.send(PAGE, PAGE, do="make", kind="api_key", name="Shop", days="30")
    text = answer.body.decode()
    secret = secret_in(text)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert f"APIKey: {secret}" in text
    assert secret not in desk.read(PAGE)
    node.db.call(ensure_signing_key, *key_pair())
    asked = node.client.request("POST", "/v1.0/signin", headers={"APIKey": secret})
    assert asked.status == 200


def test_a_key_is_revoked_after_a_question(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    secret = secret_in(
        desk.send(PAGE, PAGE, do="make", kind="company_token", name="Door app").body.decode()
    )
    made = node.db.call(list_credentials, org_id)[-1]
    question = f"{PAGE}?revoke={made.id}"
    assert "Revoke Door app?" in desk.read(question)
    answer = desk.send(PAGE, question, do="revoke", number=str(made.id))
    assert answer.headers["location"] == f"{PAGE}?done=revoked"
    headers = {"Authorization": f"company {secret}"}
    assert node.client.request("GET", "/v1/company", headers=headers).status == 401


def test_an_event_token_is_for_an_event_of_ours(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    made = {"do": "make", "kind": "event_token", "name": "Gate"}
    statuses = [
        desk.send(PAGE, PAGE, **made | fields).status
        for fields in ({}, {"event": "999999"}, {"event": str(events["Summit"])})
    ]
    other = desk.send(PAGE, PAGE, do="make", kind="api_key", name="x", event=str(events["Summit"]))
    assert (statuses, other.status) == ([422, 422, 200], 422)
    assert node.db.call(list_credentials, org_id)[-1].event_id == events["Summit"]
    page = desk.read(PAGE)
    assert f'<option value="{events["Summit"]}">Summit</option>' in page
    assert "Event token · Summit" in page


def test_passwords_are_no_credentials_here(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    password = next(
        credential
        for credential in node.db.call(list_credentials, org_id)
        if credential.kind is CredentialKind.PASSWORD
    )
    assert desk.send(PAGE, PAGE, do="make", kind="password", name="x").status == 422
    assert desk.send(PAGE, PAGE, do="revoke", number=str(password.id)).status == 404
    assert desk.open(PAGE).status == 200
