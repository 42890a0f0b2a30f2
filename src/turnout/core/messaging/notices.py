"""The mails that Turnout writes itself: reports, replies, alerts."""

from turnout.store import Tx


def queue_job_report(tx: Tx, org_id: int, job_id: int) -> None:
    """Queue the report mails of a job that has just ended."""


def queue_credit_alert(tx: Tx, org_id: int, user_id: int, spent_micros: int) -> None:
    """Queue the mail that says a user's month has become dear."""
