"""Every request example of the jobs part of the contract, and one that meets each of its errors.

The examples stand as in the contract, with its slips of syntax put right: `=>`, single quotes,
missing commas and braces, commas too many. Files come from a server of the tests' own.
"""

import base64
import copy
import json
from typing import Any

from tests.dialects.messaging.cases import asked, case
from tests.dialects.messaging.file_server import file_url
from tests.dialects.messaging.people import People, Request
from tests.support.node import LocalNode
from tests.support.sounds import make_wav
from turnout.core.ids import JobId
from turnout.core.messaging.delivering import claim
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import Accepted, Outcome, Rejected
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.recording import Patience, Result, record
from turnout.dialects.messaging.job_members import LIMITS

JANE = {
    "destination": "+123456789",
    "reference": "Main tester",
    "recipient": "Jane Smith",
    "field1": "test value 1a",
    "field2": "test value 1b",
}
JOHN = {
    "destination": "+987654321",
    "reference": "Second Tester",
    "recipient": "John Smith",
    "field1": "test value 2a",
    "field2": "test value 2b",
}
MESSAGE = "This is a test message to %%recipient%%, with custom fields: %%field1%% and %%field2%%"
CALLBACK = "https://myserver.com/callback"
MAP = {
    "name": "map.jpg",
    "base64content": "/9j/4AAQSkZJRgABAQAAAQABAAD ... rMTrmc8FLrTRwXYU9dUhGzMD0UWAd7PcU8pk4/9k=",
}
RECORDING = {"name": "a.wav", "base64content": base64.b64encode(make_wav()).decode()}
SILENCE = {"name": "a.wav", "base64content": base64.b64encode(make_wav(level=0)).decode()}
KEYS = [
    {
        "key_press": "1",
        "redirect_to": "6987654321",
        "response_message": "Thanks, you're being redirected",
    },
    {"key_press": "2", "response_message": "Thanks, you're NOT being redirected"},
    {"key_press": "3", "redirect_to": "6987654322"},
]
TWO_WAY_SMS = {
    "job_type": "2 way sms",
    "job_name": "My 2 Way SMS test",
    "message": f"{MESSAGE}. Please reply!",
    "response_email_address": "smsresponses@mydomain.com",
    "batch_replies": True,
    "expires": 48,
    "optout_code": "STOP",
    "callback_on_sms_status_update": CALLBACK,
    "recipients": [JANE],
}


def examples() -> dict[str, dict[str, Any]]:
    """The contract's own bodies, whose recipients are in them."""
    return {
        "general": {
            "job_type": "sms",
            "job_name": "My SMS Test",
            "message": MESSAGE,
            "recipients": [JANE, JOHN],
        },
        "sms": {
            "job_type": "sms",
            "job_name": "My SMS test",
            "message": MESSAGE,
            "manual_sender_id": "+61417914491",
            "callback_on_sms_status_update": CALLBACK,
            "recipients": [JANE],
        },
        "2-way-sms": TWO_WAY_SMS,
        "mms": {
            **TWO_WAY_SMS,
            "job_type": "mms",
            "subject": "For %%recipient%%",
            "files": [{"name": "textwav1.wav", "url": file_url("testwav.wav")}, MAP],
        },
        "2-way-tts": {
            "job_type": "2 way tts",
            "job_name": "2 way tts test",
            "header": "This is the header for the test message",
            "message": MESSAGE,
            "voicemail_message": MESSAGE,
            "cut_off_hour": "18:00",
            "recipients": [
                {
                    "destination": "+33677680275",
                    "reference": "Jon test",
                    "recipient": "Jon A",
                    "field1": "value1",
                    "field2": "value2",
                }
            ],
            "two_way_key_responses": KEYS,
        },
        "tts": {
            "job_type": "tts",
            "job_name": "My TTS Test",
            "header": "This is the header for the test message",
            "message": MESSAGE,
            "voicemail_message": "Sorry we missed you.",
            "cutoff_hour": "18:00",
            "voice": "sophie",
            "preferred_destination_type": "Mobile",
            "recipients": [JANE],
        },
        "fax": {
            "job_type": "fax",
            "job_name": "My FAX test",
            "use_high_resolution": True,
            "callback_on_sms_status_update": CALLBACK,
            "recipients": [{"destination": "+123456789"}],
            "files": [{"name": "textfax1.doc", "url": file_url("test_file.doc")}, MAP],
        },
        "email": {
            "job_type": "email",
            "job_name": "email test",
            "subject": "email test subject",
            "html_message": "<html><body><h1>Hi %%recipient%%<h1> <p>This is a test message.</p>",
            "text_message": "Hi %%recipient%%\nThis is the text version of a test message",
            "from_name": "Jane Test",
            "from_email": "janetest@mymail.com",
            "recipients": [{"destination": "jsmith@mydomain.com"}],
            "attachments": [
                {"name": "my test doc.pdf", "url": file_url("test_doc_v2.pdf")},
                MAP,
            ],
        },
        "voice": {
            "job_type": "voice",
            "job_name": "test voice",
            "audiofile": {"name": "voicemessage.wav", "url": file_url("voicefile_v2.wav")},
            "recipients": [{"destination": "+123456789"}],
        },
    }


def post(people: People, body: Any, who: str = "acct", query: str = "") -> Request:
    return people.ask(who, "POST", f"/jobs{query}", body)


def make(node: LocalNode, people: People, body: Any, who: str = "acct") -> JobId:
    answer = post(people, body, who).send(node)
    assert answer.status == 200, answer.body
    return answer.json()["data"]


def deliver(node: LocalNode, lane: str, outcome: Outcome) -> None:
    """Let a network answer everything that waits, as the delivery loop would have it."""
    claimed = node.db.call(claim, lane, 100, 60_000)
    results = [
        Result(job.head, recipient, "net", outcome)
        for job in claimed
        for recipient in job.recipients
    ]
    node.db.call(record, results, Prices("sms=0.13 email=0.01 tts=0.2"), Patience(60_000))


def enter_example(name: str) -> None:
    @case(200, f"job-{name}")
    def made(_node: LocalNode, people: People) -> Request:
        return post(people, examples()[name])

    @case(200, f"job-{name}-viewed")
    def viewed(node: LocalNode, people: People) -> Request:
        job_id = make(node, people, examples()[name])
        return people.ask("acct", "GET", f"/jobs/{job_id}")


for name in examples():
    enter_example(name)
SMS = {"job_type": "sms", "message": "Hello", "recipients": [{"destination": "+61412345678"}]}


def sms(**changes: Any) -> dict[str, Any]:
    body = copy.deepcopy(SMS) | changes
    return {name: value for name, value in body.items() if value is not None}


# -- jobs, seen ------------------------------------------------------------------------------


@case(200, "jobs-of-an-admin")
def of_an_admin(node: LocalNode, people: People) -> Request:
    for who in ("admin", "agent", "acct", "rival"):
        make(node, people, sms(), who)
        node.clock.advance(61)
    return people.ask("admin", "GET", "/jobs?page_size=3")


@case(200, "jobs-of-an-agent")
def of_an_agent(node: LocalNode, people: People) -> Request:
    for who in ("agent", "acct", "rival"):
        make(node, people, sms(), who)
    return people.ask("agent", "GET", "/jobs")


@case(200, "jobs-by-every-filter")
def by_every_filter(node: LocalNode, people: People) -> Request:
    make(node, people, sms(job_name="Schedule-Reminder"))
    deliver(node, "sms", Accepted(is_final=True))
    make(node, people, sms(job_name="Schedule-Reminder 2"))
    return people.ask(
        "agent",
        "GET",
        "/jobs?job_name=Schedule-Reminder&job_type=Sms&job_status=complete&user_id={acct}"
        "&user_code=AU/ACCT&start_after=2027-01-01&start_before=2027-01-02 00:00:00&page=1",
    )


asked(200, "jobs-none", "acct", "GET", "/jobs")
asked(200, "jobs-of-nobody", "admin", "GET", "/jobs?user_code=nobody")


@case(200, "job-complete-viewed")
def complete(node: LocalNode, people: People) -> Request:
    job_id = make(node, people, sms(job_name="Quick Send"))
    node.clock.advance(5)
    deliver(node, "sms", Accepted(is_final=True))
    return people.ask("agent", "GET", f"/jobs/{job_id}")


@case(200, "job-failed-viewed")
def failed(node: LocalNode, people: People) -> Request:
    job_id = make(node, people, sms())
    deliver(node, "sms", Rejected(Status.INVALID_NUMBER, "No such number"))
    return people.ask("acct", "GET", f"/jobs/{job_id}")


@case(200, "job-viewed-without-costs")
def without_costs(node: LocalNode, people: People) -> Request:
    hide = people.ask("admin", "PUT", "/users/{acct}", {"hide_costs_in_reports": True})
    assert hide.send(node).status == 200
    job_id = make(node, people, sms())
    deliver(node, "sms", Accepted(is_final=True))
    return people.ask("acct", "GET", f"/jobs/{job_id}")


@case(200, "job-scheduled-viewed")
def scheduled(node: LocalNode, people: People) -> Request:
    job_id = make(node, people, sms(scheduled_date="2027-02-01 09:30", dedupe="1"))
    return people.ask("acct", "GET", f"/jobs/{job_id}")


@case(200, "job-by-a-form")
def by_a_form(_node: LocalNode, people: People) -> Request:
    form = (
        b"job_type=SMS&message=Hi+%25%25a%25%25&recipients[0][destination]=0412&recipients[0][a]=b"
    )
    request = post(people, form)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    return request


@case(200, "job-repeated")
def repeated(node: LocalNode, people: People) -> Request:
    request = post(people, sms())
    request.headers["Idempotency-Key"] = "order-66"
    assert request.send(node).status == 200
    return request


# -- jobs, refused ---------------------------------------------------------------------------


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


EMAIL = {
    "job_type": "email",
    "text_message": "Hi",
    "from_email": "a@example.com",
    "recipients": [{"destination": "b@example.com"}],
}
FAX = sms(job_type="fax", message=None) | {"files": [MAP]}
TTS = sms(job_type="tts")
TWO_WAY_TTS = sms(job_type="2 way tts")
FAULTS: dict[str, dict[str, Any]] = {
    "job-type-required": sms(job_type=None),
    "job-type-invalid": sms(job_type="letter"),
    "job-name-too-long": sms(job_name="x" * 256),
    "scheduled-date-no-date": sms(scheduled_date="tomorrow"),
    "scheduled-date-past": sms(scheduled_date="2027-01-01 20:00:00"),
    "dedupe-no-boolean": sms(dedupe="maybe"),
    "recipients-required": sms(recipients=None),
    "recipients-empty": sms(recipients=[]),
    "recipients-no-array": sms(recipients="Jane"),
    "recipient-no-array": sms(recipients=["+123456789"]),
    "recipient-destination-required": sms(recipients=[JANE, {"recipient": "John"}]),
    "recipient-field-no-string": sms(recipients=[{"destination": "1", "a": ["b"]}]),
    "recipient-too-many-fields": sms(
        recipients=[{"destination": "1"} | {f"f{n}": "x" for n in range(101)}]
    ),
    "user-list-ids-format": sms(user_list_ids="friends"),
    "cutoff-hour-format": sms(cutoff_hour="25:00"),
    "callback-url-format": sms(callback_url="ftp://example.com"),
    "additional-report-emails-invalid": sms(additional_report_emails="a@example.com;b"),
    "message-required": sms(message=" "),
    "message-too-long": sms(message="x" * 10_001),
    "manual-sender-id-too-long": sms(manual_sender_id="TwelveLetter"),
    "manual-sender-id-format": sms(manual_sender_id="Ünicode"),
    "custom-sender-id-required": sms(job_type="2 way sms", use_two_way_custom_sender_id=True),
    "response-email-address-invalid": sms(job_type="2 way sms", response_email_address="jane"),
    "expires-too-small": sms(job_type="2 way sms", expires=0),
    "voice-invalid": TTS | {"voice": "hal"},
    "message-unspeakable": TTS | {"message": "Привет, Ann"},
    "message-silent": TTS | {"message": "..."},
    "preferred-destination-type-invalid": TTS | {"preferred_destination_type": "Pager"},
    "key-press-required": TWO_WAY_TTS | {"two_way_key_responses": [{"redirect_to": "123456"}]},
    "key-press-format": TWO_WAY_TTS | {"two_way_key_responses": [{"key_press": 10}]},
    "key-press-twice": TWO_WAY_TTS | {"two_way_key_responses": [{"key_press": 1}, KEYS[0]]},
    "redirect-to-format": TWO_WAY_TTS
    | {"two_way_key_responses": [{"key_press": 1, "redirect_to": "home"}]},
    "html-message-required": _without(EMAIL, "text_message"),
    "from-email-required": _without(EMAIL, "from_email"),
    "from-email-invalid": EMAIL | {"from_email": "jane"},
    "files-required": _without(FAX, "files"),
    "files-no-array": FAX | {"files": "map.jpg"},
    "file-name-required": FAX | {"files": [{"base64content": "AAAA"}]},
    "file-type-of-fax": FAX | {"files": [MAP | {"name": "song.mp3"}]},
    "file-content-required": FAX | {"files": [{"name": "map.jpg"}]},
    "file-content-format": FAX | {"files": [{"name": "map.jpg", "base64content": "."}]},
    "file-url-format": FAX | {"files": [{"name": "map.jpg", "url": "ftp://example.com/a"}]},
    "audiofile-required": sms(job_type="voice", message=None),
    "audiofile-type": sms(job_type="voice", audiofile=MAP),
    "audiofile-no-sound": sms(job_type="voice", audiofile=MAP | {"name": "a.wav"}),
    "audiofile-silent": sms(job_type="voice", audiofile=SILENCE),
}
for name, body in FAULTS.items():
    asked(422, f"job-{name}", "acct", "POST", "/jobs", body)
asked(422, "jobs-job-type-invalid", "acct", "GET", "/jobs?job_type=letter")
asked(422, "jobs-job-status-invalid", "acct", "GET", "/jobs?job_status=lost")
asked(422, "jobs-start-after-no-date", "acct", "GET", "/jobs?start_after=yesterday")
asked(422, "jobs-user-id-no-integer", "acct", "GET", "/jobs?user_id=me")
asked(422, "job-body-no-json", "acct", "POST", "/jobs", b'{"job_type": sms}')
asked(422, "job-body-no-object", "acct", "POST", "/jobs", b"[1]")


@case(422, "job-body-too-large")
def too_large(_node: LocalNode, people: People) -> Request:
    request = post(people, b"{}")
    request.headers["Content-Length"] = str(LIMITS.size + 1)
    return request


@case(422, "job-file-url-missing")
def missing_file(_node: LocalNode, people: People) -> Request:
    return post(people, FAX | {"files": [{"name": "a.pdf", "url": file_url("missing.pdf")}]})


@case(422, "job-file-url-private")
def private_file(_node: LocalNode, people: People) -> Request:
    return post(people, FAX | {"files": [{"name": "a.pdf", "url": "http://10.0.0.1/a.pdf"}]})


@case(422, "job-monthly-limit")
def monthly_limit(node: LocalNode, people: People) -> Request:
    assert (
        people.ask("admin", "PUT", "/users/{acct}", {"monthly_limit": 0}).send(node).status == 200
    )
    return post(people, sms())


@case(422, "job-idempotency-key-reused")
def reused_key(node: LocalNode, people: People) -> Request:
    first, second = post(people, sms()), post(people, sms(message="Other"))
    first.headers["Idempotency-Key"] = second.headers["Idempotency-Key"] = "order-66"
    assert first.send(node).status == 200
    return second


asked(401, "job-by-a-stranger", "nobody", "POST", "/jobs", SMS)
asked(401, "jobs-by-a-stranger-and-a-bad-page", "nobody", "GET", "/jobs?page=x")
asked(404, "job-unknown", "admin", "GET", "/jobs/60000001")
asked(404, "job-no-number", "acct", "GET", "/jobs/quick-send")
asked(405, "jobs-delete", "acct", "DELETE", "/jobs")
asked(405, "job-put", "acct", "PUT", "/jobs/60000001")


@case(404, "job-of-somebody-else")
def somebody_elses(node: LocalNode, people: People) -> Request:
    job_id = make(node, people, json.loads(json.dumps(SMS)), "colleague")
    return people.ask("acct", "GET", f"/jobs/{job_id}")
