"""The request that is measured: one person for one event with three sessions."""

import msgspec

from bench.load import DIGITS, MARK
from bench.servers import Demo

SESSIONS = 3


def template(demo: Demo, token: str, *, idempotent: bool = False) -> str:
    """A whole request; every number put in makes another person."""
    body = msgspec.json.encode(
        {
            "registration": {
                "event": {
                    "eventPak": demo.event_pak,
                    "sessions": [{"sessionPak": pak} for pak in demo.session_paks[:SESSIONS]],
                },
                "contact": _contact(f"guest-{MARK}@example.com"),
            }
        }
    ).decode()
    length = len(body.replace(MARK, "0" * DIGITS).encode())
    lines = [
        "PUT /v1.0/register HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Authorization: Bearer {token}",
        f"Content-Length: {length}",
    ]
    if idempotent:
        lines.append(f"Idempotency-Key: key-{MARK}")
    return "\r\n".join([*lines, "", body])


def _contact(email: str) -> dict[str, object]:
    """Like a real client's: every member is there, what is not known is empty."""
    return {
        "email": email,
        "title": "Dr",
        "firstName": "Marguerite",
        "lastName": "Okafor-Lindqvist",
        "company": "Signal & Co",
        "jobTitle": "Operations",
        "addressLine1": "Gleisstraße 7",
        "addressLine2": "",
        "addressLine3": "",
        "city": "Hamburg",
        "countyOrState": "",
        "postCode": "20457",
        "countryCode": "DE",
        "phone": "",
        "contactCustomItems": [{"itemDesc": "Main interest", "itemValue": "Timetables"}],
    }
