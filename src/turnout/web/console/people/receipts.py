"""What was done with many registrations, kept for the user who did it: for the sentence that says
so, and for the button that takes it back.

The address has the secret of a receipt and nothing of what it says, so a link that somebody made up
says nothing and undoes nothing. A receipt is of one user, one event and an hour, undoes what was
changed and nothing that was so before, and does so once; a user's next receipt ends the former.
"""

import msgspec
from falcon.asgi import Request

from turnout.core.identity.single_uses import (
    Purpose,
    SingleUse,
    get_single_use,
    make_single_use,
    take_single_use,
)
from turnout.core.ids import EventId, RegistrationId
from turnout.errors import Gone
from turnout.web.console.done import Done, Undo
from turnout.web.console.page import Visit
from turnout.web.console.people.query import PeopleQuery
from turnout.web.console.words import say_count

UNDO = "undo"
FIELD = "receipt"
UNDO_LIMIT = 100
"""So many can be taken back by one button."""
_INVERSE = {"check-in": "undo-check-in", "cancel": "restore", "tag": "untag"}


class Receipt(msgspec.Struct, frozen=True):
    """What was done: how many were changed, how many were so before, and which can be taken back
    by the action `inverse`, empty = none."""

    event_id: EventId
    action: str
    changed: int
    same: int = 0
    inverse: str = ""
    ids: tuple[RegistrationId, ...] = ()
    tag: str = ""


_receipts = msgspec.json.Decoder(Receipt)


def write_receipt(
    visit: Visit, action: str, changed: list[RegistrationId], same: int, tag: str
) -> str:
    """Keep what was done; returns the receipt's secret."""
    can_undo = action in _INVERSE and 0 < len(changed) <= UNDO_LIMIT
    receipt = Receipt(
        visit.at.id,
        action,
        len(changed),
        same,
        _INVERSE[action] if can_undo else "",
        tuple(changed) if can_undo else (),
        tag if can_undo else "",
    )
    note = msgspec.json.encode(receipt).decode()
    return make_single_use(visit.tx, Purpose.UNDO, visit.org_id, visit.user.user_id, note=note)


def find_receipt(visit: Visit, secret: str) -> Receipt | None:
    """What the visitor did here by a receipt that is still good."""
    try:
        return _read(visit, get_single_use(visit.tx, Purpose.UNDO, secret))
    except Gone:
        return None


def take_receipt(visit: Visit, secret: str) -> Receipt | None:
    """The same, for taking it back: it is good once. Another's stays as it is."""
    if find_receipt(visit, secret) is None:
        return None
    return _read(visit, take_single_use(visit.tx, Purpose.UNDO, secret))


def read_secret(req: Request) -> str:
    """The secret of the receipt that the address names, empty = none."""
    return req.get_param(FIELD, default="") if req.method != "POST" else ""


def say_receipt(receipt: Receipt, secret: str, scope: str, query: PeopleQuery) -> Done:
    """The sentence, and the button that takes it back and leads to the same list."""
    said = say_count(f"console.people.bulk.{receipt.action}", receipt.changed)
    if receipt.same:
        said += " " + say_count("console.people.bulk.same", receipt.same)
    if not receipt.inverse:
        return Done(said)
    address = f"/console/{scope}/people/bulk{query.link(after=query.after)}"
    return Done(said, Undo(address, [("action", UNDO), (FIELD, secret)]))


def _read(visit: Visit, kept: SingleUse) -> Receipt | None:
    receipt = _receipts.decode(kept.note)
    is_own = (kept.org_id, kept.user_id) == (visit.org_id, visit.user.user_id)
    return receipt if is_own and receipt.event_id == visit.at.id else None
