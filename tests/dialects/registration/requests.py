"""Requests of the registration API, as tests build them."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.client import Answer
from tests.support.node import Account, LocalNode

# The contract's table of sizes (2.1.1, 2.1.2): members of the contact and their maxima.
CONTACT_SIZES = {
    "email": 100,
    "title": 20,
    "firstName": 50,
    "lastName": 20,
    "company": 50,
    "jobTitle": 50,
    "addressLine1": 30,
    "addressLine2": 30,
    "addressLine3": 30,
    "city": 20,
    "countyOrState": 20,
    "postCode": 20,
    "countryCode": 5,
    "phone": 20,
}
ITEM_SIZES = {"itemDesc": 200, "itemValue": 500}
PAK_SIZE = 16
UNKNOWN_PAK = "9999999999999999"
CONTACT = {
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
        {"itemDesc": "Send Monthly Newsletter", "itemValue": "true"},
    ],
}


@dataclass(frozen=True)
class Request:
    """One request; `send` puts it to a node."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def send(self, node: LocalNode) -> Answer:
        return node.client.request(self.method, self.target, headers=self.headers, body=self.body)


def register(account: Account, body: Any, **headers: str) -> Request:
    """PUT /register; `body` is JSON, or bytes as they stand. `Idempotency_Key=…` is a header."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    base = account.headers | {"Content-Type": "application/json"}
    return Request("PUT", "/v1.0/register", base | extra, _encode(body))


def ask_status(account: Account, body: Any, method: str = "GET") -> Request:
    """The documented question: a JSON body, also with GET."""
    headers = account.headers | {"Content-Type": "application/json"}
    return Request(method, "/v1.0/registerstatus", headers, _encode(body))


def query_status(account: Account, query: str) -> Request:
    return Request("GET", f"/v1.0/registerstatus?{query}", account.headers)


def event_body(account: Account, paks: Any = None, **contact: Any) -> dict[str, Any]:
    """The contract's body for the account's event, all its sessions unless `paks` are given."""
    chosen = [session.pak for session in account.sessions] if paks is None else paks
    event = {"eventPak": account.event.pak, "sessions": sessions(chosen)}
    return {"registration": {"event": event, "contact": CONTACT | contact}}


def channel_body(account: Account, **contact: Any) -> dict[str, Any]:
    """The contract's body for the account's channel."""
    paks = [session.pak for session in account.channel_sessions]
    channel = {"channelPak": account.channel.pak, "sessions": sessions(paks)}
    return {"registration": {"channel": channel, "contact": CONTACT | contact}}


def without(body: dict[str, Any], path: str) -> dict[str, Any]:
    """The body of a registration less the member at `path`, such as `event.eventPak`."""
    *parents, name = path.split(".")
    place = body["registration"]
    for parent in parents:
        place = place[parent]
    del place[name]
    return body


def having(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The body of a registration with `value` as the member at `path`."""
    *parents, name = path.split(".")
    place = body["registration"]
    for parent in parents:
        place = place[parent]
    place[name] = value
    return body


def sessions(paks: list[str]) -> list[dict[str, str]]:
    return [{"sessionPak": pak} for pak in paks]


def checks(*ids: int, limit: int | None = None) -> dict[str, Any]:
    """The body of a status question as the contract has it."""
    asked: dict[str, Any] = {} if limit is None else {"limit": limit}
    return asked | {"checks": [{"QueueId": id_} for id_ in ids]}


def _encode(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()
