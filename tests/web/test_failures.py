"""Failures on the pages: a page for browsers, a line of text for everybody else."""

import re
from pathlib import Path

import pytest

from tests.support.client import AppClient
from tests.web.reading import Page
from turnout import catalogue, http
from turnout.bootstrap import DIALECTS
from turnout.catalogue.translations import label
from turnout.errors import (
    KINDS,
    Conflict,
    Denied,
    Gone,
    Invalid,
    Limited,
    Missing,
    Unauthenticated,
    Unavailable,
)
from turnout.http.app import RootApp
from turnout.http.dialect import Resource
from turnout.http.mounts import Mount
from turnout.web.catalogue import WebParts
from turnout.web.failures import PLAIN, STATUS
from turnout.web.routes import build

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
SPANISH = Path(catalogue.__path__[0]) / "locales" / "es.po"
FAILURES = [
    (Invalid("a.code"), 400),
    (Unauthenticated("a.code"), 401),
    (Denied("a.code"), 403),
    (Missing("a.code"), 404),
    (Conflict("a.code"), 409),
    (Gone("a.code"), 410),
    (Limited("a.code", retry_after=7), 429),
    (Unavailable("a.code", retry_after=7), 503),
]


class Failing(Resource):
    """A resource that fails in a given way."""

    def __init__(self, error):
        self._error = error

    async def on_get(self, req, resp):
        raise self._error


def ask_failing(error, headers):
    """What the pages answer, behind the front door, where a resource raises `error`."""
    app = build(WebParts(base_url="http://turnout.test", apis=DIALECTS, demo=None))
    app.add_route("/failing", Failing(error))
    root = RootApp([Mount("/", "web", app)], is_ready=be_ready, access_log=False)
    with AppClient(root) as client:
        return client.request("GET", "/failing", headers=headers)


async def be_ready():
    """Nothing is behind these pages that could be unready."""


def test_what_cannot_be_read_of_a_form_is_said_in_every_language():
    """Programs of integrators are told in English what is wrong with a body; guests are not."""
    source = "".join(path.read_text() for path in Path(http.__path__[0]).glob("*.py"))
    codes = set(re.findall(r'"((?:body|member)\.\w+)"', source))
    # Of a body that broke off nobody is told, and no page has two names for one member.
    codes -= {"body.broken", "member.twice"}
    assert {"body.malformed", "member.not_text", "body.too_large"} <= codes
    in_spanish = re.findall(r'^msgctxt "(.*)"', SPANISH.read_text(), re.MULTILINE)
    assert sorted(code for code in codes if PLAIN.get(code, code) not in in_spanish) == []


def test_an_unknown_path_is_a_page_for_browsers(site):
    answer = site.request("GET", "/no/such/page", headers=BROWSER)
    page = Page(answer.body)
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["vary"] == "Accept, Accept-Language, Accept-Encoding"
    assert "Nothing is at /no/such/page." in page.text
    assert page.links.count("/") == 2


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}])
def test_an_unknown_path_is_a_line_of_text_for_others(site, headers):
    answer = site.request("GET", "/no/such/page", headers=headers)
    assert (answer.status, answer.body) == (404, b"Nothing is at /no/such/page.\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


def test_what_a_request_says_is_escaped(site):
    answer = site.request("GET", "/<script>alert(1)</script>", headers=BROWSER)
    assert b"<script" not in answer.body
    assert b"&lt;script&gt;alert(1)&lt;/script&gt;" in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/reference/registration", "/favicon.svg"])
def test_pages_are_only_read(site, method, path):
    answer = site.request(method, path, headers=BROWSER)
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert f"{method} is not allowed for {path}." in Page(answer.body).text


def test_what_is_told_in_another_language_is_in_it_whatever_the_client_takes():
    refusal = Invalid("body.fields", limit=234)
    german = ask_failing(refusal, {"Accept-Language": "de"}).body.decode()
    assert german == "Das Formular hat mehr Felder als die Seite.\n"
    assert ask_failing(refusal, {}).body.startswith(b"The form has over 234 fields.")


def test_every_kind_of_failure_has_an_answer():
    assert {type(failure) for failure, _ in FAILURES} == set(KINDS)
    assert set(KINDS) < set(STATUS)


@pytest.mark.parametrize(("failure", "status"), FAILURES, ids=lambda value: str(value))
def test_a_failure_says_its_message_in_both_shapes(failure, status):
    plain, page = ask_failing(failure, {}), ask_failing(failure, BROWSER)
    assert (plain.status, plain.body.decode()) == (status, f"{failure.message}\n")
    assert page.status == status
    assert (
        f"{status} {label('en', STATUS[type(failure)][1])} {failure.message}"
        in Page(page.body).text
    )


@pytest.mark.parametrize(
    "failure", [failure for failure, status in FAILURES if status in (429, 503)]
)
def test_a_failure_that_time_mends_says_when(failure):
    assert ask_failing(failure, {}).headers["retry-after"] == "7"


def test_an_unexpected_failure_tells_the_request_id_and_nothing_else():
    answer = ask_failing(
        ZeroDivisionError("secret detail"), {**BROWSER, "X-Request-ID": "mine-4711"}
    )
    text = Page(answer.body).text
    assert answer.status == 500
    assert "Request id: mine-4711." in text
    assert "secret" not in text
    assert "Traceback" not in text


def test_failures_have_the_strict_policy_too(site):
    answer = site.request("GET", "/no/such/page", headers=BROWSER)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")


def test_a_page_that_is_not_found_says_what_to_do(site):
    text = Page(site.request("GET", "/no/such/page", headers=BROWSER).body).text
    assert "404 Page not found Nothing is at /no/such/page. Check the address" in text


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("/ticket/1-NOSUCHCODE", "Open the link from your mail again"),
        ("/invitation/1-x", "Open the link from your mail again"),
        ("/certificate/1-WRONG", "scan the code from the paper again"),
        ("/nobody/1", "Check the address"),
        ("/nobody", "Check the address"),
    ],
)
def test_only_links_of_mails_send_people_to_their_mail(site, path, advice):
    answer = site.request("GET", path, headers=BROWSER)
    text = Page(answer.body).text
    assert answer.status == 404
    assert advice in text
    assert ("from your mail" in text) == ("mail" in advice)


def test_a_form_that_is_not_utf8_is_refused_in_plain_words():
    failure = Invalid("body.field_charset", charset="UTF-8", text=b"\xff")
    page = Page(ask_failing(failure, BROWSER).body).text
    assert "The form has characters that could not be read" in page
    assert "Bad Request" not in page
