"""A bad value is refused wherever it stands, and what lies under /event has one shape."""

from typing import Any

import pytest

from tests.dialects.attendance.hall import Hall
from tests.support.node import BACKENDS

pytestmark = pytest.mark.parametrize("node", BACKENDS[:1], indirect=True)
CHECK = "/v1/event/attendees/code/{ann}/check.json"
GOOD = "2026-11-28T10:00:00Z"
MULTIPART = b'--B\r\nContent-Disposition: form-data; name="at"\r\n\r\n%s\r\n--B--\r\n'


def bodies(name: str, value: str) -> list[Any]:
    part = MULTIPART.replace(b'"at"', f'"{name}"'.encode()) % value.encode()
    return [f"{name}={value}", {name: value}, part]


@pytest.mark.parametrize("form", range(3), ids=["form", "json", "multipart"])
@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("at", GOOD, "bogus"), ("gate", "{gate}", "x"), ("event_id", "{event}", "abc")],
)
def test_a_bad_one_is_refused_beside_a_good_one(
    hall: Hall, name: str, good: str, bad: str, form: int
) -> None:
    good = good.format(event=hall.event_id, gate=hall.gate_id)
    for token in (hall.event_token, hall.company_token):
        event = f"event_id={hall.event_id}&"
        for query, body in ((bad, good), (good, bad)):
            target = f"{CHECK}?{event if name != 'event_id' else ''}{name}={query}"
            answer = hall.ask("POST", target, token, body=bodies(name, body)[form])
            refused = answer.send(hall.node)
            assert (refused.status, list(refused.json()["errors"])) == (422, [name])
    first, second = f"{name}={bad}", f"{name}={good}"
    refused = hall.ask("POST", f"{CHECK}?{first}&{second}").send(hall.node)
    assert (refused.status, list(refused.json()["errors"])) == (422, [name])


def test_the_good_one_of_the_body_counts(hall: Hall) -> None:
    answer = hall.ask("POST", f"{CHECK}?at=2026-11-01T10:00:00Z", body={"at": GOOD})
    (ticket,) = answer.send(hall.node).json()["tickets"]
    seen = hall.ask("GET", "/v1/event/attendees/code/{ann}.json").send(hall.node).json()
    assert seen["tickets"] == [ticket]
    assert ticket["checked_at"].startswith("2026-11-28")


@pytest.mark.parametrize(
    "query",
    ["since=bogus&since=2026-01-01", "page=x&page=1", "ticket_id=x&ticket_id=1", "state=x&state="],
)
def test_a_list_judges_each_value(hall: Hall, query: str) -> None:
    answer = hall.ask("GET", f"/v1/event/attendees.json?{query}").send(hall.node)
    assert (answer.status, list(answer.json()["errors"])) == (422, [query.partition("=")[0]])


@pytest.mark.parametrize("page", ["0", "1000001", "999999999999999"])
def test_a_page_is_within_its_bounds(hall: Hall, page: str) -> None:
    answer = hall.ask("GET", f"/v1/event/attendees.json?page={page}").send(hall.node)
    sentence = "must be from 1 to 1000000"
    assert (answer.status, answer.json()) == (
        422,
        {"error": f"page {sentence}", "errors": {"page": [sentence]}},
    )


@pytest.mark.parametrize("page", ["99999", "1000000"])
def test_a_page_behind_the_last_is_empty(hall: Hall, page: str) -> None:
    answer = hall.ask("GET", f"/v1/event/attendees.json?page={page}&per_page=1000").send(hall.node)
    assert (answer.status, answer.json()) == (200, [])


@pytest.mark.parametrize("path", ["/event", "/event/nix", "/EVENT/1000001", "/event/attendees/nix"])
def test_what_is_under_event_is_answered_in_json(hall: Hall, path: str) -> None:
    answer = hall.ask("GET", path).send(hall.node)
    assert (answer.status, answer.json()) == (404, {"error": f"Nothing is at {path}."})
