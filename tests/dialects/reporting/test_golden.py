"""Golden files: the whole answer to every documented request, and to one that meets each error.

`pytest tests/dialects/reporting/test_golden.py --golden-update` writes them again. Every answer is
held against openapi.yaml too.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dialects.messaging.test_golden import ANSWER, write_request
from tests.dialects.reporting.cases import CASES
from tests.dialects.reporting.document import DOCUMENT, check_answer, read_xml
from tests.dialects.reporting.house import House
from tests.support import proof
from tests.support.client import Answer
from tests.support.node import BACKENDS

pytestmark = pytest.mark.proof

FOLDER = Path(__file__).parent / "golden"
REQUEST_ID = "golden-request"


@pytest.mark.parametrize("shared_house", proof.scale(["sqlite"], BACKENDS), indirect=True)
@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_golden_one(
    name: str, shared_house: House, request: pytest.FixtureRequest
) -> None:
    house = shared_house
    asked = CASES[name](house)
    asked = replace(asked, headers=asked.headers | {"X-Request-ID": REQUEST_ID})
    answer = asked.send(house.node)

    assert answer.headers.pop("content-length", str(len(answer.body))) == str(len(answer.body))
    assert str(answer.status) == name[:3], answer.body
    check_answer(asked, answer)
    exchange = write_request(asked) + ANSWER + write_answer(answer)
    for secret in list_secrets(house, name, answer.body):
        exchange = exchange.replace(*secret)
    file = FOLDER / f"{name}.http"
    if request.config.getoption("--golden-update"):
        file.write_bytes(exchange.encode())
    assert exchange == file.read_bytes().decode()


def list_secrets(house: House, name: str, body: bytes) -> list[tuple[str, str]]:
    """What differs from run to run, and how it is called."""
    known = [(house.names[key], key.upper()) for key in ("si_all", "ui_all", "si_one", "ui_one")]
    if name.startswith("200-login"):
        text = body.decode()
        success = (read_xml(body) if text.startswith("<") else json.loads(text))["convey_api"][
            "result"
        ]
        known.append((success["success"]["sessionid"]["value"], "SI_NEW"))
    return known


def write_answer(answer: Answer) -> str:
    """The answer, JSON in lines, everything else as it is."""
    lines = [str(answer.status)]
    lines += [f"{name}: {value}" for name, value in sorted(answer.headers.items())]
    text = answer.body.decode()
    if answer.headers["content-type"].startswith("text/json"):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return "\n".join(lines) + "\n\n" + text + "\n"


def test_every_golden_file_has_its_case() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)
    assert {name[:3] for name in CASES} | {"429", "500", "503"} == DOCUMENT.list_statuses() | {
        "405"
    }
    backends = proof.scale(["sqlite"], BACKENDS)
    proof.report("golden reporting", exchanges=len(CASES), databases="+".join(backends))
