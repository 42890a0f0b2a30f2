"""Every kind of failure in the envelope, as XML and as JSON."""

import json
import re
from typing import Any

import pytest

from tests.dialects.reporting.cases import ALL, IDS
from tests.dialects.reporting.document import read_xml
from tests.dialects.reporting.house import House
from turnout.dialects.reporting.envelope import Element, Many, to_json, to_xml
from turnout.dialects.reporting.errors import STATUS, presenter, return_code, wants_json
from turnout.errors import KINDS, Denied, Failure, Invalid, Limited, Unauthenticated, Unavailable
from turnout.http.cross_site import CrossSite
from turnout.http.errors import MethodNotAllowed, Unexpected

CODES = {Denied: -3, Invalid: -4, Unauthenticated: -2}
FAILURES: list[Failure] = [
    *(kind("a.code & more") for kind in KINDS if kind not in (Limited, Unavailable)),
    Limited("a.code", retry_after=7),
    Unavailable("a.code", retry_after=7),
    CrossSite(),
    MethodNotAllowed("BREW", "/pot", ["GET"]),
    Unexpected(),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_a_failure_is_the_same_in_both_formats(failure: Failure) -> None:
    present = presenter(lambda: 1_798_794_000_000)
    expected = {
        "convey_api": {
            "version": "2.0",
            "currentDateTime": "2027-01-01 09:00:00",
            "currentTimeZone": "GMT",
            "result": {
                "returnCode": CODES.get(type(failure), 0),
                "error": {"description": failure.message},
            },
        }
    }
    as_xml = present(failure)
    token = wants_json.set(True)
    as_json = present(failure)
    wants_json.reset(token)
    found = read_xml(as_xml.body)
    assert found.pop("convey_api") | {"version": "2.0"} == expected["convey_api"]
    assert json.loads(as_json.body) == expected
    assert as_xml.status == as_json.status == STATUS[type(failure)]
    assert as_xml.content_type == "text/xml; charset=utf-8"
    assert as_json.content_type == "text/json; charset=utf-8"
    assert as_xml.headers == as_json.headers
    assert ("Retry-After" in as_xml.headers) == isinstance(failure, Limited | Unavailable)
    assert set(STATUS) == {type(failure) for failure in FAILURES}


def test_a_wrong_name_or_password_has_a_number_of_its_own() -> None:
    assert return_code(Unauthenticated("login.wrong")) == -1
    assert return_code(Unauthenticated("session.ended")) == -2


def test_elements_in_both_formats() -> None:
    leaf = Element("leaf", "a\tb", {"at": 'x"<'})
    assert to_xml(leaf) == '<leaf at="x&quot;&lt;">a\tb</leaf>'
    assert to_json(leaf) == {"at": 'x"<', "title": "a\tb"}
    several = Element("list", children=[Many("leaf", [Element("leaf", "1"), Element("leaf", "2")])])
    assert to_xml(several) == "<list>\n<leaf>1</leaf>\n<leaf>2</leaf>\n</list>"
    assert to_json(several) == {"leaf": ["1", "2"]}
    assert to_json(Element("list", children=[Many("leaf", [])])) == {"leaf": []}
    assert to_json(Element("empty")) == ""


JSON, XML = "text/json; charset=utf-8", "text/xml; charset=utf-8"
SPELLINGS: list[tuple[str, dict[str, Any], int]] = [
    ("/api/login{}", ALL, 200),
    ("/api/reporting/eventlist{}", IDS, 200),
    ("/api/event/allevents/core{}", IDS, 200),
    ("/api/reporting/audience_reports{}", IDS | {"ei": "abc"}, 400),
    ("/api/reporting/event_summary{}", IDS | {"ei": "abc"}, 400),
    ("/api/reporting/nothing{}", {}, 404),
]


@pytest.mark.parametrize("ending", ["/json", "/JSON", "/Json", "//JSON", "/JSON/", "//Json//"])
@pytest.mark.parametrize(
    ("path", "given", "status"), SPELLINGS, ids=[path for path, _, _ in SPELLINGS]
)
def test_json_is_asked_for_in_any_spelling(
    shared_house: House, path: str, given: dict[str, Any], status: int, ending: str
) -> None:
    answer = shared_house.ask("GET", path.format(ending), **given).send(shared_house.node)
    assert (answer.status, answer.headers["content-type"]) == (status, JSON)
    assert list(answer.json()) == ["convey_api"]


@pytest.mark.parametrize("ending", ["/csv", "/CSV", "//Csv/", "/xlsx", "/XLSX", "/Xlsx//"])
def test_an_error_of_a_file_is_json_in_any_spelling(shared_house: House, ending: str) -> None:
    answer = shared_house.report(ending, ei="abc").send(shared_house.node)
    assert (answer.status, answer.headers["content-type"]) == (400, JSON)
    assert answer.json()["convey_api"]["result"] == {
        "returnCode": -4,
        "error": {"description": "ei: It is the number of an event, 7 digits."},
    }


@pytest.mark.parametrize("path", ["/API/Login", "/api//LOGIN/", "/API/reporting/EventList/"])
def test_xml_is_the_format_where_none_is_named(shared_house: House, path: str) -> None:
    answer = shared_house.ask("GET", path).send(shared_house.node)
    assert (answer.status, answer.headers["content-type"]) == (401, XML)


@pytest.mark.parametrize("path", ["/VIEWER/RegServer.JSP", "//viewer//regserver.jsp/"])
def test_regserver_answers_a_sentence_in_any_spelling(shared_house: House, path: str) -> None:
    answer = shared_house.ask("GET", path, ei="1").send(shared_house.node)
    assert (answer.status, answer.headers["content-type"]) == (403, "text/plain; charset=utf-8")


def test_a_login_in_xml_is_the_text_of_the_notes(shared_house: House) -> None:
    given: dict[str, Any] = ALL
    answer = shared_house.ask("GET", "/api/login", **given).send(shared_house.node)
    text = re.sub("[0-9a-f]{40}", "40 hex digits", answer.body.decode())
    now = re.search("<currentDateTime>(.*)</currentDateTime>", text)
    assert now
    assert text == VERBATIM.format(now[1])


VERBATIM = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<convey_api version="2.0">
<currentDateTime>{}</currentDateTime>
<currentTimeZone>GMT</currentTimeZone>
<result>
<returnCode>1</returnCode>
<success>
<sessionid><description>Authenticated session ID.</description><value>40 hex digits</value></sessionid>
<userid><description>Authenticated user ID.</description><value>40 hex digits</value></userid>
</success>
</result>
</convey_api>
"""  # noqa: E501
