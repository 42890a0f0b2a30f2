"""Pages without a network, of a plain server and of a demo; and a real demo server."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.support.client import AppClient
from tests.support.node import LocalNode, new_database, open_node
from tests.support.server import Server
from turnout.bootstrap import DIALECTS
from turnout.demo.content import Content, show_all
from turnout.web.catalogue import WebParts
from turnout.web.routes import build

BASE_URL = "http://turnout.test"
DEMO: dict[str, Any] = {
    "base_url": BASE_URL,
    "registration": {
        "apiKey": "demo-key",
        "eventPak": "1000000000000001",
        "sessionPaks": ["2000000000000001", "2000000000000002", "2000000000000003"],
        "fullSessionPak": "2000000000000009",
        "closedEventPak": "1000000000000002",
        "closedSessionPak": "2000000000000008",
        "channelPak": "3000000000000001",
        "channelSessionPaks": ["2000000000000004", "2000000000000005"],
    },
    "messaging": {
        "admin": {"username": "demo/admin", "password": "demo-admin-password"},
        "agent": {"username": "demo/agent", "password": "demo-agent-password"},
        "user": {"username": "demo/user", "password": "demo-user-password"},
        "userListIds": [12345, 12346],
    },
    "attendance": {
        "eventId": 1000001,
        "eventToken": "demo-event-token",
        "companyToken": "demo-company-token",
        "ticketCodes": ["AAAA111111", "BBBB222222", "CCCC333333"],
        "checkedCode": "DDDD444444",
        "invitationId": 77,
        "recipientIds": [1, 2, 3],
    },
    "booking": {
        "secret": "demo-developer-secret",
        "organization": "01a2d07a-3680-705d-98d5-563dab2cd31e",
        "venue": "01a2d07a-3680-705d-98d5-563dab2cd31f",
        "learners": [f"01a2d07a-3680-705d-98d5-0000000000{number:02}" for number in range(24)],
        "assessments": ["SIG-1", "SIG-2"],
        "billingCode": "Certificate (3hr)",
        "examEvent": "01a2d07a-3680-705d-98d5-563dab2cd320",
    },
    "reporting": {
        "username": "reports@example.com",
        "password": "demo-reports",
        "eventId": 1000007,
    },
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    """A whole node that is no demo: the pages, the APIs and the health paths."""
    with open_node(new_database("sqlite", tmp_path_factory.mktemp("node"))) as node:
        yield node


@pytest.fixture(scope="module")
def site(node: LocalNode) -> AppClient:
    """What a plain server answers."""
    return node.client


@pytest.fixture(scope="module")
def demo_site() -> Iterator[AppClient]:
    """The pages of a demo."""
    with AppClient(
        build(
            WebParts(
                base_url=BASE_URL, apis=DIALECTS, demo=show_all(msgspec.convert(DEMO, Content))
            )
        )
    ) as client:
        yield client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real demo, one a worker."""
    with Server(tmp_path_factory.mktemp("web-demo"), access_log="false") as server:
        yield server
