"""What messages cost, and how much of it a user may spend in a month.

Amounts are micros: millionths of the currency unit. A month is the calendar's, in the job's zone.
A job's estimate is reserved when it is accepted, by one guarded statement, so that jobs posted at
the same time never go over the limit together; when it ends, the reservation becomes the cost.
"""

from typing import TypedDict

from turnout.core.identity.model import Member
from turnout.core.ids import JobId, OrgId, UserId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.notices import queue_credit_alert
from turnout.core.messaging.sql import sql
from turnout.core.times import local
from turnout.errors import Invalid
from turnout.store import Tx

MICROS = 1_000_000


class UnreadablePriceError(ValueError):
    """An entry is not `channel[:prefix]=price`."""

    def __init__(self, entry: str) -> None:
        super().__init__(entry)
        self.entry = entry


class Prices:
    """A price for each channel and destination prefix, in micros a part."""

    def __init__(self, text: str) -> None:
        """Read `channel[:prefix]=price …`; the longest prefix that fits wins. Raises
        UnreadablePriceError for the first entry that cannot be read."""
        self._prices: dict[Channel, list[tuple[str, int]]] = {channel: [] for channel in Channel}
        for entry in text.split():
            name, equals, price = entry.partition("=")
            channel, _, prefix = name.partition(":")
            try:
                amount = round(float(price) * MICROS)
                if not equals or amount < 0:
                    raise ValueError(entry)
                self._prices[Channel(channel)].append((prefix.lstrip("+"), amount))
            except (ValueError, OverflowError) as error:  # infinity
                raise UnreadablePriceError(entry) from error
        for prices in self._prices.values():
            prices.sort(key=lambda price: -len(price[0]))

    def price_micros(self, channel: Channel, address: str) -> int:
        """What one part to `address` costs; 0 where no price is set."""
        for prefix, amount in self._prices[channel]:
            if address.startswith(prefix):
                return amount
        return 0


class _Month(TypedDict):
    """Whose spending is counted, and of which month (`2027-03`)."""

    org_id: OrgId
    user_id: UserId
    month: str


def reserve(tx: Tx, member: Member, estimate_micros: int) -> None:
    """Set aside what a job will cost. Raises Invalid when it is beyond the month's limit."""
    key = _key(member.user.org_id, member.user.id, tx.now, member.timezone)
    limit = member.profile.monthly_limit
    sql.ensure_spending(tx, **key)
    if not sql.reserve(
        tx, **key, amount=estimate_micros, limit=-1 if limit is None else limit * MICROS
    ):
        raise Invalid("limit.exceeded")
    _alert(tx, member, key)


def settle_spending(tx: Tx, org_id: OrgId, job_id: JobId) -> None:
    """The job has ended: what was reserved for it becomes what it cost."""
    user_id, accepted_at, timezone, reserved, cost = sql.get_job_cost(tx, org_id=org_id, id=job_id)
    if reserved != cost:
        key = _key(org_id, user_id, accepted_at, timezone)
        sql.ensure_spending(tx, **key)
        sql.reserve(tx, **key, amount=cost - reserved, limit=-1)
    sql.set_reserved(tx, org_id=org_id, id=job_id, reserved=cost)


def _alert(tx: Tx, member: Member, key: _Month) -> None:
    limit = member.profile.credit_limit_for_alert
    if limit is None or not member.profile.credit_limit_alert_address:
        return
    spent = sql.mark_alerted(tx, **key, least=round(limit * MICROS), now=tx.now)
    if spent is not None:
        queue_credit_alert(tx, member, spent)


def _key(org_id: OrgId, user_id: UserId, at: int, timezone: str) -> _Month:
    month = local(at, timezone).strftime("%Y-%m")
    return {"org_id": org_id, "user_id": user_id, "month": month}
