"""Messaging: jobs with their recipients, lists, files, replies, callbacks, codes.

How the tables work together is told in core/messaging/README.md. A row of `recipients` is a queue
item too: `due_at` says when something has to happen with it next (be sent, be claimed again
because its lease ran out, be given up because no report came), null = nothing any more. Likewise
`jobs.ready_at` (the delivery loop) and `jobs.due_at` (the schedule).
"""

from turnout.store.migrations.ddl import column, index, sequence, table
from turnout.store.sequences import SEQUENCES

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NEW_SEQUENCES = ("job", "recipient", "user_list", "messaging", "callback")


def upgrade() -> None:
    for name in NEW_SEQUENCES:
        sequence(name, *SEQUENCES[name])
    jobs()
    recipients()
    lists()
    files()
    replies()
    callbacks()
    codes()
    outbox()
    attendance()


def jobs() -> None:
    table(
        "jobs",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('broadcast', 'code', 'notice')),
        job_type TEXT NOT NULL,
        channel TEXT NOT NULL,
        lane TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN
            ('staging', 'scheduled', 'listing', 'sending', 'closing', 'complete', 'closed')),
        is_paused BIGINT NOT NULL DEFAULT 0,
        sender TEXT NOT NULL,
        content TEXT NOT NULL,
        options TEXT NOT NULL,
        list_ids TEXT NOT NULL,
        list_cursor TEXT NOT NULL DEFAULT '',
        is_deduped BIGINT NOT NULL,
        timezone TEXT NOT NULL,
        accepted_at BIGINT NOT NULL,
        scheduled_local TEXT NOT NULL,
        scheduled_at BIGINT,
        started_at BIGINT,
        completed_at BIGINT,
        cutoff_at BIGINT,
        expires_at BIGINT,
        closing_reason TEXT NOT NULL DEFAULT '',
        ready_at BIGINT,
        due_at BIGINT,
        total BIGINT NOT NULL DEFAULT 0,
        open BIGINT NOT NULL DEFAULT 0,
        sent BIGINT NOT NULL DEFAULT 0,
        failed BIGINT NOT NULL DEFAULT 0,
        unsent BIGINT NOT NULL DEFAULT 0,
        cost_micros BIGINT NOT NULL DEFAULT 0,
        reserved_micros BIGINT NOT NULL DEFAULT 0,
        PRIMARY KEY (org_id, id),
        CHECK (total = open + sent + failed),
        CHECK (open >= 0 AND sent >= 0 AND failed >= 0)
        """,
    )
    index("jobs_id", "jobs (id)", unique=True)
    # With all that lists filter by, so that counting them never reads what jobs say.
    index(
        "jobs_user",
        "jobs (org_id, user_id, id, state, job_type, accepted_at, name) WHERE kind = 'broadcast'",
    )
    index("jobs_accepted", "jobs (org_id, accepted_at, id)")
    index("jobs_ready", "jobs (lane, ready_at, id) WHERE ready_at IS NOT NULL")
    index("jobs_staging", "jobs (accepted_at) WHERE state = 'staging'")
    index("jobs_due", "jobs (due_at, id) WHERE due_at IS NOT NULL")
    table(
        "spending",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        user_id BIGINT NOT NULL,
        month TEXT NOT NULL,
        spent_micros BIGINT NOT NULL,
        alerted_at BIGINT,
        PRIMARY KEY (org_id, user_id, month)
        """,
    )


def recipients() -> None:
    table(
        "recipients",
        """
        org_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        reference TEXT NOT NULL,
        name TEXT NOT NULL,
        destination TEXT NOT NULL,
        address TEXT NOT NULL,
        fields TEXT NOT NULL,
        dedupe_key TEXT,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'accepted', 'done')),
        due_at BIGINT,
        attempts BIGINT NOT NULL DEFAULT 0,
        is_repeated BIGINT NOT NULL DEFAULT 0,
        status TEXT NOT NULL DEFAULT 'QUED',
        stage TEXT NOT NULL DEFAULT 'Initial',
        notes TEXT NOT NULL DEFAULT '',
        carrier TEXT NOT NULL DEFAULT '',
        parts BIGINT NOT NULL DEFAULT 0,
        parts_left BIGINT NOT NULL DEFAULT 0,
        cost_micros BIGINT NOT NULL DEFAULT 0,
        duration_s BIGINT NOT NULL DEFAULT 0,
        keypress TEXT NOT NULL DEFAULT '',
        is_voicemail BIGINT NOT NULL DEFAULT 0,
        sent_at BIGINT,
        done_at BIGINT,
        PRIMARY KEY (org_id, job_id, id),
        FOREIGN KEY (org_id, job_id) REFERENCES jobs (org_id, id)
        """,
    )
    index("recipients_id", "recipients (id)", unique=True)
    index("recipients_due", "recipients (org_id, job_id, due_at, id) WHERE due_at IS NOT NULL")
    index(
        "recipients_dedupe",
        "recipients (org_id, job_id, dedupe_key) WHERE dedupe_key IS NOT NULL",
        unique=True,
    )
    table(
        "attempts",
        """
        org_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        recipient_id BIGINT NOT NULL,
        number BIGINT NOT NULL,
        at BIGINT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT NOT NULL,
        PRIMARY KEY (org_id, job_id, recipient_id, number)
        """,
    )
    # A network's own names of what it took, until it has reported.
    table(
        "network_ids",
        """
        carrier TEXT NOT NULL,
        network_id TEXT NOT NULL,
        org_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        recipient_id BIGINT NOT NULL,
        parts BIGINT NOT NULL,
        PRIMARY KEY (carrier, network_id)
        """,
    )
    # Reports that came before the id that they name was written down.
    table(
        "early_reports",
        """
        carrier TEXT NOT NULL,
        network_id TEXT NOT NULL,
        report TEXT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (carrier, network_id)
        """,
    )
    index("early_reports_age", "early_reports (at)")
    table(
        "opt_outs",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        medium TEXT NOT NULL CHECK (medium IN ('email', 'sms', 'call', 'fax')),
        address TEXT NOT NULL,
        source TEXT NOT NULL,
        job_id BIGINT,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, medium, address)
        """,
    )


def lists() -> None:
    table(
        "user_lists",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        id BIGINT NOT NULL,
        user_id BIGINT NOT NULL,
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('staging', 'ready')),
        entries BIGINT NOT NULL DEFAULT 0,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id)
        """,
    )
    table(
        "list_entries",
        """
        org_id BIGINT NOT NULL,
        list_id BIGINT NOT NULL,
        number BIGINT NOT NULL,
        reference TEXT NOT NULL,
        recipient TEXT NOT NULL,
        email TEXT NOT NULL,
        fax TEXT NOT NULL,
        phone TEXT NOT NULL,
        mobile TEXT NOT NULL,
        custom_fields TEXT NOT NULL,
        PRIMARY KEY (org_id, list_id, number),
        FOREIGN KEY (org_id, list_id) REFERENCES user_lists (org_id, id)
        """,
    )


def files() -> None:
    # A file is kept once an organization, by the SHA-256 of its content, in pieces; the row in
    # `files` comes last and says that all of them are there.
    table(
        "files",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        digest TEXT NOT NULL,
        size BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest)
        """,
    )
    table(
        "file_pieces",
        """
        org_id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        number BIGINT NOT NULL,
        content BYTES NOT NULL,
        created_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, digest, number)
        """,
    )
    table(
        "job_files",
        """
        org_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        number BIGINT NOT NULL,
        name TEXT NOT NULL,
        content_type TEXT NOT NULL,
        digest TEXT NOT NULL,
        source_url TEXT NOT NULL,
        delete_at BIGINT,
        PRIMARY KEY (org_id, job_id, number)
        """,
    )
    index("job_files_digest", "job_files (org_id, digest)")
    index("job_files_age", "job_files (delete_at) WHERE delete_at IS NOT NULL")


def replies() -> None:
    # Whom a number of the pool last wrote to, and in which job.
    table(
        "conversations",
        """
        number TEXT NOT NULL,
        address TEXT NOT NULL,
        org_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        recipient_id BIGINT NOT NULL,
        at BIGINT NOT NULL,
        PRIMARY KEY (number, address)
        """,
    )
    table(
        "replies",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        recipient_id BIGINT NOT NULL,
        sender TEXT NOT NULL,
        number TEXT NOT NULL,
        text TEXT NOT NULL,
        carrier TEXT NOT NULL,
        received_at BIGINT NOT NULL,
        is_late BIGINT NOT NULL,
        is_opt_out BIGINT NOT NULL,
        forwarded_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("replies_job", "replies (org_id, job_id, id)")
    table(
        "stray_replies",
        """
        id BIGINT PRIMARY KEY,
        sender TEXT NOT NULL,
        number TEXT NOT NULL,
        text TEXT NOT NULL,
        carrier TEXT NOT NULL,
        received_at BIGINT NOT NULL
        """,
    )


def callbacks() -> None:
    table(
        "callback_keys",
        """
        org_id BIGINT PRIMARY KEY REFERENCES organizations (org_id),
        secret TEXT NOT NULL,
        created_at BIGINT NOT NULL
        """,
    )
    table(
        "callbacks",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        job_id BIGINT NOT NULL,
        recipient_id BIGINT NOT NULL,
        url TEXT NOT NULL,
        host TEXT NOT NULL,
        body TEXT NOT NULL,
        carrier TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'delivered', 'failed')),
        attempts BIGINT NOT NULL DEFAULT 0,
        created_at BIGINT NOT NULL,
        give_up_at BIGINT NOT NULL,
        due_at BIGINT,
        done_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    # Led by the host, so that a receiver which is slow never stands before the others.
    index("callbacks_due", "callbacks (host, due_at, org_id, id) WHERE due_at IS NOT NULL")
    index("callbacks_job", "callbacks (org_id, job_id, id)")
    index("callbacks_age", "callbacks (done_at) WHERE done_at IS NOT NULL")
    table(
        "callback_attempts",
        """
        org_id BIGINT NOT NULL,
        callback_id BIGINT NOT NULL,
        number BIGINT NOT NULL,
        at BIGINT NOT NULL,
        took_ms BIGINT NOT NULL,
        status BIGINT,
        error TEXT NOT NULL,
        PRIMARY KEY (org_id, callback_id, number)
        """,
    )


def codes() -> None:
    table(
        "verification_codes",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        client_key TEXT NOT NULL,
        id BIGINT NOT NULL,
        digest TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        used_at BIGINT,
        PRIMARY KEY (org_id, client_key, id)
        """,
    )
    index("verification_codes_age", "verification_codes (created_at)")
    table(
        "verification_tries",
        """
        org_id BIGINT NOT NULL REFERENCES organizations (org_id),
        client_key TEXT NOT NULL,
        window_started_at BIGINT NOT NULL,
        window_ms BIGINT NOT NULL,
        wrong BIGINT NOT NULL,
        PRIMARY KEY (org_id, client_key)
        """,
    )
    index("verification_tries_age", "verification_tries (window_started_at)")
    # Secrets of this installation, such as the key that signs links; made when first needed.
    table(
        "installation_secrets",
        "name TEXT PRIMARY KEY, secret TEXT NOT NULL, created_at BIGINT NOT NULL",
    )


def outbox() -> None:
    # What the simulator "sent", and what its network will still say about it.
    table(
        "simulated_messages",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        attempt_id BIGINT NOT NULL,
        job_id BIGINT NOT NULL,
        kind TEXT NOT NULL,
        channel TEXT NOT NULL,
        sender TEXT NOT NULL,
        destination TEXT NOT NULL,
        subject TEXT NOT NULL,
        text TEXT NOT NULL,
        facts TEXT NOT NULL,
        outcome TEXT NOT NULL,
        at BIGINT NOT NULL,
        due_at BIGINT,
        PRIMARY KEY (org_id, id)
        """,
    )
    index("simulated_messages_due", "simulated_messages (due_at, id) WHERE due_at IS NOT NULL")
    index("simulated_messages_age", "simulated_messages (at)")
    index("simulated_messages_at", "simulated_messages (org_id, at, id)")


def attendance() -> None:
    # What live lists look at; the verbs around them come with the door and the invitations.
    column("tickets", "checked_in_at BIGINT")
    table(
        "invitations",
        """
        org_id BIGINT NOT NULL,
        id BIGINT NOT NULL,
        uuid TEXT NOT NULL,
        event_id BIGINT NOT NULL,
        person_id BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'accepted', 'declined')),
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        PRIMARY KEY (org_id, id),
        FOREIGN KEY (org_id, event_id) REFERENCES events (org_id, id),
        FOREIGN KEY (org_id, person_id) REFERENCES people (org_id, id)
        """,
    )
    index("invitations_event", "invitations (org_id, event_id, person_id)", unique=True)
