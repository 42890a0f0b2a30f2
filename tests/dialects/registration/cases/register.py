"""/v1.0/register."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from tests.dialects.registration.cases.listing import case, plain
from tests.dialects.registration.requests import (
    CONTACT_SIZES,
    ITEM_SIZES,
    PAK_SIZE,
    UNKNOWN_PAK,
    Request,
    channel_body,
    event_body,
    having,
    register,
    without,
)
from tests.support.node import Account, LocalNode
from turnout.core.registrations.accepting import MAX_SESSIONS
from turnout.dialects.registration.routes import BODY_LIMIT


def accept(node: LocalNode, account: Account) -> None:
    """Register the contract's contact for the event: queue items 1, 2 and 3."""
    assert register(account, event_body(account)).send(node).status == 200


# -- what is taken -------------------------------------------------------------------------

plain(200, "register-event", lambda a: register(a, event_body(a)))
plain(200, "register-channel", lambda a: register(a, channel_body(a)))
plain(200, "register-only-what-is-required", lambda a: register(a, a.body("ada@example.com")))
plain(
    200,
    "register-nulls-and-unknown-members",
    lambda a: register(
        a,
        {"source": {"form": 12}}
        | having(event_body(a, phone=None, contactCustomItems=None, nick="Ex"), "channel", None),
    ),
)
plain(
    200,
    "register-session-twice-is-queued-once",
    lambda a: register(a, event_body(a, [a.sessions[n].pak for n in (1, 0, 1)])),
)
plain(
    200,
    "register-unknown-session-is-queued",
    lambda a: register(a, event_body(a, [UNKNOWN_PAK])),
)
plain(
    200,
    "register-trailing-slash-and-lower-case-scheme",
    lambda a: replace(
        register(a, event_body(a), Authorization=f"bearer  {a.token} "),
        target="/v1.0/register/",
    ),
)


def in_case(value: Any, spell: Callable[[str], str]) -> Any:
    """A body with its members' names spelled otherwise."""
    if isinstance(value, list):
        return [in_case(item, spell) for item in value]
    if isinstance(value, dict):
        return {spell(name): in_case(item, spell) for name, item in value.items()}
    return value


plain(200, "register-small-letters", lambda a: register(a, in_case(event_body(a), str.lower)))
plain(
    200,
    "register-capital-letters-of-a-channel",
    lambda a: register(a, in_case(channel_body(a), lambda name: name[0].upper() + name[1:])),
)
plain(
    200,
    "register-numbers-and-booleans",
    lambda a: register(
        a,
        having(
            event_body(
                a,
                [int(a.sessions[0].pak)],
                postCode=10115,
                contactCustomItems=[
                    {"itemDesc": "Tickets", "itemValue": 2},
                    {"itemDesc": "Discount", "itemValue": 12.5},
                    {"itemDesc": "Member", "itemValue": True},
                ],
            ),
            "event.eventPak",
            int(a.event.pak),
        ),
    ),
)
plain(
    200,
    "register-empty-custom-items-are-not-given",
    lambda a: register(
        a, event_body(a, contactCustomItems=[{"itemDesc": "", "itemValue": None}, {}] * 20)
    ),
)


@case(200, "register-idempotency-key-replayed")
def replayed(node: LocalNode, account: Account) -> Request:
    request = register(account, event_body(account), Idempotency_Key="order-66")
    assert request.send(node).status == 200
    node.run_intake()
    return request


# -- what is malformed ---------------------------------------------------------------------

plain(400, "register-empty-body", lambda a: register(a, b""))
plain(400, "register-malformed-json", lambda a: register(a, b'{"registration": {"event": '))
plain(400, "register-body-is-a-list", lambda a: register(a, []))
plain(400, "register-without-registration", lambda a: register(a, event_body(a)["registration"]))
plain(
    400,
    "register-not-utf-8",
    lambda a: register(a, json.dumps(event_body(a, city="Z")).encode().replace(b'"Z"', b'"\xeb"')),
)
plain(
    400,
    "register-body-too-large",
    lambda a: register(a, json.dumps(event_body(a)).ljust(BODY_LIMIT + 1).encode()),
)
plain(400, "register-wrong-type", lambda a: register(a, event_body(a, phone=["+44 191 511 7300"])))
plain(400, "register-nul-character", lambda a: register(a, event_body(a, city="Sunder\x00land")))
plain(400, "register-lone-surrogate", lambda a: register(a, event_body(a, lastName="\ud83d")))

# -- whom and for what ---------------------------------------------------------------------

plain(400, "register-without-contact", lambda a: register(a, without(event_body(a), "contact")))
plain(400, "register-without-email", lambda a: register(a, event_body(a, email="")))
plain(
    400,
    "register-malformed-email",
    lambda a: register(a, event_body(a, email="example(at)workcast.com")),
)
plain(
    400,
    "register-event-and-channel",
    lambda a: register(
        a, having(event_body(a), "channel", channel_body(a)["registration"]["channel"])
    ),
)
plain(
    400,
    "register-neither-event-nor-channel",
    lambda a: register(a, without(event_body(a), "event")),
)
plain(
    400,
    "register-without-eventPak",
    lambda a: register(a, having(event_body(a), "event.eventPak", "")),
)
plain(
    400,
    "register-without-channelPak",
    lambda a: register(a, without(channel_body(a), "channel.channelPak")),
)
plain(
    400,
    "register-without-sessions",
    lambda a: register(a, without(event_body(a), "event.sessions")),
)
plain(400, "register-empty-list-of-sessions", lambda a: register(a, event_body(a, [])))
plain(
    400,
    "register-without-sessionPak",
    lambda a: register(
        a, having(event_body(a), "event.sessions", [{"sessionPak": a.sessions[0].pak}, {}])
    ),
)
plain(
    400,
    "register-too-many-sessions",
    lambda a: register(a, event_body(a, [UNKNOWN_PAK] * (MAX_SESSIONS + 1))),
)

# -- sizes ---------------------------------------------------------------------------------

plain(
    400,
    "register-too-many-custom-items",
    lambda a: register(a, event_body(a, contactCustomItems=[{"itemDesc": "One more"}] * 21)),
)
plain(
    400,
    "register-custom-items-not-a-list",
    lambda a: register(a, event_body(a, contactCustomItems={"itemDesc": "Only one"})),
)


def too_long(member: str, size: int, account: Account) -> Request:
    value = "example@workcast.com" if member == "email" else ""
    value = value.rjust(size + 1, "x")
    if member in ITEM_SIZES:
        return register(account, event_body(account, contactCustomItems=[{member: value}]))
    return register(account, event_body(account, **{member: value}))


for member, size in (CONTACT_SIZES | ITEM_SIZES).items():
    plain(400, f"register-too-long-{member}", partial(too_long, member, size))

TOO_LONG_PAK = "1" * (PAK_SIZE + 1)
plain(
    400,
    "register-too-long-eventPak",
    lambda a: register(a, having(event_body(a), "event.eventPak", TOO_LONG_PAK)),
)
plain(
    400,
    "register-too-long-channelPak",
    lambda a: register(a, having(channel_body(a), "channel.channelPak", TOO_LONG_PAK)),
)
plain(
    400,
    "register-too-long-sessionPak",
    lambda a: register(a, event_body(a, [TOO_LONG_PAK])),
)

# -- idempotency keys ----------------------------------------------------------------------

plain(
    400,
    "register-idempotency-key-too-long",
    lambda a: register(a, event_body(a), Idempotency_Key="k" * 256),
)
plain(
    400,
    "register-idempotency-key-not-ascii",
    lambda a: register(a, event_body(a), Idempotency_Key="schlüssel"),
)


@case(402, "register-idempotency-key-with-another-body")
def reused(node: LocalNode, account: Account) -> Request:
    first = register(account, event_body(account), Idempotency_Key="order-66")
    assert first.send(node).status == 200
    return register(account, event_body(account, city="Sunderland"), Idempotency_Key="order-66")


# -- what does not exist -------------------------------------------------------------------

plain(
    404,
    "register-unknown-event",
    lambda a: register(a, having(event_body(a), "event.eventPak", UNKNOWN_PAK)),
)
plain(
    404,
    "register-unknown-channel",
    lambda a: register(a, having(channel_body(a), "channel.channelPak", UNKNOWN_PAK)),
)
plain(
    404,
    "register-channel-pak-as-eventPak",
    lambda a: register(a, having(event_body(a), "event.eventPak", a.channel.pak)),
)


@case(404, "register-event-of-another-organization")
def another_organization(node: LocalNode, account: Account) -> Request:
    return register(account, event_body(node.add_account("other")))


plain(405, "register-post", lambda a: replace(register(a, event_body(a)), method="POST"))
plain(405, "register-options", lambda _: Request("OPTIONS", "/v1.0/register"))
