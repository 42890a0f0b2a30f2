"""What stands on tickets and certificates beside what an organizer wrote."""

LABELS = {
    "paper.cancelled": "The event is cancelled.",
    "paper.certificate_genuine": "Is this certificate genuine? Scan the code, or open",
    "paper.certificate_text": "has attended %%event%% on %%date%%.",
    "paper.certificate_title": "Certificate of attendance",
    "paper.show_code": "Show this code at the door, on paper or on a phone.",
    "paper.ticket": "Ticket",
    "paper.ticket_of": "Ticket: {event}",
    "paper.when": "When",
    "paper.where": "Where",
}
