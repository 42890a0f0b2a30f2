"""`turnout invite`: campaigns of invitations, made, filled, sent and reminded of."""

from collections.abc import Sequence
from pathlib import Path

from cyclopts import App

from turnout.cli.app import (
    actor,
    base_url,
    console,
    counted,
    database,
    say_time,
    settings,
    show_table,
)
from turnout.cli.imports import (
    Faults,
    IgnoreUnknown,
    Preview,
    Row,
    open_records,
    show_preview,
    slices,
)
from turnout.cli.known import org_of_event
from turnout.cli.numbers import CampaignNumber, EventNumber, TicketTypeNumber
from turnout.core.events.programme import list_ticket_types
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.users import get_user_id
from turnout.core.importing.records import Fault, fault_of
from turnout.core.invitations.campaigns import (
    create_campaign,
    get_campaign,
    list_campaigns,
    send_campaign,
)
from turnout.core.invitations.composing import (
    change_campaign,
    check_merge_fields,
    read_as,
    send_campaign_test,
    text_of,
)
from turnout.core.invitations.invitees import InviteeFilter, invite, list_invitees
from turnout.core.invitations.planning import cancel_plan, plan_sending
from turnout.core.messaging.staging import SLICE
from turnout.core.people.contact_rows import CONTACTS, read_contact
from turnout.core.people.model import Contact
from turnout.errors import Invalid

invites = App(name="invite")
LIMIT = 20 * SLICE
"""How many people are added at once."""


@invites.command
def create(
    org: str,
    event: EventNumber,
    ticket_type: TicketTypeNumber,
    name: str,
    /,
    *,
    user: str,
    subject: str,
    sender: str,
    sender_name: str = "",
    body: Path,
    sti: str = "",
) -> None:
    """Make an invitation; nothing is sent yet.

    Example:
    `turnout invite create acme 1000001 3 Guests --user au/jo --subject Come
    --sender jo@acme.example --body text.txt`

    Args:
        org: Short name of the organization.
        event: Number of the event.
        ticket_type: Number of the ticket type that those who confirm get.
        name: What the invitation is called.
        user: Code of the user whose jobs its mails are.
        subject: Subject of its mails.
        sender: Address that its mails come from.
        sender_name: Name beside that address.
        body: File with the text of its mails, which has %%link%%, where everybody answers, and
            may have %%recipient%%, %%firstname%%, %%lastname%% and %%event%%.
        sti: Campaign source that reports have of those who register by it.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        said = body.read_text(encoding="utf-8")
        check_merge_fields(subject, said)
        campaign = db.call(
            create_campaign,
            org_id,
            event,
            ticket_type_id=ticket_type,
            name=name,
            subject=subject,
            sender_email=sender,
            sender_name=sender_name,
            body=said,
            user_id=db.call(get_user_id, org_id, user),
            sti=sti,
            actor=actor(),
        )
    console.print(f"Invitation {campaign.id} is made. `turnout invite add` fills it.")


@invites.command
def add(
    org: str,
    invitation: CampaignNumber,
    file: Path,
    /,
    *,
    preview: Preview = False,
    ignore_unknown: IgnoreUnknown = False,
) -> None:
    """Add people from a CSV file or a workbook (XLSX) to an invitation, all of them or nobody.

    It needs a column Email; First name, Last name (or Name), Company, Job title, Phone, Address,
    Post code, City, State and Country are known too, under their usual names in English, German,
    French or Spanish.

    Example: `turnout invite add acme 5 guests.csv`

    Args:
        org: Short name of the organization.
        invitation: Number of the invitation.
        file: The file.
    """
    if preview:
        with database() as db:
            db.call(get_campaign, db.call(get_organization, org).org_id, invitation)
        show_preview(file, CONTACTS, _find_faults, ignore_unknown=ignore_unknown)
        return
    contacts = _read_contacts(file, ignore_unknown=ignore_unknown)
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        added = db.call(invite, org_id, invitation, contacts)
    console.print(f"Added: {added}. Invited already: {len(contacts) - added}.")


@invites.command
def send(org: str, invitation: CampaignNumber, /, *, reminder: bool = False, at: str = "") -> None:
    """Write to those who were not written to yet, now or at a time.

    A worker sends it at its time, to those who are in it then; `turnout invite unschedule` takes
    the time back.

    Example: `turnout invite send acme 5 --at 2027-02-01T09:00`

    Args:
        org: Short name of the organization.
        invitation: Number of the invitation.
        reminder: Write again to those who have not answered.
        at: When, on the clocks of the event's time zone; default: now.
    """
    from turnout.carriers.networks import read_prices

    with database() as db:
        org_id = db.call(get_organization, org).org_id
        if at:
            instant = db.call(
                plan_sending, org_id, invitation, at, is_reminder=reminder, actor=actor()
            )
            console.print(f"It goes at {say_time(instant)}, while a worker runs.")
            return
        db.call(get_campaign, org_id, invitation)
        url = base_url(db)
        job_id, total = db.call(
            send_campaign,
            org_id,
            invitation,
            url,
            is_reminder=reminder,
            prices=read_prices(settings()),
            actor=actor(),
        )
    if job_id is None:
        console.print("There is nobody to write to.")
        return
    console.print(
        f"Job {job_id} writes to {counted(total, 'person', 'people')}; their links lead to {url}."
    )


@invites.command
def unschedule(org: str, invitation: CampaignNumber, /, *, reminder: bool = False) -> None:
    """Take back the time at which an invitation was to go.

    Example: `turnout invite unschedule acme 5 --reminder`

    Args:
        org: Short name of the organization.
        invitation: Number of the invitation.
        reminder: The time of its reminder.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(cancel_plan, org_id, invitation, is_reminder=reminder, actor=actor())
    console.print("It goes by hand.")


@invites.command(name="set")
def set_texts(
    org: str,
    invitation: CampaignNumber,
    /,
    *,
    name: str | None = None,
    subject: str | None = None,
    sender: str | None = None,
    sender_name: str | None = None,
    body: Path | None = None,
    reminder_subject: str | None = None,
    reminder_body: Path | None = None,
) -> None:
    """Change what an invitation says, and what its reminders say; mails that were sent stay.

    Example: `turnout invite set acme 5 --reminder-subject "Still time" --reminder-body again.txt`

    Args:
        org: Short name of the organization.
        invitation: Number of the invitation.
        name: What it is called.
        subject: Subject of its mails.
        sender: Address that its mails come from.
        sender_name: Name beside that address.
        body: File with the text, which has %%link%%.
        reminder_subject: Subject of reminders; empty = that of its mails.
        reminder_body: File with the text of reminders, which has %%link%%; an empty file = they say
            what its mails say.
    """
    given = {
        "name": name,
        "subject": subject,
        "sender_email": sender,
        "sender_name": sender_name,
        "body": body.read_text(encoding="utf-8") if body else None,
        "reminder_subject": reminder_subject,
        "reminder_body": reminder_body.read_text(encoding="utf-8") if reminder_body else None,
    }
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        text = text_of(db.call(get_campaign, org_id, invitation))
        text = text._replace(**{part: value for part, value in given.items() if value is not None})
        db.call(change_campaign, org_id, invitation, text, actor=actor())
    console.print(f"Invitation {invitation} is changed.")


@invites.command
def preview(org: str, invitation: CampaignNumber, /, *, reminder: bool = False) -> None:
    """Show what somebody reads.

    Example: `turnout invite preview acme 5 --reminder`

    Args:
        org: Short name of the organization.
        invitation: Number of the invitation.
        reminder: Show the reminder.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        campaign = db.call(get_campaign, org_id, invitation)
        said = (campaign.event_id, text_of(campaign), base_url(db))
        seen = db.call(read_as, org_id, *said, is_reminder=reminder)
    console.print(f"Subject: {seen.subject}\n\n{seen.text}")


@invites.command(name="test")
def try_out(
    org: str, invitation: CampaignNumber, address: str, /, *, reminder: bool = False
) -> None:
    """Send it to an address alone; its link leads to nobody.

    Example: `turnout invite test acme 5 jo@acme.example`

    Args:
        org: Short name of the organization.
        invitation: Number of the invitation.
        address: Where it goes.
        reminder: Send the reminder.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        where = (org_id, invitation, base_url(db), address)
        db.call(send_campaign_test, *where, is_reminder=reminder, actor=actor())
    console.print(f"The test goes to {address}.")


@invites.command
def people(org: str, invitation: CampaignNumber, /) -> None:
    """List who is invited, what they said, and when they were written to and reminded.

    Example: `turnout invite people acme 5`

    Args:
        org: Short name of the organization.
        invitation: Number of the invitation.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        event_id = db.call(get_campaign, org_id, invitation).event_id
        found = db.call(list_invitees, org_id, event_id, InviteeFilter(campaign_id=invitation))
    show_table(
        "NUMBER", "STATE", "SENT", "REMINDED", "TIMES", "EMAIL", "NAME",
        rows=(
            (
                str(one.id),
                one.state,
                say_time(one.sent_at) if one.sent_at else "not yet",
                say_time(one.reminded_at) if one.reminded_at else "",
                str(one.reminders or ""),
                one.email,
                f"{one.first_name} {one.last_name}".strip(),
            )
            for one in found
        ),
    )  # fmt: skip


@invites.command(name="list")
def list_all(org: str, event: EventNumber, /) -> None:
    """List the invitations of an event, with how many have said what.

    Example: `turnout invite list acme 1000001`

    Args:
        org: Short name of the organization.
        event: Number of the event.
    """
    with database() as db:
        org_id = org_of_event(db, org, event)
        found = db.call(list_campaigns, org_id, event)
        types = {kind.id: kind.name for kind in db.call(list_ticket_types, org_id, event)}
    if not found:
        console.print("The event has no invitations.")
        return
    show_table(
        "NUMBER", "SENT", "GOES", "REMINDS", "CONFIRMED", "DECLINED", "PENDING", "NAME", "TICKET",
        rows=(
            (
                str(invitee.id),
                say_time(invitee.sent_at) if invitee.sent_at else "not yet",
                say_time(invitee.send_at) if invitee.send_at else "",
                say_time(invitee.remind_at) if invitee.remind_at else "",
                *(str(said.get(state, 0)) for state in ("confirmed", "declined", "pending")),
                invitee.name,
                types.get(invitee.ticket_type_id, ""),
            )
            for invitee, said in found
        ),
    )  # fmt: skip


def _read_contacts(file: Path, *, ignore_unknown: bool) -> list[Contact]:
    contacts: list[Contact] = []
    faults = Faults()
    with open_records(file, CONTACTS, ignore_unknown=ignore_unknown) as opened:
        for rows, unread, _ in slices(opened.records, faults):
            faults.add([*unread, *_find_faults(rows, contacts)])
            if len(contacts) > LIMIT:
                raise Invalid("invite.many", limit=LIMIT)
    faults.say_rest()
    if faults.count:
        raise Invalid("invite.rows", faults=faults.count, file=file)
    return contacts


def _find_faults(rows: Sequence[Row], contacts: list[Contact] | None = None) -> list[Fault]:
    """The rows that are nobody's; the others go into `contacts`."""
    faults = []
    for row in rows:
        try:
            contact = read_contact(row)
        except Invalid as failure:
            faults.append(fault_of(row, failure))
        else:
            if contacts is not None:
                contacts.append(contact)
    return faults
