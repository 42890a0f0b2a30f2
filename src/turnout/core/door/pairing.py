"""Pairing: a code on the organizer's screen makes a phone a device of the door.

Theory. A code has two forms, and each works once within ten minutes: a link, which the phone's
camera reads, and six letters. The link is too long to be guessed, so it pairs at once. Letters can
be guessed, so tries are few (five a minute for each place, counted by all nodes together), and what
they pair is good for nothing until the console has confirmed the word that the phone shows. A
device has a credential of its own, which ends a day after its last event, and no rights of a user.
"""

import secrets
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.checkin.gates import get_gate
from turnout.core.door.devices import get_device
from turnout.core.door.model import DAY_MS, Device, DoorRole, Pairing
from turnout.core.door.sql import sql
from turnout.core.door.words import WORDS
from turnout.core.events.programme import get_event
from turnout.core.identity.credentials import digest_of
from turnout.core.identity.operators import find_operator
from turnout.core.ids import DeviceId, EventId, GateId, OrgId, PairingId
from turnout.core.text import is_line
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.errors import Failure, Invalid, Limited, Missing
from turnout.store import Tx, to_json

PATH = "/door/pair/"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 6
CODE_MS = 10 * 60_000
TRIES, TRIES_MS = 5, 60_000
KIND = "door letters"
LONGEST_NAME = 60
LONGEST_TOKEN = 100
MOST_POSTS = 20

Place = tuple[EventId, GateId | None]
"""An event, and one of its gates or none in particular."""


class NewPairing(NamedTuple):
    """A code as it is shown, once: the secret of its link and its letters."""

    id: PairingId
    token: str
    code: str
    ends_at: int


class Paired(NamedTuple):
    """A device that was made, and its secret, which is not kept."""

    org_id: OrgId
    device: Device
    secret: str


def make_pairing(
    tx: Tx, org_id: OrgId, places: Sequence[Place], role: DoorRole, name: str = "", *, actor: str
) -> NewPairing:
    """Make a code that pairs one phone within ten minutes, for these events and gates. `name` is
    what the phone is called, whatever it says itself; empty = it says so. Raises Missing for an
    event or gate that is not there, Invalid."""
    if not 1 <= len(places) <= MOST_POSTS:
        raise Invalid("door.places", limit=MOST_POSTS)
    name = check_name(name) if name else ""
    ends = [get_event(tx, org_id, event_id).ends_at for event_id, _ in places]
    for event_id, gate_id in places:
        if gate_id is not None:
            get_gate(tx, org_id, event_id, gate_id)
    token, code = secrets.token_urlsafe(32), "".join(map(secrets.choice, [LETTERS] * CODE_LENGTH))
    sql.forget_pairings(tx, code_digest=digest_of(code), now=tx.now)
    made = NewPairing(PairingId(tx.next_id("programme")), token, code, tx.now + CODE_MS)
    sql.add_pairing(
        tx,
        org_id=org_id,
        id=made.id,
        event_id=places[0][0],
        link_digest=digest_of(token),
        code_digest=digest_of(code),
        name=name,
        role=role.value,
        posts=to_json(list(dict(places).items())),
        actor=actor,
        now=tx.now,
        ends_at=made.ends_at,
        device_ends_at=max(*ends, tx.now) + DAY_MS,
    )
    record(tx, org_id, actor, "made pairing code", "event", places[0][0], role=role.value)
    return made


def find_pairing(tx: Tx, token: str) -> tuple[OrgId, Pairing]:
    """The code that a link is of. Raises Missing for one that was used, has ended or never was."""
    found = sql.find_pairing_by_link(tx, digest=digest_of(token[:LONGEST_TOKEN]), now=tx.now)
    if found is None:
        raise Missing("door.link")
    return found.org_id, found.pairing


def pair_by_link(tx: Tx, token: str, name: str, browser: str) -> Paired:
    """Make the phone that read a link a device, at once. Raises Missing, Invalid for a name."""
    org_id, pairing = find_pairing(tx, token)
    return _pair(tx, org_id, pairing, name, browser, is_confirmed=True)


def pair_by_code(tx: Tx, code: str, name: str, browser: str, place: str) -> Paired | Failure:
    """Make the phone on which the letters were typed a device, which waits for the console. A wrong
    code is a value, so that the try is counted: in the installation's first organization, since
    nobody knows yet whose the letters are. `place` is where they came from."""
    operator = find_operator(tx)
    if operator is None:
        return Missing("door.code")
    key = WindowKey(operator, KIND, digest_of(place))
    if not counting.count(tx, key, TRIES, TRIES_MS):
        return Limited("door.tries", retry_after=counting.wait_s(tx, key, TRIES_MS))
    found = sql.find_pairing_by_code(tx, digest=digest_of(read_code(code)), now=tx.now)
    if found is None:
        return Missing("door.code")
    try:
        check_name(found.pairing.name or name)
    except Invalid as refusal:
        return refusal
    return _pair(tx, found.org_id, found.pairing, name, browser, is_confirmed=False)


def confirm_device(
    tx: Tx, org_id: OrgId, event_id: EventId, device_id: DeviceId, *, actor: str
) -> Device:
    """Let a phone in that shows the right word. Idempotent. Raises Missing."""
    device = get_device(tx, org_id, event_id, device_id)
    if sql.confirm_device(tx, org_id=org_id, id=device_id, now=tx.now):
        record(tx, org_id, actor, "confirmed", "door_device", device_id, name=device.name)
    return get_device(tx, org_id, event_id, device_id)


def read_code(text: str) -> str:
    """Letters as they were typed: in any case, with blanks and dashes."""
    return "".join(filter(str.isalpha, text[:50])).upper()


def check_name(name: str) -> str:
    """What a phone is called. Raises Invalid."""
    name = " ".join(name.split())
    if not (name and is_line(name) and len(name) <= LONGEST_NAME and name.isprintable()):
        raise Invalid("door.name", limit=LONGEST_NAME)
    return name


def _pair(
    tx: Tx, org_id: OrgId, pairing: Pairing, name: str, browser: str, *, is_confirmed: bool
) -> Paired:
    name = check_name(pairing.name or name)
    if not sql.take_pairing(tx, org_id=org_id, id=pairing.id):
        raise Missing("door.link")
    device_id, secret = DeviceId(tx.next_id("programme")), secrets.token_urlsafe(32)
    if sql.is_name_taken(tx, org_id=org_id, name=name, now=tx.now):
        name = f"{name} ({device_id})"
    sql.add_device(
        tx,
        org_id=org_id,
        id=device_id,
        name=name,
        role=pairing.role,
        digest=digest_of(secret),
        word=secrets.choice(WORDS),
        browser=browser,
        actor=pairing.created_by,
        now=tx.now,
        ends_at=pairing.device_ends_at,
        confirmed_at=tx.now if is_confirmed else None,
    )
    for event_id, gate_id in msgspec.json.decode(pairing.posts, type=list[tuple[int, int | None]]):
        sql.add_post(
            tx,
            org_id=org_id,
            device_id=device_id,
            event_id=EventId(event_id),
            gate_id=None if gate_id is None else GateId(gate_id),
            snapshot_key=secrets.token_urlsafe(32),
        )
    record(tx, org_id, pairing.created_by, "paired", "door_device", device_id, name=name)
    device = get_device(tx, org_id, pairing.event_id, device_id)
    return Paired(org_id, device, secret)
