"""A case for each documented request, answer and error; the name begins with the status."""

from collections.abc import Callable

from tests.dialects.messaging.people import Request
from tests.dialects.reporting.house import REPORT, House

Case = Callable[[House], Request]

SUMMARY = "/api/reporting/event_summary"
LIST, CORE = "/api/reporting/eventlist", "/api/event/allevents/core"
IDS = {"si": "{si}", "ui": "{ui}"}
ONE = {"si": "{si_one}", "ui": "{ui_one}"}
ALL = {"username": "all@example.com", "password": "{password}", "ver": "2.0"}
REGSERVER = "/viewer/regserver.jsp"
KNOWN = {"ei": "{event}", "pass": "{password}", "email": "{known}"}
FIRST = {"incl_domain": "example.com", "users_qa": "on"}


def get(path: str, /, **given: str) -> Case:
    return lambda house: house.ask("GET", path, form=False, **given)


def post(path: str, /, **given: str) -> Case:
    return lambda house: house.ask("POST", path, form=True, **given)


def report(kind: str = "", /, **given: str) -> Case:
    return lambda house: house.report(kind, **given)


CASES: dict[str, Case] = {
    "200-login": get("/api/login", **ALL),
    "200-login-json": get("/api/login/json", **ALL),
    "200-login-by-form-without-ver": post(
        "/api/login/", username="ALL@example.com", password="{password}"
    ),
    "200-events": get(LIST, **IDS),
    "200-events-json": get(f"{LIST}/json", **IDS),
    "200-events-by-form": post(LIST, **IDS),
    "200-events-swapped": get(LIST, si="{ui}", ui="{si}"),
    "200-events-of-a-list": get(f"{LIST}/json", **ONE),
    "200-core-events": get(CORE, **IDS),
    "200-core-events-json": get(f"{CORE}/json", **IDS),
    "200-report": report(),
    "200-report-json": report("/json"),
    "200-report-csv": report("/csv"),
    "200-report-in-a-zone": report(tz="America/St_Johns", **FIRST),
    "200-report-json-in-a-zone": report("/json", tz="America/St_Johns", **FIRST),
    "200-report-csv-in-a-zone": report("/csv", tz="America/St_Johns", **FIRST),
    "200-report-csv-with-a-mark": report("/csv", bom="1", **FIRST),
    "200-report-in-any-case": report(
        "/csv",
        tz="america/new_york",
        live_viewers="ON",
        no_shows="Off",
        sti_filter="OFF",
        incl_domain="off",
        excl_domain="off",
        date_range_start="1/2/2027",
        date_range_end="1/04/2027",
    ),
    "400-bom": report("/csv", bom="yes"),
    "200-report-of-nobody": report(sti_filter="nobody"),
    "200-report-json-of-nobody": report("/json", sti_filter="nobody"),
    "200-report-csv-of-nobody": report("/csv", sti_filter="nobody"),
    "200-report-of-a-list": get(f"{REPORT}/csv", **ONE, ei="{event}", no_shows="on"),
    "200-report-by-form": post(
        f"{REPORT}/csv", **IDS, ei="{event}", od_viewers="on", excl_domain="example.org|straße.de"
    ),
    "200-report-of-days": report(
        "/csv", date_range_start="01/02/2027", date_range_end="01/04/2027", dr_sessions="off"
    ),
    "200-report-without-people": report("/json", ei="{later}"),
    "200-summary": get(f"{SUMMARY}/json", **IDS, ei="{event}"),
    "200-summary-by-form": post(f"{SUMMARY}/json", **ONE, ei="{event}", ver="2.0"),
    "400-summary-event": get(f"{SUMMARY}/json", **IDS, ei="all"),
    "401-summary": get(f"{SUMMARY}/json", ei="{event}"),
    "403-summary": get(f"{SUMMARY}/json", **ONE, ei="{later}"),
    "404-summary": get(f"{SUMMARY}/json", **IDS, ei="{foreign}"),
    "400-ver": report(ver="3.0"),
    "400-login-ver": get("/api/login", **{**ALL, "ver": "1.0"}),
    "400-events-ver": get(LIST, **IDS, ver=""),
    "400-no-event": get(REPORT, **IDS),
    "400-event-empty": report(ei=""),
    "400-event-text": report("/json", ei="webcast"),
    "400-tz": report("/csv", tz="Mars/Olympus"),
    "400-date": report(date_range_start="2027-01-01"),
    "400-date-that-is-none": report(date_range_end="02/30/2027"),
    "400-range": report(date_range_start="01/02/2027", date_range_end="01/01/2027"),
    "400-switch": report("/json", users_qa="yes"),
    "400-switch-empty": report(live_viewers=""),
    "400-both-domains": report("/json", incl_domain="a.test", excl_domain="b.test"),
    "400-nul": report(sti_filter="a\x00b"),
    "401-login": get("/api/login", username="all@example.com", password="wrong"),
    "401-login-json": get("/api/login/json", username="nobody@example.com", password="wrong"),
    "401-login-without-password": get("/api/login", username="all@example.com"),
    "401-login-without-anything": post("/api/login"),
    "401-login-without-reports": get(
        "/api/login/json", username="none@example.com", password="{password}"
    ),
    "401-no-session": get(LIST),
    "401-no-session-json": get(f"{LIST}/json"),
    "401-no-session-csv": get(f"{REPORT}/csv", ei="{event}"),
    "401-session-unknown": get(LIST, si="{stranger}", ui="{ui}"),
    "401-session-of-another": get(LIST, si="{si}", ui="{ui_one}"),
    "403-event": report(**ONE, ei="{later}"),
    "403-event-csv": report("/csv", **ONE, ei="{later}"),
    "404-event": report(ei="9999999"),
    "404-event-of-another": report("/json", ei="{foreign}"),
    "404-event-drafted": report("/csv", ei="{draft}"),
    "404-event-beyond-all": report(ei="1" * 40),
    "404-path": get("/api/reporting/nothing"),
    "404-path-json": get("/api/reporting/nothing/json"),
    "200-regserver-known": get(REGSERVER, **KNOWN),
    "200-regserver-known-by-form": post(REGSERVER, **KNOWN),
    "400-regserver-email": get(REGSERVER, **{**KNOWN, "email": "ada"}),
    "403-regserver-password": get(REGSERVER, **{**KNOWN, "pass": "wrong"}),
    "403-regserver-without-a-password": get(REGSERVER, **{**KNOWN, "ei": "{later}"}),
    "404-viewer-path": get("/viewer/nothing.jsp"),
    "409-regserver-closed": get(REGSERVER, **{**KNOWN, "ei": "{draft}"}),
    "405-method": lambda house: house.ask("DELETE", LIST),
}
