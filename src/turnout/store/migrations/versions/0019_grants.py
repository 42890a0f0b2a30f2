"""Tickets say what granted them, invitations are read instead of written, people come in parties.

A registration may hold several tickets, so places of a type are counted per ticket. What granted
the tickets that exist is inferred. Every count of held places is compared with what people and
offers hold: a difference is printed and left as it is, for somebody to look at.
"""

import sys

from alembic import op
from sqlalchemy import text

from turnout.store.migrations.ddl import column, index, table

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

GRANTS = "'form', 'integration', 'invitation', 'offer', 'exam', 'staff'"

# Of an event, a session and a ticket type: what is counted, and what people and offers hold.
HELD = {
    "event": """
        SELECT e.org_id, e.id, e.held, count(h.event_id) FROM events e
        LEFT JOIN (
            SELECT org_id, event_id FROM registrations WHERE state = 'confirmed'
            UNION ALL SELECT org_id, event_id FROM waiting_entries WHERE state = 'offered'
        ) h ON h.org_id = e.org_id AND h.event_id = e.id
        GROUP BY e.org_id, e.id, e.held HAVING e.held <> count(h.event_id)
        """,
    "session": """
        SELECT s.org_id, s.id, s.held, count(b.registration_id) FROM sessions s
        LEFT JOIN session_bookings b ON b.org_id = s.org_id AND b.session_id = s.id
        GROUP BY s.org_id, s.id, s.held HAVING s.held <> count(b.registration_id)
        """,
    "ticket type": """
        SELECT y.org_id, y.id, y.held, count(h.ticket_type_id) FROM ticket_types y
        LEFT JOIN (
            SELECT org_id, ticket_type_id FROM tickets WHERE state = 'valid'
            UNION ALL SELECT org_id, ticket_type_id FROM waiting_entries WHERE state = 'offered'
        ) h ON h.org_id = y.org_id AND h.ticket_type_id = y.id
        GROUP BY y.org_id, y.id, y.held HAVING y.held <> count(h.ticket_type_id)
        """,
}


def upgrade() -> None:
    tickets()
    parties()
    invitations()
    compare()


def tickets() -> None:
    # `grant_id` is the invitation's or the waiting entry's number; null where nothing is named.
    column(
        "tickets",
        f"granted_by TEXT NOT NULL DEFAULT 'staff' CHECK (granted_by IN ({GRANTS}))",
    )
    column("tickets", "grant_id BIGINT")
    # The first that is found counts.
    op.execute(
        """
        UPDATE tickets SET granted_by = coalesce(
            (SELECT CASE WHEN min(i.id) IS NULL THEN NULL ELSE 'invitation' END
            FROM registrations r
            JOIN invitations i ON i.org_id = r.org_id AND i.event_id = r.event_id
                AND i.person_id = r.person_id AND i.state = 'confirmed'
            JOIN campaigns c ON c.org_id = i.org_id AND c.id = i.campaign_id
                AND c.ticket_type_id = tickets.ticket_type_id
            WHERE r.org_id = tickets.org_id AND r.id = tickets.registration_id AND r.sitting = 0),
            (SELECT CASE WHEN r.sitting <> 0 THEN 'exam' END FROM registrations r
            WHERE r.org_id = tickets.org_id AND r.id = tickets.registration_id),
            (SELECT CASE WHEN min(w.id) IS NULL THEN NULL ELSE 'offer' END
            FROM registrations r
            JOIN waiting_entries w ON w.org_id = r.org_id AND w.event_id = r.event_id
                AND w.person_id = r.person_id AND w.state = 'taken'
                AND w.ticket_type_id = tickets.ticket_type_id
            WHERE r.org_id = tickets.org_id AND r.id = tickets.registration_id),
            (SELECT CASE r.source WHEN 'registration' THEN 'integration'
                WHEN 'program' THEN 'integration' WHEN 'page' THEN 'form' ELSE 'staff' END
            FROM registrations r
            WHERE r.org_id = tickets.org_id AND r.id = tickets.registration_id),
            'staff')
        """
    )
    op.execute(
        """
        UPDATE tickets SET grant_id =
            (SELECT min(i.id) FROM registrations r
            JOIN invitations i ON i.org_id = r.org_id AND i.event_id = r.event_id
                AND i.person_id = r.person_id AND i.state = 'confirmed'
            JOIN campaigns c ON c.org_id = i.org_id AND c.id = i.campaign_id
                AND c.ticket_type_id = tickets.ticket_type_id
            WHERE r.org_id = tickets.org_id AND r.id = tickets.registration_id)
        WHERE granted_by = 'invitation'
        """
    )
    op.execute(
        """
        UPDATE tickets SET grant_id =
            (SELECT max(w.id) FROM registrations r
            JOIN waiting_entries w ON w.org_id = r.org_id AND w.event_id = r.event_id
                AND w.person_id = r.person_id AND w.state = 'taken'
                AND w.ticket_type_id = tickets.ticket_type_id
            WHERE r.org_id = tickets.org_id AND r.id = tickets.registration_id)
        WHERE granted_by = 'offer'
        """
    )
    # How many tickets of a type one person may have, with those of their party; null = any number.
    column("ticket_types", "person_limit BIGINT CHECK (person_limit > 0)")


def parties() -> None:
    table(
        "parties",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        contact_id BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, contact_id) REFERENCES people (org_id, id)
        """,
    )
    index("parties_contact", "parties (org_id, contact_id, event_id)")
    # A guest is a person of their own, without an address where none is given, so one registration
    # a person and event stays the rule.
    column("registrations", "party_id BIGINT")
    index("registrations_party", "registrations (org_id, party_id) WHERE party_id IS NOT NULL")


def invitations() -> None:
    # `declined_after` is when the newest ticket of the type was made that somebody kept while they
    # declined (it came another way): only a newer one confirms.
    column("invitations", "declined_at BIGINT")
    column("invitations", "declined_after BIGINT NOT NULL DEFAULT 0")
    op.execute(
        """
        UPDATE invitations SET declined_at = coalesce(answered_at, updated_at),
            declined_after = coalesce(answered_at, updated_at) WHERE state = 'declined'
        """
    )
    op.execute("ALTER TABLE invitations DROP COLUMN state")
    op.execute("ALTER TABLE invitations DROP COLUMN answered_at")
    # The one place that says what an invitation's state is; `ticket_id` is what confirms it.
    op.execute(
        """
        CREATE VIEW invitation_states AS
        SELECT a.org_id, a.id, a.campaign_id, a.event_id, a.person_id, a.sent_at, a.ticket_id,
            CASE WHEN a.ticket_id IS NOT NULL THEN 'confirmed'
                WHEN a.declined_at IS NOT NULL THEN 'declined' ELSE 'pending' END AS state
        FROM (
            SELECT i.org_id, i.id, i.campaign_id, i.event_id, i.person_id, i.sent_at, i.declined_at,
                (SELECT max(t.id) FROM registrations r
                JOIN tickets t ON t.org_id = r.org_id AND t.registration_id = r.id
                WHERE r.org_id = i.org_id AND r.person_id = i.person_id AND r.event_id = i.event_id
                    AND r.state = 'confirmed' AND t.state = 'valid'
                    AND t.ticket_type_id = c.ticket_type_id
                    AND (i.declined_at IS NULL OR t.created_at > i.declined_after)) AS ticket_id
            FROM invitations i
            JOIN campaigns c ON c.org_id = i.org_id AND c.id = i.campaign_id
        ) a
        """
    )


def compare() -> None:
    for noun, statement in HELD.items():
        for org_id, id_, counted, found in op.get_bind().execute(text(statement)):
            sys.stderr.write(
                f"The {noun} {id_} of organization {org_id} counts {counted} places as held, "
                f"but people and offers hold {found}. Nothing was changed.\n"
            )
