"""`turnout credit`: what organizations have paid for messages beforehand."""

from decimal import Decimal, InvalidOperation

from cyclopts import App

from turnout.cli.app import Number, actor, console, database, say_time, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.credit import (
    MOST_MICROS,
    add_credit,
    end_credit,
    get_credit,
    list_credit_entries,
    set_credit_alert,
)
from turnout.core.messaging.prices import MICROS
from turnout.errors import Invalid

SMALLEST = MICROS // 100
"""Amounts have two decimals, as they are shown."""

credit = App(name="credit")


@credit.command
def add(org: str, amount: str, /, *, note: str = "") -> None:
    """Enter a payment; the first one makes the organization pay beforehand.

    From then on jobs and codes that the balance does not cover are refused. An amount below zero
    takes some back. Example: turnout credit add acme 100 --note "Invoice 7"

    Args:
        org: Short name of the organization.
        amount: In units of the currency that prices are in, such as 100 or 49.50.
        note: What the payment is known by.
    """
    micros = _read(amount)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        left = db.call(add_credit, org_id, micros, note, actor=actor())
    console.print(f"{org} has {_say(left.balance_micros)} left.")


@credit.command
def show(org: str, /, *, limit: Number = 100) -> None:
    """Show what is left, and the payments, newest first.

    Example: turnout credit show acme

    Args:
        org: Short name of the organization.
        limit: How many payments at most.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        left = db.look(get_credit, org_id)
        entries = db.look(list_credit_entries, org_id, limit)
    alert = (
        "" if left.alert_micros is None else f"; an alert is sent below {_say(left.alert_micros)}"
    )
    console.print(f"{org} has {_say(left.balance_micros)} left{alert}.")
    rows = (
        (say_time(entry.at), _say(entry.amount_micros), entry.note, entry.actor)
        for entry in entries
    )
    show_table("AT", "AMOUNT", "NOTE", "BY", rows=rows)


@credit.command
def alert(org: str, amount: str = "", /, *, off: bool = False) -> None:
    """Mail the organization once when its balance falls below an amount.

    Example: turnout credit alert acme 20

    Args:
        org: Short name of the organization.
        amount: In units of the currency that prices are in.
        off: Tell nobody any more.
    """
    if off == bool(amount):
        raise Invalid("credit.alert_arguments")
    micros = None if off else _read(amount)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(set_credit_alert, org_id, micros, actor=actor())
    told = "Nobody is told." if micros is None else f"{org} is told once below {_say(micros)}."
    console.print(told)


@credit.command
def off(org: str, /) -> None:
    """Let an organization pay afterwards again. Its balance is dropped; the payments stay listed.

    Example: turnout credit off acme

    Args:
        org: Short name of the organization.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(end_credit, org_id, actor=actor())
    console.print(f"{org} pays afterwards.")


def _read(amount: str) -> int:
    """An amount in micros. Raises Invalid."""
    try:
        micros = Decimal(amount) * MICROS
    except InvalidOperation as error:
        raise Invalid("credit.unreadable", text=amount) from error
    if not micros.is_finite() or abs(micros) >= MOST_MICROS or micros % SMALLEST:
        raise Invalid("credit.unreadable", text=amount)
    return int(micros)


def _say(micros: int) -> str:
    return f"{Decimal(micros) / MICROS:.2f}"
