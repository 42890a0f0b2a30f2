"""Settings about jobs that come in by e-mail get names of the product.

They are members of the JSON text in which a user's profile is stored. There a quotation mark within
a value has a backslash before it, so `"name":` can only be a member's name: values stay as they
are, byte for byte. Audit entries are history, and keep the names of their time.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAMES = {
    "etob_authentication_type": "emailed_jobs_authentication",
    "etob_email_address": "emailed_jobs_address",
    "etob_subject_behaviour": "emailed_jobs_subject_use",
    "etob_use_email_body_as_fax_cover": "emailed_jobs_body_is_fax_cover",
    "etob_email_message_start_string": "emailed_jobs_start_mark",
    "etob_email_message_start_string_include": "emailed_jobs_start_mark_is_sent",
    "etob_email_message_end_string": "emailed_jobs_end_mark",
    "etob_strip_non_ascii": "emailed_jobs_strip_non_ascii",
    "etob_disabled": "emailed_jobs_disabled",
    "etob_xheader_code": "emailed_jobs_header_code",
    "etob_ip_whitelist": "emailed_jobs_allowed_ips",
    "etob_ip_whitelist_alert_address": "emailed_jobs_ip_alert_address",
}


def upgrade() -> None:
    profile = "profile"
    for old, new in NAMES.items():
        profile = f"""replace({profile}, '"{old}":', '"{new}":')"""
    op.execute(f"""UPDATE users SET profile = {profile} WHERE profile LIKE '%"etob_%'""")  # noqa: S608
