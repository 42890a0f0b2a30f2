"""The document `openapi.yaml` against the app: schemathesis asks, and checks every answer."""

from collections import Counter
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.dialects.registration.document import DOCUMENT
from tests.support import proof
from tests.support.node import Account, LocalNode
from turnout.core.identity.organizations import set_rate_limit

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    positive_data_acceptance,
]
KEY = "Idempotency-Key"
EXAMPLES = proof.scale(6, 500)
# Whatever these are sent, they take it.
NEVER_WRONG = {("POST", "/v1.0/signin"), ("GET", "/.well-known/jwks.json")}


@pytest.fixture
def document(node: LocalNode, account: Account) -> Any:
    node.db.call(set_rate_limit, account.organization.slug, 0, actor="test")
    document = schemathesis.openapi.from_path(str(DOCUMENT.file))
    document.app = node.node.app
    # 402 is "valid, but cannot be carried out": an Idempotency-Key that came again by chance.
    accepted = document.config.checks.positive_data_acceptance
    accepted.expected_statuses = [*accepted.expected_statuses, "402"]
    return document


@pytest.mark.proof
@pytest.mark.parametrize(("method", "path"), DOCUMENT.list_operations())
def test_the_app_does_as_the_document_says(method: str, path: str, document, account: Account):
    operation = document[path][method]
    statuses: Counter[int] = Counter()
    keys: set[str] = set()

    def ask(case: Case) -> None:
        # A key that comes a second time, with another body, is refused with good reason.
        key = case.headers.get(KEY) if case.headers else None
        if key in keys:
            del case.headers[KEY]
        elif key is not None:
            keys.add(key)
        headers = account.headers | {"APIKey": account.api_key}
        answer = case.call_and_validate(headers=headers, checks=CHECKS)
        statuses[answer.status_code] += 1

    modes = [GenerationMode.POSITIVE]
    if (method, path) not in NEVER_WRONG:
        modes.append(GenerationMode.NEGATIVE)
    options = document.config.generation_for(operation=operation)
    for case in document.iter_coverage_cases(
        operation, generation_modes=modes, generation_config=options
    ):
        ask(case)
    for mode in modes:
        ask_at_random(operation.as_strategy(mode), ask, account)

    assert statuses[200]
    proof.report(
        "schemathesis registration",
        operation=f"{method} {path}",
        requests=statuses.total(),
        statuses=",".join(f"{status}:{count}" for status, count in sorted(statuses.items())),
    )


def ask_at_random(cases: st.SearchStrategy[Case], ask: Any, account: Account) -> None:
    """Ask what the strategy gives; every other time with paks that exist, where there are any."""

    @hypothesis.seed(proof.seed())
    @hypothesis.settings(max_examples=EXAMPLES)
    @hypothesis.given(cases, st.booleans())
    def run(case: Case, is_real: bool) -> None:
        if is_real:
            put_real_paks(case.body, account)
        ask(case)

    run()


def put_real_paks(body: Any, account: Account) -> None:
    registration = body.get("registration") if isinstance(body, dict) else None
    for noun, pak in (("event", account.event.pak), ("channel", account.channel.pak)):
        target = registration.get(noun) if isinstance(registration, dict) else None
        if isinstance(target, dict) and isinstance(target.get(f"{noun}Pak"), str):
            target[f"{noun}Pak"] = pak
