"""Every command and family of commands with its line in `turnout --help`.

The list is all that is loaded for that page. The module that is named is loaded when its command
is run: most of them stand on the whole program, which takes a second. A command's own help is its
docstring, which begins with the line here; a family's only help is the line here.
"""

from cyclopts import App
from cyclopts.command_spec import CommandSpec

COMMANDS = {
    "aside": ("set_aside:aside", "Work that was set aside: it stopped its worker three times."),
    "asked": ("reporting:asked", "What viewers ask."),
    "assessment": ("assessments:assessments", "Assessment forms."),
    "attendee": ("papers:attendees", "Who has a ticket for an event, also as PDF and XLSX."),
    "alerts": (
        "alerts:alerts",
        "What an organization was alerted of: bounces, opt-outs, failures, mail domains.",
    ),
    "audit": ("audit:audit", "Who changed what."),
    "backup": ("backups:backup", "Write the whole database into one file, while it is in use."),
    "badge": ("papers:badges", "Badges to print."),
    "callbacks": (
        "callbacks:callbacks",
        "Calls to integrators: their outcome, replays.",
    ),
    "certificate": ("certificates:certificates", "Certificates of attendance."),
    "channel": (
        "events:channel",
        "Channels: series of events that people register for as one.",
    ),
    "credit": ("credit:credit", "Prepaid credit for messages."),
    "consent": ("consents:consents", "Who consented to marketing: to which text, when and where."),
    "demo": (
        "demo:demo",
        "Seed a demo organization (once) and serve it until stopped (Ctrl-C or SIGTERM).",
    ),
    "distributor": (
        "distributors:distributor",
        "Distributors: what an Admin's rule is limited to.",
    ),
    "door": ("door:doors", "Phones at the door: pair them, see and end them."),
    "doctor": ("doctor:doctor", "Check database, clock, disk and carriers, and say what to do."),
    "event": ("events:event", "Events and their sessions."),
    "exam": ("sittings:exams", "Exams and their candidates: seats, attendance, grades, notices."),
    "gate": ("checkin:gates", "Check-in lists: whom a door lets in."),
    "invite": ("invitations:invites", "Invitations to events: make, fill, send and remind."),
    "job": (
        "jobs:job",
        "Messaging jobs: preview, test, listen, follow, stop, approve and retry.",
    ),
    "key": ("keys:key", "The keys that sign tokens, links, callbacks and tickets."),
    "learner": ("learners:learners", "Learners: who sits exams."),
    "list": ("lists:lists", "Lists of people to send jobs to."),
    "mail": ("mails:mails", "What an event's mails say, in each language; previews and tests."),
    "media": ("audience:media", "What sessions show: streams, films and embedded players."),
    "message": (
        "messages:messages",
        "Messages to one address: their outcome, and what keeps others from it.",
    ),
    "migrate": (
        "servers:migrate",
        "Bring the database to the newest schema; safe to repeat, and on several nodes at once.",
    ),
    "optout": ("opt_outs:opt_outs", "Who gets no more broadcasts, and how they said so."),
    "org": ("identity:org", "Organizations: the accounts of this server."),
    "outbox": (
        "outbox:outbox",
        'List what the simulator "sent", newest first. Real networks do not show up here.',
    ),
    "payment": ("payments:payments", "What is to be paid for tickets."),
    "retention": ("retention:retention", "How long people are kept."),
    "person": ("people:people", "People: find, correct, merge, export and erase them."),
    "question": ("questions:questions", "What an event asks of those who register."),
    "registration": ("registrations:registrations", "Registrations of people for events."),
    "reply": ("replies:replies", "What people wrote back: read, search, hand on and export."),
    "reporting": ("reporting:reporting", "Users who may see reports."),
    "restore": ("backups:restore", "Fill an empty database from a file of `turnout backup`."),
    "scans": (
        "checkin:scans",
        "List what was scanned at an event's doors, newest first, refused codes too.",
    ),
    "sender": (
        "senders:senders",
        "Who an organization's mails and texts are from: mail domains, sender ids.",
    ),
    "serve": ("servers:serve", "Serve the APIs and pages until stopped (Ctrl-C or SIGTERM)."),
    "settings": (
        "servers:show_settings",
        "List every setting with its meaning, default and present value.",
    ),
    "speaker": ("event_parts:speakers", "Who speaks at events."),
    "suppression": (
        "suppressions:suppressions",
        "Mail addresses that are not written to again: they bounced, or complained.",
    ),
    "survey": ("reporting:survey", "Polls and surveys of the watch page."),
    "template": ("templates:templates", "Message templates: texts to begin messages with."),
    "ticket": ("tickets:tickets", "Ticket types, tickets, and the keys that sign them."),
    "token": ("identity:token", "API keys, tokens and secrets."),
    "usage": (
        "usage:usage",
        "Show what each user sent in a month, by channel, and what it cost.",
    ),
    "user": ("users:user", "Users of an organization."),
    "venue": ("venues:venues", "Venues and their rooms."),
    "viewing": ("audience:viewing", "Who has watched what, and for how long."),
    "waiting": ("waiting_list:waiting", "Waiting lists: who gets the next place."),
    "watch": ("audience:watch", "Personal links to the watch pages."),
    "work": (
        "servers:work",
        "Process the queues until stopped (Ctrl-C or SIGTERM), without serving anything.",
    ),
}


class Command(CommandSpec):
    """A command that is loaded when it is needed."""

    def resolve(self, parent_app: App) -> App:
        """Load it. Unlike a family, which has no other help, it keeps its own docstring."""
        is_loaded = self.is_resolved
        loaded = super().resolve(parent_app)
        if not is_loaded:
            loaded.help_format = "markdown"
            if loaded.default_command:
                loaded.help = loaded.default_command.__doc__ or ""
            _hand_down(loaded)
        return loaded


def _hand_down(family: App) -> None:
    """Its commands judge arguments as the whole app does: they were made before it was known."""
    for command in family._commands.values():
        if isinstance(command, App):
            command.group_arguments = family.group_arguments
            command.group_parameters = family.group_parameters
            _hand_down(command)


def add_commands(app: App) -> None:
    """Enter all commands into the app, without loading any."""
    for name, (place, line) in COMMANDS.items():
        app._commands[name] = Command(f"{__package__}.{place}", name=name, help=line)
