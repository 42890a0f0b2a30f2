"""What a person has is found by the person: entries of waiting lists, and invitations."""

from turnout.store.migrations.ddl import index

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index("waiting_of_person", "waiting_entries (org_id, person_id)")
    index("invitations_of_person", "invitations (org_id, person_id)")
