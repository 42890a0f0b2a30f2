"""The document `openapi.yaml` against the app: schemathesis asks and checks every answer."""

from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from tests.dialects.messaging.test_openapi import ask_at_random
from tests.dialects.reporting.document import FILE, document
from tests.dialects.reporting.house import SESSION, House
from tests.support import proof

# `text/json` is JSON to nobody but the contract; golden files and filters hold the bodies.
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
OPERATIONS = [
    (method.upper(), path)
    for path, operations in document()["paths"].items()
    for method in operations
    if method == "get"
]


@pytest.mark.proof
@pytest.mark.parametrize("node", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_app_does_as_the_document_says(method: str, path: str, house: House) -> None:
    spec = schemathesis.openapi.from_path(str(FILE))
    spec.app = house.node.node.app
    operation = spec[path][method]
    statuses: Counter[int] = Counter()

    def ask(case: Case) -> None:
        # Three of four who ask have a session, two of them for an event that is there.
        if statuses.total() % 4 and "si" in (case.query or {}):
            case.query |= {"si": SESSION, "ui": house.ids["boss"]}
        if statuses.total() % 2 and "ei" in (case.query or {}):
            case.query["ei"] = str(house.event_id)
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
