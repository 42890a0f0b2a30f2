"""Waiting lists, the keys that sign tickets, and the mails that bring them."""

from turnout.store.migrations.ddl import column, index, sequence, table
from turnout.store.sequences import SEQUENCES

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sequence("waiting", *SEQUENCES["waiting"])
    column("events", "waiting_hours BIGINT NOT NULL DEFAULT 48")
    waiting()
    tickets()


def waiting() -> None:
    # An `offered` entry holds a place until `deadline_at`. The rising id is the order of promotion.
    table(
        "waiting_entries",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        ticket_type_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'taken', 'lapsed', 'left')),
        offered_at BIGINT,
        deadline_at BIGINT,
        told_at BIGINT,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, ticket_type_id) REFERENCES ticket_types (org_id, id),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
        """,
    )
    index("waiting_event", "waiting_entries (org_id, event_id, state, id)")
    index("waiting_id", "waiting_entries (id)", unique=True)
    index(
        "waiting_person",
        "waiting_entries (org_id, event_id, person_id) WHERE state IN ('waiting', 'offered')",
        unique=True,
    )
    index("waiting_deadline", "waiting_entries (deadline_at) WHERE state = 'offered'")
    index("waiting_untold", "waiting_entries (id) WHERE state = 'offered' AND told_at IS NULL")
    index("waiting_open", "waiting_entries (org_id, event_id) WHERE state = 'waiting'")


def tickets() -> None:
    # Ed25519, raw, base64url. A retired key signs no more and still verifies.
    table(
        "ticket_keys",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        kid TEXT NOT NULL,
        private_key TEXT NOT NULL,
        public_key TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        retired_at BIGINT,
        PRIMARY KEY (org_id, kid)
        """,
    )
    # A queue: a row is gone once its mail is.
    table(
        "ticket_mails",
        """
        org_id BIGINT NOT NULL,
        ticket_id BIGINT NOT NULL,
        user_id BIGINT,
        due_at BIGINT NOT NULL,
        attempts BIGINT NOT NULL DEFAULT 0,
        PRIMARY KEY (org_id, ticket_id),
        FOREIGN KEY (org_id, ticket_id) REFERENCES tickets (org_id, id)
        """,
    )
    index("ticket_mails_due", "ticket_mails (due_at)")
