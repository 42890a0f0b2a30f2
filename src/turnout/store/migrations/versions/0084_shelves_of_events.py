"""Events on their shelves are found by indexes alone: which are postponed without a new date, what
comes and what is over. Before, what an event says of itself was searched for each.
"""

from alembic import op

from turnout.store.migrations.ddl import index

revision = "0084"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The condition of the part `postponed` (core/events/queries.sql), to the letter. PostgreSQL
    # takes few to be equal to something, and nearly all to be other than something.
    index(
        "events_date_open",
        "events (org_id, id, starts_at, ends_at, state)"
        """ WHERE CASE WHEN replace(details, '"is_date_open"', '') <> details"""
        " THEN 1 ELSE 0 END = 1 AND state <> 'cancelled'",
    )
    # With what tells the shelf, so that those on others are passed over without a look at them.
    op.execute("DROP INDEX events_start")
    index("events_start", "events (org_id, starts_at, id, ends_at, state)")
    op.execute("DROP INDEX events_end")
    index("events_end", "events (org_id, ends_at, id, state)")
