"""`turnout key`: the keys that sign tokens, links, callbacks and tickets."""

import enum
from collections.abc import Callable, Iterator
from typing import Annotated, NamedTuple

from cyclopts import App, Parameter
from cyclopts.validators import Number as Range

from turnout.cli.app import actor, console, database, say_time, show_table
from turnout.core.callbacks.outbox import find_callback_key, rotate_callback_key
from turnout.core.identity.link_keys import list_link_keys, rotate_link_key
from turnout.core.identity.model import Organization
from turnout.core.identity.organizations import get_organization, list_organizations
from turnout.core.identity.signing import (
    generate_key_pair,
    list_published_keys,
    rotate_signing_key,
)
from turnout.core.ids import OrgId
from turnout.core.tickets.signing import (
    list_every_ticket_key,
    revoke_ticket_key,
    rotate_ticket_key,
)
from turnout.errors import Invalid
from turnout.store import Database, Tx

DAY_MS = 24 * 3600 * 1000


class KeyKind(enum.StrEnum):
    """What a key signs."""

    TOKEN_KEYS = "token-keys"
    LINK_KEYS = "link-keys"
    CALLBACK_KEYS = "callback-keys"
    TICKET_KEYS = "ticket-keys"


# How long the former key goes on, in days; of the other kinds that is not a matter of time.
GRACE_DAYS = {KeyKind.LINK_KEYS: 90, KeyKind.CALLBACK_KEYS: 7}
OF_ORGANIZATIONS = (KeyKind.CALLBACK_KEYS, KeyKind.TICKET_KEYS)

Days = Annotated[int, Parameter(validator=Range(gte=1, lte=3650))]

key = App(name="key")


class Row(NamedTuple):
    """A key, as the list shows it."""

    kind: str
    of: str
    name: str
    made: str
    state: str


@key.command(name="list")
def list_all() -> None:
    """List the keys, and what each of them is still good for. No key itself is shown.

    Example: `turnout key list`
    """
    with database() as db:
        rows = db.call(_list_rows)
    show_table("Kind", "Of", "Key", "Made", "State", rows=rows)


@key.command
def rotate(
    kind: KeyKind = KeyKind.TOKEN_KEYS,
    /,
    *,
    org: str | None = None,
    grace_days: Days | None = None,
    at_once: bool = False,
) -> None:
    """Sign with a new key from now on. Running servers follow within a minute.

    Example: `turnout key rotate link-keys`

    Args:
        kind: Whose key. token-keys: tokens of the former one are good until they run out, an hour.
            link-keys: personal links that were mailed before work for --grace-days more.
            callback-keys: calls bear both signatures for so long. ticket-keys: tickets that were
            printed before are good as ever.
        org: Short name of the organization whose callback or ticket key it is; without it, those
            of all organizations.
        grace_days: Days for which the former key goes on: of links 90, of callbacks 7.
        at_once: The former keys end now, as after a leak: tokens and links that they signed, the
            callbacks' former signature, and tickets, which their holders load again.
    """
    if org is not None and kind not in OF_ORGANIZATIONS:
        raise Invalid("key.organization", kind=kind)
    if grace_days is not None and (at_once or kind not in GRACE_DAYS):
        raise Invalid("key.grace")  # fmt: skip
    days = 0 if at_once else grace_days or GRACE_DAYS.get(kind, 0)
    with database() as db:
        _ROTATE[kind](db, org, days * DAY_MS, at_once)


@key.command
def revoke(org: str, ticket_key: str, /) -> None:
    """End a ticket key, such as one that was stolen; a new one signs where it did.

    Tickets that it signed are refused at the door from now on. Their pages show them with a
    signature that is good.

    Example: `turnout key revoke acme VCZCI3`

    Args:
        org: Short name of the organization.
        ticket_key: The key in `turnout key list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(revoke_ticket_key, org_id, ticket_key, actor=actor())
    console.print(f"Tickets of {org} that key {ticket_key} signed are no longer good.")


def _rotate_token_keys(db: Database, _org: str | None, _grace_ms: int, at_once: bool) -> None:
    pair = generate_key_pair()
    db.call(rotate_signing_key, *pair, at_once=at_once, actor=actor())
    console.print(f"Tokens are signed with key {pair[0]} from now on.")
    if at_once:
        console.print("Those of former keys end within a minute: everybody signs in again.")


def _rotate_link_keys(db: Database, _org: str | None, grace_ms: int, _at_once: bool) -> None:
    made = db.call(rotate_link_key, grace_ms, actor=actor())
    console.print(f"Links are signed with key {made.kid} from now on.")
    until = db.clock() + grace_ms
    console.print(
        f"Links that were made before work until {say_time(until)}."
        if grace_ms
        else "Links that were made before lead nowhere any more."
    )


def _rotate_callback_keys(db: Database, org: str | None, grace_ms: int, _at_once: bool) -> None:
    if org is None and not _having(db, find_callback_key):
        _say_nothing_to_rotate()
    for organization in _organizations(db, org) if org else _having(db, find_callback_key):
        db.call(rotate_callback_key, organization.org_id, grace_ms, actor=actor())
        until = f", beside the former one until {say_time(db.clock() + grace_ms)}"
        console.print(
            f"Callbacks of {organization.slug} are signed with a new key"
            f"{until if grace_ms else ''}: "
            f"`turnout callbacks key {organization.slug}` shows it."
        )


def _rotate_ticket_keys(db: Database, org: str | None, _grace_ms: int, at_once: bool) -> None:
    if org is None and not _having(db, list_every_ticket_key):
        _say_nothing_to_rotate()
    for organization in _organizations(db, org) if org else _having(db, list_every_ticket_key):
        made = db.call(rotate_ticket_key, organization.org_id, at_once=at_once, actor=actor())
        former = "are refused" if at_once else "stay good"
        console.print(
            f"Tickets of {organization.slug} are signed with key {made.kid} from now on; those "
            f"signed before {former}."
        )


def _having(db: Database, find: Callable[[Tx, OrgId], object]) -> list[Organization]:
    """The organizations that have a key of the kind that `find` finds."""
    return [
        organization
        for organization in _organizations(db, None)
        if db.call(find, organization.org_id)
    ]


def _say_nothing_to_rotate() -> None:
    console.print("No organization has such a key yet; nothing to rotate.")


_ROTATE: dict[KeyKind, Callable[[Database, str | None, int, bool], None]] = {
    KeyKind.TOKEN_KEYS: _rotate_token_keys,
    KeyKind.LINK_KEYS: _rotate_link_keys,
    KeyKind.CALLBACK_KEYS: _rotate_callback_keys,
    KeyKind.TICKET_KEYS: _rotate_ticket_keys,
}


def _organizations(db: Database, org: str | None) -> list[Organization]:
    return [db.call(get_organization, org)] if org else db.call(list_organizations)


def _list_rows(tx: Tx) -> list[Row]:
    rows = [
        Row(
            KeyKind.TOKEN_KEYS,
            "",
            key.kid,
            say_time(key.created_at),
            "verifies until its tokens run out" if key.retired_at else "signs",
        )
        for key in list_published_keys(tx)
    ]
    for link in list_link_keys(tx):
        state = f"verifies until {say_time(link.ends_at)}" if link.ends_at else "signs"
        rows.append(Row(KeyKind.LINK_KEYS, "", link.kid, say_time(link.created_at), state))
    for organization in list_organizations(tx):
        rows += _rows_of(tx, organization)
    return rows


def _rows_of(tx: Tx, of: Organization) -> Iterator[Row]:
    if found := find_callback_key(tx, of.org_id):
        until = found.former_until
        state = f"signs, and the former one until {say_time(until)}" if until else "signs"
        yield Row(KeyKind.CALLBACK_KEYS, of.slug, "", say_time(found.created_at), state)
    for key in list_every_ticket_key(tx, of.org_id):
        state = "verifies" if key.retired_at else "signs"
        if key.revoked_at:
            state = f"revoked {say_time(key.revoked_at)}"
        yield Row(KeyKind.TICKET_KEYS, of.slug, key.kid, say_time(key.created_at), state)
