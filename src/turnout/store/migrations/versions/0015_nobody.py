"""Mails that no user asked for are nobody's.

They were the jobs of the organization's first user, who saw strangers' links and codes in the
simulator's outbox. A ticket's mail that a user did cause becomes nobody's too: nothing tells them
apart, and hiding one too many does no harm.
"""

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# How the names of those mails begin.
NAMES = (
    "Your ticket: ",
    "You are on the waiting list: ",
    "A place is free: ",
    "No place is free: ",
    "There are places: ",
)


def upgrade() -> None:
    mails = text("UPDATE jobs SET user_id = 0 WHERE kind = 'notice' AND name LIKE :name")
    for name in NAMES:
        op.execute(mails.bindparams(name=f"{name}%"))
    # A code is stored and queued in one transaction, so at one instant. Pages' codes are good for
    # minutes and kept for a day.
    op.execute(
        """
        UPDATE jobs SET user_id = 0 WHERE kind = 'code' AND EXISTS (
            SELECT 1 FROM verification_codes c WHERE c.org_id = jobs.org_id
                AND c.purpose = 'watch' AND c.created_at = jobs.accepted_at
        )
        """
    )
