"""Tickets that several grants stand behind: which came first, and which invitations were confirmed.

`tickets.issued_by` is what a ticket was first granted by, where another door's grant stands behind
it by now; empty = `granted_by` says it. `invitations.confirmed_at` is when an invitee said yes: an
invitation whose ticket another one gave takes that over when the other is declined.
"""

from turnout.store.migrations.ddl import column

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column("tickets", "issued_by TEXT NOT NULL DEFAULT ''")
    column("invitations", "confirmed_at BIGINT")
