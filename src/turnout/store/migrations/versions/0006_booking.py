"""Exams: venues' rooms, assessment forms, learners, seats, accommodations and their history."""

from turnout.store.migrations.ddl import index, sequence, table
from turnout.store.sequences import SEQUENCES

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sequence("exam_change", *SEQUENCES["exam_change"])
    index("venues_uuid", "venues (org_id, uuid)", unique=True)
    index("people_uuid", "people (org_id, uuid)")
    index("registrations_uuid", "registrations (org_id, uuid)")
    index("events_venue", "events (org_id, venue_id, starts_at)")
    lists()
    people()
    exams()


def lists() -> None:
    # `next_number` is the number of the organization's next exam.
    table(
        "exam_settings",
        """
        org_id BIGINT PRIMARY KEY REFERENCES organizations (org_id),
        next_number BIGINT NOT NULL DEFAULT 1,
        paper_size TEXT NOT NULL DEFAULT 'Letter' CHECK (paper_size IN ('A4', 'Letter')),
        refuses_overlaps BIGINT NOT NULL DEFAULT 0
        """,
    )
    # The organization's own values of a kind; where it has none, ours count (core/exams/lists.py).
    table(
        "exam_values",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        kind TEXT NOT NULL CHECK (kind IN ('exam_type', 'exam_format', 'billing_code',
            'registrant_type', 'accommodation_type')),
        value TEXT NOT NULL,
        PRIMARY KEY (org_id, kind, value)
        """,
    )
    table(
        "rooms",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        venue_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        seats BIGINT NOT NULL CHECK (seats > 0),
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, venue_id) REFERENCES venues (org_id, id)
        """,
    )
    index("rooms_venue", "rooms (org_id, venue_id, name)", unique=True)
    table(
        "assessment_forms",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        code TEXT NOT NULL,
        code_key TEXT NOT NULL,
        version BIGINT NOT NULL,
        name TEXT NOT NULL,
        title TEXT NOT NULL,
        language TEXT NOT NULL,
        is_bilingual BIGINT NOT NULL,
        is_published BIGINT NOT NULL,
        time_limit BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("assessment_forms_code", "assessment_forms (org_id, code_key, version)", unique=True)
    index("assessment_forms_uuid", "assessment_forms (org_id, uuid)", unique=True)


def people() -> None:
    # The keys are folded for searching; they follow the person (core/exams/learners.py).
    table(
        "learners",
        """
        org_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        code TEXT NOT NULL,
        code_key TEXT NOT NULL,
        name_key TEXT NOT NULL,
        email_key TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, person_id),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
        """,
    )
    index("learners_code", "learners (org_id, code_key)", unique=True)


def exams() -> None:
    # One row for each venue and minute: whoever looks for an exam there, or makes one, holds it.
    table(
        "exam_slots",
        """
        org_id BIGINT NOT NULL,
        venue_id BIGINT NOT NULL,
        starts_at BIGINT NOT NULL,
        touched_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, venue_id, starts_at),
        FOREIGN KEY (org_id, venue_id) REFERENCES venues (org_id, id)
        """,
    )
    # `registration_limit` is as it was given; the event's capacity is that or the room's seats.
    table(
        "exams",
        """
        org_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        number BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('Exam', 'Class', 'Appointment')),
        exam_type TEXT NOT NULL,
        exam_format TEXT NOT NULL,
        billing_code TEXT NOT NULL,
        appointment_type TEXT NOT NULL,
        room_id BIGINT,
        registration_limit BIGINT,
        is_on_calendar BIGINT NOT NULL,
        has_own_title BIGINT NOT NULL,
        next_sequence BIGINT NOT NULL DEFAULT 1,
        PRIMARY KEY (org_id, event_id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, room_id) REFERENCES rooms (org_id, id)
        """,
    )
    index("exams_number", "exams (org_id, number)", unique=True)
    # `time_limit` in minutes, extensions included.
    table(
        "exam_registrations",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        event_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        form_id BIGINT,
        registrant_type TEXT NOT NULL,
        attendance TEXT NOT NULL CHECK (attendance IN ('Pending', 'Present', 'Absent',
            'Withdrawn')),
        grading TEXT NOT NULL,
        is_eligible BIGINT NOT NULL,
        sequence BIGINT NOT NULL,
        passcode TEXT NOT NULL,
        time_limit BIGINT NOT NULL,
        seat BIGINT,
        changed_at BIGINT NOT NULL,
        change_type TEXT NOT NULL,
        PRIMARY KEY (org_id, registration_id),
        FOREIGN KEY (org_id, registration_id) REFERENCES registrations (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES exams (org_id, event_id),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id),
        FOREIGN KEY (org_id, form_id) REFERENCES assessment_forms (org_id, id)
        """,
    )
    index("exam_registrations_event", "exam_registrations (org_id, event_id, sequence)")
    index("exam_registrations_person", "exam_registrations (org_id, person_id)")
    index("exam_registrations_changed", "exam_registrations (org_id, changed_at, registration_id)")
    table(
        "exam_accommodations",
        """
        org_id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        type_key TEXT NOT NULL,
        type TEXT NOT NULL,
        name TEXT NOT NULL,
        time_extension BIGINT NOT NULL,
        granted_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, registration_id, type_key),
        FOREIGN KEY (org_id, registration_id)
            REFERENCES exam_registrations (org_id, registration_id)
        """,
    )
    # It outlives the registration, so nothing leads to that but its numbers.
    table(
        "exam_changes",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        registration_id BIGINT NOT NULL,
        registration_uuid TEXT NOT NULL,
        type TEXT NOT NULL,
        at BIGINT NOT NULL,
        actor TEXT NOT NULL,
        reason TEXT NOT NULL,
        was TEXT NOT NULL,
        became TEXT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("exam_changes_registration", "exam_changes (org_id, registration_uuid, id)")
