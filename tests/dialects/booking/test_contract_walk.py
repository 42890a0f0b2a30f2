"""A walk through the contract in its order, by curl, against a real demo."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import proof
from tests.support.curl import search_path
from tests.support.server import Server, clean_environment

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("booking-walk")]


class Walk:
    """Runs curl with the demo's secret."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.demo: dict[str, Any] = server.demo["booking"]
        self.requests = 0

    def run(self, method: str, path: str, body: Any = None, *, is_anonymous: bool = False) -> Any:
        text = self.read(method, path, body, is_anonymous=is_anonymous)
        return json.loads(text)

    def read(self, method: str, path: str, body: Any = None, *, is_anonymous: bool = False) -> str:
        options = ["-X", method]
        if not is_anonymous:
            options += ["-H", f"Authorization: Bearer {self.demo['secret']}"]
        if body is not None:
            options += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        environment = clean_environment()
        environment["PATH"] = search_path(self.server.folder, environment["PATH"])
        done = subprocess.run(
            ["curl", "-sS", *options, self.server.url + path],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.requests += 1
        return done.stdout


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    folder: Path = tmp_path_factory.mktemp("walk")
    with Server(folder, access_log="false") as server:
        yield Walk(server)


def test_the_walk(walk: Walk) -> None:
    demo = walk.demo
    calendar = walk.run("GET", "/api/events/list-events?date=never")
    exam = next(exam for exam in calendar if exam["EventID"] == demo["examEvent"])
    assert (exam["Title"], exam["ThemeColor"]) == ("Spring exams", "danger")
    assert "Winter exams" not in {exam["Title"] for exam in calendar}
    page = walk.read("GET", exam["Url"].removeprefix(walk.server.url), is_anonymous=True)
    assert "Spring exams" in page

    wanted = {
        "EventVenue": demo["venue"],
        "EventStart": "2098-05-05T09:00:00+02:00",
        "EventExamType": "Sitting",
        "EventExamFormat": "Paper",
        "EventBillingCode": demo["billingCode"],
        "RegistrationLimit": 1,
    }
    event, first, second = (str(uuid.uuid4()) for _ in range(3))
    assert walk.run("POST", f"/api/events/{event}", wanted) == {"Exam": event, "event": event}

    classes = walk.run(
        "GET", f"/api/events/classes?organization={demo['organization']}", is_anonymous=True
    )
    assert [(exam_class["Title"], len(exam_class)) for exam_class in classes] == [
        ("Route knowledge", 3),
        ("Brake test", 3),
    ]
    link = walk.read("GET", f"/api/events/scrap-paper?id={demo['examEvent']}", is_anonymous=True)
    assert link.startswith(f"{walk.server.url}/scrap-paper/")

    before = walk.run("POST", "/api/registrations/count")
    assert before == len(walk.run("POST", "/api/registrations/search")) == 11
    seat = wanted | {"Learner": demo["learners"][-1], "Assessment": demo["assessments"][0]}
    commands = f"/api/registrations/{first}/commands"
    answer = walk.run("POST", f"{commands}/register-lax", seat)
    assert answer == {"Exam": event, "registration": first}
    other = seat | {"Learner": demo["learners"][-2]}
    full = walk.run("POST", f"/api/registrations/{second}/commands/register-lax", other)
    assert full == f"Registration limit of 1 reached for event {event}."
    newest = walk.run("POST", "/api/registrations/search", {"Code": "L-"})[0]
    assert newest["RegistrationIdentifier"] == first
    found = walk.run("GET", f"/api/registrations/{first}")
    assert (found["EventStart"], found["LearnerIdentifier"]) == (
        "2098-05-05T09:00:00+02:00",
        demo["learners"][-1],
    )

    move = {"EventStart": "2098-05-06T09:00:00+02:00", "Learner": demo["learners"][-1]}
    moved = walk.run("POST", f"{commands}/transfer-lax", move)["Exam"]
    assert moved != event
    assert walk.run("POST", f"/api/events/{event}/cancel", {"Reason": "empty"}) == "OK"
    changed = walk.run(
        "POST", f"{commands}/change-assessment", {"Assessment": demo["assessments"][1]}
    )
    assert changed["registration"] == first
    grant = {"Type": "Reader", "Name": "reads aloud", "TimeExtension": 15}
    assert walk.run("POST", f"{commands}/grant-accommodation", grant) == first
    assert walk.run("POST", f"{commands}/revoke-accommodation", {"Type": "Reader"}) == first
    assert walk.run("POST", f"{commands}/cancel", {"Reason": "over"}) == "OK"
    assert walk.run("DELETE", f"/api/registrations/{first}") == first
    assert walk.run("GET", f"/api/registrations/{first}") == f"Registration Not Found: {first}"
    assert walk.run("POST", "/api/registrations/count") == before
    refused = walk.run("POST", "/api/registrations/count", is_anonymous=True)
    assert refused == {"error": "Your HTTP request is missing the Authorization header."}
    proof.report("contract walk booking", requests=walk.requests)
