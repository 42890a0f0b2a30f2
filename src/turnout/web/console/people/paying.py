"""What is said of a ticket's payment by hand: paid, waived, paid back, or with more time.

A form names the ticket; it does nothing for one that is not of its registration.
"""

from collections.abc import Callable, Mapping
from functools import partial

from turnout.core.ids import RegistrationId
from turnout.core.payments.settling import PaymentState, extend, find_due_end, mail_payment, settle
from turnout.core.tickets.issuing import list_tickets
from turnout.core.tickets.signing import normalize
from turnout.errors import Missing
from turnout.web.console.forms import Form
from turnout.web.console.page import Visit


def _settle(state: PaymentState, visit: Visit, registration_id: RegistrationId, form: Form) -> str:
    """Say that it is paid, waived or paid back. Raises Missing, Conflict."""
    code = _find_code(visit, registration_id, form)
    settle(visit.tx, visit.org_id, code, state, actor=visit.user.actor)
    return ""


def _extend(visit: Visit, registration_id: RegistrationId, form: Form) -> str:
    """Give time until the end of a day of the event's clock, and mail the ticket again, which says
    so. Raises Missing, Conflict, Invalid."""
    code = _find_code(visit, registration_id, form)
    due_at = find_due_end(visit.tx, visit.org_id, code, form.value("day"))
    extend(visit.tx, visit.org_id, code, due_at, actor=visit.user.actor)
    mail_payment(visit.tx, visit.org_id, code)
    return ""


def _find_code(visit: Visit, registration_id: RegistrationId, form: Form) -> str:
    code = normalize(form.value("ticket"))
    tickets = list_tickets(visit.tx, visit.org_id, registration_id)
    if code not in {ticket.code for ticket in tickets}:
        raise Missing("ticket.missing", code=code[:50])
    return code


PAYING: Mapping[str, Callable[[Visit, RegistrationId, Form], str]] = {
    "pay": partial(_settle, PaymentState.PAID),
    "waive": partial(_settle, PaymentState.WAIVED),
    "refund": partial(_settle, PaymentState.REFUNDED),
    "extend": _extend,
}
"""The verb of each action, by its name in the address."""
