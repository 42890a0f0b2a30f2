"""Every documented request of the users part, and one that meets each of its errors.

A case is a function that prepares the node and returns the request. Its golden file,
`golden/STATUS-NAME.http`, has the request and the whole answer.
"""

from collections.abc import Callable
from typing import Any

from tests.dialects.messaging.people import PASSWORD, People, Request, new_user
from tests.support.node import LocalNode
from turnout.core.identity.guessing import PAIR_LIMIT
from turnout.core.identity.users import create_user
from turnout.store import Tx

Build = Callable[[LocalNode, People], Request]
CASES: dict[str, Build] = {}


def case(status: int, name: str) -> Callable[[Build], Build]:
    """Enter a case, with the status that its answer must have."""

    def enter(build: Build) -> Build:
        if CASES.setdefault(f"{status}-{name}", build) is not build:
            raise LookupError(f"two cases are named {status}-{name}")
        return build

    return enter


def asked(
    status: int, name: str, who: str, method: str, target: str, body: Any = None, **options: Any
) -> None:
    """Enter a case that needs no preparation."""
    case(status, name)(lambda _node, people: people.ask(who, method, target, body, **options))


# -- lists and views -------------------------------------------------------------------------

asked(200, "users-of-an-admin", "admin", "GET", "/users")
asked(200, "users-of-an-agent", "agent", "GET", "/users")
asked(200, "users-of-an-acct", "acct", "GET", "/users?page=7&user_code=nobody")
asked(200, "users-found", "admin", "GET", "/users?page=2&user_code=A&page_size=2")
asked(200, "users-none-found", "admin", "GET", "/users?user_code=100%25")
asked(200, "user-of-an-admin", "admin", "GET", "/users/{stranger}")
asked(200, "user-of-an-agent", "agent", "GET", "/users/{acct}/")
asked(200, "user-itself", "acct", "GET", "/users/{acct}")


@case(200, "users-in-a-window")
def window(node: LocalNode, people: People) -> Request:
    def fill(tx: Tx) -> None:
        for number in range(10):
            code = f"au/more{number}"
            create_user(
                tx, people.company("stranger"), code, name="", email="m@example.com", actor="test"
            )

    node.db.call(fill)
    return people.ask("admin", "GET", "/users?page=8&page_size=1")


# -- making and changing ---------------------------------------------------------------------

EVERY_FIELD = {
    "title": "Ms",
    "phone": "0312323434",
    "user_live": True,
    "additional_reports_address": "test@ts.com; second@ts.com",
    "report_type": "Detailed",
    "timezone_id": 17,
    "monthly_limit": 8888,
    "agree_spam_policy": 1,
    "receive_reports": False,
    "show_recipients_in_email_report": False,
    "show_recipients_in_online_report": False,
    "fax_header_text": "From Jane",
    "call_back_url": "https://myserver.com/callback",
    "default_tts_voice": "sophie",
    "tts_repeat_count": "2",
    "default_voice_caller_id": "61312345678",
    "default_sms_sender_id": "JANE",
    "etob_authentication_type": "email",
    "etob_email_address": "etob@test.com",
    "etob_subject_behaviour": "ignore",
    "etob_use_email_body_as_fax_cover": True,
    "etob_email_message_start_string": "BEGIN",
    "etob_email_message_start_string_include": True,
    "etob_email_message_end_string": "END",
    "etob_strip_non_ascii": True,
    "etob_disabled": True,
    "etob_xheader_code": "code",
    "etob_ip_whitelist": "192.0.2.1,192.0.2.2",
    "etob_ip_whitelist_alert_address": "alert@test.com",
    "email_address_for_inbound_fax": "fax@test.com",
    "credit_limit_for_alert": 12.5,
    "credit_limit_alert_address": "limit@test.com",
    "hide_costs_in_reports": True,
    "hide_accounts": True,
    "filter_non_ascii_in_sms": "1",
    "tts_max_character_limit": 500,
    "default_sms_reply_email_address": "replies@test.com",
    "tts_message_prefix": "Hello.",
    "maximum_document_retention_hours": 72,
    "include_fax_content_in_reports": "true",
}
EVERY_COMPANY_FIELD = {
    "name": "Généric Computer Corp",
    "abn": 12345,
    "billing_contact_title": "Mr",
    "billing_contact_surname": "Bill",
    "billing_contact_first_name": "Will",
    "billing_contact_phone": "0399998888",
    "billing_contact_fax": "0399998889",
    "billing_contact_email": "bills@test.com",
}

asked(200, "user-made-with-a-company", "admin", "POST", "/users", new_user())


@case(200, "user-made-in-a-company")
def existing_company(_node: LocalNode, people: People) -> Request:
    return people.ask(
        "agent", "POST", "/users", new_user(company=None, company_id=people.company("acct"))
    )


@case(200, "user-made-by-a-form")
def by_form(_node: LocalNode, people: People) -> Request:
    body = (
        b"password=Test+Password&email=jsmith%40test.com&agree_spam_policy=1"
        b"&company%5Bname%5D=test+company&company[postcode]=2345"
    )
    request = people.ask("agent", "POST", "/users?user_code=au%2Fform", body)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    return request


@case(200, "user-with-every-field")
def every_field(node: LocalNode, people: People) -> Request:
    body = new_user(**EVERY_FIELD) | {"company": EVERY_COMPANY_FIELD}
    made = people.ask("admin", "POST", "/users", body).send(node)
    assert made.status == 200, made.body
    return people.ask("admin", "GET", f"/users/{made.json()['data']}")


asked(
    200,
    "user-changed",
    "acct",
    "PUT",
    "/users/{acct}",
    {"email": "mynewemail@test.com", "phone": "6876765654"},
)


@case(200, "user-after-a-change")
def after_a_change(node: LocalNode, people: People) -> Request:
    changes = {
        "user_code": "au/renamed",
        "user_live": False,
        "last_name": "",
        "timezone_id": 1,
        "monthly_limit": "500",
        "company": {"name": "Client & Sons", "billing_user_id": people.id("colleague")},
    }
    assert people.ask("agent", "PUT", "/users/{acct}", changes).send(node).status == 200
    return people.ask("agent", "GET", "/users/{acct}")


# -- who is asking ---------------------------------------------------------------------------

case(401, "without-credentials")(lambda *_: Request("GET", "/api/v1/users"))
asked(401, "wrong-password", "acct", "GET", "/users", password="incorrect horse")
asked(401, "unknown-user", "nobody", "GET", "/users")
asked(401, "wrong-password-and-a-bad-body", "acct", "POST", "/users", b"{", password="x")
asked(401, "wrong-password-and-a-bad-page", "acct", "GET", "/users?page=x", password="x")
for name, header in {
    "bearer": "Bearer abc",
    "not-base64": "Basic !!!",
    "no-colon": "Basic YWJj",
    "a-nul": "Basic AGE6Yg==",
}.items():
    case(401, f"credentials-{name}")(
        lambda *_, header=header: Request("GET", "/api/v1/users", {"Authorization": header})
    )


@case(401, "disabled-user")
def disabled(node: LocalNode, people: People) -> Request:
    request = people.ask("acct", "GET", "/users")
    assert request.send(node).status == 200
    disable = people.ask("admin", "PUT", "/users/{acct}", {"user_live": False})
    assert disable.send(node).status == 200
    return request


asked(403, "acct-makes-a-user", "acct", "POST", "/users", new_user())
asked(403, "acct-raises-its-limit", "acct", "PUT", "/users/{acct}", {"monthly_limit": 9})
asked(403, "agent-makes-an-agent", "agent", "POST", "/users", new_user(account_type="Agent"))
asked(404, "user-of-somebody-else", "acct", "GET", "/users/{colleague}")
asked(404, "user-of-another-agent", "agent", "PUT", "/users/{rival}", {"phone": "1"})
asked(404, "user-unknown", "admin", "GET", "/users/999999")
asked(404, "user-no-number", "admin", "GET", "/users/jane")
asked(404, "route-unknown", "admin", "GET", "/nothing?secret=1")
asked(405, "users-delete", "admin", "DELETE", "/users")
asked(405, "user-options", "admin", "OPTIONS", "/users/{acct}")

# -- what is asked ---------------------------------------------------------------------------

FAULTS: dict[str, dict[str, Any]] = {
    "user-code-required": {"user_code": " "},
    "user-code-taken": {"user_code": "AU/Acct"},
    "user-code-format": {"user_code": "a:b"},
    "user-code-too-long": {"user_code": "x" * 101},
    "user-code-unstorable": {"user_code": "a\x00"},
    "password-required": {"password": ""},
    "password-short": {"password": "123456789"},
    "email-required": {"email": None},
    "email-invalid": {"email": "jane"},
    "account-type-invalid": {"account_type": "Owner"},
    "company-required": {"company": None},
    "company-no-array": {"company": "test company"},
    "company-name-required": {"company": {"abn": "1"}},
    "company-billing-user-unknown": {"company": {"name": "x", "billing_user_id": 1}},
    "company-id-unknown": {"company_id": 1},
    "company-id-no-integer": {"company_id": "12x"},
    "agent-id-unknown": {"agent_id": 99999},
    "first-name-no-string": {"first_name": ["Jane"]},
    "first-name-too-long": {"first_name": "x" * 256},
    "timezone-id-unknown": {"timezone_id": 9999},
    "monthly-limit-no-integer": {"monthly_limit": 1.5},
    "monthly-limit-negative": {"monthly_limit": -1},
    "monthly-limit-too-large": {"monthly_limit": 10**9},
    "credit-limit-no-number": {"credit_limit_for_alert": "much"},
    "receive-reports-no-boolean": {"receive_reports": "maybe"},
    "report-address-invalid": {"additional_reports_address": "a@test.com,b"},
    "sender-id-too-long": {"default_sms_sender_id": "ACME Ltd & Co KG"},
    "sender-id-format": {"default_sms_sender_id": "💥"},
    "tts-voice-unknown": {"default_tts_voice": "nobody"},
    "tts-repeat-count-too-large": {"tts_repeat_count": 11},
    "tts-repeat-count-negative": {"tts_repeat_count": -1},
    "call-back-url-format": {"call_back_url": "ftp://test.com"},
}
for name, change in FAULTS.items():
    asked(422, f"user-{name}", "admin", "POST", "/users", new_user(**change))
asked(422, "body-no-json", "admin", "POST", "/users", b"{'user_code'}")
asked(422, "body-no-object", "admin", "POST", "/users", b"[1]")
asked(422, "body-too-large", "admin", "POST", "/users", b" " * 262_145)
asked(422, "body-too-deep", "admin", "POST", "/users", b"[" * 100_000)
asked(422, "page-no-integer", "admin", "GET", "/users?page=two")
asked(422, "page-zero", "admin", "GET", "/users?page=0")
asked(422, "page-size-too-large", "admin", "GET", "/users?page_size=1001")
USUAL = {"default_sms_sender_id": "61412345678", "default_tts_voice": "SOPHIE"}
asked(
    200, "change-what-jobs-use", "admin", "PUT", "/users/{acct}", USUAL | {"tts_repeat_count": "10"}
)
asked(422, "change-email-null", "admin", "PUT", "/users/{acct}", {"email": None})
asked(422, "change-company-name-null", "admin", "PUT", "/users/{acct}", {"company": {"name": ""}})
asked(422, "change-user-code-taken", "admin", "PUT", "/users/{acct}", {"user_code": "au/AGENT"})
asked(422, "change-of-company", "admin", "PUT", "/users/{acct}", {"company_id": 1})


# -- limits, and a server that cannot --------------------------------------------------------


@case(429, "too-many-wrong-passwords")
def throttled(node: LocalNode, people: People) -> Request:
    for number in range(PAIR_LIMIT):
        guess = people.ask("acct", "GET", "/users", password=f"guess {number}")
        assert guess.send(node).status == 401
    node.clock.advance(12.3)
    return people.ask("acct", "GET", "/users", password=PASSWORD)


# A rule in the database that the product does not know of, and so does not expect to break.
BREAKING = {
    "sqlite": [
        "CREATE TRIGGER broken BEFORE UPDATE ON users "
        "BEGIN SELECT RAISE(ABORT, 'inside information'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'inside information'; END $$",
        "CREATE TRIGGER broken BEFORE UPDATE ON users EXECUTE FUNCTION refuse()",
    ],
}


@case(500, "unexpected-failure")
def unexpected(node: LocalNode, people: People) -> Request:
    for statement in BREAKING[node.db.backend]:
        node.execute(statement)
    return people.ask("acct", "PUT", "/users/{acct}", {"phone": "1"})


@case(503, "database-stopping")
def stopping(node: LocalNode, people: People) -> Request:
    node.db.close()
    return people.ask("acct", "GET", "/users")
