"""Every documented request in every form, and one that meets each error, by the name of its golden
file. A name begins with the status that is answered."""

from collections.abc import Callable
from typing import Any

from tests.dialects.messaging.people import Request
from tests.dialects.reporting.house import LIMITED, REPORT, House

Case = Callable[[House], Request]
CASES: dict[str, Case] = {}
LIST, CORE = "/api/reporting/eventlist", "/api/event/allevents/core"
USHER = {"si": LIMITED}


def case(name: str, path: str, method: str = "GET", user: str = "boss", **given: Any) -> None:
    assert name not in CASES

    def build(house: House) -> Request:
        own = {"ui": house.ids[user]} | (USHER if user == "usher" else {})
        return house.ask(path, method, **(own | given))

    CASES[name] = build


def login(path: str, **given: str) -> Case:
    return lambda house: house.login(path, **given)


for form, path in (("xml", ""), ("json", "/json")):
    CASES[f"401-login-{form}"] = login(path, password="wrong")
    CASES[f"400-login-version-{form}"] = login(path, ver="1.0")
    case(f"200-events-{form}", f"{LIST}{path}")
    case(f"200-events-of-some-{form}", f"{LIST}{path}", user="usher")
    case(f"200-core-events-{form}", f"{CORE}{path}")
    case(f"200-report-{form}", f"{REPORT}{path}")
    case(f"200-report-of-nobody-{form}", f"{REPORT}{path}", sti_filter="nothing")
    case(f"401-session-{form}", f"{LIST}{path}", si="0" * 40)
    case(f"401-no-session-{form}", f"{REPORT}{path}", si=None)
    case(f"403-event-{form}", f"{REPORT}{path}", user="usher")
    case(f"404-event-{form}", f"{REPORT}{path}", ei="9999999")
    case(f"400-event-{form}", f"{REPORT}{path}", ei="x")

case("200-events-post", LIST, "POST")
case("200-report-csv", f"{REPORT}/csv")
case("200-report-csv-post", f"{REPORT}/csv", "POST", tz="America/New_York")
case("200-report-csv-of-nobody", f"{REPORT}/csv", sti_filter="nothing")
case("401-report-csv", f"{REPORT}/csv", si="")
case("200-report-json-new-york", f"{REPORT}/json", tz="America/New_York", live_viewers="on")
case("400-version", REPORT, ver="3")
case("400-zone", REPORT, tz="Mars/Olympus")
case("400-date", REPORT, date_range_start="2027-01-01")
case("400-switch", REPORT, users_qa="yes")
case("400-domains", REPORT, incl_domain="a.example", excl_domain="b.example")
case("401-other-user", REPORT, ui="0" * 40)
CASES["200-events-swapped"] = lambda house: house.ask(
    LIST, si=house.ids["boss"], ui=house.ask(LIST).target.partition("si=")[2][:40]
)
