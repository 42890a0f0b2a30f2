"""The campaign source of a registration: which link brought somebody (`sti` in reports)."""

from turnout.core.ids import OrgId, RegistrationId
from turnout.core.registrations.sql import sql
from turnout.store import Tx

LONGEST_STI = 100


def clean_source(sti: str) -> str:
    """The campaign source as it is kept: trimmed, up to 100 characters; empty for what cannot be
    printed. It is read from links that anybody may have changed, so nothing is refused."""
    sti = sti.strip()[:LONGEST_STI]
    return sti if sti.isprintable() else ""


def note_source(tx: Tx, org_id: OrgId, registration_id: RegistrationId, sti: str) -> None:
    """Keep the campaign source with which somebody came to register; the first one stays, and
    an empty one changes nothing."""
    if sti := clean_source(sti):
        sql.set_sti(tx, org_id=org_id, id=registration_id, sti=sti, now=tx.now)
