"""Verified mail domains are looked at again, and their organizations told when records are gone.

Somebody who tidies a DNS seldom knows that a key in it signs mail. Without it mail goes out "via"
another domain, or fails the policy of its own (DMARC).
"""

from collections.abc import Mapping

from turnout.core.ids import OrgId
from turnout.core.messaging.alerts import Alert, AlertKind, raise_alert
from turnout.core.senders.domains import get_domain, record_check
from turnout.core.senders.model import Found
from turnout.store import Tx

ACTOR = "worker"


def note_check(
    tx: Tx, org_id: OrgId, domain: str, found: Mapping[str, Found], return_path: Found
) -> list[AlertKind]:
    """Keep what the DNS says now, as `record_check` does, and raise an alert for what is gone;
    returns what was raised. Raises Missing."""
    before = get_domain(tx, org_id, domain)[0]
    after = record_check(tx, org_id, domain, found, return_path, actor=ACTOR)
    gone = []
    if before.verified_at and not after.verified_at:
        gone.append(AlertKind.DOMAINS)
    elif before.returning_at and not after.returning_at:
        gone.append(AlertKind.RETURN_PATHS)
    alerts = [Alert(org_id, kind, after.domain, {}, tx.now) for kind in gone]
    return [alert.kind for alert in alerts if raise_alert(tx, alert)]
