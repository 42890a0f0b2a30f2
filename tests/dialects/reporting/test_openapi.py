"""The document `openapi.yaml` against the app: schemathesis asks and checks every answer."""

from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis import Case, GenerationMode

from tests.dialects.messaging.test_openapi import CHECKS, ask_at_random
from tests.dialects.reporting.document import DOCUMENT
from tests.dialects.reporting.house import House
from tests.support import proof

PATHS = list(DOCUMENT.content["paths"])
POSTED = ("/api/reporting/audience_reports/json",)
# A password costs a hash of 64 MiB: one path stands for all.
COSTLY = ("/api/login", "/viewer/regserver.jsp")
OPERATIONS = [("GET", path) for path in PATHS if path not in COSTLY] + [
    ("POST", path) for path in POSTED
]


@pytest.mark.proof
@pytest.mark.parametrize("shared_house", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_app_does_as_the_document_says(method: str, path: str, shared_house: House) -> None:
    spec = schemathesis.openapi.from_path(str(DOCUMENT.file))
    spec.app = shared_house.node.node.app
    operation = spec[path][method]
    statuses: Counter[int] = Counter()
    names = shared_house.names

    def ask(case: Case) -> None:
        # Most requests show a session, and two thirds ask for an event that there is.
        query: dict[str, Any] = dict(case.query or {})
        if len(query) % 4:
            query |= {"si": names["si"], "ui": names["ui"]}
        if len(query) % 3:
            query["ei"] = str(names["event"])
        case.query = query
        answer: Any = case.call_and_validate(checks=CHECKS)
        statuses[answer.status_code] += 1

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        ask_at_random(operation.as_strategy(mode), ask)

    assert statuses
    proof.report(
        "schemathesis reporting",
        operation=f"{method} {path}",
        requests=statuses.total(),
        statuses=",".join(f"{status}:{count}" for status, count in sorted(statuses.items())),
    )
