"""`turnout payment`: what is to be paid for tickets, without a provider."""

import datetime
from functools import partial
from pathlib import Path

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.cli.imports import IgnoreUnknown, Preview, Row, import_rows
from turnout.cli.numbers import EventNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.payments.settling import (
    PaymentState,
    ask_for_payment,
    book_statement_line,
    extend,
    list_payments,
    set_refuses_unpaid,
    settle,
)
from turnout.errors import Invalid
from turnout.formats.money import read_currency, read_money, say_money
from turnout.store import Tx

payments = App(name="payment")


@payments.command
def ask(
    org: str, code: str, amount: str, currency: str, /, *, due: str, reference: str = ""
) -> None:
    """Ask for money for a ticket; it is cancelled when the day is over and nothing was paid.

    Example: turnout payment ask acme GKB5Y66GZ9 49.50 EUR --due 2027-02-01

    Args:
        org: Short name of the organization.
        code: The ticket's code.
        amount: How much, such as 49.50.
        currency: Its currency, such as EUR.
        due: The last day to pay it (UTC), such as 2027-02-01.
        reference: What the payer writes on it; without it, one is made.
    """
    money = read_money(amount, currency)
    code_of = read_currency(currency)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        own = db.call(
            ask_for_payment,
            org_id,
            code,
            money,
            code_of,
            due_at=_end_of(due),
            reference=reference,
            actor=actor(),
        )
    console.print(f"{say_money(money, code_of)} are to be paid with the reference {own}.")


@payments.command
def paid(org: str, code: str, /) -> None:
    """Say that a ticket was paid.

    Example: turnout payment paid acme GKB5Y66GZ9

    Args:
        org: Short name of the organization.
        code: The ticket's code.
    """
    _settle(org, code, PaymentState.PAID)


@payments.command
def waive(org: str, code: str, /) -> None:
    """Ask for nothing any more: the ticket stays.

    Example: turnout payment waive acme GKB5Y66GZ9

    Args:
        org: Short name of the organization.
        code: The ticket's code.
    """
    _settle(org, code, PaymentState.WAIVED)


@payments.command
def refund(org: str, code: str, /) -> None:
    """Say that what was paid for a ticket was paid back; the ticket itself stays as it is.

    Example: turnout payment refund acme GKB5Y66GZ9

    Args:
        org: Short name of the organization.
        code: The ticket's code.
    """
    _settle(org, code, PaymentState.REFUNDED)


@payments.command(name="extend")
def extend_time(org: str, code: str, /, *, due: str) -> None:
    """Give somebody another last day to pay.

    Example: turnout payment extend acme GKB5Y66GZ9 --due 2027-02-08

    Args:
        org: Short name of the organization.
        code: The ticket's code.
        due: The last day to pay it (UTC), such as 2027-02-08.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(extend, org_id, code, _end_of(due), actor=actor())
    console.print(f"The ticket {code} is to be paid until {due}.")


@payments.command(name="list")
def list_all(
    org: str, event: EventNumber, /, *, state: PaymentState | None = None, limit: Number = 100
) -> None:
    """List the payments of an event, the first due first.

    Example: turnout payment list acme 1000001 --state open

    Args:
        org: Short name of the organization.
        event: Number of the event.
        state: open, paid, refunded or waived; without it, all.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_payments, org_id, event, state, limit=limit)
    rows = (
        (
            payment.code,
            "not paid" if payment.lapsed_at else payment.state.value,
            say_money(payment.amount_minor, payment.currency),
            payment.reference,
            say_time(payment.due_at),
            payment.email,
        )
        for payment in found
    )
    show_table("TICKET", "STATE", "AMOUNT", "REFERENCE", "DUE", "E-MAIL", rows=rows)


@payments.command(name="import")
def import_statement(
    org: str,
    file: Path,
    /,
    *,
    currency: str,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
) -> None:
    """Settle payments by a bank statement: CSV or XLSX with the columns Reference and Amount.

    The reference may stand anywhere in that column's text. Only the exact amount counts; lines that
    settle nothing are named. Lines that were read before are no fault.

    Example: turnout payment import acme statement.csv --currency EUR

    Args:
        org: Short name of the organization.
        file: The file.
        currency: The currency of all amounts, such as EUR.
    """
    code = read_currency(currency)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        take = partial(_take_line, org_id, actor(), code)
        columns = ("reference", "amount")
        count = import_rows(
            db, file, columns, columns, take, preview=preview, ignore_unknown=ignore_unknown
        )
    if not preview:
        console.print(f"{count} lines are settled.")


@payments.command
def door(org: str, event: EventNumber, /, *, refuse: bool = False) -> None:
    """Let unpaid tickets in at an event's doors, or refuse them with --refuse.

    Example: turnout payment door acme 1000001 --refuse

    Args:
        org: Short name of the organization.
        event: Number of the event.
        refuse: Refuse tickets whose payment is open.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(set_refuses_unpaid, org_id, event, is_refused=refuse, actor=actor())
    answer = "refuse" if refuse else "let in"
    console.print(f"The doors of event {event} {answer} tickets that are not paid.")


def _settle(org: str, code: str, state: PaymentState) -> None:
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(settle, org_id, code, state, actor=actor())
    console.print(f"The ticket {code} is {state.value}.")


def _take_line(org_id: OrgId, by: str, currency: str, tx: Tx, row: Row) -> None:
    """Raises Invalid for a line that settles nothing, unless it did before."""
    money = read_money(row["amount"], currency)
    booked = book_statement_line(tx, org_id, row["reference"], money, currency, actor=by)
    if booked.fault == "amount":
        raise Invalid("payment.line_amount", code=booked.code)
    if booked.fault == "closed":
        raise Invalid("payment.line_closed", code=booked.code)
    if booked.fault == "text":
        raise Invalid("payment.line_text")
    if booked.fault == "unknown":
        raise Invalid("payment.line_unknown")


def _end_of(day: str) -> int:
    """The end of a day in UTC, in epoch ms. Raises Invalid."""
    try:
        date = datetime.date.fromisoformat(day)
        after = date + datetime.timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise Invalid("filter.day", text=day) from error
    start = datetime.datetime(after.year, after.month, after.day, tzinfo=datetime.UTC)
    return int(start.timestamp()) * 1000
