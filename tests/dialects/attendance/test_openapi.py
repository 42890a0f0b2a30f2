"""The document `openapi.yaml` against the app: schemathesis asks and checks every answer."""

from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis import Case, GenerationMode

from tests.dialects.attendance.document import DOCUMENT
from tests.dialects.attendance.hall import Hall
from tests.dialects.messaging.test_openapi import CHECKS, ask_at_random
from tests.support import proof

CODE = "/v1/event/attendees/code/{code}"
RECIPIENTS = "/v1/event/invitations/{invitation_id}/recipients"
OPERATIONS = [
    ("GET", "/v1/event"),
    ("GET", "/v1/company"),
    ("GET", "/v1/event/attendees"),
    ("GET", "/v1/event/attendees/{state}"),
    ("GET", CODE),
    ("POST", CODE),
    ("POST", f"{CODE}/check"),
    ("POST", f"{CODE}/uncheck"),
    ("GET", "/v1/event/invitations"),
    ("GET", RECIPIENTS),
    ("POST", f"{RECIPIENTS}/{{recipient_id}}/{{action}}"),
]


@pytest.mark.proof
@pytest.mark.parametrize("node", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_app_does_as_the_document_says(method: str, path: str, hall: Hall) -> None:
    document = schemathesis.openapi.from_path(str(DOCUMENT.file))
    document.app = hall.node.node.app
    operation = document[path][method]
    statuses: Counter[int] = Counter()
    token = (
        f"company {hall.company_token}" if path == "/v1/company" else f"event {hall.event_token}"
    )

    def ask(case: Case) -> None:
        # Half of the codes that are asked for are a ticket's.
        if "code" in case.path_parameters and len(str(case.path_parameters["code"])) % 2:
            case.path_parameters["code"] = hall.codes["ann"]
        answer: Any = case.call_and_validate(headers={"Authorization": token}, checks=CHECKS)
        statuses[answer.status_code] += 1

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        ask_at_random(operation.as_strategy(mode), ask)

    assert statuses
    proof.report(
        "schemathesis attendance",
        operation=f"{method} {path}",
        requests=statuses.total(),
        statuses=",".join(f"{status}:{count}" for status, count in sorted(statuses.items())),
    )
