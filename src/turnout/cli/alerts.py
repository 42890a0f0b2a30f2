"""`turnout alerts`: what an organization was alerted of."""

from turnout.cli.app import Number, console, database, say_time, show_table
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.alerts import list_alerts


def alerts(org: str, /, *, limit: Number = 100) -> None:
    """What an organization was alerted of: bounces, opt-outs, failures, mail domains.

    Alerts of the last 90 days, newest first: mailings that bounce, many who opt out, jobs of which
    no message gets out, receivers that take no callbacks, mail domains whose records are gone
    (`domains`) and return paths whose records are (`return_paths`), calls that cost as much as an
    hour may, and trunks that refuse one call after the other (both `calls`). Each is mailed to the
    organization's oldest user and contact once a day, posted to its `--alert-url`
    (`turnout org set`) and counted in the metric `turnout_alerts_total`. From when on is said by
    TURNOUT_ALERT_… in `turnout settings`. Example: turnout alerts acme

    Args:
        org: Short name of the organization.
        limit: How many at most.
    """
    with database() as db:
        found = db.look(list_alerts, db.call(get_organization, org).org_id, limit)
    if not found:
        console.print("There was no alert.")
        return
    rows = ((say_time(alert.raised_at), alert.kind.value, alert.text) for alert in found)
    show_table("RAISED", "KIND", "WHAT", rows=rows)
