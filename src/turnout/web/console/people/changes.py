"""What is done at once with one registration or with many: each verb says whether it changed
anything."""

from collections.abc import Callable, Mapping

from turnout.core.checkin.scans import Answer, Result, Scan, check_in, undo_check_in
from turnout.core.exams.leaving import cancel_any
from turnout.core.exams.readmitting import restore_any
from turnout.core.ids import RegistrationId
from turnout.core.registrations import changing, notes
from turnout.core.registrations.telling import tell_cancelled
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.errors import Conflict
from turnout.web.console.forms import Form
from turnout.web.console.page import Visit

LONGEST_MESSAGE = 5_000
Change = Callable[[Visit, RegistrationId, Form], bool]
"""Does it; False = it was so before."""


def _check_in(visit: Visit, registration_id: RegistrationId, _form: Form) -> bool:
    """Check the registration's first ticket in, as a scan at the door would. Raises Conflict where
    the door would not."""
    answer = _scan(visit, registration_id, check_in)
    if answer.result not in (Result.ADMITTED, Result.REPEATED):
        raise Conflict("console.not_admitted", result=answer.result.value)
    return answer.result is Result.ADMITTED


def _undo_check_in(visit: Visit, registration_id: RegistrationId, _form: Form) -> bool:
    """Take the check-in back."""
    was_in = changing.has_checked_in(visit.tx, visit.org_id, registration_id)
    _scan(visit, registration_id, undo_check_in)
    return was_in


def _cancel(visit: Visit, registration_id: RegistrationId, form: Form) -> bool:
    """Cancel it, and tell the person if that is wished."""
    is_new = cancel_any(visit.tx, visit.org_id, registration_id, actor=visit.user.actor)
    if is_new and form.has("tell"):
        message = form.value("message")[:LONGEST_MESSAGE]
        tell_cancelled(visit.tx, visit.org_id, registration_id, message=message)
    return is_new


def _restore(visit: Visit, registration_id: RegistrationId, _form: Form) -> bool:
    """Confirm it again."""
    return restore_any(visit.tx, visit.org_id, registration_id, actor=visit.user.actor)


def _resend(visit: Visit, registration_id: RegistrationId, _form: Form) -> bool:
    """Mail the tickets again."""
    changing.resend_tickets(visit.tx, visit.org_id, registration_id, actor=visit.user.actor)
    return True


def _tag(visit: Visit, registration_id: RegistrationId, form: Form) -> bool:
    text = form.value("tag")
    return notes.add_tag(visit.tx, visit.org_id, registration_id, text, actor=visit.user.actor)


def _untag(visit: Visit, registration_id: RegistrationId, form: Form) -> bool:
    text = form.value("tag")
    return notes.remove_tag(visit.tx, visit.org_id, registration_id, text, actor=visit.user.actor)


def _scan(visit: Visit, registration_id: RegistrationId, verb: Callable[..., Answer]) -> Answer:
    tickets = list_valid_tickets(visit.tx, visit.org_id, registration_id)
    if not tickets:
        raise Conflict("console.not_admitted", result=Result.CANCELLED.value)
    device = visit.user.name or visit.user.user_code
    scan = Scan(code=tickets[0].code, at=visit.tx.now, device=device)
    return verb(visit.tx, visit.org_id, visit.at.id, scan)


CHANGES: Mapping[str, Change] = {
    "check-in": _check_in,
    "undo-check-in": _undo_check_in,
    "cancel": _cancel,
    "restore": _restore,
    "resend": _resend,
    "tag": _tag,
    "untag": _untag,
}
