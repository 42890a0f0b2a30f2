"""The document `openapi.yaml` against the app: schemathesis asks and checks every answer."""

from collections import Counter
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.dialects.messaging.document import DOCUMENT
from tests.dialects.messaging.people import PASSWORD, basic
from tests.support import proof

# What the document allows may still be refused: a type needs members that another has not, a
# date must lie ahead, lists must exist. So nothing is said here of what must be taken.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = proof.scale(5, 400)
OPERATIONS = [
    ("GET", "/api/v1/jobs"),
    ("POST", "/api/v1/jobs"),
    ("GET", "/api/v1/jobs/{job_id}"),
    ("GET", "/api/v1/client_verification/sendCode"),
    ("POST", "/api/v1/client_verification/sendCode"),
    ("GET", "/api/v1/client_verification/validateCode"),
    ("POST", "/api/v1/client_verification/validateCode"),
    ("GET", "/api/v1/users"),
    ("GET", "/api/v1/users/{user_id}"),
]


@pytest.mark.proof
@pytest.mark.parametrize("node", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_app_does_as_the_document_says(method: str, path: str, node, people):
    document = schemathesis.openapi.from_path(str(DOCUMENT.file))
    document.app = node.node.app
    operation = document[path][method]
    statuses: Counter[int] = Counter()

    def ask(case: Case) -> None:
        answer: Any = case.call_and_validate(headers=basic("au/acct", PASSWORD), checks=CHECKS)
        statuses[answer.status_code] += 1

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        ask_at_random(operation.as_strategy(mode), ask)

    assert statuses
    proof.report(
        "schemathesis messaging",
        operation=f"{method} {path}",
        requests=statuses.total(),
        statuses=",".join(f"{status}:{count}" for status, count in sorted(statuses.items())),
    )


def ask_at_random(cases: Any, ask: Any) -> None:
    @hypothesis.seed(proof.seed())
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(cases)
    def run(case: Case) -> None:
        ask(case)

    run()
