"""The code that the docs give receivers, run against the headers of real callbacks."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from turnout.core.callbacks.model import ClaimedCallback
from turnout.core.ids import CallbackId, OrgId
from turnout.workers.callbacks import make_headers

DOCS = Path(__file__).parents[2] / "docs/messaging-api.md"
KEY, BODY = "0f" * 32, "Recipient=J%C3%BCrgen&Status=SENT"
CALLBACK = ClaimedCallback(
    org_id=OrgId(1),
    id=CallbackId(2),
    uuid="0190e6c8-7b7e-7c1c-8d6e-2f3a4b5c6d7e",
    url="https://a.example/",
    host="a.example",
    body=BODY,
    carrier="smpp",
    attempts=0,
    until=0,
    secret=KEY,
)
Check = Callable[[dict[str, str], bytes, str], bool]


def sample(language: str) -> str:
    """The only piece of code in that language."""
    [found] = re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return str(found)


def check_in_python(headers: dict[str, str], body: bytes, key: str) -> bool:
    names: dict[str, Any] = {}
    exec(compile(sample("python"), str(DOCS), "exec"), names)  # noqa: S102
    return bool(names["is_genuine"](headers, body, key))


def check_in_node(headers: dict[str, str], body: bytes, key: str) -> bool:
    call = f"isGenuine({json.dumps(headers)}, Buffer.from({list(body)}), {json.dumps(key)})"
    return run(["node", "--input-type=module", "-"], f"{sample('js')}\nconsole.log({call})")


def check_in_php(headers: dict[str, str], body: bytes, key: str) -> bool:
    server = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
    read = f"json_decode({json.dumps(json.dumps([server, body.decode(), key]))!s}, true)"
    call = f"[$s, $b, $k] = {read}; echo is_genuine($s, $b, $k) ? 'true' : 'false';"
    return run(["php"], f"<?php\n{sample('php')}\n{call}")


def run(command: list[str], source: str) -> bool:
    done = subprocess.run(
        command, input=source, capture_output=True, text=True, check=True, timeout=30
    )
    return {"true": True, "false": False}[done.stdout.strip()]


CHECKS: list[Check] = [check_in_python, check_in_node]
if shutil.which("php"):
    CHECKS.append(check_in_php)


V2 = "x-turnout-signature-v2"


def headers_at(seconds: float, **changed: str) -> dict[str, str]:
    """The headers of a call that is made so many seconds from now; names in lower case."""
    at = round((time.time() + seconds) * 1000)
    headers = {name.lower(): text for name, text in make_headers(CALLBACK, at).items()}
    return headers | {name.replace("_", "-"): text for name, text in changed.items()}


def rewritten(change: Callable[[str], str]) -> dict[str, str]:
    """The headers of now with another signature."""
    headers = headers_at(0)
    return headers | {V2: change(headers[V2])}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "make",
    [
        lambda: headers_at(0),
        lambda: headers_at(-200),
        lambda: headers_at(200),
        # While a key is replaced.
        lambda: rewritten(lambda said: said.replace(",", f",v1={'0' * 64},")),
        lambda: rewritten(lambda said: f"{said},v1={'0' * 64}"),
    ],
)
def test_what_turnout_sends_is_genuine(check: Check, make: Callable[[], dict[str, str]]):
    assert check(make(), BODY.encode(), KEY)


@pytest.mark.parametrize("check", CHECKS)
def test_while_a_key_is_replaced_either_key_fits(check: Check):
    next_key = "ab" * 32
    replaced = msgspec.structs.replace(CALLBACK, next_secret=next_key)
    made = make_headers(replaced, round(time.time() * 1000))
    headers = {name.lower(): text for name, text in made.items()}
    fits = [check(headers, BODY.encode(), key) for key in (KEY, next_key, "cd" * 32)]
    assert fits == [True, True, False]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "make",
    [
        lambda: headers_at(-400),
        lambda: headers_at(400),
        lambda: headers_at(0, x_turnout_delivery="another"),
        lambda: headers_at(0, x_turnout_signature_v2=""),
        lambda: headers_at(0, x_turnout_signature_v2="t=,v1="),
        lambda: headers_at(0, x_turnout_signature_v2="t=" + "9" * 5000 + ",v1=00"),
        lambda: rewritten(lambda said: said.partition(",")[0]),
        lambda: rewritten(lambda said: said.replace("v1", "v0")),
        lambda: rewritten(lambda said: said.replace("t=", "t=1,t=")),
        lambda: rewritten(lambda said: said + "0"),
        lambda: {"x-turnout-signature": headers_at(0)["x-turnout-signature"]},
        dict,
    ],
)
def test_another_signature_is_not(check: Check, make: Callable[[], dict[str, str]]):
    assert not check(make(), BODY.encode(), KEY)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(("body", "key"), [(BODY + "&x=1", KEY), (BODY, "00" * 32), ("", KEY)])
def test_another_body_or_key_is_not(check: Check, body: str, key: str):
    assert not check(headers_at(0), body.encode(), key)
