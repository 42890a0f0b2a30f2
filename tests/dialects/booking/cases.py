"""Every documented request, and one that meets each message, by the name of its golden file.

A name begins with the status that is answered.
"""

from collections.abc import Callable
from typing import Any

from tests.dialects.booking.school import Request, School

Case = Callable[[School], Request]
CASES: dict[str, Case] = {}
EVENTS, REGISTRATIONS = "/api/events", "/api/registrations"
NEW = f"{REGISTRATIONS}/{{new}}/commands"
ONE = f"{REGISTRATIONS}/{{one}}/commands"
NOBODY = f"{REGISTRATIONS}/{{nobody}}/commands"
EMPTY = "00000000-0000-0000-0000-000000000000"
EXAM = {
    "EventVenue": "{hall}",
    "EventStart": "2027-01-10T17:00:00+00:00",
    "EventExamType": "Class",
    "EventExamFormat": "Online",
    "EventBillingCode": "Trades (3hr)",
}
SEAT = EXAM | {"Learner": "{l_c}", "Assessment": "W1"}


def case(name: str, method: str, target: str, body: Any = None, **options: Any) -> None:
    assert name not in CASES
    CASES[name] = lambda school: school.ask(method, target, body, **options)


def after(name: str, *before: tuple[Any, ...], then: tuple[Any, ...]) -> None:
    """A case behind other requests, which must be answered 200."""

    def build(school: School) -> Request:
        for step in before:
            answer = school.ask(*step).send(school.node)
            assert answer.status == 200, answer.body
        return school.ask(*then)

    assert name not in CASES
    CASES[name] = build


# -- secrets --
COUNT = f"{REGISTRATIONS}/count"
case("403-no-header", "POST", COUNT, secret=None)
case("403-no-bearer", "POST", COUNT, secret=None, Authorization="Basic YTpi")
case("403-empty-bearer", "POST", COUNT, secret=None, Authorization="Bearer ")
case("403-unknown-secret", "POST", COUNT, secret="c2VjcmV0")
CASES["403-expired-secret"] = lambda school: school.ask("POST", COUNT, None, school.made["expired"])
CASES["403-revoked-secret"] = lambda school: school.ask("POST", COUNT, None, school.made["revoked"])

# -- the calendar --
case("200-calendar", "GET", f"{EVENTS}/list-events?date=2027-01-15")
case("200-calendar-of-another-month", "GET", f"{EVENTS}/list-events?date=2027-03-15")
case("200-calendar-unreadable-date", "GET", f"{EVENTS}/list-events?DATE=soon")
case("200-calendar-no-character", "GET", f"{EVENTS}/list-events?date=%00")
case("200-calendar-first-year", "GET", f"{EVENTS}/list-events?date=0001-01-01")
case("200-calendar-last-year", "GET", f"{EVENTS}/list-events?date=9999-12-31")
KEY = f"{EVENTS}/list-events?date=2027-01-15"
case("200-calendar-by-key", "GET", KEY, secret=None, user="{calendar}")
case("200-calendar-by-the-secret-of-an-empty-key", "GET", KEY, user=" ")
case("403-calendar-unknown-key", "GET", KEY, user="x" * 40)
case("403-calendar-by-a-secret-as-key", "GET", KEY, secret=None, user="{secret}")
case("403-calendar-revoked-key", "GET", KEY, user="{revoked_key}")
case("403-calendar-expired-key", "GET", KEY, user="{expired_key}")
case(
    "403-search-by-a-calendar-key",
    "POST",
    f"{REGISTRATIONS}/search",
    user="{calendar}",
    secret=None,
)
case("404-calendar-without-date", "GET", f"{EVENTS}/list-events")
case("200-classes", "GET", f"{EVENTS}/classes?organization={{org}}", secret=None)
case("200-classes-of-nobody", "GET", f"{EVENTS}/classes?organization={{nobody}}", secret=None)
case("400-classes-malformed", "GET", f"{EVENTS}/classes?organization=college", secret=None)
case("404-classes-without-organization", "GET", f"{EVENTS}/classes", secret=None)
case("200-scrap-paper", "GET", f"{EVENTS}/scrap-paper?id={{event}}", secret=None)
case("200-scrap-paper-by-secret", "GET", f"{EVENTS}/scrap-paper?id={{event}}")
case("200-scrap-paper-nobody", "GET", f"{EVENTS}/scrap-paper?id={{drafted}}", secret=None)
case("200-scrap-paper-malformed", "GET", f"{EVENTS}/scrap-paper?id=x", secret=None)
case("404-scrap-paper-without-id", "GET", f"{EVENTS}/scrap-paper", secret=None)

# -- exams --
case("200-add-event", "POST", f"{EVENTS}/{{new}}", EXAM | {"RegistrationLimit": 3})
MOST = EXAM | {"RegistrationLimit": 2147483647}
case("200-add-event-largest-limit", "POST", f"{EVENTS}/{{new}}", MOST)
case("200-add-event-any-case", "POST", "/API/Events/{new}", {k.lower(): v for k, v in EXAM.items()})
case("400-add-event-there", "POST", f"{EVENTS}/{{event}}", EXAM)
case("400-add-event-type-absent", "POST", f"{EVENTS}/{{new}}", {"EventExamType": None})
case("400-add-event-type", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventExamType": "Party"})
case("400-add-event-billing-absent", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventBillingCode": []})
case("400-add-event-billing", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventBillingCode": "X"})
case("400-add-event-format-absent", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventExamFormat": ""})
case("400-add-event-format", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventExamFormat": "Oral"})
case("400-add-event-start", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventStart": "2020-01-01"})
case("400-add-event-venue", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventVenue": "{nobody}"})
case("400-add-event-limit", "POST", f"{EVENTS}/{{new}}", EXAM | {"RegistrationLimit": -1})
BEYOND = EXAM | {"RegistrationLimit": 2147483648}
case("400-add-event-limit-beyond-int32", "POST", f"{EVENTS}/{{new}}", BEYOND)
case("400-add-event-malformed-guid", "POST", f"{EVENTS}/abc", EXAM)
case("400-add-event-empty-guid", "POST", f"{EVENTS}/{EMPTY}", EXAM)
case("400-add-event-malformed-body", "POST", f"{EVENTS}/{{new}}", b"{")
FAR = EXAM | {"EventStart": "9999-12-31T23:59:59-14:00"}
case("400-add-event-far", "POST", f"{EVENTS}/{{new}}", FAR)
case("400-add-event-malformed-time", "POST", f"{EVENTS}/{{new}}", EXAM | {"EventStart": "soon"})
case("200-cancel-event", "POST", f"{EVENTS}/{{drafted}}/cancel", {"Reason": "nobody comes"})
case("400-cancel-event-missing", "POST", f"{EVENTS}/{{nobody}}/cancel")
case("400-cancel-event-again", "POST", f"{EVENTS}/{{cancelled}}/cancel")
case("400-cancel-event-active", "POST", f"{EVENTS}/{{event}}/cancel")

# -- finding --
case("200-count", "POST", COUNT)
case("200-count-filtered", "POST", f"{EVENTS}/registrations/count", {"name": "LOVE"})
case("200-search", "POST", f"{REGISTRATIONS}/search", {"Email": None, "Code": []})
case(
    "200-search-filtered",
    "POST",
    f"{EVENTS}/registrations/search",
    {
        "Name": "ada",
        "Code": "l-a",
        "LastChangeTimeSince": "2027-01-01T00:00:00+00:00",
        "LastChangeTimeBefore": "2027-01-02T00:00:00+00:00",
    },
)
case("200-search-nothing", "POST", f"{REGISTRATIONS}/search", {"Name": "nobody"})
case("400-search-malformed", "POST", f"{REGISTRATIONS}/search", {"Name": 5})
case("200-registration", "GET", f"{REGISTRATIONS}/{{one}}")
case("200-registration-cancelled", "GET", f"{REGISTRATIONS}/{{two}}")
case("404-registration", "GET", f"{REGISTRATIONS}/{{nobody}}")
case("400-registration-malformed", "GET", f"{REGISTRATIONS}/abc")
case("200-delete", "DELETE", f"{REGISTRATIONS}/{{one}}")
case("200-delete-nothing", "DELETE", f"{REGISTRATIONS}/{{nobody}}")
after(
    "404-registration-deleted",
    ("DELETE", f"{REGISTRATIONS}/{{one}}"),
    then=("GET", f"{REGISTRATIONS}/{{one}}"),
)

# -- registering --
case("200-register", "POST", f"{NEW}/register-lax", SEAT)
case(
    "200-register-with-accommodations",
    "POST",
    f"{NEW}/register-lax",
    SEAT
    | {
        "EventExamType": "Individual",
        "LearnerRegistrantType": "challenger",
        "Accommodations": [{"type": "reader"}, {"Type": "Time Extension", "TimeExtension": 60}],
    },
)
after(
    "200-registration-new",
    ("POST", f"{NEW}/register-lax", SEAT),
    then=("GET", f"{REGISTRATIONS}/{{new}}"),
)
case(
    "400-register-accommodation",
    "POST",
    f"{NEW}/register-lax",
    SEAT | {"Accommodations": [{"Name": "x"}]},
)
case("400-register-learner", "POST", f"{NEW}/register-lax", SEAT | {"Learner": "{nobody}"})
case("400-register-learner-empty", "POST", f"{NEW}/register-lax", SEAT | {"Learner": EMPTY})
case("400-register-nothing", "POST", f"{NEW}/register-lax")
case("400-register-assessment", "POST", f"{NEW}/register-lax", SEAT | {"Assessment": "BI"})
case("400-register-there", "POST", f"{ONE}/register-lax", SEAT)
ELSEWHERE = SEAT | {"EventVenue": "{annex}"}
case("400-register-type", "POST", f"{NEW}/register-lax", ELSEWHERE | {"EventExamType": ""})
case("400-register-venue", "POST", f"{NEW}/register-lax", SEAT | {"EventVenue": EMPTY})
FULL = SEAT | {"EventStart": "2027-01-11T09:00:00-08:00"}
case("400-register-full", "POST", f"{NEW}/register-lax", FULL)
CLOSED = SEAT | {"EventStart": "2027-01-12T17:00:00+00:00"}
case("400-register-closed", "POST", f"{NEW}/register-lax", CLOSED)
case("400-register-limit", "POST", f"{NEW}/register-lax", ELSEWHERE | {"RegistrationLimit": -5})
case("400-register-malformed", "POST", f"{NEW}/register-lax", [1])

# -- moving --
MOVE = {
    "EventVenue": "{annex}",
    "EventStart": "2027-01-12T09:00:00-08:00",
    "Learner": "{l_a}",
    "Reason": "Illness",
}
case("200-transfer", "POST", f"{ONE}/transfer-lax", MOVE)
after(
    "200-registration-moved",
    ("POST", f"{ONE}/transfer-lax", MOVE),
    then=("GET", f"{REGISTRATIONS}/{{one}}"),
)
case("400-transfer-missing", "POST", f"{NOBODY}/transfer-lax", MOVE)
case("400-transfer-learner", "POST", f"{ONE}/transfer-lax", MOVE | {"Learner": "{l_b}"})
case("400-transfer-no-learner", "POST", f"{ONE}/transfer-lax", MOVE | {"Learner": None})
case("400-transfer-there", "POST", f"{ONE}/transfer-lax", {"Learner": "{l_a}"})
case("400-transfer-closed", "POST", f"{ONE}/transfer-lax", CLOSED | {"Learner": "{l_a}"})
case("400-transfer-type", "POST", f"{ONE}/transfer-lax", MOVE | {"EventExamType": "Party"})
case(
    "400-transfer-cancelled",
    "POST",
    f"{REGISTRATIONS}/{{two}}/commands/transfer-lax",
    MOVE | {"Learner": "{l_b}"},
)

# -- the other commands --
case("200-cancel", "POST", f"{ONE}/cancel", {"Reason": "Illness"})
case("200-cancel-again", "POST", f"{REGISTRATIONS}/{{two}}/commands/cancel")
case("400-cancel-missing", "POST", f"{NOBODY}/cancel")
case("200-change-assessment", "POST", f"{ONE}/change-assessment", {"Assessment": "W2"})
case("400-change-assessment-form", "POST", f"{ONE}/change-assessment", {"Assessment": "BI"})
case("400-change-assessment-there", "POST", f"{ONE}/change-assessment", {"Assessment": "W1"})
case("404-change-assessment", "POST", f"{NOBODY}/change-assessment", {"Assessment": "W2"})
GRANT = {"Type": "Reader", "Name": "reads aloud"}
case("200-grant", "POST", f"{ONE}/grant-accommodation", GRANT)
case(
    "400-change-assessment-cancelled",
    "POST",
    f"{REGISTRATIONS}/{{two}}/commands/change-assessment",
    {"Assessment": "W2"},
)
case("400-grant-cancelled", "POST", f"{REGISTRATIONS}/{{two}}/commands/grant-accommodation", GRANT)
case("400-grant-type", "POST", f"{ONE}/grant-accommodation", {"Type": " "})
case("400-grant-time", "POST", f"{ONE}/grant-accommodation", GRANT | {"TimeExtension": -5})
case("404-grant", "POST", f"{NOBODY}/grant-accommodation", GRANT)
case("200-revoke", "POST", f"{ONE}/revoke-accommodation", {"Type": "time extension"})
case("200-revoke-nothing", "POST", f"{ONE}/revoke-accommodation", {"Type": "Reader"})
case("404-revoke", "POST", f"{NOBODY}/revoke-accommodation", {"Type": "Reader"})
case("404-command", "POST", f"{ONE}/teleport", {})
case("405-command", "GET", f"{ONE}/cancel")
