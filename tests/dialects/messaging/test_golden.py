"""Golden files: the whole answer to every documented request, and to one that meets each error.

`pytest tests/dialects/messaging/test_golden.py --golden-update` writes them again. Every answer
is held against openapi.yaml too.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dialects.messaging import job_cases
from tests.dialects.messaging.cases import CASES
from tests.dialects.messaging.document import check_answer
from tests.dialects.messaging.file_server import with_its_name
from tests.dialects.messaging.people import People, Request
from tests.support import proof
from tests.support.client import Answer
from tests.support.node import BACKENDS

pytestmark = pytest.mark.proof

FOLDER = Path(__file__).parent / "golden"
ANSWER = "\n---- answer ----\n\n"
REQUEST_ID = "golden-request"
SHOWN_BYTES = 4000
assert job_cases.SMS  # entering its cases is what it is imported for


@pytest.mark.parametrize("node", proof.scale(["sqlite"], BACKENDS), indirect=True)
@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_golden_one(name: str, node, people: People, request):
    asked = CASES[name](node, people)
    asked = replace(asked, headers=asked.headers | {"X-Request-ID": REQUEST_ID})
    answer = asked.send(node)

    assert answer.headers.pop("content-length") == str(len(answer.body))
    assert str(answer.status) == name[:3], answer.body
    check_answer(asked, answer)
    exchange = with_its_name(write_request(asked) + ANSWER + write_answer(answer))
    file = FOLDER / f"{name}.http"
    if request.config.getoption("--golden-update"):
        file.write_text(exchange)
    assert exchange == file.read_text()


def test_every_golden_file_has_its_case():
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)
    backends = proof.scale(["sqlite"], BACKENDS)
    proof.report("golden messaging", exchanges=len(CASES), databases="+".join(backends))


def write_request(asked: Request) -> str:
    lines = [f"{asked.method} {asked.target}"]
    lines += [f"{name}: {value}" for name, value in asked.headers.items()]
    return "\n".join(lines) + "\n\n" + write_body(asked.body)


def write_answer(answer: Answer) -> str:
    lines = [str(answer.status)]
    lines += [f"{name}: {value}" for name, value in sorted(answer.headers.items())]
    return "\n".join(lines) + "\n\n" + write_body(answer.body)


def write_body(body: bytes) -> str:
    """JSON in lines, members in their order; what is not JSON, as it is."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"
    except (ValueError, RecursionError):
        shown = body.decode(errors="backslashreplace")
        return f"<{len(body)} bytes>\n" if len(body) > SHOWN_BYTES else shown + "\n"
