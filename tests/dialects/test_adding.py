"""A dialect that is added from outside: one record makes it an API like the others."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from falcon.asgi import Request, Response

from tests.support.client import AppClient
from tests.support.node import LocalNode, new_database, open_node
from turnout.bootstrap import DIALECTS, Node
from turnout.core.events.programme import list_events
from turnout.core.identity.credentials import authenticate
from turnout.core.identity.model import CredentialKind, Principal
from turnout.dialects import Services
from turnout.errors import Failure, Invalid, Unauthenticated
from turnout.http.admission import Admission
from turnout.http.dialect import Dialect, Resource, mount_all, new_app
from turnout.http.errors import Answer
from turnout.http.mounts import Mount
from turnout.store import Tx

DOCUMENT = """
openapi: 3.1.0
info: {title: Titles, version: "1"}
servers: [{url: "https://titles.example.com"}]
tags: [{name: Titles, description: What is on.}]
paths:
  /tiny/titles:
    get:
      operationId: listTitles
      summary: List the titles
      tags: [Titles]
      responses: {"200": {description: Their titles}}
components: {}
"""


class TitlesResource(Resource):
    """`/tiny/titles`: the titles of the events of the API key's organization."""

    def __init__(self, services: Services) -> None:
        self._db = services.db
        self._admission = Admission("tiny", services.db, services.sign_ins, services.last_uses)

    async def on_get(self, req: Request, resp: Response) -> None:
        """Decode, one verb, present."""
        key = req.get_header("X-Key") or ""

        def recognize(tx: Tx) -> Principal:
            return authenticate(tx, CredentialKind.API_KEY, key).principal

        titles = await self._admission.run(self._db.read, req, recognize, _list_titles)
        resp.data = msgspec.json.encode(titles)


def _list_titles(tx: Tx, principal: Principal) -> list[str]:
    return [event.title for event in list_events(tx, principal.org_id)]


def present_failure(failure: Failure) -> Answer:
    status = {Invalid: 400, Unauthenticated: 401}.get(type(failure), 418)
    return Answer(status, b"tiny: " + failure.code.encode(), "text/plain", {})


def build(services: Services) -> list[Mount]:
    app = new_app(present_failure)
    app.add_route("/tiny/titles", TitlesResource(services))
    return mount_all("tiny", app, "/tiny")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalNode]:
    with open_node(new_database("sqlite", tmp_path)) as node:
        yield node


@pytest.fixture
def client(node: LocalNode, tmp_path: Path) -> Iterator[AppClient]:
    document = tmp_path / "openapi.yaml"
    document.write_text(DOCUMENT)
    tiny = Dialect("tiny", "Titles", "/tiny", "What is on.", document, build)
    whole = Node(node.settings, node.db, None, dialects=(*DIALECTS, tiny))
    with AppClient(whole.app) as client:
        yield client


def test_it_is_served_to_whoever_may_call_it(node: LocalNode, client: AppClient) -> None:
    account = node.add_account()
    answer = client.request("GET", "/tiny/titles", headers={"X-Key": account.api_key})
    assert answer.json() == [event.title for event in node.db.call(list_events, account.org_id)]


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [("/tiny/titles", 401, b"tiny: credential.unknown"), ("/tiny/no", 418, b"tiny: path.missing")],
)
def test_failures_have_its_own_shape(client: AppClient, target: str, status: int, body: bytes):
    answer = client.request("GET", target)
    assert (answer.status, answer.body) == (status, body)


def test_it_has_a_document_a_reference_and_a_place_on_the_start_page(
    node: LocalNode, client: AppClient
) -> None:
    listed = client.request("GET", "/openapi").json()["apis"]
    assert [api["name"] for api in listed] == [*(api.name for api in DIALECTS), "tiny", "door"]
    served = client.request("GET", "/openapi/tiny.json").json()
    assert served["servers"] == [{"url": node.settings.public_url}]
    assert b"List the titles" in client.request("GET", "/reference/tiny").body
    assert b'href="/reference/tiny"' in client.request("GET", "/").body


def test_the_others_are_served_as_before(node: LocalNode, client: AppClient) -> None:
    account = node.add_account()
    answer = client.request("PUT", "/v1.0/register", json=account.body(), headers=account.headers)
    assert answer.status == 200
