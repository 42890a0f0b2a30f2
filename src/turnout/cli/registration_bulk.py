"""The same change for many registrations of an event."""

import enum
from collections.abc import Callable
from functools import partial

from turnout.cli.app import actor, console, counted, database, errors
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber
from turnout.cli.registration_changes import cancel_one
from turnout.cli.registration_lists import NO_FILTERS, AnyFilters
from turnout.core.ids import NO_REGISTRATION, OrgId, RegistrationId
from turnout.core.registrations import changing, notes
from turnout.core.registrations.bulk import Act, change_slice
from turnout.core.registrations.listing import check_filter, count_matching
from turnout.core.registrations.restoring import restore_registration
from turnout.core.registrations.telling import read_holding, tell_cancelled, tell_changed
from turnout.errors import Invalid
from turnout.store import Tx


class Action(enum.StrEnum):
    """What is done to many registrations."""

    CANCEL = "cancel"
    RESTORE = "restore"
    RESEND = "resend"
    CHANGE_TYPE = "change-type"
    BOOK = "book"
    LEAVE = "leave"
    TAG = "tag"
    UNTAG = "untag"


def bulk(
    org: str,
    event: EventNumber,
    action: Action,
    /,
    *,
    to: str = "",
    filters: AnyFilters = NO_FILTERS,
    yes: bool = False,
    quiet: bool = False,
) -> None:
    """Do the same to many registrations of an event; without --yes, only say to how many.

    Each is changed or refused alone; the refused ones are named. Doing it again does what is left.
    People whose registration is cancelled, restored or changed are told by mail.

    Example: turnout registration bulk acme 1000001 cancel --answer "cannot come" --yes

    Args:
        org: Short name of the organization.
        event: Number of the event.
        action: cancel, restore, resend, change-type, book, leave, tag or untag.
        to: The number of the ticket type (change-type) or session (book, leave), or the tag.
        yes: Do it.
        quiet: Mail nothing when registrations are cancelled, restored or changed.
    """
    act = _read_action(action, to, is_quiet=quiet)
    with database() as db:
        org_id = org_of_event(db, org, event)
        wanted = filters.of(event)
        db.call(check_filter, org_id, wanted)
        count = db.call(count_matching, org_id, wanted)
        if not yes:
            console.print(f"Registrations that fit: {count}. Add --yes to {action} them.")
            return
        changed, refused = 0, 0
        after: RegistrationId | None = NO_REGISTRATION
        while after is not None:
            done = db.call(change_slice, org_id, wanted, act, after=after)
            for refusal in done.refused:
                errors.print(f"{refusal.registration.id}: {refusal.reason}")
            changed += done.changed
            refused += len(done.refused)
            after = done.last
    if refused:
        raise Invalid("bulk.refused", changed=changed, refused=refused)
    console.print(f"{counted(changed, 'registration')}: {action}.")


def _read_action(action: Action, to: str, *, is_quiet: bool) -> Act:
    """What an action does to one registration. Raises Invalid for a wrong `to`."""
    if action in (Action.TAG, Action.UNTAG):
        if not to.strip():
            raise Invalid("bulk.tag")
        verb = notes.add_tag if action is Action.TAG else notes.remove_tag
        return partial(_with_text, verb, to)
    if action in _NUMBERED:
        if not (to.isascii() and to.isdigit() and len(to) < 16):
            raise Invalid("bulk.number", action=action)
        act = partial(_with_number, _NUMBERED[action], int(to))
        return act if is_quiet else partial(_told, act)
    if to:
        raise Invalid("bulk.to", action=action)
    return _PLAIN[action, is_quiet and action is not Action.RESEND]


def _with_text(
    verb: Callable[..., object], text: str, tx: Tx, org_id: OrgId, id_: RegistrationId
) -> object:
    return verb(tx, org_id, id_, text, actor=actor())


def _with_number(
    verb: Callable[..., object], number: int, tx: Tx, org_id: OrgId, id_: RegistrationId
) -> None:
    verb(tx, org_id, id_, number, actor=actor())


def _told(act: Act, tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    before = read_holding(tx, org_id, registration_id)
    act(tx, org_id, registration_id)
    tell_changed(tx, org_id, registration_id, before)


def _cancel(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> bool:
    is_new = cancel_one(tx, org_id, registration_id)
    if is_new:
        tell_cancelled(tx, org_id, registration_id)
    return is_new


def _restore(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> bool:
    return restore_registration(tx, org_id, registration_id, actor=actor()) is not None


def _restore_quietly(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> bool:
    by = actor()
    return restore_registration(tx, org_id, registration_id, is_mailed=False, actor=by) is not None


def _resend(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> None:
    changing.resend_tickets(tx, org_id, registration_id, actor=actor())


_PLAIN: dict[tuple[Action, bool], Act] = {
    (Action.CANCEL, False): _cancel,
    (Action.CANCEL, True): cancel_one,
    (Action.RESTORE, False): _restore,
    (Action.RESTORE, True): _restore_quietly,
    (Action.RESEND, False): _resend,
}
_NUMBERED: dict[Action, Callable[..., object]] = {
    Action.CHANGE_TYPE: changing.set_type,
    Action.BOOK: changing.book_session,
    Action.LEAVE: changing.leave_session,
}
