"""Who paid for a ticket, and so has its receipt.

A ticket that is passed on takes its payment along, but the receipt stays with the payer: a
receipt has one number and one name, also where others hold the ticket now.
The log says which registration had the ticket when it was paid (transferring.py,
settling.py).
"""

from typing import NamedTuple

from turnout.core.audit.recording import Entry, list_entries
from turnout.core.ids import OrgId, RegistrationId
from turnout.core.payments.sql import sql
from turnout.core.registrations.giving_back import CANCELLED, TRANSFERRED
from turnout.core.tickets.prices import Payment
from turnout.store import Tx, to_json

PAID = "paid"
_LONGEST_WAY = 50  # holders of one ticket that are looked through


class SettledPayment(NamedTuple):
    """What was paid for a ticket, and perhaps given back, with the holder whose it is now; `code`
    is that of the ticket now, issued at `created_at`. Instants in epoch ms."""

    registration_id: RegistrationId
    created_at: int
    code: str
    state: str
    amount_minor: int
    currency: str
    reference: str
    due_at: int
    settled_at: int


class Logs:
    """What happened to registrations, each read once in a transaction, when it is first asked
    for."""

    def __init__(self, tx: Tx, org_id: OrgId) -> None:
        self._tx, self._org_id = tx, org_id
        self._known: dict[RegistrationId, list[Entry]] = {}

    def of(self, registration_id: RegistrationId) -> list[Entry]:
        """The entries of a registration, the oldest first."""
        if registration_id not in self._known:
            asked = (self._tx, self._org_id, "registration", registration_id)
            self._known[registration_id] = list_entries(*asked)
        return self._known[registration_id]


def list_receipts(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, logs: Logs | None = None
) -> list[Payment]:
    """What that registration paid, each with the code of the ticket that it had for it: also where
    the ticket was passed on since, and not where a former holder paid. `logs` are those that the
    caller has read in this transaction."""
    logs = logs or Logs(tx, org_id)
    found = {
        settled.reference: _payment(settled, settled.code)
        for settled in sql.list_settled(tx, org_id=org_id, registration_id=registration_id)
        if _find_payer(tx, org_id, settled, logs) == registration_id
    }
    for passing in _list_passings(logs, registration_id):
        for settled in _follow(tx, org_id, passing, logs):
            if _find_payer(tx, org_id, settled, logs) == registration_id:
                code = sql.find_former_code(
                    tx, org_id=org_id, registration_id=registration_id, at=passing.at
                )
                found.setdefault(settled.reference, _payment(settled, code or ""))
    return list(found.values())


def is_passed_on(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, logs: Logs | None = None
) -> bool:
    """Whether a registration has no ticket any more because the last went to somebody else; `logs`
    as for `list_receipts`."""
    logs = logs or Logs(tx, org_id)
    ends = [
        entry.action
        for entry in logs.of(registration_id)
        if entry.action in (TRANSFERRED, CANCELLED, "gave back", "restored")
    ]
    return ends[-1:] == [TRANSFERRED]


def _payment(settled: SettledPayment, code: str) -> Payment:
    return Payment(code, *settled[3:])


def _find_payer(tx: Tx, org_id: OrgId, settled: SettledPayment, logs: Logs) -> RegistrationId:
    """Who had the ticket when it was paid: the holder now, unless they got it after that."""
    holder, until = settled.registration_id, settled.created_at
    for _ in range(_LONGEST_WAY):
        facts = to_json({"to": holder})
        giver = sql.find_giver(tx, org_id=org_id, holder=holder, facts=facts, until=until)
        if giver is None or _has_paid(logs, holder, giver.at, settled):
            return holder
        holder, until = giver.registration_id, giver.at
    return holder


def _has_paid(logs: Logs, holder: RegistrationId, since: int, settled: SettledPayment) -> bool:
    if settled.state == PAID:
        return settled.settled_at >= since
    # When it was paid stands in the log alone: the payment says when it was given back.
    return any(
        entry.action == PAID and since <= entry.at <= settled.settled_at
        for entry in logs.of(holder)
    )


def _list_passings(logs: Logs, registration_id: RegistrationId) -> list[Entry]:
    return [entry for entry in logs.of(registration_id) if entry.action == TRANSFERRED]


def _follow(tx: Tx, org_id: OrgId, passing: Entry, logs: Logs) -> list[SettledPayment]:
    """What was paid for the tickets of everybody to whom a ticket may have gone on from there."""
    found: list[SettledPayment] = []
    wanted, seen = [passing], set[int]()
    while wanted and len(seen) < _LONGEST_WAY:
        one = wanted.pop()
        to = RegistrationId(int(one.facts["to"]))
        if to in seen:
            continue
        seen.add(to)
        found += sql.list_settled(tx, org_id=org_id, registration_id=to)
        wanted += [later for later in _list_passings(logs, to) if later.at >= one.at]
    return found
