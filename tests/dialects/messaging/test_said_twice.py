"""A bad value is refused wherever it stands, and the examples of the docs are good requests."""

import json
import re
from pathlib import Path

import pytest

from tests.dialects.messaging.people import People, new_user
from tests.support.node import BACKENDS, LocalNode

on_sqlite = pytest.mark.parametrize("node", BACKENDS[:1], indirect=True)
DOCS = (Path(__file__).parents[3] / "docs/messaging-api.md").read_text()
EXAMPLES = re.findall(
    r"client_verification/(sendCode|validateCode) -d '(\{.*?\})'", DOCS, re.DOTALL
)
CODE = {
    "client_ref": "c",
    "message_type": "sms",
    "message_destination": "+61491570006",
    "company_name": "X",
}
JOB = {"job_type": "sms", "message": "m", "recipients": [{"destination": "+61491570006"}]}


@on_sqlite
@pytest.mark.parametrize(
    ("target", "query", "body"),
    [
        ("/client_verification/sendCode", "message_type=bogus", CODE),
        ("/client_verification/sendCode", "message_destination=x", CODE),
        (
            "/client_verification/sendCode",
            "message_template=x",
            CODE | {"message_template": "[[code]]"},
        ),
        (
            "/client_verification/validateCode",
            "validation_window=x",
            {"client_ref": "c", "entered_code": "123456", "validation_window": 5},
        ),
        ("/jobs", "job_type=bogus", JOB),
        ("/jobs", "dedupe=bogus", JOB | {"dedupe": True}),
        ("/users", "email=bogus", new_user()),
    ],
)
def test_a_bad_one_is_refused_beside_a_good_one(
    node: LocalNode, people: People, target: str, query: str, body: object
) -> None:
    answer = people.ask("admin", "POST", f"{target}?{query}", body).send(node)
    assert answer.status == 422, answer.body
    assert query.partition("=")[0] in str(answer.json()["errors"]).replace(" ", "_")


@on_sqlite
def test_the_docs_examples_of_codes_work(node: LocalNode, people: People) -> None:
    assert [name for name, _ in EXAMPLES] == ["sendCode", "validateCode"]
    answers = [
        people.ask("acct", "POST", f"/client_verification/{name}", body.encode()).send(node).json()
        for name, body in EXAMPLES
    ]
    assert answers == [
        {"status": 200, "data": "message sent"},
        {"status": 200, "data": "invalid"},
    ]


@on_sqlite
def test_a_company_is_text_in_its_code(node: LocalNode, people: People) -> None:
    body = CODE | {"client_ref": "named", "message_destination": "+61491570156"}
    body |= {"company_name": "[[code]]\n%%x%% Ltd"}
    answer = people.ask("acct", "POST", "/client_verification/sendCode", json.dumps(body).encode())
    assert answer.send(node).status == 200
    fields = node.db.call(
        lambda tx: tx.connection.execute(
            "SELECT fields FROM recipients WHERE destination = '+61491570156'"
        ).fetchone()[0]
    )
    assert re.fullmatch(
        r"Your \[\[code\]\] %%x%% Ltd verification code is [0-9]{6}", json.loads(fields)["message"]
    )
