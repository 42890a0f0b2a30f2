"""Golden files: the whole answer to every documented request, and to one that meets each error.

`pytest tests/dialects/registration/test_golden.py -n 0 --golden-update` writes them again.
"""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dialects.registration.cases import BACKLOG, CASES
from tests.dialects.registration.document import DOCUMENT, check_documented
from tests.dialects.registration.requests import Request
from tests.support import proof
from tests.support.client import Answer
from tests.support.node import BACKENDS, Account, new_database, open_node

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent / "golden"
ANSWER = "\n---- answer ----\n\n"
REQUEST_ID = "golden-request"
SHOWN_BYTES = 4000


@pytest.mark.parametrize("backend", proof.scale(["sqlite"], BACKENDS))
@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_the_golden_one(name: str, backend: str, request, tmp_path: Path):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    with open_node(new_database(backend, tmp_path, cluster), intake_backlog=BACKLOG) as node:
        account = node.add_account()
        asked = CASES[name](node, account)
        asked = replace(asked, headers=asked.headers | {"X-Request-ID": REQUEST_ID})
        answer = asked.send(node)

    check_documented(asked.method, asked.target, answer)
    assert answer.headers.pop("content-length") == str(len(answer.body))
    assert str(answer.status) == name[:3], answer.body
    exchange = write_request(asked, account) + ANSWER + write_answer(answer, account)
    file = FOLDER / f"{name}.http"
    if request.config.getoption("--golden-update"):
        file.write_text(exchange)
    assert exchange == file.read_text()


def test_every_documented_operation_and_status_has_a_golden_file():
    exchanges = [file.read_text().split(ANSWER) for file in FOLDER.iterdir()]
    done = {(*asked.split()[:2], answer.split()[0]) for asked, answer in exchanges}
    succeeded = {
        (method, target.partition("?")[0]) for method, target, status in done if status == "200"
    }
    assert succeeded >= set(DOCUMENT.list_operations())
    assert {status for _, _, status in done} >= DOCUMENT.list_statuses()


def test_every_golden_file_has_its_case():
    assert {file.stem for file in FOLDER.iterdir()} == set(CASES)
    backends = proof.scale(["sqlite"], BACKENDS)
    proof.report("golden registration", exchanges=len(CASES), databases="+".join(backends))


def test_ci_never_writes_golden_files():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "--golden-update", __file__],
        env=os.environ | {"CI": "true"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--golden-update is for people" in done.stderr


def write_request(asked: Request, account: Account) -> str:
    lines = [f"{asked.method} {asked.target}"]
    lines += [f"{name}: {value}" for name, value in asked.headers.items()]
    return normalise("\n".join(lines) + "\n\n" + write_body(asked.body), account)


def write_answer(answer: Answer, account: Account) -> str:
    lines = [str(answer.status)]
    lines += [f"{name}: {value}" for name, value in sorted(answer.headers.items())]
    return normalise("\n".join(lines) + "\n\n" + write_body(answer.body), account)


def write_body(body: bytes) -> str:
    """JSON in lines, members in their order; what is not JSON, as it is."""
    if len(body) > SHOWN_BYTES:
        return f"<{len(body)} bytes>\n"
    try:
        return json.dumps(json.loads(body), indent=2) + "\n"
    except ValueError:
        return body.decode(errors="backslashreplace") + "\n"


def normalise(text: str, account: Account) -> str:
    """Replace what is random whatever the seed: secrets and keys."""
    text = text.replace(account.token, "<idToken>").replace(account.api_key, "<apiKey>")
    text = re.sub(r"eyJ[\w-]+\.[\w-]+\.[\w-]*", "<another token>", text)
    text = re.sub(r"APIKey: \w{40}", "APIKey: <another key>", text)
    return re.sub(r'"(n|kid)": ".*"', r'"\1": "<of the key>"', text)
