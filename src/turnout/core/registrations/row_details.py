"""What a list of registrations can show beside name, ticket and state, read for one page of it."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from turnout.core.ids import OrgId, RegistrationId
from turnout.core.registrations.sql import sql
from turnout.store import Tx, to_json

_texts = msgspec.json.Decoder(list[str])


class DetailsRow(NamedTuple):
    """As it is read; `tags` and `sessions` are JSON."""

    id: RegistrationId
    job_title: str
    phone: str
    tags: str
    sessions: str


class RowDetails(NamedTuple):
    """Details of somebody who is registered: tags by the alphabet, booked sessions by time."""

    job_title: str
    phone: str
    tags: list[str]
    sessions: list[str]


def list_row_details(
    tx: Tx, org_id: OrgId, ids: Iterable[RegistrationId]
) -> dict[RegistrationId, RowDetails]:
    """The details of these registrations, by one statement."""
    rows = sql.list_row_details(tx, org_id=org_id, ids=to_json(list(ids)))
    return {
        row.id: RowDetails(
            row.job_title, row.phone, _texts.decode(row.tags), _texts.decode(row.sessions)
        )
        for row in rows
    }
