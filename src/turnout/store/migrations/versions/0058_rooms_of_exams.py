"""The exams in a room are found without reading all of an organization's."""

from turnout.store.migrations.ddl import index

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    index("exams_room", "exams (org_id, room_id) WHERE room_id IS NOT NULL")
