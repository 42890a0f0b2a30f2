"""Clients that generators make of our OpenAPI documents work against a real server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.generating import use_python, use_typescript
from tests.support.server import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("clients")) as server:
        yield server


@pytest.mark.parametrize("use", [use_python, use_typescript])
def test_a_generated_client_registers_checks_in_sends_and_reports(
    use: Callable[[Path, str, Path], dict[str, Any]], server, tmp_path
):
    said = use(tmp_path, server.url, server.folder / "demo.json")
    event_id = server.demo["attendance"]["eventId"]
    assert said == {
        "registered": "success",
        "checked_in": True,
        "checked_again": 406,
        "candidates": 200,
        "job": "My first job",
        "recipients": 1,
        "reported_event": str(event_id),
        "has_attendees": True,
    }
