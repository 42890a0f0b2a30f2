"""Golden files: the whole answer to every documented request, and to one that meets each message.

`pytest tests/dialects/booking/test_golden.py --golden-update` writes them again. Every answer is
held against openapi.yaml too.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dialects.booking.cases import CASES
from tests.dialects.booking.document import DOCUMENT, check_answer
from tests.dialects.booking.school import School
from tests.dialects.messaging.test_golden import ANSWER, write_answer, write_request
from tests.support import proof
from tests.support.node import BACKENDS

pytestmark = pytest.mark.proof

FOLDER = Path(__file__).parent / "golden"
REQUEST_ID = "golden-request"
# What is random in an answer: links to scrap paper.
LINK = re.compile(r"/scrap-paper/[\w-]+")


@pytest.mark.parametrize("node", proof.scale(["sqlite"], BACKENDS), indirect=True)
@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_golden_one(
    name: str, school: School, request: pytest.FixtureRequest
) -> None:
    asked = CASES[name](school)
    asked = replace(asked, headers=asked.headers | {"X-Request-ID": REQUEST_ID})
    answer = asked.send(school.node)

    assert answer.headers.pop("content-length", str(len(answer.body))) == str(len(answer.body))
    assert str(answer.status) == name[:3], answer.body
    check_answer(asked, answer)
    exchange = write_request(asked) + ANSWER + write_answer(answer)
    for secret in ("secret", "expired", "revoked", "calendar", "expired_key", "revoked_key"):
        exchange = exchange.replace(school.made[secret], secret.upper())
    exchange = LINK.sub("/scrap-paper/LINK", exchange)
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
    proof.report("golden booking", exchanges=len(CASES), databases="+".join(backends))
