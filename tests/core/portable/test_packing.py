"""What an event's file carries: every column of what is the event's, or the reason why not."""

import re
from pathlib import Path
from typing import Any

from tests.core.erasure.test_places import read_schema
from tests.core.portable.summit import make_summit, pack, unpack
from tests.support.builder import Builder
from tests.support.node import START, LocalNode
from turnout.core.ids import EventId, OrgId
from turnout.store import Database, Tx

OF_EVENT = "event_id = {event_id}"
OF_REGISTRATION = "registration_id IN (SELECT id FROM registrations WHERE event_id = {event_id})"
OF_SESSION = "session_id IN (SELECT id FROM sessions WHERE event_id = {event_id})"

# The tables that a file carries: which rows are the event's, and their order.
CARRIED = {
    "events": ("id = {event_id}", "id"),
    "venues": ("id = (SELECT venue_id FROM events WHERE id = {event_id})", "id"),
    "ticket_types": (OF_EVENT, "id"),
    "sessions": (OF_EVENT, "id"),
    "session_media": (OF_SESSION, "session_id"),
    "captions": (OF_SESSION, "session_id, language"),
    "speakers": (OF_EVENT, "id"),
    "event_questions": (OF_EVENT, "id"),
    "agreement_texts": (OF_EVENT, "question_id, version"),
    "gates": (OF_EVENT, "id"),
    "surveys": (OF_EVENT, "id"),
    "certificate_templates": (OF_EVENT, "event_id"),
    "campaigns": (OF_EVENT, "id"),
    "mail_texts": (OF_EVENT, "kind, language"),
    "people": ("org_id = {org_id}", "id"),
    "parties": (OF_EVENT, "id"),
    "invitations": (OF_EVENT, "id"),
    "waiting_entries": (OF_EVENT, "id"),
    "registrations": (OF_EVENT, "id"),
    "session_bookings": (OF_REGISTRATION, "registration_id, session_id"),
    "tickets": (OF_REGISTRATION, "id"),
    "payments": (
        "ticket_id IN (SELECT id FROM tickets WHERE registration_id IN"
        " (SELECT id FROM registrations WHERE event_id = {event_id}))",
        "ticket_id",
    ),
    "registration_notes": (OF_REGISTRATION, "id"),
    "registration_tags": (OF_REGISTRATION, "registration_id, tag_key"),
}

# Columns of those tables that are not carried, with the reason; test_unpacking.py holds that what
# they name by number is the same on the other side.
NUMBER = "numbers and names for machines are new, and lead to the same things"
STAMP = "it says when the row was written here"
DERIVED = "counted or reckoned from what is carried"
EXAM = "exams do not go along"
TOLD = "nobody is told by an import, and a reminder is ordered where the event is now"
USER = "users stay: invitations become those of the organization's first user"
LEFT_COLUMNS = {
    NUMBER: {
        "campaigns": "event_id id org_id ticket_type_id",
        "agreement_texts": "event_id org_id question_id",
        "certificate_templates": "event_id org_id",
        "event_questions": "event_id id org_id ticket_type_ids",
        "events": "id org_id pak uuid venue_id",
        "gates": "event_id id org_id session_ids ticket_type_ids",
        "invitations": "campaign_id event_id id org_id person_id uuid",
        "mail_texts": "event_id org_id",
        "parties": "contact_id event_id id org_id",
        "payments": "org_id ticket_id",
        "people": "id org_id uuid",
        "registration_notes": "id org_id registration_id",
        "registration_tags": "org_id registration_id",
        "registrations": "event_id id org_id party_id person_id ticket_type_id uuid",
        "session_bookings": "org_id registration_id session_id",
        "session_media": "org_id session_id",
        "captions": "org_id session_id",
        "sessions": "event_id id org_id pak speaker_ids ticket_type_ids uuid",
        "speakers": "event_id id org_id",
        "surveys": "event_id id org_id session_id",
        "ticket_types": "event_id id org_id",
        "tickets": "grant_id id org_id registration_id ticket_type_id",
        "venues": "id org_id uuid",
        "waiting_entries": "event_id extras id org_id person_id ticket_type_id",
    },
    STAMP: {
        "agreement_texts": "created_at",
        "campaigns": "created_at updated_at",
        "event_questions": "created_at removed_at updated_at",
        "events": "created_at updated_at",
        "gates": "created_at",
        "invitations": "created_at updated_at",
        "mail_texts": "updated_at",
        "parties": "created_at",
        "payments": "created_at updated_at",
        "people": "created_at updated_at",
        "registration_tags": "created_at",
        "registrations": "updated_at",
        "session_bookings": "created_at",
        "session_media": "created_at updated_at",
        "captions": "updated_at",
        "sessions": "created_at updated_at",
        "speakers": "created_at updated_at",
        "surveys": "created_at updated_at",
        "ticket_types": "created_at updated_at",
        "tickets": "updated_at",
        "venues": "created_at updated_at",
        "waiting_entries": "updated_at",
    },
    EXAM: {"registrations": "sitting"},
    TOLD: {
        "campaigns": "planned_by refusal remind_at remind_local send_at send_local",
        "events": "remind_at",
        "registrations": "reminded_of",
        "waiting_entries": "told_at",
    },
    USER: {"campaigns": "user_id"},
    DERIVED: {"people": "merged_into"},
}

# Tables that tell of an event and do not go along.
LEFT_TABLES = {
    "what was seen and scanned stays where it happened": (
        "certificates departures door_conflicts door_notes question_votes questions scans "
        "survey_answers viewings"
    ),
    "exams do not go along": (
        "assessment_forms exam_accommodations exam_changes exam_registrations exam_settings"
        " exam_slots exams form_windows learners rooms"
    ),
    "messages stay with who sent them": (
        "attempts callbacks consents conversations network_ids recipients replies ticket_mails"
    ),
    "who consented did so to one organization": "consents",
    "senders are the organization's": "sender_domains sender_ids sender_keys",
    "secrets, and who may see it, are given again": (
        "credentials door_posts door_printers limited_events pairing_codes registration_passwords"
        " report_links reporting_user_events"
        " staff_events guest_links"
    ),
    "channels have events of the whole organization": "channel_events",
    "it is about what the organization keeps": (
        "erasures former_addresses former_names retention_rules"
    ),
    "what is still to be done is done where it was asked for": "queue_items",
    "a team saves its filters again": "saved_filters",
    "its picture for other sites is drawn again": "event_cards",
    "what is searched of people is written again": "people_search_due people_search_texts",
}

KEYS = {
    *("event_id", "registration_id", "session_id", "ticket_id", "person_id", "survey_id"),
    *("contact_id", "recipient_id", "venue_id", "exam_id", "campaign_id"),
}
DEFAULTS = {
    "sqlite": "SELECT m.name, c.name, c.dflt_value"
    " FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    "postgresql": "SELECT table_name, column_name, column_default"
    " FROM information_schema.columns WHERE table_schema = current_schema()",
}
SAME = (None, "", 0, "[]", "{}")
ALWAYS_ON = {("surveys", "is_open")}  # made on, so that off is what has to be carried

# What the summit leaves at its default.
PLANTED = (
    "UPDATE campaigns SET sender_name = 'Desk', sent_at = 5, reminder_subject = 'Still?',"
    " reminder_body = 'Still %%link%%'",
    "UPDATE certificate_templates SET minimum_minutes = 45",
    "UPDATE event_questions SET hint = 'Or so', is_at_door = 1",
    "UPDATE registration_notes SET is_at_door = 1",
    "UPDATE gates SET day = (SELECT substr(starts_local, 1, 10) FROM events e"
    " WHERE e.id = gates.event_id)",
    "UPDATE tickets SET issued_by = 'invitation'",
    "UPDATE events SET has_nameless_tickets = 1, is_waiting_closed = 1",
    "UPDATE invitations SET declined_after = 6, sent_at = 7, reminded_at = 8, reminders = 2",
    "UPDATE payments SET lapsed_at = 8, settled_at = 9",
    "UPDATE people SET address_line1 = 'a', address_line2 = 'b', address_line3 = 'c', city = 'd',"
    " country_code = 'DE', county_or_state = 'e', job_title = 'f', post_code = 'g', title = 'h'",
    "UPDATE event_questions SET consents = '[\"email\"]' WHERE kind = 'agreement'",
    "UPDATE registrations SET language = 'de'",
    "UPDATE session_media SET is_simulated = 1",
    "UPDATE speakers SET description = 'An *admiral*', position = 3",
    'UPDATE surveys SET is_poll = 1, items = \'[{"question":"Tea?","choices":["Yes","No"]}]\'',
    "UPDATE ticket_types SET is_hidden = 1, is_locked = 1, sale_starts_local = '2026-01-01T09:00',"
    " sale_starts_at = 1767254400000 WHERE is_default = 0",
    "UPDATE waiting_entries SET language = 'de', priority = 4, reason = 'full'",
)


def list_left() -> dict[tuple[str, str], str]:
    return {
        (table, name): reason
        for reason, tables in LEFT_COLUMNS.items()
        for table, names in tables.items()
        for name in names.split()
    }


def read_columns(
    db: Database, org_id: OrgId, event_id: EventId
) -> dict[tuple[str, str], list[Any]]:
    """What stands in each column of what is the event's, row by row."""

    def read(tx: Tx) -> dict[tuple[str, str], list[Any]]:
        found = {}
        for table, name, *_ in schema:
            if table in CARRIED:
                rows, order = CARRIED[table]
                where = rows.format(org_id=org_id, event_id=event_id)
                query = f'SELECT "{name}" FROM {table} WHERE {where} ORDER BY {order}'
                found[table, name] = [row[0] for row in tx.connection.execute(query)]
        return found

    schema = read_schema(db)
    return db.look(read)


def read_defaults(db: Database) -> dict[tuple[str, str], str]:
    rows = db.look(lambda tx: tx.connection.execute(DEFAULTS[db.backend]).fetchall())
    return {
        (table, name): re.sub(r"::\w+|'", "", default) for table, name, default in rows if default
    }


def test_every_column_goes_along_or_is_left_for_a_reason(own_node: LocalNode, tmp_path: Path):
    """A column that nobody thought of is not the same on the other side, or says nothing at all in
    the summit: plant it there."""
    own_node.clock.now = START
    db = own_node.db
    org_id, event_id = db.call(make_summit, "summit")
    for statement in PLANTED:
        own_node.execute(statement)
    own_node.clock.advance(60)

    def make_house(tx: Tx) -> OrgId:
        house = Builder(tx, "there")
        house.user()
        return house.org_id

    there = db.call(make_house)
    path = pack(db, org_id, event_id, tmp_path / "summit.zip")
    made = unpack(db, there, path, keeps_codes=True)
    before = read_columns(db, org_id, event_id)
    after = read_columns(db, there, made.event_id)
    defaults, left = read_defaults(db), list_left()
    columns = before.keys() - left.keys()
    assert {column for column in columns if before[column] != after[column]} == set()
    idle = {
        column
        for column in columns
        if all(
            str(cell) == defaults[column] if column in defaults else cell in SAME
            for cell in before[column]
        )
    }
    assert sorted(idle - ALWAYS_ON) == []


def test_each_table_that_tells_of_an_event_goes_along_or_not(db: Database):
    tables = {table for table, name, *_ in read_schema(db) if name in KEYS}
    left = {table for names in LEFT_TABLES.values() for table in names.split()}
    assert tables - CARRIED.keys() - left == set()
    assert left & CARRIED.keys() == set()
    assert (left | CARRIED.keys()) - {table for table, *_ in read_schema(db)} == set()


def test_what_is_left_stands_in_the_schema(db: Database):
    columns = {(table, name) for table, name, *_ in read_schema(db)}
    assert list_left().keys() - columns == set()
