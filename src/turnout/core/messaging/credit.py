"""Prepaid credit: an organization pays for messages before they are sent.

Off until the first payment is entered. What jobs and codes will cost is drawn when it is reserved,
and what they did not cost is put back when they end (spending.py), so that nothing is sent on
credit. Only a message that arrived after all, when what was drawn for it had been put back, can
take the balance below zero. Amounts are micros: millionths of the currency unit.
"""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import OrgId
from turnout.core.messaging.notices import money, queue_to_organization
from turnout.core.messaging.sql import sql
from turnout.errors import Invalid, Missing
from turnout.store import Tx

MOST_MICROS = 10**15
LONGEST_NOTE = 200


class Credit(NamedTuple):
    """What is left in micros, and below which balance the organization is told; None = never."""

    balance_micros: int
    alert_micros: int | None


class CreditEntry(NamedTuple):
    """A payment, or what was taken back (below zero). `at` in epoch ms."""

    at: int
    amount_micros: int
    note: str
    actor: str


def add_credit(tx: Tx, org_id: OrgId, micros: int, note: str, *, actor: str) -> Credit:
    """Enter a payment, or take some back (below zero). The first one makes the organization pay
    beforehand. Raises Invalid for nothing, for more than there is, or a balance of 10⁹ and more."""
    if not micros or len(note) > LONGEST_NOTE:
        raise Invalid("credit.entry", limit=LONGEST_NOTE)
    sql.ensure_credit(tx, org_id=org_id)
    if not sql.change_credit(tx, org_id=org_id, amount=micros, limit=MOST_MICROS):
        raise Invalid("credit.amount", balance=money(get_credit(tx, org_id).balance_micros))
    sql.add_credit_entry(
        tx, org_id=org_id, amount=micros, note=" ".join(note.split()), actor=actor, now=tx.now
    )
    record(tx, org_id, actor, "added", "credit", 0, micros=micros)
    return get_credit(tx, org_id)


def set_credit_alert(tx: Tx, org_id: OrgId, micros: int | None, *, actor: str) -> Credit:
    """Tell the organization once when its balance falls below this; None = never. Raises Missing
    where nothing is prepaid."""
    if not sql.set_credit_alert(tx, org_id=org_id, micros=micros):
        raise _missing()
    record(tx, org_id, actor, "set", "credit_alert", 0, micros=micros)
    return get_credit(tx, org_id)


def end_credit(tx: Tx, org_id: OrgId, *, actor: str) -> None:
    """Let the organization pay afterwards again; its balance is dropped, the payments stay listed.
    Raises Missing where nothing is prepaid."""
    credit = get_credit(tx, org_id)
    sql.delete_credit(tx, org_id=org_id)
    record(tx, org_id, actor, "ended", "credit", 0, micros=credit.balance_micros)


def find_credit(tx: Tx, org_id: OrgId) -> Credit | None:
    """What is left; None where nothing is prepaid."""
    return sql.find_credit(tx, org_id=org_id)


def get_credit(tx: Tx, org_id: OrgId) -> Credit:
    """What is left. Raises Missing where nothing is prepaid."""
    credit = find_credit(tx, org_id)
    if credit is None:
        raise _missing()
    return credit


def list_credit_entries(tx: Tx, org_id: OrgId, limit: int) -> list[CreditEntry]:
    """The payments, newest first."""
    return sql.list_credit_entries(tx, org_id=org_id, limit=limit)


def draw(tx: Tx, org_id: OrgId, micros: int) -> bool:
    """Take what messages will cost from the balance, or put back (below zero) what they did not;
    whether there was enough. Always, where nothing is prepaid."""
    if sql.change_credit(tx, org_id=org_id, amount=-micros, limit=MOST_MICROS):
        _alert(tx, org_id)
        return True
    return sql.find_credit(tx, org_id=org_id) is None


def charge(tx: Tx, org_id: OrgId, micros: int) -> None:
    """Take from the balance what was sent already, though it fall below zero, or put back (below
    zero) what was not."""
    sql.charge_credit(tx, org_id=org_id, amount=-micros)
    _alert(tx, org_id)


def _alert(tx: Tx, org_id: OrgId) -> None:
    left = sql.mark_credit_alerted(tx, org_id=org_id, now=tx.now)
    if left is None:
        return
    lines = [
        f"{money(left)} of the prepaid credit for messages are left.",
        "When nothing is left, jobs and codes are refused.",
    ]
    queue_to_organization(tx, org_id, f"Credit for messages: {money(left)} left", lines)


def _missing() -> Missing:
    return Missing("credit.missing")
