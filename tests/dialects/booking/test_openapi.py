"""The document `openapi.yaml` against the app: schemathesis asks and checks every answer."""

from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis import Case, GenerationMode

from tests.dialects.booking.document import DOCUMENT
from tests.dialects.booking.school import School
from tests.dialects.messaging.test_openapi import CHECKS, ask_at_random
from tests.support import proof


@pytest.mark.proof
@pytest.mark.parametrize("node", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path"), DOCUMENT.list_operations())
def test_the_app_does_as_the_document_says(method: str, path: str, school: School) -> None:
    spec = schemathesis.openapi.from_path(str(DOCUMENT.file))
    spec.app = school.node.node.app
    operation = spec[path][method]
    statuses: Counter[int] = Counter()
    header = {"Authorization": f"Bearer {school.made['secret']}"}

    def ask(case: Case) -> None:
        # Half of the registrations that are asked for are there.
        if "registration" in case.path_parameters and statuses.total() % 2:
            case.path_parameters["registration"] = school.guid(1)
        answer: Any = case.call_and_validate(headers=header, checks=CHECKS)
        statuses[answer.status_code] += 1

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        ask_at_random(operation.as_strategy(mode), ask)

    assert statuses
    proof.report(
        "schemathesis booking",
        operation=f"{method} {path}",
        requests=statuses.total(),
        statuses=",".join(f"{status}:{count}" for status, count in sorted(statuses.items())),
    )
