"""What is said about pages and their forms."""

SENTENCES = {
    "contact.email_domain": "Nothing can be mailed to {domain}: it has no ending. Type your whole "
    "e-mail address, such as ada@example.com.",
    "contact.name": "Type your name: the first, the last or both.",
    "contact.text": "Type letters, digits and signs only.",
    "heartbeat.malformed": "This is not a heartbeat: {said}",
    "invitation.answer": "Press one of the buttons of the page.",
    "link.other_event": "This link is for another event. Open it as it was sent.",
    "outbox.before": "{before!r} is not a place in the outbox.",
    "outbox.channel": "There is no channel {channel!r}.",
    "outbox.job": "{job!r} is not the number of a job.",
    "outbox.to": "A number or address has up to {limit} characters.",
    "page.damaged": "The form arrived damaged and could not be read.",
    "page.encoding": "The form was sent in a way that cannot be read.",
    "page.form": "This form is not from this browser's page, or it is old. Open it again.",
    "page.many_fields": "The form has more fields than the page.",
    "page.missing": "There is nothing to watch here.",
    "page.no_file": "There is no such file of a ticket.",
    "page.not_utf8": "The form has characters that could not be read (they are not UTF-8).",
    "page.other_fields": "The form has other fields than the page.",
    "page.sign_in": "Sign in at {path}, then open this page again.",
    "page.unstorable": "It has a character that cannot be kept (NUL, or half of one).",
    "reporting.page": "You are signed in as {code}, and {code} may not see reports of event "
    "{event_id}. Who runs this server grants it with `turnout reporting grant {slug} {code}`.",
    "text.unstorable_form": "The form has a character that cannot be stored.",
    "ticket.cancelled_page": "This ticket is cancelled.",
    "ticket.unknown": "There is no such ticket.",
    "ticket_type.chosen": "Choose a ticket.",
    "waiting.answer": "Press one of the buttons of the page.",
    "watch.act": "Press one of the buttons of the page.",
}
