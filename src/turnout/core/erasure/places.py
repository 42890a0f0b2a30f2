"""Every place where the product keeps something of a person: one table for export and erasure.

A row is a person's own by `own` (what names them by number), by `address` (a column with an index,
in lower case), or because their address or phone stands in one of its texts (`is_searched`), which
is found by reading the table in slices. Columns that are in no place are in not_personal.py;
tests/core/erasure/test_places.py fails for a column of the schema that is in neither, and
test_erasing.py for one that nothing is planted in.

The outcome for a row: DELETE, BLANK (its texts are emptied, its numbers stay for totals and seats),
REDACT (it is somebody else's, or everybody's: only the address itself is taken out), or KEEP (it is
numbers and marks of others, which tell nothing once the person has no name; exports show it).
"""

import enum
from typing import Any, NamedTuple

PEOPLE = """(SELECT id FROM people WHERE org_id = :org_id
    AND (id = :person_id OR merged_into = :person_id))"""
REGISTRATIONS = f"""(SELECT id FROM registrations WHERE org_id = :org_id
    AND person_id IN {PEOPLE})"""  # noqa: S608
TICKETS = f"""(SELECT id FROM tickets WHERE org_id = :org_id
    AND registration_id IN {REGISTRATIONS})"""  # noqa: S608

BY_PERSON = f"person_id IN {PEOPLE}"
BY_REGISTRATION = f"registration_id IN {REGISTRATIONS}"
NO_ANSWERS = '{"contact":{"email":""},"answers":[]}'


class Fate(enum.Enum):
    """The outcome for a row that is the person's."""

    DELETE = enum.auto()
    BLANK = enum.auto()
    REDACT = enum.auto()
    KEEP = enum.auto()


class Place(NamedTuple):
    """A table. `texts` are its personal columns with what stands there afterwards. `own` is the
    condition by which rows are the person's, "" = none; `address` likewise, with `{}` for the list
    of their addresses; `is_searched`: rows in whose texts the
    person's address or phone stands are theirs, too. `facts` are shown in an export beside the
    texts. `has_org` False = the table knows no organization."""

    table: str
    key: tuple[str, ...]
    texts: dict[str, Any]
    fate: Fate
    own: str = ""
    is_searched: bool = False
    facts: tuple[str, ...] = ()
    has_org: bool = True
    address: str = ""

    @property
    def whole_key(self) -> tuple[str, ...]:
        """The key with the organization."""
        return ("org_id", *self.key) if self.has_org else self.key


def _empty(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, "")


DETAILS = (
    "company",
    "job_title",
    "address_line1",
    "address_line2",
    "address_line3",
    "city",
    "county_or_state",
    "post_code",
    "country_code",
    "phone",
)
NAMES = ("title", "first_name", "last_name")

_SINCE = ("source", "created_at")
_CONSENT = ("event_id", "version", "language", "source", "given_at", "withdrawn_at")

PLACES = (
    Place(
        "people",
        ("id",),
        _empty("email", *NAMES, *DETAILS) | {"email_key": None},
        Fate.BLANK,
        own=f"id IN {PEOPLE}",
        facts=("uuid", "created_at", "updated_at"),
    ),
    Place("people_search_texts", ("person_id", "kind"), {"text": ""}, Fate.DELETE, own=BY_PERSON),
    Place(
        "former_addresses",
        ("person_id", "medium", "address"),
        {},
        Fate.DELETE,
        own=BY_PERSON,
        facts=("until",),
    ),
    Place(
        "former_names",
        ("person_id", "first_name", "last_name"),
        {},
        Fate.DELETE,
        own=BY_PERSON,
        facts=("until",),
    ),
    Place(
        "learners",
        ("person_id",),
        _empty("name_key", "email_key"),
        Fate.BLANK,
        own=BY_PERSON,
        facts=("code", "created_at"),
    ),
    Place(
        "registrations",
        ("id",),
        {"answers": NO_ANSWERS, "sti": "", "name_key": ""},
        Fate.BLANK,
        own=BY_PERSON,
        facts=("uuid", "event_id", "state", "source", "language", "created_at", "updated_at"),
    ),
    Place(
        "registration_notes",
        ("registration_id", "id"),
        {"note": ""},
        Fate.DELETE,
        own=BY_REGISTRATION,
        facts=("created_at",),
    ),
    Place(
        "door_notes",
        ("id",),
        {"reason": ""},
        Fate.BLANK,
        own=f"ticket_id IN {TICKETS}",
        facts=("kind", "device", "at"),
    ),
    Place(
        "registration_tags",
        ("registration_id", "tag_key"),
        {"tag": ""},
        Fate.DELETE,
        own=BY_REGISTRATION,
        facts=("created_at",),
    ),
    Place(
        "questions",
        ("id",),
        _empty("question", "answer"),
        Fate.BLANK,
        own=BY_REGISTRATION,
        facts=("event_id", "session_id", "asked_at"),
    ),
    Place(
        "question_votes",
        ("question_id", "registration_id"),
        {},
        Fate.DELETE,
        own=BY_REGISTRATION,
        facts=("question_id", "voted_at"),
    ),
    Place(
        "survey_answers",
        ("event_id", "registration_id", "is_poll", "survey_id", "number"),
        _empty("question", "answer"),
        Fate.DELETE,
        own=BY_REGISTRATION,
        facts=("answered_at",),
    ),
    Place("guest_links", ("digest",), {}, Fate.DELETE, own=BY_REGISTRATION),
    Place("ticket_mails", ("ticket_id",), {}, Fate.DELETE, own=f"ticket_id IN {TICKETS}"),
    Place(
        "waiting_entries",
        ("id",),
        {"sti": "", "extras": ""},
        Fate.BLANK,
        own=BY_PERSON,
        facts=("event_id", "state", "language", "created_at"),
    ),
    Place(
        "session_bookings",
        ("registration_id", "session_id"),
        {},
        Fate.KEEP,
        own=BY_REGISTRATION,
        facts=("created_at",),
    ),
    Place(
        "tickets",
        ("id",),
        {},
        Fate.KEEP,
        own=BY_REGISTRATION,
        facts=(
            *("registration_id", "ticket_type_id"),
            *("code", "state", "granted_by", "issued_by", "created_at", "checked_in_at"),
        ),
    ),
    Place(
        "payments",
        ("ticket_id",),
        {},
        Fate.KEEP,
        own=f"ticket_id IN {TICKETS}",
        facts=("state", "amount_minor", "currency", "reference", "due_at", "settled_at"),
    ),
    Place(
        "scans",
        ("id",),
        {},
        Fate.KEEP,
        own=f"ticket_id IN {TICKETS}",
        facts=("code", "result", "device", "at"),
    ),
    Place(
        "viewings",
        ("event_id", "registration_id", "mode", "session_id", "starts_at"),
        {},
        Fate.KEEP,
        own=BY_REGISTRATION,
        facts=("ends_at",),
    ),
    Place(
        "invitations",
        ("id",),
        {},
        Fate.KEEP,
        own=BY_PERSON,
        facts=("event_id", "sent_at", "confirmed_at", "declined_at", "created_at"),
    ),
    Place(
        "certificates",
        ("registration_id",),
        {},
        Fate.KEEP,
        own=BY_REGISTRATION,
        facts=("code", "minutes", "issued_at"),
    ),
    Place(
        "exam_registrations",
        ("registration_id",),
        {},
        Fate.KEEP,
        own=BY_PERSON,
        facts=("event_id", "attendance", "grading", "seat"),
    ),
    Place(
        "exam_accommodations",
        ("registration_id", "type_key"),
        {},
        Fate.KEEP,
        own=BY_REGISTRATION,
        facts=("type", "name", "time_extension"),
    ),
    Place(
        "submissions",
        ("id",),
        {"email": "", "contact": NO_ANSWERS},
        Fate.BLANK,
        is_searched=True,
        facts=("noun", "target_id", "accepted_at"),
    ),
    Place(
        "queue_items",
        ("id",),
        {"message": None, "facts": None},
        Fate.BLANK,
        own=BY_PERSON,
        is_searched=True,
        facts=("status", "done_at"),
    ),
    Place(
        "recipients",
        ("job_id", "id"),
        _empty("reference", "name", "destination", "address", "notes")
        | {"fields": "{}", "dedupe_key": None},
        Fate.BLANK,
        is_searched=True,
        facts=("status", "sent_at", "done_at"),
        address="address <> '' AND lower(address) IN ({})",
    ),
    Place(
        "jobs",
        ("id",),
        {"name": "", "content": "{}", "options": "{}", "sender": ""},
        Fate.REDACT,
        is_searched=True,
        facts=("job_type", "accepted_at"),
    ),
    Place(
        "attempts",
        ("job_id", "recipient_id", "number"),
        {"reason": ""},
        Fate.REDACT,
        is_searched=True,
        facts=("at", "outcome"),
    ),
    Place(
        "replies",
        ("id",),
        _empty("sender", "text"),
        Fate.BLANK,
        is_searched=True,
        facts=("job_id", "received_at"),
    ),
    Place(
        "stray_replies",
        ("id",),
        _empty("sender", "text"),
        Fate.DELETE,
        is_searched=True,
        facts=("received_at",),
        has_org=False,
    ),
    Place(
        "conversations",
        ("number", "address"),
        {},
        Fate.DELETE,
        is_searched=True,
        facts=("at",),
        has_org=False,
    ),
    Place(
        "early_reports",
        ("carrier", "network_id"),
        {"report": ""},
        Fate.DELETE,
        is_searched=True,
        facts=("at",),
        has_org=False,
    ),
    Place(
        "reply_keys",
        ("carrier", "key"),
        {},
        Fate.DELETE,
        is_searched=True,
        facts=("at",),
        has_org=False,
    ),
    Place("opt_outs", ("medium", "address"), {"typed": ""}, Fate.DELETE, "", True, _SINCE),
    Place("consents", ("medium", "address", "id"), {}, Fate.DELETE, "", True, _CONSENT),
    Place("suppressions", ("address",), {"notes": ""}, Fate.DELETE, "", True, ("reason",)),
    Place(
        "list_entries",
        ("list_id", "number"),
        _empty("reference", "recipient", "email", "fax", "phone", "mobile")
        | {"custom_fields": "{}"},
        Fate.DELETE,
        is_searched=True,
    ),
    Place(
        "simulated_messages",
        ("id",),
        _empty("sender", "destination", "subject", "text") | {"facts": "{}"},
        Fate.DELETE,
        is_searched=True,
        facts=("channel", "at"),
    ),
    Place("callbacks", ("id",), _empty("url", "body"), Fate.REDACT, is_searched=True),
    Place(
        "callback_attempts",
        ("callback_id", "number"),
        {"error": ""},
        Fate.REDACT,
        is_searched=True,
    ),
    Place(
        "idempotency_keys",
        ("owner", "key"),
        {"path": "", "answer": None},
        Fate.DELETE,
        is_searched=True,
        facts=("created_at",),
    ),
    Place(
        "exam_changes", ("id",), _empty("reason", "was", "became"), Fate.REDACT, is_searched=True
    ),
    Place("audit_entries", ("id",), {"facts": "{}"}, Fate.REDACT, is_searched=True),
    Place("work_claims", ("queue", "id"), {"note": ""}, Fate.REDACT, is_searched=True),
    Place(
        "job_files",
        ("job_id", "number"),
        _empty("name", "source_url"),
        Fate.REDACT,
        is_searched=True,
    ),
    Place("file_pieces", ("digest", "number"), {"content": b""}, Fate.DELETE, is_searched=True),
)

TABLES = (*(place.table for place in PLACES), "people_search_due", "erasures", "files")
"""All tables from which an erasure deletes."""
