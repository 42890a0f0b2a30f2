"""Requests that another site made a browser send: the rule, its exceptions, and every shape."""

import ast
from pathlib import Path
from typing import Any

import pytest

import turnout
from tests.support.node import LocalNode
from turnout.http.cross_site import (
    ACTING_GETS,
    EXEMPTIONS,
    CrossSiteGuard,
    changes_something,
    find_exemption,
    fold_path,
)
from turnout.http.dialect import DialectApp

BASE = "https://turnout.example"
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


def is_let_in(
    headers: list[tuple[str, str]], method: str = "POST", path: str = "/outbox", base: str = BASE
) -> bool:
    scope = {
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }
    return CrossSiteGuard(base).judge(scope) is None


SITE, ORIGIN, HOST = "sec-fetch-site", "origin", "host"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], True),
        ([(SITE, "same-origin")], True),
        ([(SITE, "none")], True),
        ([(SITE, "same-site")], False),
        ([(SITE, "cross-site")], False),
        ([(SITE, "")], False),
        ([(SITE, "anything")], False),
        ([(SITE, "same-origin"), (SITE, "cross-site")], False),
        # Where it is there, it decides.
        ([(SITE, "same-origin"), (ORIGIN, "null")], True),
        ([(SITE, "cross-site"), (ORIGIN, BASE)], False),
        ([(ORIGIN, BASE)], True),
        ([(ORIGIN, "https://TURNOUT.example")], True),
        ([(ORIGIN, "https://turnout.example:443")], True),
        ([(ORIGIN, "https://turnout.example:444")], False),
        ([(ORIGIN, "null")], False),
        ([(ORIGIN, "")], False),
        ([(ORIGIN, "https://evil.example")], False),
        ([(ORIGIN, "https://turnout.example.evil.example")], False),
        ([(ORIGIN, "https://turnout.example@evil.example")], False),
        ([(ORIGIN, "https://turnout.example/")], False),
        ([(ORIGIN, BASE), (ORIGIN, "https://evil.example")], False),
        ([(ORIGIN, f"{BASE} https://evil.example")], False),
        # The request's own origin, by whatever name the server was reached.
        ([(ORIGIN, "http://10.0.0.5:8080"), (HOST, "10.0.0.5:8080")], True),
        ([(ORIGIN, "http://door.local"), (HOST, "door.local")], True),
        ([(ORIGIN, "http://door.local"), (HOST, "DOOR.local:80")], True),
        ([(ORIGIN, "http://[::1]:8080"), (HOST, "[::1]:8080")], True),
        ([(ORIGIN, "http://10.0.0.5:8081"), (HOST, "10.0.0.5:8080")], False),
        ([(ORIGIN, "http://evil.example"), (HOST, "10.0.0.5:8080")], False),
        ([(ORIGIN, "http://evil.example"), (HOST, "a"), (HOST, "evil.example")], False),
        ([(ORIGIN, "http://evil.example")], False),
        ([(ORIGIN, "file://"), (HOST, "")], False),
        ([(ORIGIN, "chrome-extension://abc"), (HOST, "abc")], False),
        # Anyone who answers for our name without TLS is not us.
        ([(ORIGIN, "http://turnout.example"), (HOST, "turnout.example")], False),
    ],
)
def test_the_rule(headers: list[tuple[str, str]], expected: bool) -> None:
    assert is_let_in(headers) is expected


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW", "get"])
def test_every_method_that_is_no_look_is_judged(method: str) -> None:
    assert not is_let_in([(SITE, "cross-site")], method=method)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_everybody_may_look(method: str) -> None:
    assert is_let_in([(SITE, "cross-site")], method=method)


@pytest.mark.parametrize(
    "path", ["/v1.0/signin", "//v1.0//SignIn/", "/api/login", "/api/login/json"]
)
def test_gets_that_act_are_judged_in_every_spelling(path: str) -> None:
    assert changes_something("GET", fold_path(path))
    assert not is_let_in([(SITE, "cross-site")], method="GET", path=path)
    assert is_let_in([(SITE, "cross-site")], method="HEAD", path=path)


@pytest.mark.parametrize("path", ["/api/login-page", "/v1.0/signins", "/api/v1/jobs"])
def test_other_gets_are_looks(path: str) -> None:
    assert is_let_in([(SITE, "cross-site")], method="GET", path=path)


@pytest.mark.parametrize(
    ("method", "path", "headers", "name"),
    [
        ("POST", "/v1/event/attendees/code/abc/check.json", (), "attendance"),
        ("POST", "/event/attendees/code/abc", (), "attendance"),
        ("POST", "/api/events/list-events", ("user",), "booking calendar"),
        ("POST", "/api/events/list-events", (), None),
        ("POST", "/api/v1/jobs", ("user",), None),
        ("GET", "/viewer/regserver.jsp", (), "regserver"),
        ("POST", "/unsubscribe/1-abc", (), "one-click unsubscribe"),
        ("PUT", "/unsubscribe/1-abc", (), None),
        ("POST", "/carriers/http_sms", (), "carriers' webhooks"),
        ("PUT", "/v1.0/register", (), None),
        ("POST", "/v1", (), None),
        ("POST", "/console/sign-in", (), None),
    ],
)
def test_the_exceptions(method: str, path: str, headers: tuple[str, ...], name: str | None) -> None:
    found = find_exemption(method, path, frozenset(header.encode() for header in headers))
    assert (found.name if found else None) == name


def test_the_tables_are_in_the_spelling_that_paths_are_folded_to() -> None:
    paths = [get.path for get in ACTING_GETS]
    paths += [prefix for exemption in EXEMPTIONS for prefix in exemption.prefixes]
    assert [path for path in paths if fold_path(path) != path] == []
    assert [line for line in (*ACTING_GETS, *EXEMPTIONS) if not line.why] == []


def _message(answer: Any) -> str:
    body = answer.body.decode()
    return "came from a page of another site" if "another site" in body else body


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v1.0/register"),
        ("GET", "/v1.0/signin"),
        ("POST", "/api/v1/jobs"),
        ("GET", "/api/v1/client_verification/sendCode"),
        ("POST", "/api/registrations/search"),
        ("GET", "/api/login"),
        ("POST", "/api/login/json"),
        ("POST", "/watch/beats"),
        ("POST", "/invitation/1-abc"),
    ],
)
def test_a_refusal_has_the_shape_of_who_would_have_answered(
    node: LocalNode, method: str, path: str
) -> None:
    answer = node.client.request(method, path, headers=FOREIGN, json={})
    assert answer.status == 403
    assert _message(answer) == "came from a page of another site"
    passed = node.client.request(method, path, json={})
    assert passed.status != 403 or "another site" not in passed.body.decode()


def test_attendance_knows_neither_basic_nor_cookies(node: LocalNode) -> None:
    headers = FOREIGN | {"Authorization": "Basic YTpi", "Cookie": "turnout=abc"}
    path = "/v1/event/attendees/code/abc/check.json"
    assert node.client.request("POST", path, headers=headers).status == 401


def test_every_get_that_acts_is_in_the_table(node: LocalNode) -> None:
    apps = {id(mount.app): mount.app for mount in node.node.app.mounts}
    acting = {
        fold_path(route.template)
        for app in apps.values()
        if isinstance(app, DialectApp)
        for route in app.routes
        if getattr(getattr(route.resource, "on_get", None), "acts", False)
    }
    assert {get.path for get in ACTING_GETS} == {path.removesuffix("/json") for path in acting}
    assert [path for path in acting if not changes_something("GET", path)] == []


# GETs that write nothing but a signing key of the organization, when it is first needed, when a
# link was last opened and what was taken, or when a phone at the door was last there: who looks
# gains no right by it, and may look again.
HARMLESS = {
    ("dialects/attendance/resources.py", "TicketKeysResource"),
    ("dialects/booking/resources.py", "ScrapPaperResource"),
    ("web/door/api.py", "ChangesResource"),
    ("web/door/badges.py", "BadgeResource"),
    ("web/my/resources.py", "GuestResource"),
    ("web/shared_report.py", "SharedFileResource"),
    ("web/shared_report.py", "SharedReportResource"),
    ("web/tickets.py", "TicketFileResource"),
    ("web/tickets.py", "TicketResource"),
}
SOURCE = Path(turnout.__file__).parent
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_a_get_that_writes_is_marked_as_one_that_acts() -> None:
    """Programs that check mails open every link, so what a link leads to changes nothing."""
    found = {
        (path.relative_to(SOURCE).as_posix(), resource.name)
        for path in sorted(SOURCE.rglob("*.py"))
        for tree in [ast.parse(path.read_text(encoding="utf-8"))]
        for resource in ast.walk(tree)
        if isinstance(resource, ast.ClassDef)
        for responder in resource.body
        if isinstance(responder, Function) and responder.name == "on_get"
        if not any(ast.unparse(mark) == "acts" for mark in responder.decorator_list)
        if writes(responder, [*tree.body, *resource.body])
    }
    assert found == HARMLESS


def writes(function: Function, others: list[ast.stmt], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function asks the database to write, itself or by those beside it."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    names = methods | {call.id for call in calls if isinstance(call, ast.Name)}
    if methods & {"write", "write_first"}:
        return True
    return any(
        writes(other, others, seen | {function.name})
        for other in others
        if isinstance(other, Function) and other.name in names - seen
    )
