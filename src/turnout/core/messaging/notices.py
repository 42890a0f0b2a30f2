"""The mails that Turnout writes itself: reports, replies, alerts."""

from turnout.core.messaging.model import JobHead
from turnout.store import Tx


def queue_job_report(tx: Tx, org_id: int, job_id: int) -> None:
    """Queue the report mails of a job that has just ended."""


def queue_credit_alert(tx: Tx, org_id: int, user_id: int, spent_micros: int) -> None:
    """Queue the mail that says a user's month has become dear."""


def queue_reply_forward(tx: Tx, job: JobHead, reply_id: int) -> None:
    """Queue the mail that brings one reply to the job's user."""


def queue_reply_digest(tx: Tx, org_id: int, job_id: int) -> None:
    """Queue the mail with all replies to a job, at the end of their time."""
