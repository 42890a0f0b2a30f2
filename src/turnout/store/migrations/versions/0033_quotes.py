"""What somebody's message may cost is reserved beside them, and codes know who sent them."""

from turnout.store.migrations.ddl import column, index

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # NULL = nothing was reserved: a notice, or a job from before this revision.
    column("recipients", "quote_micros BIGINT")
    column("verification_codes", "user_id BIGINT NOT NULL DEFAULT 0")
    index("verification_of_user", "verification_codes (org_id, user_id, created_at)")
