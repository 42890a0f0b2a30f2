"""The same change for many registrations, in slices: each is changed or refused alone.

A slice is one transaction. What it changed stays when a later one fails, and doing all of it again
changes what is left: the verbs are idempotent.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from turnout.core.ids import NO_REGISTRATION, OrgId, RegistrationId
from turnout.core.registrations.listing import (
    ListedRegistration,
    RegistrationFilter,
    list_registrations,
)
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

SLICE = 50
Act = Callable[[Tx, OrgId, RegistrationId], object]


class Refused(NamedTuple):
    """A registration that stayed as it is, and why."""

    registration: ListedRegistration
    reason: str


class Slice(NamedTuple):
    """The outcome of a slice; `last` is the number to go on behind, None = there is no more."""

    changed: int
    refused: list[Refused]
    last: RegistrationId | None


def change_slice(
    tx: Tx,
    org_id: OrgId,
    wanted: RegistrationFilter,
    act: Act,
    *,
    after: RegistrationId = NO_REGISTRATION,
) -> Slice:
    """Change up to SLICE registrations of those asked for, behind `after`."""
    found = list_registrations(tx, org_id, wanted, after=after, limit=SLICE)
    refused = _change(tx, org_id, found, act)
    last = found[-1].id if len(found) == SLICE else None
    return Slice(len(found) - len(refused), refused, last)


def _change(tx: Tx, org_id: OrgId, found: Sequence[ListedRegistration], act: Act) -> list[Refused]:
    refused = []
    for registration in found:
        try:
            with tx.savepoint():
                act(tx, org_id, registration.id)
        except (Conflict, Invalid) as failure:
            refused.append(Refused(registration, failure.message))
    return refused
