"""`turnout payment`: what is to be paid for tickets, without a provider."""

from functools import partial
from pathlib import Path

from cyclopts import App

from turnout.cli.app import Number, actor, console, counted, database, show_table
from turnout.cli.imports import IgnoreUnknown, Preview, Row, import_rows
from turnout.cli.numbers import EventNumber
from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.payments.settling import (
    PaymentState,
    ask_for_payment,
    book_statement_line,
    extend,
    find_due_end,
    list_payments,
    mail_payment,
    set_refuses_unpaid,
    settle,
)
from turnout.core.times import stamp
from turnout.errors import Invalid
from turnout.formats.money import read_currency, read_money, say_money
from turnout.store import Tx

payments = App(name="payment")
_TOLD = {True: "The ticket is mailed again, with how to pay.", False: "Nobody is told."}


@payments.command
def ask(
    org: str,
    code: str,
    amount: str,
    currency: str,
    /,
    *,
    due: str,
    reference: str = "",
    quiet: bool = False,
) -> None:
    """Ask for money for a ticket; it is cancelled when the day is over and nothing was paid. The
    ticket is mailed again, with how to pay.

    Example: turnout payment ask acme GKB5Y66GZ9 49.50 EUR --due 2027-02-01

    Args:
        org: Short name of the organization.
        code: The ticket's code.
        amount: How much, such as 49.50.
        currency: Its currency, such as EUR.
        due: The last day to pay it by the event's clock, such as 2027-02-01.
        reference: What the payer writes on it; without it, one is made.
        quiet: Mail nothing.
    """
    money = read_money(amount, currency)
    code_of = read_currency(currency)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        asked = (code, money, code_of, due, reference)
        own, is_told = db.call(_ask, org_id, *asked, is_quiet=quiet)
    said = f"{say_money(money, code_of)} are to be paid with the reference {own}."
    console.print(f"{said} {_TOLD[is_told]}")


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
def extend_time(org: str, code: str, /, *, due: str, quiet: bool = False) -> None:
    """Give somebody another last day to pay; the ticket is mailed again, with that day.

    Example: turnout payment extend acme GKB5Y66GZ9 --due 2027-02-08

    Args:
        org: Short name of the organization.
        code: The ticket's code.
        due: The last day to pay it by the event's clock, such as 2027-02-08.
        quiet: Mail nothing.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        is_told = db.call(_extend, org_id, code, due, is_quiet=quiet)
    console.print(f"The ticket {code} is to be paid until {due}. {_TOLD[is_told]}")


@payments.command(name="list")
def list_all(
    org: str, event: EventNumber, /, *, state: PaymentState | None = None, limit: Number = 100
) -> None:
    """List the payments of an event, the first due first; times are by the event's clock.

    What was open when its ticket or the event was cancelled is cancelled, too.

    Example: turnout payment list acme 1000001 --state open

    Args:
        org: Short name of the organization.
        event: Number of the event.
        state: open, paid, refunded, waived or cancelled; without it, all.
        limit: How many at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        timezone = db.call(get_event, org_id, event).timezone
        found = db.call(list_payments, org_id, event, state, limit=limit)
    rows = (
        (
            payment.code,
            "not paid" if payment.lapsed_at else payment.state.value,
            say_money(payment.amount_minor, payment.currency),
            payment.reference,
            stamp(payment.due_at, timezone),
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
        settled: dict[int, bool] = {}
        take = partial(_take_line, org_id, actor(), code, settled)
        columns = ("reference", "amount")
        import_rows(
            db, file, columns, columns, take, preview=preview, ignore_unknown=ignore_unknown
        )
    if not preview:
        new = sum(settled.values())
        before = (
            f" {counted(len(settled) - new, 'was', 'were')} settled before."
            if new < len(settled)
            else ""
        )
        console.print(f"{counted(new, 'line is', 'lines are')} settled.{before}")


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


def _ask(
    tx: Tx,
    org_id: OrgId,
    code: str,
    amount_minor: int,
    currency: str,
    due: str,
    reference: str,
    *,
    is_quiet: bool,
) -> tuple[str, bool]:
    """The reference, and whether somebody is told."""
    due_at = find_due_end(tx, org_id, code, due)
    asked = (tx, org_id, code, amount_minor, currency)
    own = ask_for_payment(*asked, due_at=due_at, reference=reference, actor=actor())
    return own, not is_quiet and mail_payment(tx, org_id, code)


def _extend(tx: Tx, org_id: OrgId, code: str, due: str, *, is_quiet: bool) -> bool:
    """Whether somebody is told."""
    extend(tx, org_id, code, find_due_end(tx, org_id, code, due), actor=actor())
    return not is_quiet and mail_payment(tx, org_id, code)


def _take_line(
    org_id: OrgId, by: str, currency: str, settled: dict[int, bool], tx: Tx, row: Row
) -> None:
    """Note whether the line settles something now. Raises Invalid for one that does not, unless it
    did before."""
    money = read_money(row["amount"], currency)
    booked = book_statement_line(tx, org_id, row["reference"], money, currency, actor=by)
    if booked.fault == "currency":
        raise Invalid("payment.line_currency", code=booked.code, currency=booked.currency)
    if booked.fault == "amount":
        raise Invalid("payment.line_amount", code=booked.code)
    if booked.fault == "closed":
        raise Invalid("payment.line_closed", code=booked.code)
    if booked.fault == "text":
        raise Invalid("payment.line_text")
    if booked.fault == "unknown":
        raise Invalid("payment.line_unknown")
    settled[row.line] = not booked.fault
