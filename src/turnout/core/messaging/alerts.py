"""What an organization is alerted of: mails that bounce, people who leave, messages that do not get
out, receivers that take no callbacks, mail domains whose records are gone (sender_checks.py).

Theory. A worker looks every few minutes; what it finds is raised once a day for the same subject:
kept, mailed to the organization's oldest user and contact, and posted to its `alert_url` as a
callback. Counting the bounces of a job reads all its recipients, so it is done again only when a
fifth more have failed.

Rules.
- Few of anything are no alert: 20 bounces, 20 opt-outs, 10 callbacks.
- An alert names numbers and hosts, never people.
"""

import enum
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from turnout.catalogue import fill_label
from turnout.core.callbacks.model import NewCallback
from turnout.core.callbacks.outbox import add_callbacks
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import NO_JOB, OrgId, RecipientId
from turnout.core.messaging.notices import queue_to_organization
from turnout.core.messaging.sql import sql
from turnout.core.times import stamp
from turnout.store import Tx, to_json

DAY_MS = 86_400_000
KEPT_MS = 90 * DAY_MS
LOOKED_BACK_MS = 3 * DAY_MS
FEW, FEW_CALLBACKS = 20, 10
AT_ONCE = 50
_NOBODY = RecipientId(0)


class AlertKind(enum.StrEnum):
    """What an alert is about."""

    BOUNCES = "bounces"
    OPT_OUTS = "opt_outs"
    STANDING = "standing"
    CALLBACKS = "callbacks"
    DOMAINS = "domains"
    RETURN_PATHS = "return_paths"
    CALLS = "calls"


class AlertLimits(NamedTuple):
    """From when on an alert is raised: rates in per cent, and ms for which nothing got out; 0 =
    never."""

    bounce_percent: int
    opt_out_percent: int
    standing_ms: int


class Alert(NamedTuple):
    """Something that staff should look at. `subject` is a job's number, a host, a mail domain, or
    an account, or
    empty for the whole organization."""

    org_id: OrgId
    kind: AlertKind
    subject: str
    facts: dict[str, int]
    raised_at: int

    @property
    def text(self) -> str:
        """What has happened, in a sentence."""
        text = _REFUSED if self.is_of_trunk else _TEXTS[self.kind]
        return fill_label(text, {"subject": self.subject, **self.facts})

    @property
    def is_of_trunk(self) -> bool:
        """Whether a trunk, the subject, refuses calls; other alerts of calls are of their cost."""
        return self.kind is AlertKind.CALLS and bool(self.subject)


_TEXTS = {
    AlertKind.BOUNCES: "{bounced} of {ended} mails of job {subject} came back ({percent} %).",
    AlertKind.OPT_OUTS: "{left:person|people} opted out within a day, of "
    "{sent:message|messages} that arrived in three days ({percent} %).",
    AlertKind.STANDING: "Job {subject} began {minutes:minute|minutes} ago, and no message of it "
    "has got out.",
    AlertKind.CALLBACKS: "{waiting:callback|callbacks} to {subject} {waiting:=was|were} tried "
    "three times or more, and not taken.",
    AlertKind.DOMAINS: "No key of {subject} is published in its DNS any more, so its mail is not "
    "signed by it.",
    AlertKind.RETURN_PATHS: "bounces.{subject} does not lead here any more, so mail of {subject} "
    "has the installation's return path.",
    AlertKind.CALLS: "Calls and faxes of this hour cost as much as they may ({limit}): "
    "{waiting:call waits|calls wait} for the next hour.",
}
_REFUSED = (
    "The trunk {subject} has refused {refused:call|calls} in a row, the last one with SIP {code}."
)
_ADVICE_REFUSED = (
    "`turnout doctor` asks the trunk. A code of 401, 403 or 407 is of the account or the caller's "
    "number: ask the provider. After 5xx, calls are tried again."
)
_ADVICE = {
    AlertKind.BOUNCES: "`turnout job show {org} {subject} --status BOUN` lists them. "
    "Check where the addresses come from.",
    AlertKind.OPT_OUTS: "`turnout optout list {org}` lists them.",
    AlertKind.STANDING: "`turnout doctor` checks the networks.",
    AlertKind.CALLS: "`turnout job list {org}` shows what is being called. If nobody of yours "
    "ordered this, cancel the job and change the passwords.",
    AlertKind.CALLBACKS: "`turnout callbacks list {org}` shows what the receiver answers.",
    **dict.fromkeys(
        (AlertKind.DOMAINS, AlertKind.RETURN_PATHS),
        "`turnout sender domain check {org} {subject}` says what to publish.",
    ),
}


def raise_alerts(tx: Tx, limits: AlertLimits) -> list[AlertKind]:
    """Look for what is wrong, and tell the organizations; returns what was raised."""
    sql.forget_alerts(tx, before=tx.now - KEPT_MS)
    found = [
        *(_bounces(tx, limits.bounce_percent) if limits.bounce_percent else ()),
        *(_opt_outs(tx, limits.opt_out_percent) if limits.opt_out_percent else ()),
        *(_standing(tx, limits.standing_ms) if limits.standing_ms else ()),
        *_callbacks(tx),
    ]
    return [alert.kind for alert in found if raise_alert(tx, alert)]


def list_alerts(tx: Tx, org_id: OrgId, limit: int) -> list[Alert]:
    """What was raised within the last 90 days, newest first."""
    return [
        Alert(org_id, AlertKind(row.kind), row.subject, msgspec.json.decode(row.facts), row.at)
        for row in sql.list_alerts(tx, org_id=org_id, limit=limit)
    ]


def _bounces(tx: Tx, percent: int) -> Iterator[Alert]:
    since = tx.now - LOOKED_BACK_MS
    for job in sql.list_failing_jobs(tx, since=since, percent=percent, limit=AT_ONCE):
        bounced = sql.count_all_bounced(tx, org_id=job.org_id, job_id=job.id)
        sql.note_failed(tx, org_id=job.org_id, id=job.id, failed=job.failed)
        if bounced >= FEW and 100 * bounced >= percent * job.ended:
            rate = _percent(bounced, job.ended)
            facts = {"bounced": bounced, "ended": job.ended, "percent": rate}
            yield Alert(job.org_id, AlertKind.BOUNCES, str(job.id), facts, tx.now)


def _opt_outs(tx: Tx, percent: int) -> Iterator[Alert]:
    for row in sql.count_leaving(tx, since=tx.now - DAY_MS, least=FEW, limit=AT_ONCE):
        sent = sql.count_arrived(tx, org_id=row.org_id, since=tx.now - LOOKED_BACK_MS) or 0
        if 100 * row.leaving >= percent * max(1, sent):
            rate = _percent(row.leaving, max(1, sent))
            facts = {"left": row.leaving, "sent": sent, "percent": rate}
            yield Alert(row.org_id, AlertKind.OPT_OUTS, "", facts, tx.now)


def _percent(part: int, whole: int) -> int:
    """A share in per cent, rounded half up."""
    return (200 * part + whole) // (2 * whole)


def _standing(tx: Tx, standing_ms: int) -> Iterator[Alert]:
    before = tx.now - standing_ms
    for job in sql.list_standing_jobs(tx, before=before, limit=AT_ONCE):
        first = sql.find_first_recipient(tx, org_id=job.org_id, job_id=job.id)
        was_due = job.ready_at <= before or (first is not None and first.attempts > 0)
        # In quiet hours nobody was tried, and they are due later. The first is tried first.
        if was_due and first is not None and first.state in ("waiting", "claimed"):
            facts = {"minutes": (tx.now - job.started_at) // 60_000}
            yield Alert(job.org_id, AlertKind.STANDING, str(job.id), facts, tx.now)


def _callbacks(tx: Tx) -> Iterator[Alert]:
    for row in sql.count_failing_callbacks(tx, least=FEW_CALLBACKS, limit=AT_ONCE):
        facts = {"waiting": row.waiting}
        yield Alert(row.org_id, AlertKind.CALLBACKS, row.host, facts, tx.now)


def raise_alert(tx: Tx, alert: Alert) -> bool:
    """Keep and tell an alert, unless that was within a day; whether it was told."""
    is_new = sql.add_alert(
        tx,
        org_id=alert.org_id,
        kind=alert.kind.value,
        subject=alert.subject,
        facts=to_json(alert.facts),
        now=tx.now,
        before=tx.now - DAY_MS,
    )
    if is_new:
        _tell(tx, alert)
    return bool(is_new)


def raise_refusals(tx: Tx, org_id: OrgId, account: str, refused: int, code: int) -> bool:
    """Tell an organization that a trunk has refused so many calls in a row, the last one of its own
    with that SIP code. Once a day."""
    facts = {"refused": refused, "code": code}
    return raise_alert(tx, Alert(org_id, AlertKind.CALLS, account, facts, tx.now))


def _tell(tx: Tx, alert: Alert) -> None:
    org = get_organization_of(tx, alert.org_id)
    advice = _ADVICE_REFUSED if alert.is_of_trunk else _ADVICE[alert.kind]
    advice = advice.format(org=org.slug, subject=alert.subject)
    lines = [alert.text, "", advice]
    queue_to_organization(tx, alert.org_id, f"Alert for {org.name}: {alert.text}", lines)
    if url := get_profile(tx, alert.org_id).alert_url:
        body = urlencode(
            [
                ("Alert", alert.kind.value),
                ("Subject", alert.subject),
                ("Timestamp", stamp(tx.now)),
                *((name.title(), number) for name, number in alert.facts.items()),
                ("Text", alert.text),
            ]
        )
        new = NewCallback(NO_JOB, _NOBODY, url, body, "")
        add_callbacks(tx, alert.org_id, [new])
