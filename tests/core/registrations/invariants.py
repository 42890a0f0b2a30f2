"""What must hold in the database at every moment, as questions that must find nothing.

The same SQL on both databases; no question takes long where there are many rows and no index
(EXCEPT sorts, where a join would compare each with each). `ALWAYS` holds whatever happened;
`AFTER_INTAKE_ONLY` holds while the intake queue is the only one who writes, and is drained.
"""

from turnout.store import Tx

ALWAYS = {
    "an event's count differs from its confirmed registrations and offered places": """
        SELECT e.id, e.held, count(h.event_id) FROM events e
        LEFT JOIN (
            SELECT org_id, event_id FROM registrations WHERE state = 'confirmed'
            UNION ALL SELECT org_id, event_id FROM waiting_entries WHERE state = 'offered'
        ) h ON h.org_id = e.org_id AND h.event_id = e.id
        GROUP BY e.org_id, e.id, e.held HAVING e.held <> count(h.event_id)
    """,
    "a session's count differs from its bookings": """
        SELECT s.id, s.held, count(b.registration_id) FROM sessions s
        LEFT JOIN session_bookings b ON b.org_id = s.org_id AND b.session_id = s.id
        GROUP BY s.org_id, s.id, s.held HAVING s.held <> count(b.registration_id)
    """,
    "a ticket type's count differs from its valid tickets and offered places": """
        SELECT t.id, t.held, count(h.ticket_type_id) FROM ticket_types t
        LEFT JOIN (
            SELECT org_id, ticket_type_id FROM tickets WHERE state = 'valid'
            UNION ALL SELECT org_id, ticket_type_id FROM waiting_entries WHERE state = 'offered'
        ) h ON h.org_id = t.org_id AND h.ticket_type_id = t.id
        GROUP BY t.org_id, t.id, t.held HAVING t.held <> count(h.ticket_type_id)
    """,
    "more is held than there is": """
        SELECT 'event', id FROM events WHERE held > capacity
        UNION ALL SELECT 'session', id FROM sessions WHERE held > capacity
        UNION ALL SELECT 'ticket type', id FROM ticket_types WHERE held > capacity
    """,
    "a confirmed registration has no valid ticket": """
        SELECT org_id, id FROM registrations WHERE state = 'confirmed'
        EXCEPT SELECT org_id, registration_id FROM tickets WHERE state = 'valid'
    """,
    "a ticket is valid without a confirmed registration": """
        SELECT t.id FROM tickets t
        LEFT JOIN registrations r ON r.org_id = t.org_id AND r.id = t.registration_id
        WHERE t.state = 'valid' AND (r.id IS NULL OR r.state <> 'confirmed')
    """,
    "a booking has no confirmed registration in the event of its session": """
        SELECT b.registration_id, b.session_id FROM session_bookings b
        LEFT JOIN sessions s ON s.org_id = b.org_id AND s.id = b.session_id
        LEFT JOIN registrations r ON r.org_id = b.org_id AND r.id = b.registration_id
            AND r.state = 'confirmed' AND r.event_id = s.event_id
        WHERE r.id IS NULL
    """,
    "somebody is registered twice for one event": """
        SELECT person_id, event_id FROM registrations WHERE sitting = 0
        GROUP BY org_id, person_id, event_id HAVING count(*) > 1
    """,
    "a registration is sorted by another name than its person's": """
        SELECT r.id, r.name_key FROM registrations r
        JOIN people p ON p.org_id = r.org_id AND p.id = r.person_id
        -- Of an erased person both are blank: the key is empty, or has the blanks between names.
        WHERE trim(r.name_key) <> trim(lower(p.last_name || ' ' || p.first_name || ' ' || p.email))
    """,
    "an address has two people": """
        SELECT email_key FROM people WHERE email_key IS NOT NULL
        GROUP BY org_id, email_key HAVING count(*) > 1
    """,
    "a submission has no items": """
        SELECT org_id, id FROM submissions EXCEPT SELECT org_id, submission_id FROM queue_items
    """,
    "an item stands outside its submission": """
        SELECT i.submission_id, i.id FROM queue_items i
        LEFT JOIN submissions s ON s.org_id = i.org_id AND s.id = i.submission_id
            AND i.id BETWEEN s.id AND s.last_item_id
        WHERE s.id IS NULL
    """,
    "an item is done and its submission is not, or the other way round": """
        SELECT s.id, i.id FROM queue_items i
        LEFT JOIN submissions s ON s.org_id = i.org_id AND s.id = i.submission_id
        WHERE (s.done_at IS NULL) <> (i.done_at IS NULL)
            OR (i.done_at IS NULL) <> (i.status = 'queued')
    """,
    "an item's status does not go with its person and code": """
        SELECT id, status FROM queue_items
        WHERE (status = 'success') <> (person_id IS NOT NULL)
            OR (status = 'failed')
                <> (coalesce(nullif(code, 'waiting.joined'), message) IS NOT NULL)
    """,
    "a key was answered without a submission, or its effect was kept without an answer": """
        SELECT key FROM idempotency_keys WHERE answer IS NULL
    """,
}

AFTER_INTAKE_ONLY = {
    "a submission still waits": "SELECT id FROM submissions WHERE done_at IS NULL",
    "a successful item has no booking": """
        SELECT i.org_id, i.person_id, s.id FROM queue_items i
        JOIN sessions s ON s.org_id = i.org_id AND s.pak = i.session_pak
        WHERE i.status = 'success'
        EXCEPT SELECT b.org_id, r.person_id, b.session_id FROM session_bookings b
        JOIN registrations r ON r.org_id = b.org_id AND r.id = b.registration_id
    """,
    "a booking comes from no successful item": """
        SELECT b.org_id, r.person_id, b.session_id FROM session_bookings b
        JOIN registrations r ON r.org_id = b.org_id AND r.id = b.registration_id
        EXCEPT SELECT i.org_id, i.person_id, s.id FROM queue_items i
        JOIN sessions s ON s.org_id = i.org_id AND s.pak = i.session_pak
        WHERE i.status = 'success'
    """,
    "a registration has no booking": """
        SELECT r.id FROM registrations r
        LEFT JOIN session_bookings b ON b.org_id = r.org_id AND b.registration_id = r.id
        WHERE r.state = 'confirmed' AND b.session_id IS NULL
    """,
    "a person has no registration": """
        SELECT p.id FROM people p
        LEFT JOIN registrations r ON r.org_id = p.org_id AND r.person_id = p.id
        WHERE r.id IS NULL
    """,
}


def find_faults(tx: Tx, *, after_intake_only: bool = False) -> dict[str, list[tuple]]:
    """What does not hold, and where; {} when all is well."""
    questions = ALWAYS | (AFTER_INTAKE_ONLY if after_intake_only else {})
    answers = {
        name: [tuple(row) for row in tx.connection.execute(question).fetchall()]
        for name, question in questions.items()
    }
    return {name: rows for name, rows in answers.items() if rows}
