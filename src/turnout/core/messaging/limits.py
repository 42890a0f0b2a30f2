"""What each user may spend on messages in a month and has spent, and what an organization keeps."""

from typing import NamedTuple

import msgspec

from turnout.core.identity.model import Profile
from turnout.core.ids import OrgId, UserId
from turnout.core.messaging.sql import sql
from turnout.core.times import local
from turnout.store import Tx

_profile = msgspec.json.Decoder(Profile)


class LimitRow(NamedTuple):
    """A user who may sign in, with the profile as it is stored."""

    user_id: UserId
    user_code: str
    name: str
    profile: str
    spent_micros: int


class UserLimit(NamedTuple):
    """What a user may spend in a month, in whole units of the currency, None = any amount; and has
    spent or reserved in this one."""

    user_id: UserId
    user_code: str
    name: str
    limit: int | None
    spent_micros: int


class FileRoom(NamedTuple):
    """The bytes of files that an organization keeps, and may keep; 0 = any."""

    used: int
    quota: int


def list_limits(tx: Tx, org_id: OrgId, timezone: str) -> list[UserLimit]:
    """What users may spend and have spent in this month of that zone, oldest user first; up to
    1,000."""
    month = local(tx.now, timezone).strftime("%Y-%m")
    return [
        UserLimit(
            row.user_id,
            row.user_code,
            row.name,
            _profile.decode(row.profile or "{}").monthly_limit,
            row.spent_micros,
        )
        for row in sql.list_limits(tx, org_id=org_id, month=month)
    ]


def get_file_room(tx: Tx, org_id: OrgId, default_quota: int) -> FileRoom:
    """What the organization keeps of files; `default_quota` counts where it has no quota of its
    own."""
    own = sql.get_file_quota(tx, org_id=org_id)
    return FileRoom(sql.count_file_bytes(tx, org_id=org_id), default_quota if own is None else own)
