"""Golden files: the whole answer to every documented request in every form, and to each error.

`pytest tests/dialects/reporting/test_golden.py --golden-update` writes them anew. Every answer is
held against openapi.yaml too.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dialects.messaging.test_golden import ANSWER, write_request
from tests.dialects.reporting.cases import CASES
from tests.dialects.reporting.document import check_answer
from tests.dialects.reporting.house import House
from tests.support import proof
from tests.support.node import BACKENDS

pytestmark = pytest.mark.proof

FOLDER = Path(__file__).parent / "golden"
REQUEST_ID = "golden-request"
# When a failure is answered is the machine's time.
AT = re.compile(r"(currentDateTime(?:>|\": \"))[\d :-]{19}")


@pytest.mark.parametrize("node", proof.scale(["sqlite"], BACKENDS), indirect=True)
@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_golden_one(
    name: str, house: House, request: pytest.FixtureRequest
) -> None:
    asked = CASES[name](house)
    asked = replace(asked, headers=asked.headers | {"X-Request-ID": REQUEST_ID})
    answer = asked.send(house.node)

    assert answer.headers.pop("content-length", str(len(answer.body))) == str(len(answer.body))
    assert str(answer.status) == name[:3], answer.body
    check_answer(asked, answer)
    lines = [f"{name}: {value}" for name, value in sorted(answer.headers.items())]
    is_json = answer.headers["content-type"].startswith("text/json")
    exchange = write_request(asked) + ANSWER + "\n".join([str(answer.status), *lines, "", ""])
    exchange += write_whole(answer.body) if is_json else answer.body.decode()
    if answer.status != 200:
        exchange = AT.sub(r"\1NOW", exchange)
    file = FOLDER / f"{name}.http"
    if request.config.getoption("--golden-update"):
        file.write_text(exchange, newline="")
    assert exchange == file.read_bytes().decode()


def write_whole(body: bytes) -> str:
    return json.dumps(json.loads(body), indent=1, ensure_ascii=False) + "\n"


def test_every_golden_file_has_its_case() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)
    backends = proof.scale(["sqlite"], BACKENDS)
    proof.report("golden reporting", exchanges=len(CASES), databases="+".join(backends))
