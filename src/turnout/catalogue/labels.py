"""The words that Turnout itself writes on pages, in mails and on papers, by code.

Sentences about failures are told from these: they are raised, and shown in one printable line. What
goes into a label was made fit for its place before, so it is put in as it is.
"""

from collections.abc import Mapping

from turnout.catalogue import (
    accounts,
    console,
    dates,
    door,
    guests,
    mails,
    papers,
    public_pages,
)

LABELS: Mapping[str, str] = (
    accounts.LABELS
    | dates.LABELS
    | guests.LABELS
    | door.LABELS
    | mails.LABELS
    | papers.LABELS
    | public_pages.LABELS
)
"""Every label that languages need to have, in English, by its code."""

CONSOLE: Mapping[str, str] = console.LABELS
"""What only the console says: in English for now."""

# What pages say of failures, beside all of the table of pages: visitors see these.
SHOWN = frozenset(
    {
        *guests.SENTENCES,
        "answer.agree",
        "answer.not_agreement",
        "answer.not_choice",
        "answer.not_country",
        "answer.not_date",
        "answer.not_long_text",
        "answer.not_number",
        "answer.not_phone",
        "answer.not_several",
        "answer.not_text",
        "answer.not_yes_no",
        "answer.required",
        "body.slow",
        "body.too_large",
        "certificate.missing",
        "certificate.throttled",
        "companions.limit",
        "companions.many",
        "companions.places",
        "companions.session",
        "companions.twice",
        "companions.wait",
        "contact.control",
        "two_step.wrong",
        "door.agreement",
        "door.code",
        "door.ended",
        "door.link",
        "door.name",
        "door.no_exit",
        "door.not_in",
        "door.reason",
        "door.search",
        "door.supervisor",
        "door.tries",
        "door.unconfirmed",
        "door.undo_late",
        "door.undo_none",
        "door.undo_other",
        "door.unpaired",
        "door.walk_in_name",
        "door.walk_in_session",
        "door.walk_in_type",
        "code.tries",
        "contact.email",
        "contact.email_typed",
        "contact.email_typo",
        "event.cancelled",
        "event.closed",
        "event.draft",
        "event.exam",
        "event.full",
        "event.over",
        "form.code",
        "form.many_codes",
        "form.many_forms",
        "invitation.came",
        "invitation.over",
        "link.missing",
        "login.password",
        "login.user_code",
        "login.wrong",
        "method.not_allowed",
        "path.missing",
        "picture.missing",
        "places.taken",
        "question.many",
        "question.pace",
        "registration.cancelled",
        "server.unexpected",
        "site.foreign",
        "survey.choice",
        "survey.closed",
        "survey.empty",
        "text.length",
        "text.unstorable",
        "text.unstorable_query",
        "ticket.missing",
        "ticket_type.hidden",
        "ticket_type.locked",
        "ticket_type.none",
        "ticket_type.not_yet",
        "ticket_type.offered",
        "ticket_type.sale_over",
        "ticket_type.unknown",
        "tickets.sold_out",
        "tickets.sold_out_type",
        "waiting.closed",
        "waiting.lapsed",
        "waiting.no_offer",
        "waiting.places",
        "waiting.registered",
        "watch.code",
    }
)
