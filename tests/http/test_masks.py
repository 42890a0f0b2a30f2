"""What is secret is in no line of the log: by the routes that the server has, and by its look."""

import re
import socket
import sqlite3
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest

from tests.support import proof
from tests.support.node import LocalNode
from tests.support.server import Server
from turnout.http.masks import LONGEST_PATH, OPEN_FIELDS, SECRET_FIELDS, Masks
from turnout.store.sources import Ids

PLANTED = "pLanted"
ROUTES = ("/ticket/{address}", "/watch/{pak}/{token}", "/v1/event/attendees/code/{code}/check")
# How a path may be spelled so that it still leads somewhere, or nearly.
SPELLINGS = {
    "plain": lambda path: path,
    "capital letters": lambda path: path.replace(PLANTED, "\0").upper().replace("\0", PLANTED),
    "doubled slashes": lambda path: path.replace("/", "//"),
    "encoded slashes": lambda path: "/" + path[1:].replace("/", "%2F"),
    "slashes encoded twice": lambda path: "/" + path[1:].replace("/", "%252f"),
    "encoded letters": lambda path: "/" + "".join(f"%{ord(sign):02x}" for sign in path[1:]),
    "backslashes": lambda path: path.replace("/", "\\").replace("\\", "/", 1),
    "below another path": lambda path: f"/elsewhere{path}",
    "with an ending": lambda path: f"{path}.json",
    "with more behind": lambda path: f"{path}/more/{PLANTED}",
    "with a query": lambda path: f"{path}?code={PLANTED}&email=eve%40{PLANTED}.example",
    "with an encoded query": lambda path: f"{path}%3Fcode%3D{PLANTED}",
}


def templates(node: LocalNode) -> list[str]:
    return sorted(
        {
            route.template
            for mount in node.node.app.mounts
            for route in getattr(mount.app, "routes", ())
        }
    )


def fill(template: str) -> str:
    """The template with a planted secret in each secret part, and a number in each other one."""

    def choose(match: re.Match[str]) -> str:
        return PLANTED if match[1] in SECRET_FIELDS else "1234567890123456"

    return re.sub(r"\{(\w+)[^}]*\}", choose, template)


def is_secret(template: str) -> bool:
    return bool(set(re.findall(r"\{(\w+)", template)) & SECRET_FIELDS)


def test_every_part_of_a_path_is_known_to_be_secret_or_not(node: LocalNode) -> None:
    fields = {name for template in templates(node) for name in re.findall(r"\{(\w+)", template)}
    assert fields - SECRET_FIELDS - OPEN_FIELDS == set()
    assert len([template for template in templates(node) if is_secret(template)]) >= 12


def test_secret_parts_of_every_route_are_hidden_however_it_is_spelled(node: LocalNode) -> None:
    masks = node.node.app.masks
    for template, (name, spell) in product(templates(node), SPELLINGS.items()):
        if is_secret(template):
            path = spell(fill(template))
            shown = masks.hide_path(path)
            assert PLANTED.lower() not in shown.lower(), (name, path, shown)
            if "encoded" not in name:
                text = masks.hide(f"ValueError: cannot open 'http://h{path}'")
                assert PLANTED.lower() not in text.lower(), (name, path, text)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("/v1/event/attendees/code/abc/check.json", "/v1/event/attendees/code/…/check.json"),
        ("/watch/1234567890123456", "/watch/1234567890123456"),
        ("/watch/1234567890123456/x", "/watch/1234567890123456/…"),
        ("GET http://h/ticket/1-x HTTP/1.1", "GET http://h/ticket/… HTTP/1.1"),
        ("ticket 10001-ABCDEFGH23 is cancelled", "ticket … is cancelled"),
        ("ticket 10001-abcdefgh23", "ticket …"),
        ("There is no ticket ABCDEFGH23.", "There is no ticket …."),
        ("link 17-0123456789abcdef0123456789abcdef", "link …"),
        ("link 10001-17-0123456789ABCDEF0123456789abcdef", "link …"),
        ("session " + "0123456789abcdef" * 2 + "01234567", "session …"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "token …"),
        ("key aB3" + "x" * 37, "key …"),
        ("secret " + "A" * 86 + "==", "secret …"),
        ("postgresql://turnout:s3cret@db/x", "postgresql://…@db/x"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic …"),
        ("http://h/hook?token=1&x=2 refused", "http://h/hook?… refused"),
        ("a question? yes = no", "a question? yes = no"),
        (
            "event 01a2d07a-3680-705d-98d5-563dab2cd31e",
            "event 01a2d07a-3680-705d-98d5-563dab2cd31e",
        ),
        ("File /usr/lib/python3.11/asyncio/base_events.py, line 653", None),
        ("in test_a_name_of_a_function_that_is_long_and_has_no_secret_in_it", None),
        ("/api/events/01a2d07a-3680-705d-98d5-563dab2cd31e/cancel", None),
        ("user au/acme from 192.0.2.1 at 2026-11-28T15:17:56.123456Z", None),
    ],
)
def test_a_text_is_logged_without_what_is_secret(text: str, hidden: str | None) -> None:
    assert Masks(ROUTES).hide(text) == (hidden or text)


def test_every_ticket_code_is_known_by_its_look() -> None:
    ids, masks = Ids(7), Masks()
    for _ in range(2000):
        code = ids.code(10)
        assert masks.hide(f"no ticket {code!r}") == "no ticket '…'"


@pytest.mark.parametrize(
    "piece",
    [
        *("/", "//v1", "?", "a=", "/ticket/", "1-", "%2f", "%25", "a", "\\", "eyJ", "Ab1"),
        *("://a:", " /watch/a", "basic ", "?a", "/v1/event/attendees//", "A2", "a."),
    ],
)
def test_long_texts_are_hidden_in_linear_time(piece: str) -> None:
    masks = Masks(ROUTES)
    started = time.thread_time()
    masks.hide(piece * (100_000 // len(piece)))
    masks.hide_path(piece * (100_000 // len(piece)))
    assert time.thread_time() - started < 2


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_lines_of_libraries_and_values_of_every_type_are_hidden(log_format: str) -> None:
    program = f"""
import logging, structlog
from turnout.http import logs
from turnout.http.masks import Masks
logs.configure("debug", {log_format!r})
logs.hide_by(Masks({ROUTES!r}))
secret = "/ticket/{PLANTED}"
try:
    raise ValueError(f"no answer from http://h{{secret}}?code={PLANTED}")
except ValueError as error:
    logging.getLogger("aiohttp").error("lost %s", secret, exc_info=True)
    structlog.get_logger().exception(secret, path=secret, error=error, all=[{{"in": (secret,)}}])
logs.close()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    text = done.stderr.decode()
    assert text.count("ValueError") >= 3
    assert text.count("/ticket/") >= 6
    assert PLANTED not in text


# -- a real server, whose requests fail --------------------------------------------------------


@pytest.mark.proof
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_the_log_of_a_server_has_no_secret(
    node: LocalNode, tmp_path: Path, log_format: str
) -> None:
    """Every route with something secret, in every spelling, over HTTP/1.0 and 1.1, answered well
    or failing because the database has lost its tables."""
    chosen = [template for template in templates(node) if is_secret(template)]
    spellings = list(SPELLINGS.values())[: proof.scale(4, len(SPELLINGS))]
    requests = 0
    with Server(
        tmp_path, command=("serve",), log_format=log_format, log_level="debug", base_url="http://h"
    ) as server:
        for is_failing in (False, True):
            if is_failing:
                drop_tables(tmp_path / "turnout.db")
            for template, spell, version in product(chosen, spellings, ("1.0", "1.1")):
                path = spell(fill(template))
                status = send(server.port, "GET", path, version)
                requests += 1
                assert status < 600
        server.stop()
        log = server.read_log()
    assert len(re.findall(r"\"path\":|path=", log)) >= requests
    assert "no such table" in log
    assert [line for line in log.splitlines() if PLANTED.lower() in line.lower()] == []
    proof.report("secrets in the log", format=log_format, requests=requests)


def drop_tables(path: Path) -> None:
    with sqlite3.connect(path, timeout=30) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE 'people_search_grams%'"
        ).fetchall()
        for (name,) in names:
            connection.execute(f"DROP TABLE {name}")


def send(port: int, method: str, path: str, version: str) -> int:
    """One request in exactly this spelling; the status of its answer."""
    head = (
        f"{method} {path} HTTP/{version}\r\nHost: h\r\nConnection: close\r\n"
        f"Authorization: event {PLANTED}\r\nReferer: http://h/?code={PLANTED}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.encode())
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return int(answer.split(b" ", 2)[1])


def test_of_a_long_path_the_beginning_is_decoded():
    masks = Masks(["/ticket/{address}/{name}"])
    assert masks.hide_path("/a" + "%" * 60_000) == "/a" + "%" * (LONGEST_PATH - 2)
    hidden = masks.hide_path("/ticket/" + "x" * 60_000)
    assert "x" not in hidden


@pytest.mark.parametrize(
    "code", ["ABCDEFGH23", "a", "0" * 12, "check", "TK1:1:AB:2:ABCDEF:ABC", "é1"]
)
@pytest.mark.parametrize(
    "rest", ["", "/check", "/CHECK.json", "/check/check", "/other", ".json", "?a=b"]
)
def test_a_path_to_one_code_is_hidden_as_any_text_is(code: str, rest: str) -> None:
    masks = Masks((*ROUTES, "/list/{code}", "/list/{pak}/{token}"))
    for beginning in ("/ticket/", "/v1/event/attendees/code/", "/list/", "/watch/"):
        path = f"{beginning}{code}{rest}"
        assert masks.hide_path(path) == masks._hide_path(path)


@pytest.mark.parametrize(
    "guid", ["c0ffee00-9d6b-4f7c-8a11-0123456789ab", "ABCDEF23-ABCD-ABCD-ABCD-ABCDEF234567"]
)
@pytest.mark.parametrize(
    "path",
    [
        "/api/registrations/{}/commands/{}",
        "/api/{}/ABCDEFGH23",
        "/ticket/{}/x",
        "/watch/{}/{}",
        "/api/{}%2F{}",
        "//api\\{}//{}",
        "/a?b={}",
        "/12-{}",
    ],
)
def test_a_path_with_a_guid_is_hidden_as_any_text_is(guid: str, path: str) -> None:
    masks = Masks((*ROUTES, "/list/{code}"))
    filled = path.replace("{}", guid)
    for _ in range(2):
        assert masks.hide_path(filled) == masks._hide_path(filled)
