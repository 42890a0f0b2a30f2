"""Whom an organization may call, and what its calls and faxes of an hour may cost.

What it may do is judged when recipients are claimed, so it holds for every network, for jobs that
wait and for codes. A key that leads to a number that may not be called stops its whole job: people
would be told that they are put through, and nothing would happen.

An hour's money is counted in `call_hours` by what was reserved for the recipients (their quotes)
when they are handed to a worker, and given back for those that were certainly not called
(recording.py). What is over waits for the next hour, and the organization is alerted; so do
networks that charge what nobody expected. A code does not wait: nobody enters it an hour later. It
is refused when the codes that were accepted before it take what the hour has left.
"""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.identity.countries import find_country
from turnout.core.identity.profiles import (
    OrganizationChange,
    change_organization,
    get_profile,
)
from turnout.core.ids import OrgId, RecipientId
from turnout.core.messaging.alerts import Alert, AlertKind, raise_alert
from turnout.core.messaging.fence import FENCED, Fence, Whom
from turnout.core.messaging.model import Channel, JobHead
from turnout.core.messaging.numbers import is_deliverable, to_address
from turnout.core.messaging.prices import MICROS
from turnout.core.messaging.sql import sql
from turnout.errors import Invalid
from turnout.store import Tx

HOUR_MS = 3_600_000
MOST_AGENTS = 500
_KEPT_MS = 48 * HOUR_MS
NOT_DIALLED = "Not called: {}."
WAITS = "Waits for the next hour: the organization's calls of this one cost as much as they may."
OVER = "Not called: the organization's calls of this hour cost as much as they may."


ORDINARY = Fence()


class Calling(NamedTuple):
    """What an organization has set about calls and faxes: countries (two letters; none = its own)
    and agents (E.164 without `+`). `home` is its own country, empty = not known."""

    countries: tuple[str, ...]
    agents: tuple[str, ...]
    home: str


class Call(NamedTuple):
    """Somebody to call: the digits, and the micros that were reserved."""

    id: RecipientId
    number: str
    micros: int


def get_calling(tx: Tx, org_id: OrgId) -> Calling:
    """What an organization has set about calls and faxes."""
    profile = get_profile(tx, org_id)
    return Calling(profile.call_countries, profile.call_agents, find_country(tx, org_id))


def set_calling(
    tx: Tx,
    org_id: OrgId,
    countries: Sequence[str] | None = None,
    agents: Sequence[str] | None = None,
    *,
    actor: str,
    fence: Fence = ORDINARY,
) -> Calling:
    """Set which countries an organization may call and fax, and to which numbers its calls may be
    put through; None = as they are. Raises Invalid for a country or a number that is none, and for
    a number that `fence` bars wherever it is."""
    numbers = None if agents is None else _read_agents(agents, find_country(tx, org_id), fence)
    named = None if countries is None else tuple(filter(None, map(str.strip, countries)))
    change = OrganizationChange(call_countries=named, call_agents=numbers)
    change_organization(tx, org_id, change, actor=actor)
    return get_calling(tx, org_id)


def _read_agents(agents: Sequence[str], home: str, fence: Fence) -> tuple[str, ...]:
    given = [text.strip() for text in agents if text.strip()]
    if len(given) > MOST_AGENTS:
        raise Invalid("calling.agents", limit=MOST_AGENTS)
    numbers = []
    for text in given:
        number = to_address(Channel.TTS, text, home)
        if not is_deliverable(number):
            raise Invalid("calling.agent", number=text)
        whom = Whom(home, frozenset(), frozenset([number]))
        if fence.find_fault(number, whom, is_redirect=True):
            raise Invalid("calling.barred", number=number)
        numbers.append(number)
    return tuple(sorted(set(numbers)))


def find_whom(tx: Tx, org_id: OrgId, fence: Fence, channel: Channel) -> Whom:
    """Whom an organization may call or fax."""
    profile, home = get_profile(tx, org_id), find_country(tx, org_id)
    countries = frozenset(profile.call_countries or filter(None, [home]))
    is_anywhere = not countries and channel in fence.simulated
    return Whom(home, countries, frozenset(profile.call_agents), is_anywhere)


def find_faults(
    tx: Tx, head: JobHead, calls: Sequence[Call], fence: Fence
) -> dict[RecipientId, str]:
    """Why some are not called, as their reports say it."""
    if head.job_type.channel not in FENCED or not calls:
        return {}
    whom = find_whom(tx, head.org_id, fence, head.job_type.channel)
    if fault := find_redirect_fault(head, fence, whom):
        return dict.fromkeys((call.id for call in calls), NOT_DIALLED.format(fault))
    faults = {call.id: fence.find_fault(call.number, whom) for call in calls if call.number}
    return {id_: NOT_DIALLED.format(fault) for id_, fault in faults.items() if fault}


def check_call(
    tx: Tx, org_id: OrgId, channel: Channel, number: str, micros: int, fence: Fence
) -> None:
    """Raise Invalid for a number that is not dialled, or if this hour has no money for the call
    behind those that were accepted before and wait for a worker."""
    if channel not in FENCED:
        return
    if fence.find_fault(number, find_whom(tx, org_id, fence, channel)):
        raise Invalid("calling.barred", number=number)
    if micros and fence.hourly_micros:
        hour = tx.now - tx.now % HOUR_MS
        sql.ensure_call_hour(tx, org_id=org_id, hour=hour)
        spent = sql.lock_call_hour(tx, org_id=org_id, hour=hour)
        spent += sql.sum_waiting_codes(tx, org_id=org_id)
        if spent + micros > fence.hourly_micros:
            raise Invalid("calling.over")


def find_redirect_fault(head: JobHead, fence: Fence, whom: Whom) -> str:
    """Why a call of a job may not be put through where one of its keys leads; empty = it may."""
    for response in head.content.keys:
        if response.redirect_to:
            number = to_address(Channel.TTS, response.redirect_to, whom.home)
            if fault := fence.find_fault(number, whom, is_redirect=True):
                return f"key {response.key} leads to {response.redirect_to}, and {fault}"
    return ""


def draw_hour(tx: Tx, head: JobHead, calls: Sequence[Call], fence: Fence) -> set[RecipientId]:
    """Count what calls cost for this hour; returns those that it has no money for, of whom nothing
    is counted. The first that does not fit stops those behind it."""
    if head.job_type.channel not in FENCED or not fence.hourly_micros:
        return set()
    paid = [call for call in calls if call.micros]
    if not paid:
        return set()
    hour = tx.now - tx.now % HOUR_MS
    if sql.ensure_call_hour(tx, org_id=head.org_id, hour=hour) is not None:
        sql.forget_call_hours(tx, org_id=head.org_id, before=hour - _KEPT_MS)
    left = fence.hourly_micros - sql.lock_call_hour(tx, org_id=head.org_id, hour=hour)
    over: set[RecipientId] = set()
    drawn = 0
    for call in paid:
        if over or drawn + call.micros > left:
            over.add(call.id)
        else:
            drawn += call.micros
    if drawn:
        sql.add_to_call_hour(tx, org_id=head.org_id, hour=hour, amount=drawn)
    if over:
        sql.stop_call_hour(tx, org_id=head.org_id, hour=hour, now=tx.now)
        facts = {"limit": fence.hourly_micros // MICROS, "waiting": len(over)}
        raise_alert(tx, Alert(head.org_id, AlertKind.CALLS, "", facts, tx.now))
    return over


def next_hour(now: int) -> int:
    """When calls go on that an hour had no money for (epoch ms)."""
    return now - now % HOUR_MS + HOUR_MS


def give_back(tx: Tx, head: JobHead, micros: int) -> None:
    """Calls of that price were certainly not made."""
    if micros and head.job_type.channel in FENCED:
        hour = tx.now - tx.now % HOUR_MS
        sql.add_to_call_hour(tx, org_id=head.org_id, hour=hour, amount=-micros)


def list_stopped(tx: Tx, fence: Fence) -> list[str]:
    """Short names of the organizations whose calls wait for the next hour."""
    if not fence.hourly_micros:
        return []
    hour = tx.now - tx.now % HOUR_MS
    rows = sql.list_stopped_calls(tx, hour=hour)
    return [slug for (slug,) in rows]
