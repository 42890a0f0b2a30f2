"""Files with people's data that commands write: each is in the audit, with how many it has."""

from collections.abc import Callable

from turnout.cli.app import actor
from turnout.core.audit.recording import record
from turnout.core.ids import OrgId
from turnout.store import Database

Note = Callable[[int], None]
"""Is told how many of them the file has, once it is written and before it has its name."""


def noting(db: Database, org_id: OrgId, what: str, noun: str, noun_id: int = 0) -> Note:
    """What writes an audit entry about `noun`, naming `what` the file has."""

    def note(count: int) -> None:
        by = actor()
        db.call(
            lambda tx: record(tx, org_id, by, "exported", noun, noun_id, what=what, count=count)
        )

    return note
