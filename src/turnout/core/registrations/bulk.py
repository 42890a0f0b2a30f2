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
from turnout.errors import Conflict, Failure, Invalid, Missing
from turnout.store import Tx

SLICE = 50
Act = Callable[[Tx, OrgId, RegistrationId], object]
"""Changes a registration; False = it was so before, which counts as no change."""


class Refused(NamedTuple):
    """A registration that stayed as it is, and why."""

    registration: ListedRegistration
    reason: str


class Slice(NamedTuple):
    """The outcome of a slice; those that were so before are not counted. `last` is the number to
    go on behind, None = there is no more."""

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
    changed, refused = _change(tx, org_id, found, act)
    last = found[-1].id if len(found) == SLICE else None
    return Slice(changed, refused, last)


class Each(NamedTuple):
    """The outcome for some registrations: those that were changed, and why others were
    refused; what is in neither was so before."""

    changed: list[RegistrationId]
    refused: dict[RegistrationId, Failure]


def change_each(
    tx: Tx, org_id: OrgId, registration_ids: Sequence[RegistrationId], act: Act
) -> Each:
    """Change registrations by number, in one transaction; each is changed or refused alone."""
    done = Each([], {})
    for registration_id in registration_ids:
        try:
            with tx.savepoint():
                is_changed = act(tx, org_id, registration_id) is not False
        except (Conflict, Invalid, Missing) as failure:
            done.refused[registration_id] = failure
            continue
        if is_changed:
            done.changed.append(registration_id)
    return done


def _change(
    tx: Tx, org_id: OrgId, found: Sequence[ListedRegistration], act: Act
) -> tuple[int, list[Refused]]:
    changed, refused = 0, []
    for registration in found:
        try:
            with tx.savepoint():
                changed += act(tx, org_id, registration.id) is not False
        except (Conflict, Invalid) as failure:
            refused.append(Refused(registration, failure.message))
    return changed, refused
