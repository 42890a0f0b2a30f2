"""What an organization's users sent in a month, and what it cost."""

import datetime
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from turnout.core.ids import OrgId
from turnout.core.messaging.model import Channel, Kind
from turnout.core.messaging.sql import sql
from turnout.core.times import local
from turnout.errors import Invalid
from turnout.store import Tx

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class Usage(NamedTuple):
    """What a user sent on one channel, by jobs (`broadcast`) or as codes. `parts` are those that
    arrived; what has no outcome yet is in `messages` alone."""

    user_code: str
    channel: Channel
    kind: Kind
    jobs: int
    messages: int
    sent: int
    failed: int
    parts: int
    cost_micros: int


def list_usage(tx: Tx, org_id: OrgId, month: str, timezone: str) -> list[Usage]:
    """What was sent by jobs that were accepted in a month (`2027-03`, empty = this one) on the
    clocks of that zone, by user, channel and kind. Raises Invalid for a month that is none."""
    month = month or local(tx.now, timezone).strftime("%Y-%m")
    match = _MONTH.fullmatch(month)
    if match is None or match[1] == "0000":
        raise Invalid("usage.month", month=month)
    first = datetime.datetime(int(match[1]), int(match[2]), 1, tzinfo=ZoneInfo(timezone))
    following = (first + datetime.timedelta(days=31)).replace(day=1)
    since, until = (round(moment.timestamp() * 1000) for moment in (first, following))
    return sql.list_usage(tx, org_id=org_id, since=since, until=until)
