"""`turnout question`: what an event asks of those who register."""

from pathlib import Path

from cyclopts import App

from turnout.cli.app import Count, actor, console, database, errors, say_time, show_table
from turnout.cli.files import open_text
from turnout.cli.known import org_of_event
from turnout.cli.numbers import EventNumber, EventQuestionNumber, TicketTypeNumber
from turnout.core.events.programme import list_ticket_types
from turnout.core.fields import LONGEST_PROSE, changed_fields
from turnout.core.identity.organizations import get_organization
from turnout.core.questions.editing import (
    QuestionChange,
    add_question,
    change_question,
    move_question,
    remove_question,
)
from turnout.core.questions.model import Kind, Question, Way
from turnout.core.questions.reading import list_questions, list_texts
from turnout.errors import Invalid

questions = App(name="question")


@questions.command
def add(
    org: str,
    event: EventNumber,
    name: str,
    /,
    *,
    kind: Kind = Kind.TEXT,
    label: str = "",
    hint: str = "",
    choice: list[str] | None = None,
    required: bool = False,
    ticket_type: list[TicketTypeNumber] | None = None,
    text: str = "",
    text_file: Path | None = None,
    consent: list[Way] | None = None,
    at_door: bool = False,
) -> None:
    """Ask one more question of those who register for an event.

    It is asked on the event's page and on that of an invitation, and staff may answer it. The
    registration API, files and merge fields know it by its name, in any case.

    Example: `turnout question add acme 1000001 Diet --kind choice --choice vegan --choice fish`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        name: What it is called in APIs, files, merge fields and reports.
        kind: What an answer is.
        label: What people read; without it, the name.
        hint: A line that helps to answer.
        choice: A choice, for the kinds choice and several; may be repeated.
        required: It must be answered on the pages and by staff; an agreement must be agreed to.
        ticket_type: Number of a ticket type with which it is asked; may be repeated. Without it,
            with all.
        text: What is agreed to, in Markdown, for the kind agreement.
        text_file: A file with that text.
        consent: To agree to it is to consent to marketing that way; may be repeated. Such an
            agreement cannot be required.
        at_door: Phones at the door show the answer, or ask for the agreement.
    """
    change = QuestionChange(
        name=name,
        kind=kind,
        label=label,
        hint=hint,
        choices=choice or (),
        is_required=required,
        ticket_type_ids=ticket_type or (),
        text=_read_text(text, text_file) or "",
        consents=consent or (),
        is_at_door=at_door,
    )
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        made = db.call(add_question, org_id, event, change, actor=actor())
        asked = db.call(list_questions, org_id, event)
    console.print(f"Question {made.id} is asked: {made.name} ({made.kind}).")
    if set(made.consents) - {Way.EMAIL} and not any(one.kind is Kind.PHONE for one in asked):
        errors.print(
            "note: the event asks for no phone number, so nobody can be texted or called: "
            f"`turnout question add {org} {event} Mobile --kind phone` asks for one."
        )


@questions.command(name="list")
def list_all(org: str, event: EventNumber, /, *, removed: bool = False) -> None:
    """List what an event asks, in order.

    Example: `turnout question list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        removed: Also what was asked once, and has answers.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_questions, org_id, event, is_all=removed)
        types = {kind.id: kind.name for kind in db.call(list_ticket_types, org_id, event)}
    if not found:
        console.print("The event asks nothing. See `turnout question add`.")
        return
    rows = (
        (
            str(question.id),
            question.name,
            question.kind.value,
            _say_state(question),
            ", ".join(types[id_] for id_ in question.ticket_type_ids) or "all",
            ", ".join(question.choices),
        )
        for question in found
    )
    show_table("NUMBER", "NAME", "KIND", "STATE", "TICKET TYPES", "CHOICES", rows=rows)


@questions.command(name="set")
def set_question(
    org: str,
    event: EventNumber,
    question: EventQuestionNumber,
    /,
    *,
    name: str | None = None,
    kind: Kind | None = None,
    label: str | None = None,
    hint: str | None = None,
    choice: list[str] | None = None,
    required: bool = False,
    optional: bool = False,
    ticket_type: list[TicketTypeNumber] | None = None,
    every_type: bool = False,
    text: str | None = None,
    text_file: Path | None = None,
    restore: bool = False,
) -> None:
    """Change a question. Only what is named changes; an empty text takes a value away.

    Answers that were given stay. Once somebody answered, name and kind stay, too. A new text of an
    agreement is a new version: each answer says which one it agreed to.

    Example: `turnout question set acme 1000001 12 --label "What do you eat?" --required`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        question: Number of the question in `turnout question list`.
        name: What it is called in APIs, files, merge fields and reports.
        kind: What an answer is.
        label: What people read.
        hint: A line that helps to answer.
        choice: A choice; may be repeated. They replace all choices.
        required: It must be answered.
        optional: It need not be answered.
        ticket_type: Number of a ticket type with which it is asked; may be repeated.
        every_type: It is asked with every ticket type.
        text: What is agreed to, in Markdown.
        text_file: A file with that text.
        restore: Ask it again after it was removed.
    """
    if required and optional:
        raise Invalid("event_question.both")
    change = QuestionChange(
        name=name,
        kind=kind,
        label=label,
        hint=hint,
        choices=choice,
        is_required=required if required or optional else None,
        ticket_type_ids=[] if every_type else ticket_type,
        text=_read_text(text, text_file),
        is_removed=False if restore else None,
    )
    if not changed_fields(change):
        raise Invalid("event_question.unchanged")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        now = db.call(change_question, org_id, event, question, change, actor=actor())
    console.print(f"Question {now.id} is changed: {now.name} ({now.kind}).")


@questions.command
def texts(org: str, event: EventNumber, question: EventQuestionNumber, /) -> None:
    """Show every text that an agreement has had; each answer says which one it agreed to.

    Example: `turnout question texts acme 1000001 12`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        question: Number of the question in `turnout question list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_texts, org_id, event, question)
    if not found:
        console.print("This question has no text to agree to.")
    for known in found:
        console.print(f"Text {known.version}, from {say_time(known.created_at)}:")
        console.print(known.text)


@questions.command
def move(org: str, event: EventNumber, question: EventQuestionNumber, place: Count, /) -> None:
    """Ask a question earlier or later; exports and reports have their columns in this order.

    Example: `turnout question move acme 1000001 12 1`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        question: Number of the question in `turnout question list`.
        place: Its place, 1 = the first.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(move_question, org_id, event, question, place, actor=actor())
    for number, moved in enumerate(found, 1):
        console.print(f"{number}. {moved.name}")


@questions.command
def remove(org: str, event: EventNumber, question: EventQuestionNumber, /) -> None:
    """Ask a question no more; answers that were given stay with the registrations.

    Example: `turnout question remove acme 1000001 12`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        question: Number of the question in `turnout question list`.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        is_deleted = db.call(remove_question, org_id, event, question, actor=actor())
    if is_deleted:
        console.print(f"Question {question} is deleted.")
        return
    console.print(f"Question {question} is asked no more; its answers stay.")


def _say_state(question: Question) -> str:
    if question.is_removed:
        return "removed"
    if question.consents:
        return f"consent ({', '.join(question.consents)})"
    return "required" if question.is_required else "asked"


def _read_text(text: str | None, file: Path | None) -> str | None:
    """The text that is agreed to. Raises Invalid for two of them."""
    if file is None:
        return text
    if text:
        raise Invalid("event_question.texts")
    with open_text(file) as lines:
        return lines.read(LONGEST_PROSE + 1)
