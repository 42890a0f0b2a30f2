"""What the start page of a demo offers to try: command lines that work, keys and ids."""

from collections.abc import Callable
from typing import Any, NamedTuple

from turnout.web.curl_samples import curl, set_from_answer, set_variable


class Step(NamedTuple):
    """Lines for the shell, and what they do."""

    title: str
    meaning: str
    text: str


class Value(NamedTuple):
    """A key or id of the demo, or several of a kind; `member` is its name in demo.json."""

    member: str
    meaning: str
    values: list[str]


class Trial(NamedTuple):
    """What can be tried of one API: steps for one shell, in this order."""

    api: str
    steps: list[Step]
    values: list[Value]


def list_trials(base_url: str, demo: dict[str, Any]) -> list[Trial]:
    """One trial for each API that demo.json has a member for."""
    return [make(base_url, demo[name]) for name, make in _TRIALS.items() if name in demo]


def _try_registration(base_url: str, member: dict[str, Any]) -> Trial:
    return Trial(
        "registration", _registration_steps(base_url, member), _registration_values(member)
    )


def _registration_steps(base_url: str, member: dict[str, Any]) -> list[Step]:
    token = ["Authorization: Bearer $TOKEN"]
    signin = curl("POST", f"{base_url}/v1.0/signin", ["APIKey: $API_KEY"])
    register = curl("PUT", f"{base_url}/v1.0/register", token, body=_registration_body(member))
    status = curl("GET", f"{base_url}/v1.0/registerstatus", token, query=["queueId=$QUEUE_IDS"])
    return [
        Step(
            "Sign in",
            "The API key gives a bearer token, which is good for an hour.",
            f"{set_variable('API_KEY', member['apiKey'])}\n"
            f"{set_from_answer('TOKEN', signin, 'idToken')}",
        ),
        Step(
            "Register for three sessions",
            "They are queued at once, one item each, and kept whatever happens to the server.",
            f"ANSWER=$({register})\n{_SHOW_ANSWER}",
        ),
        Step(
            "Ask for their outcome",
            "Two are a success. The third session is full: its item failed, and says why.",
            f"{_SET_QUEUE_IDS}\n{status}",
        ),
    ]


def _registration_body(member: dict[str, Any]) -> dict[str, Any]:
    paks = [*member["sessionPaks"][:2], member["fullSessionPak"]]
    return {
        "registration": {
            "event": {
                "eventPak": member["eventPak"],
                "sessions": [{"sessionPak": pak} for pak in paks],
            },
            "contact": {"email": "you@example.com", "firstName": "Your", "lastName": "Name"},
        }
    }


def _registration_values(member: dict[str, Any]) -> list[Value]:
    return [
        Value(name, meaning, [value] if isinstance(value := member[name], str) else value)
        for name, meaning in _REGISTRATION_MEANINGS.items()
    ]


def _try_messaging(base_url: str, member: dict[str, Any]) -> Trial:
    jobs = f"{base_url}/api/v1/jobs"
    send = curl("POST", jobs, [], user="$LOGIN", body=_MESSAGING_BODY)
    details = curl("GET", f"{jobs}/$JOB", [], user="$LOGIN")
    to_list = {
        "job_type": "email",
        "job_name": "To a list",
        "from_email": "you@example.com",
        "subject": "For %%recipient%%",
        "text_message": "You are at %%customfield1%%.",
        "user_list_ids": member["userListIds"][:1],
    }
    login = f"{member['user']['username']}:{member['user']['password']}"
    steps = [
        Step(
            "Send a text to three people",
            "The simulator carries it, and decides the outcome by the last digit.",
            f"{set_variable('LOGIN', login)}\nANSWER=$({send})\n{_SHOW_ANSWER}",
        ),
        Step(
            "See the outcome",
            "A report for each recipient: delivered, with a reply on its way, or not.",
            f"{_SET_JOB}\nsleep 4\n{details}",
        ),
        Step(
            "Write to a list",
            "Anyone who is on it when the job starts gets the mail, in their own words.",
            curl("POST", jobs, [], user="$LOGIN", body=to_list),
        ),
        Step(
            "List your jobs",
            "The outbox page shows what this user sent; sign in there with the same password.",
            curl("GET", jobs, [], user="$LOGIN"),
        ),
    ]
    values = [
        Value(name, meaning, [member[name]["username"], member[name]["password"]])
        for name, meaning in _MESSAGING_MEANINGS.items()
    ]
    lists = [str(each) for each in member["userListIds"]]
    return Trial("messaging", steps, [*values, Value("userListIds", "Lists of people", lists)])


_MESSAGING_BODY = {
    "job_type": "sms",
    "job_name": "My first job",
    "message": "Hello %%recipient%%!",
    "recipients": [
        {"destination": "61412345671", "recipient": "Jane"},
        {"destination": "61412345675", "recipient": "Jo"},
        {"destination": "61412345679", "recipient": "Jim"},
    ],
}
_MESSAGING_MEANINGS = {
    "user": "A user, who sees its own jobs",
}
_SET_JOB = "JOB=$(printf '%s' \"$ANSWER\" | sed -n 's/.*\"data\":\\([0-9]*\\).*/\\1/p')"

_REGISTRATION_MEANINGS = {
    "apiKey": "The key to sign in with",
    "eventPak": "A conference of two days",
    "sessionPaks": "Its sessions that have places",
    "fullSessionPak": "Its workshop that is full",
    "channelPak": "A channel of webinars",
    "channelSessionPaks": "The sessions of its webinars",
    "closedEventPak": "A meetup that is closed for registration",
    "closedSessionPak": "Its session",
}
_SHOW_ANSWER = "printf '%s\\n' \"$ANSWER\""
_SET_QUEUE_IDS = """\
QUEUE_IDS=$(printf '%s' "$ANSWER" | tr ',' '\\n' |
  sed -n 's/.*"queueId":\\([0-9]*\\).*/\\1/p' | paste -s -d , -)"""


def _try_attendance(base_url: str, member: dict[str, Any]) -> Trial:
    token = ["Authorization: event $EVENT_TOKEN"]
    event = f"{base_url}/v1/event"
    code = f"{event}/attendees/code/$CODE"
    steps = [
        Step(
            "Show the event of a token",
            "A token opens one event; a company's token opens all of its company's.",
            f"{set_variable('EVENT_TOKEN', member['eventToken'])}\n"
            f"{curl('GET', f'{event}.json', token)}",
        ),
        *(
            Step(
                "Check a ticket at the door",
                "The first check wins. Repeat the line, and it says when that was.",
                f"{set_variable('CODE', ticket)}\n{curl('POST', f'{code}/check.json', token)}",
            )
            for ticket in member["ticketCodes"][:1]
        ),
        *(
            Step(
                "Confirm an invitation",
                "Anyone who confirms is an attendee, with a ticket.",
                curl("POST", f"{event}/invitations/all/recipients/{who}/confirm.json", token),
            )
            for who in member["recipientIds"][:1]
        ),
    ]
    values = [
        Value("eventToken", "A token of the conference", [member["eventToken"]]),
        Value("companyToken", "A token of the company", [member["companyToken"]]),
        Value("ticketCodes", "Tickets that are not checked yet", member["ticketCodes"][:6]),
        Value("checkedCode", "One that is", list(filter(None, [member["checkedCode"]]))),
        Value("invitationId", "An invitation", [str(member["invitationId"])]),
        Value(
            "recipientIds",
            "Its recipients who have not answered",
            [str(each) for each in member["recipientIds"][:6]],
        ),
    ]
    return Trial("attendance", steps, values)


def _try_booking(base_url: str, member: dict[str, Any]) -> Trial:
    secret = ["Authorization: Bearer $SECRET"]
    registrations = f"{base_url}/api/registrations"
    seat = f"{registrations}/$SEAT/commands"
    body = {
        "EventVenue": member["venue"],
        "EventStart": "2099-06-01T09:00:00+02:00",
        "EventExamType": "Class",
        "EventExamFormat": "Online",
        "EventBillingCode": member["billingCode"],
        "Learner": member["learners"][20],
        "Assessment": member["assessments"][0],
    }
    grant = {"Type": "Time Extension", "TimeExtension": 30}
    steps = [
        Step(
            "Register a candidate",
            "The exam at that venue and minute is found, or made. You choose the registration's "
            "GUID.",
            f"{set_variable('SECRET', member['secret'])}\n"
            f"SEAT=$(python3 -c 'import uuid; print(uuid.uuid4())')\n"
            f"{curl('POST', f'{seat}/register-lax', secret, body=body)}",
        ),
        Step(
            "Grant half an hour more",
            "The candidate's own time grows; the others' does not.",
            curl("POST", f"{seat}/grant-accommodation", secret, body=grant),
        ),
        Step(
            "Retrieve the registration",
            "With its exam, form and learner, and what happened last.",
            curl("GET", f"{registrations}/$SEAT", secret),
        ),
        Step(
            "Ask for scrap paper",
            "A PDF with a page for each candidate. The link works for a quarter of an hour; "
            "asked without the secret, it opens for the organization's people alone.",
            curl("GET", f"{base_url}/api/events/scrap-paper?id={member['examEvent']}", secret),
        ),
    ]
    values = [
        Value("secret", "A developer secret", [member["secret"]]),
        Value("organization", "The organization's GUID", [member["organization"]]),
        Value("venue", "A venue", [member["venue"]]),
        Value("learners", "Learners", member["learners"][:6]),
        Value("assessments", "Codes of assessments", member["assessments"]),
        Value("billingCode", "A billing code", [member["billingCode"]]),
        Value("examEvent", "An exam on the calendar", [member["examEvent"]]),
    ]
    return Trial("booking", steps, values)


def _try_reporting(base_url: str, member: dict[str, Any]) -> Trial:
    api = f"{base_url}/api/reporting"
    ids = ["si=$SI", "ui=$UI"]
    name = [f"username={member['username']}", f"password={member['password']}", "ver=2.0"]
    report = [*ids, f"ei={member['eventId']}"]
    steps = [
        Step(
            "Log in",
            "The answer has the ids of a session and a user; every other call takes both.",
            f"ANSWER=$({curl('GET', f'{base_url}/api/login/json', [], query=name)})\n{_SET_IDS}",
        ),
        Step(
            "List the events that there are reports of",
            "The webcast is over; its number is the one to ask for.",
            curl("GET", f"{api}/eventlist/json", [], query=ids),
        ),
        Step(
            "Who watched live, as a table",
            "Every filter works in XML, JSON, CSV and XLSX, streamed.",
            curl("GET", f"{api}/audience_reports/csv", [], query=[*report, "live_viewers=on"]),
        ),
    ]
    values = [
        Value("username", "A user who sees reports", [member["username"], member["password"]]),
        Value("eventId", "A webcast with its audience", [str(member["eventId"])]),
    ]
    return Trial("reporting", steps, values)


_SET_IDS = """\
SI=$(printf '%s' "$ANSWER" | sed -n 's/.*"sessionid":[^}]*"value":"\\([0-9a-f]*\\)".*/\\1/p')
UI=$(printf '%s' "$ANSWER" | sed -n 's/.*"userid":[^}]*"value":"\\([0-9a-f]*\\)".*/\\1/p')"""

_TRIALS: dict[str, Callable[[str, dict[str, Any]], Trial]] = {
    "registration": _try_registration,
    "messaging": _try_messaging,
    "attendance": _try_attendance,
    "booking": _try_booking,
    "reporting": _try_reporting,
}
