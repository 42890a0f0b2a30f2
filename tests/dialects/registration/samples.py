"""The contract's own samples: its curl lines as they stand, its bodies and answers.

Repaired are only the slips of the text: missing outer braces, curly quotation marks, and the
`paging` that its channel answer forgot.
"""

import json
from typing import Any

SIGNIN_CURL = (
    'curl -H "Content-Type: application/json" -H "APIKey: test_api_key" -d "" -X POST '
    "https://authapi.workcast.com/v1.0/signin"
)
REGISTER_CURL = (
    'curl -H "Authorization: Bearer " -H "Content-Type: application/json" -X PUT -d "" '
    "https://regapi.workcast.com/v1.0/register"
)
STATUS_CURL = (
    'curl -H "Authorization: Bearer " -H "Content-Type: application/json" -X GET -d "" '
    "https://regapi.workcast.com/v1.0/registerstatus"
)

SIGNIN_BODY = '{"apiKey": "<API Key>"}'
SIGNIN_ANSWER = """
{
    "idToken": "eyJraWQiOiIxMUR4",
    "expiresIn": 3600,
    "paging": null,
    "responseCode": 200,
    "message": "Ok"
}
"""

EVENT_BODY = """
{
    "registration": {
        "event": {
            "eventPak": "1234567890123456",
            "sessions": [
                {"sessionPak": "1234567890123456"},
                {"sessionPak": "2345678901234561"},
                {"sessionPak": "3456789012345612"}
            ]
        },
        "contact": {
            "title": "Mr",
            "firstName": "Example name",
            "lastName": "Example name",
            "email": "example@workcast.com",
            "phone": "",
            "jobTitle": "Developer",
            "company": "WorkCast",
            "addressLine1": "",
            "addressLine2": "",
            "addressLine3": "",
            "city": "",
            "countyOrState": "",
            "postCode": "",
            "countryCode": "UK",
            "contactCustomItems": [
                {"itemDesc": "Contact Preference", "itemValue": "email"},
                {"itemDesc": "Send Monthly Newsletter", "itemValue": "true"}
            ]
        }
    }
}
"""
CHANNEL_BODY = EVENT_BODY.replace('"event"', '"channel"').replace("eventPak", "channelPak")
REGISTER_ANSWER = """
{
    "registration": {
        "contact": {"email": "example@workcast.com"},
        "sessions": [
            {"sessionPak": "1234567890123456", "queueId": 1, "status": "queued"},
            {"sessionPak": "2345678901234561", "queueId": 2, "status": "queued"},
            {"sessionPak": "3456789012345612", "queueId": 3, "status": "queued"}
        ]
    },
    "paging": null,
    "responseCode": 200,
    "message": "ok"
}
"""

STATUS_BODY = '{"limit": 10, "checks": [{"QueueId": 1}, {"QueueId": 2}, {"QueueId": 3}]}'
STATUS_ANSWER = """
{
    "totalCount": 3,
    "checkResults": [
        {
            "queueId": 1,
            "status": "success",
            "sessionPak": "1234567890123456",
            "email": "example@workcast.com",
            "contactId": 4566
        },
        {
            "queueId": 2,
            "status": "success",
            "sessionPak": "2345678901234561",
            "email": "example@workcast.com",
            "contactId": 4566
        },
        {
            "queueId": 3,
            "status": "queued",
            "sessionPak": "3456789012345612",
            "email": "example@workcast.com",
            "contactId": 0
        }
    ],
    "paging": null,
    "responseCode": 200,
    "message": "ok"
}
"""

SESSION_PAKS = ("1234567890123456", "2345678901234561", "3456789012345612")


def register_body(text: str, pak: str, session_paks: list[str]) -> str:
    """A sample body with real paks; as many sessions of it as there are `session_paks`."""
    body = json.loads(text)
    (noun,) = body["registration"].keys() & {"event", "channel"}
    sessions = [{"sessionPak": pak} for pak in session_paks]
    body["registration"][noun] = {f"{noun}Pak": pak, "sessions": sessions}
    return json.dumps(body)


def with_real_paks(text: str, session_paks: list[str]) -> str:
    """A sample answer, as compact as servers write it, with real session paks."""
    text = json.dumps(json.loads(text), separators=(",", ":"))
    for sample, real in zip(SESSION_PAKS, session_paks, strict=True):
        text = text.replace(f'"sessionPak":"{sample}"', f'"sessionPak":"{real}"')
    return text


def shape(value: Any) -> Any:
    """The members of an answer in their order, with the type of each value."""
    if isinstance(value, dict):
        return [(name, shape(member)) for name, member in value.items()]
    if isinstance(value, list):
        return [shape(member) for member in value]
    return type(value).__name__
