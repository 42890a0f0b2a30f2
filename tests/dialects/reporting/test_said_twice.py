"""A bad value is refused wherever it stands: in the query, in the body, first or last."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.dialects.messaging.people import Request
from tests.dialects.reporting.house import FORM, REPORT, House


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [("ei", "{event}", "abc"), ("ver", "2.0", "3"), ("dr_regs", "on", "x"), ("bom", "1", "x")],
)
def test_a_bad_one_is_refused_beside_a_good_one(
    shared_house: House, name: str, good: str, bad: str
) -> None:
    given: dict[str, Any] = {key: shared_house.names[key] for key in ("si", "ui")}
    given["ei"] = shared_house.names["event"]
    given.pop(name, None)
    good = good.format(**shared_house.names)
    for first, second in ((bad, good), (good, bad)):
        body = urlencode(given | {name: second}).encode()
        asked = Request("POST", f"{REPORT}/csv?{name}={first}", {"Content-Type": FORM}, body)
        answer = asked.send(shared_house.node)
        result = answer.json()["convey_api"]["result"]
        assert (answer.status, result["returnCode"]) == (400, -4)
        assert result["error"]["description"].startswith(f"{name}: ")


@pytest.mark.parametrize(("name", "bad", "status"), [("email", "ada", 400), ("ei", "abc", 403)])
def test_regserver_judges_both(shared_house: House, name: str, bad: str, status: int) -> None:
    names = shared_house.names
    given = {"ei": names["event"], "pass": names["password"], "email": names["known"]}
    body = urlencode(given).encode()
    path = "/viewer/regserver.jsp"
    for query, expected in ((urlencode({name: given[name]}), 200), (f"{name}={bad}", status)):
        asked = Request("POST", f"{path}?{query}", {"Content-Type": FORM}, body)
        assert asked.send(shared_house.node).status == expected
