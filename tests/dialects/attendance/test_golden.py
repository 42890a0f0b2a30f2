"""Golden files: the whole answer to every documented request, and to one that meets each error.

`pytest tests/dialects/attendance/test_golden.py --golden-update` writes them again. Every answer
is held against openapi.yaml too.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.dialects.attendance.cases import CASES
from tests.dialects.attendance.document import DOCUMENT, check_answer
from tests.dialects.attendance.hall import Hall
from tests.dialects.messaging.test_golden import ANSWER, write_answer, write_request
from tests.support import proof
from tests.support.node import BACKENDS

pytestmark = pytest.mark.proof

FOLDER = Path(__file__).parent / "golden"
REQUEST_ID = "golden-request"


@pytest.mark.parametrize("node", proof.scale(["sqlite"], BACKENDS), indirect=True)
@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_golden_one(
    name: str, hall: Hall, request: pytest.FixtureRequest
) -> None:
    asked = CASES[name](hall)
    asked = replace(asked, headers=asked.headers | {"X-Request-ID": REQUEST_ID})
    answer = asked.send(hall.node)

    assert answer.headers.pop("content-length", str(len(answer.body))) == str(len(answer.body))
    assert str(answer.status) == name[:3], answer.body
    check_answer(asked, answer)
    exchange = write_request(asked) + ANSWER + write_answer(answer)
    for token, name_of_it in (
        (hall.event_token, "EVENT_TOKEN"),
        (hall.company_token, "COMPANY_TOKEN"),
    ):
        exchange = exchange.replace(token, name_of_it)
    file = FOLDER / f"{name}.http"
    if request.config.getoption("--golden-update"):
        file.write_text(exchange)
    assert exchange == file.read_text()


def test_every_golden_file_has_its_case() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)
    assert {name[:3] for name in CASES} | {"429", "500", "503"} == DOCUMENT.list_statuses() | {
        "405"
    }
    backends = proof.scale(["sqlite"], BACKENDS)
    proof.report("golden attendance", exchanges=len(CASES), databases="+".join(backends))
