"""Columns of text and bytes that say nothing of a person, each with the reason; the other half of
places.py.

A new column goes here or into places.py, else tests/core/erasure/test_places.py fails. What is in
places.py must also be planted by tests/core/erasure/house.py.
"""

PROGRAMME = "the organizer says it of the event to everybody; speakers leave with their event"
SETTING = "a setting or name of the organization, the operator or the installation"
STAFF = "staff are not people in this sense: they leave with their account"
WORD = "one of the product's own words: a kind, a state, a time or place, a list of numbers"
RANDOM = "made at random by the product, and leads nowhere once the names are gone"
DIGEST = "a digest or key; codes and sessions go within a day"
OTHERS = "a name that a network or machine gives to itself or its messages"
PASSING = "stands there only while somebody is being erased"
RECORD = "records of exams and payments stay within the organization's retention"

REASONS: dict[str, dict[str, str]] = {
    PROGRAMME: {
        "agreement_texts": "text",
        "consent_texts": "text",
        "assessment_forms": "code code_key name title language",
        "campaigns": "name subject sender_email sender_name body sti",
        "certificate_templates": "title text signer",
        "channels": "title",
        "event_questions": "name name_key label hint choices",
        "events": "title details cover",
        "exams": "billing_code",
        "exam_settings": "paper_size",
        "mail_texts": "subject body",
        "exam_values": "value",
        "session_media": "url",
        "sessions": "title description track room",
        "speakers": "name headline description picture",
        "surveys": "title items",
        "ticket_types": "name currency description access_code",
        "venues": "name address city country_code details",
    },
    SETTING: {
        "credit_entries": "note",
        "alerts": "subject",
        "agents": "name",
        "distributors": "name",
        "gates": "name",
        "installation": "name value",
        "installation_entries": "action noun facts",
        "organizations": "slug name timezone locale details profile",
        "rooms": "name",
        "sender_domains": "domain",
        "sender_ids": "sender sender_key",
        "sender_keys": "domain selector algorithm",
        "sequences": "name",
        "suppressions": "reason",
        "site_address": "url",
        "untrusted_proxies": "address",
        "user_lists": "name",
    },
    STAFF: {
        "credit_entries": "actor",
        "audit_entries": "actor",
        "credentials": "name hint",
        "exam_changes": "actor",
        "installation_entries": "actor",
        "registration_notes": "actor",
        "users": "user_code role name email user_code_key profile",
    },
    WORD: {
        "alerts": "kind facts",
        "alembic_version": "version_num",
        "attempts": "outcome",
        "audit_entries": "action noun",
        "callbacks": "state",
        "credentials": "kind",
        "directory": "namespace noun",
        "erasures": "counts",
        "retention_runs": "counts",
        "event_questions": "kind ticket_type_ids consents",
        "events": "state timezone starts_local ends_local registration_ends_local",
        "exam_changes": "type",
        "exam_registrations": "registrant_type change_type",
        "exam_values": "kind",
        "exams": "kind exam_type exam_format appointment_type",
        "form_windows": "name",
        "former_addresses": "medium",
        "gates": "ticket_type_ids session_ids",
        "idempotency_keys": "method owner",
        "job_files": "content_type",
        "mail_texts": "kind language",
        "jobs": "kind channel lane state list_ids list_cursor timezone scheduled_local approval"
        " closing_reason job_type",
        "opt_outs": "medium source",
        "consents": "medium source language",
        "payments": "state currency",
        "queue_items": "code status",
        "rate_windows": "endpoint",
        "recipients": "state stage carrier keypress status",
        "registrations": "state source language",
        "scans": "result",
        "session_media": "kind",
        "sessions": "state starts_local ends_local ticket_type_ids speaker_ids",
        "simulated_messages": "kind outcome channel",
        "spending": "month",
        "submissions": "noun",
        "ticket_types": "sale_starts_local sale_ends_local",
        "tickets": "state granted_by",
        "user_lists": "state",
        "venues": "timezone",
        "verification_codes": "purpose",
        "verification_tries": "purpose",
        "viewings": "mode",
        "waiting_entries": "state reason language",
        "windows": "kind",
        "work_claims": "queue",
    },
    RANDOM: {
        "assessment_forms": "uuid",
        "callbacks": "uuid",
        "certificates": "code",
        "channels": "uuid pak",
        "directory": "name",
        "erasures": "uuid",
        "events": "uuid pak",
        "exam_changes": "registration_uuid",
        "exam_registrations": "passcode",
        "invitations": "uuid",
        "late_commits": "id",
        "organizations": "uuid",
        "people": "uuid",
        "queue_items": "session_pak",
        "registrations": "uuid",
        "scans": "code",
        "sessions": "uuid pak",
        "tickets": "code",
        "users": "uuid",
        "venues": "uuid",
    },
    DIGEST: {
        "callback_keys": "secret former_secret",
        "consent_texts": "digest",
        "consents": "digest",
        "credentials": "digest",
        "erased_addresses": "digest",
        "file_pieces": "digest",
        "files": "digest",
        "idempotency_keys": "body_digest",
        "installation_secrets": "name secret",
        "job_files": "digest",
        "known_places": "digest",
        "link_keys": "kid secret",
        "page_sessions": "digest",
        "pictures": "digest small_digest",
        "registration_passwords": "hash",
        "reporting_sessions": "digest",
        "sender_keys": "private_pem public",
        "signing_keys": "kid private_pem public_pem",
        "ticket_keys": "kid private_key public_key",
        "verification_codes": "client_key destination_key digest",
        "verification_tries": "key",
        "windows": "name",
    },
    OTHERS: {
        "callbacks": "host carrier",
        "conversations": "number",
        "early_reports": "carrier",
        "network_ids": "carrier network_id told plain",
        "replies": "number carrier",
        "reply_keys": "carrier",
        "scans": "nonce device",
        "stray_replies": "number carrier",
    },
    PASSING: {"erasures": "marks after"},
    RECORD: {
        "exam_accommodations": "type type_key name",
        "exam_registrations": "attendance grading",
        "learners": "code code_key",
        "payments": "reference",
    },
}


def list_not_personal() -> dict[tuple[str, str], str]:
    """The reason for each (table, column)."""
    return {
        (table, name): reason
        for reason, tables in REASONS.items()
        for table, names in tables.items()
        for name in names.split()
    }
