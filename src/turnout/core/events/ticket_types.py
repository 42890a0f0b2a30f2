"""Ticket types: what they say of themselves, their price, when and to whom they are sold."""

from typing import Any

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.programme import check_price, check_type_name, get_event
from turnout.core.events.sessions import check_position
from turnout.core.events.sql import sql
from turnout.core.fields import changed_fields, check_line, check_prose
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.text import is_blank
from turnout.core.times import Planned, plan
from turnout.errors import Invalid, Missing
from turnout.store import Tx

SHORTEST_CODE, LONGEST_CODE = 6, 64


class TicketTypeChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None = it stays, empty text = not given any more. Money in minor units of
    `currency` (formats/money.py); sale times are local at the event. With an `access_code` the page
    shows it to those who have the code."""

    name: str | None = None
    description: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    position: int | None = None
    is_hidden: bool | None = None
    is_locked: bool | None = None
    access_code: str | None = None
    sale_starts: str | None = None
    sale_ends: str | None = None


def list_sale_times(
    tx: Tx, org_id: OrgId, event_id: EventId
) -> dict[TicketTypeId, tuple[str, str]]:
    """When each ticket type is sold as it was planned (local times at the event), empty = no
    limit."""
    rows = sql.list_sale_times(tx, org_id=org_id, event_id=event_id)
    return {row.id: (row.sale_starts_local, row.sale_ends_local) for row in rows}


def edit_ticket_type(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    change: TicketTypeChange,
    *,
    actor: str,
) -> None:
    """Change a ticket type of the event, the default one too; tickets that were issued stay.
    Idempotent. Raises Invalid for a value that cannot be, Conflict if another type has the
    name, Missing."""
    _check_texts(change)
    known = sql.lock_ticket_type(tx, org_id=org_id, event_id=event_id, id=ticket_type_id)
    if known is None:
        raise Missing("ticket_type.no_such", ticket_type_id=ticket_type_id)
    if change.name is not None:
        check_type_name(tx, org_id, event_id, change.name, ticket_type_id)
    price_minor = _pick(change.price_minor, known.price_minor)
    currency = _pick(change.currency, known.currency)
    check_price(price_minor, currency)
    zone = get_event(tx, org_id, event_id).timezone
    starts = _plan(_pick(change.sale_starts, known.sale_starts_local), zone)
    ends = _plan(_pick(change.sale_ends, known.sale_ends_local), zone)
    if starts and ends and ends.at <= starts.at:
        raise Invalid("span.order", ends_local=ends.local, starts_local=starts.local)
    sql.set_ticket_type(
        tx,
        org_id=org_id,
        id=ticket_type_id,
        name=_pick(change.name, known.name).strip(),
        description=_pick(change.description, known.description),
        price_minor=price_minor,
        currency=currency,
        position=_pick(change.position, known.position),
        is_hidden=int(_pick(change.is_hidden, known.is_hidden)),
        is_locked=int(_pick(change.is_locked, known.is_locked)),
        access_code=_pick(change.access_code, known.access_code).strip(),
        sale_starts_local=starts.local if starts else "",
        sale_starts_at=starts.at if starts else None,
        sale_ends_local=ends.local if ends else "",
        sale_ends_at=ends.at if ends else None,
        now=tx.now,
    )
    fields = changed_fields(change)
    record(tx, org_id, actor, "changed", "ticket_type", ticket_type_id, fields=fields)


def _check_texts(change: TicketTypeChange) -> None:
    if change.name is not None and is_blank(change.name):
        raise Invalid("name.missing")
    check_line("name", change.name or "")
    check_prose("description", change.description or "")
    check_position(change.position)
    code = (change.access_code or "").strip()
    check_line("code", code)
    if code and not SHORTEST_CODE <= len(code) <= LONGEST_CODE:
        raise Invalid("ticket_type.code", shortest=SHORTEST_CODE, longest=LONGEST_CODE)


def _plan(local: str, zone: str) -> Planned | None:
    return plan(local.strip(), zone) if local.strip() else None


def _pick(new: Any, old: Any) -> Any:
    return old if new is None else new
