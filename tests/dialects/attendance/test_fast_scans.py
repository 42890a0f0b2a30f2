"""A scan without body and query is answered past Falcon, as any other spelling of it would be."""

import pytest

from tests.dialects.attendance.hall import Hall, Request
from tests.support.client import Answer
from turnout.http.fast_path import DirectRequest

BARE = {"content_length": "0"}
SCANS = {
    "admitted": ("/v1/event/attendees/code/{ann}/check.json", {}, 200),
    "without an ending": ("/v1/event/attendees/code/{ann}/check", {}, 200),
    "signed": ("/v1/event/attendees/code/{signed}/check.json", {}, 200),
    "forged": ("/v1/event/attendees/code/{forged}/check.json", {}, 404),
    "with a nonce": ("/v1/event/attendees/code/{ann}/check.json", {"X_Nonce": "n"}, 422),
    "with device and nonce": (
        "/v1/event/attendees/code/{ann}/check.json",
        {"X_Device": "door-1", "X_Nonce": "n"},
        200,
    ),
    "device too long": (
        "/v1/event/attendees/code/{ann}/check.json",
        {"X_Device": "d" * 256},
        422,
    ),
    "repeated": ("/v1/event/attendees/code/{bob}/check.json", {}, 406),
    "cancelled": ("/v1/event/attendees/code/{cid}/check.json", {}, 406),
    "unknown": ("/v1/event/attendees/code/NOBODYSCODE/check.json", {}, 404),
    "no token": (
        "/v1/event/attendees/code/{ann}/check.json",
        {"Authorization": "Basic eDp5"},
        401,
    ),
    "a wrong token": (
        "/v1/event/attendees/code/{ann}/check.json",
        {"Authorization": "event " + "x" * 40},
        401,
    ),
}


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that were answered past Falcon."""
    paths: list[str] = []

    class Noted(DirectRequest):
        def __init__(self, scope, receive) -> None:
            super().__init__(scope, receive)
            paths.append(self.path)

    monkeypatch.setattr("turnout.http.fast_path.DirectRequest", Noted)
    return paths


def scan(hall: Hall, target: str, headers: dict[str, str]) -> Answer:
    request: Request = hall.ask("POST", target, **headers)
    return request.send(hall.node)


def shown(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status, headers, answer.body


@pytest.mark.parametrize("name", SCANS)
def test_both_ways_give_the_same_answer(hall: Hall, direct: list[str], name: str) -> None:
    target, headers, status = SCANS[name]
    undo = target.replace("/check", "/uncheck")
    through_falcon = scan(hall, target, headers)
    assert not direct
    if status == 200:
        scan(hall, undo, {"Authorization": f"event {hall.event_token}"})
    past_falcon = scan(hall, target, headers | BARE)
    assert len(direct) == 1
    assert through_falcon.status == status
    assert shown(past_falcon) == shown(through_falcon)


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/v1/event/attendees/code/{ann}/check.json?event_id={event}", {}),
        ("/v1/event/attendees/code/{ann}/check.json", {"Origin": "https://door.example"}),
        ("/v1/event/attendees/code/{ann}/CHECK.json", {}),
        ("/event/attendees/code/{ann}/check.json", {}),
        ("/v1/event/attendees/code/{ann}", {}),
    ],
)
def test_what_asks_for_more_goes_through_falcon(
    hall: Hall, direct: list[str], target: str, headers: dict[str, str]
) -> None:
    assert scan(hall, target, headers | BARE).status == 200
    assert not direct
