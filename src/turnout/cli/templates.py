"""`turnout template`: texts that an organization keeps by name, to begin messages with."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from turnout.cli.app import actor, console, database, say_time, show_table
from turnout.cli.numbers import TemplateNumber
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.model import Channel, Purpose
from turnout.core.messaging.templates import (
    NewTemplate,
    change_template,
    copy_template,
    create_template,
    delete_template,
    get_template,
    list_templates,
)

templates = App(name="template")
TextFile = Annotated[Path | None, Parameter(name="--text-file")]
HtmlFile = Annotated[Path | None, Parameter(name="--html-file")]


@templates.command
def create(
    org: str,
    name: str,
    /,
    *,
    channel: Channel = Channel.EMAIL,
    purpose: Purpose = Purpose.SERVICE,
    subject: str = "",
    text_file: TextFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Keep a template; all texts may have merge fields, such as %%firstname%%.

    Example: `turnout template create acme Welcome --subject "Hello %%firstname%%"
    --text-file hello.txt`

    Args:
        org: Short name of the organization.
        name: What it is called, once for each channel.
        channel: For which messages: email, sms, mms or tts.
        purpose: service for what is about a registration, else marketing.
        subject: Subject of mails and MMS.
        text_file: File with the text.
        html_file: File with the HTML of mails.
    """
    new = NewTemplate(name, channel, purpose, subject, _read(text_file), _read(html_file))
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        template_id = db.call(create_template, org_id, new, actor=actor())
    console.print(f"Template {template_id} is kept.")


@templates.command(name="list")
def list_all(org: str, /, *, channel: Channel | None = None) -> None:
    """List the templates, by name.

    Example: `turnout template list acme --channel sms`

    Args:
        org: Short name of the organization.
        channel: Only those for these messages.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(list_templates, org_id, channel)
    if not found:
        console.print("The organization has no templates.")
        return
    show_table(
        "NUMBER", "CHANNEL", "PURPOSE", "CHANGED", "NAME", "SUBJECT",
        rows=(
            (
                str(one.id),
                one.channel.value,
                one.purpose.value,
                say_time(one.updated_at),
                one.name,
                one.subject,
            )
            for one in found
        ),
    )  # fmt: skip


@templates.command
def show(org: str, template: TemplateNumber, /) -> None:
    """Show what a template says.

    Example: `turnout template show acme 12`

    Args:
        org: Short name of the organization.
        template: Number of the template.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        found = db.call(get_template, org_id, template)
    console.print(f"{found.name} ({found.channel.value}, {found.purpose.value})")
    if found.subject:
        console.print(f"Subject: {found.subject}")
    for part in filter(None, (found.text, found.html)):
        console.print()
        console.print(part)


@templates.command(name="set")
def set_template(
    org: str,
    template: TemplateNumber,
    /,
    *,
    name: str | None = None,
    purpose: Purpose | None = None,
    subject: str | None = None,
    text_file: TextFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Change a template; messages that took it over stay as they are.

    Example: `turnout template set acme 12 --name "Welcome back"`

    Args:
        org: Short name of the organization.
        template: Number of the template.
        name: What it is called.
        purpose: service or marketing.
        subject: Subject of mails and MMS.
        text_file: File with the text.
        html_file: File with the HTML of mails.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        said = db.call(get_template, org_id, template).said
        said = NewTemplate(
            said.name if name is None else name,
            said.channel,
            purpose or said.purpose,
            said.subject if subject is None else subject,
            _read(text_file) if text_file else said.text,
            _read(html_file) if html_file else said.html,
        )
        changed = db.call(change_template, org_id, template, said, actor=actor())
    console.print(f"Template {changed.id}, {changed.name}, is changed.")


@templates.command
def copy(org: str, template: TemplateNumber, name: str, /) -> None:
    """Keep the same texts under another name.

    Example: `turnout template copy acme 12 "Welcome 2028"`

    Args:
        org: Short name of the organization.
        template: Number of the template.
        name: What the copy is called.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        copied = db.call(copy_template, org_id, template, name, actor=actor())
    console.print(f"Template {copied} is kept.")


@templates.command
def remove(org: str, template: TemplateNumber, /) -> None:
    """Delete a template; messages that took it over stay as they are.

    Example: `turnout template remove acme 12`

    Args:
        org: Short name of the organization.
        template: Number of the template.
    """
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        db.call(delete_template, org_id, template, actor=actor())
    console.print(f"Template {template} is deleted.")


def _read(file: Path | None) -> str:
    return file.read_text(encoding="utf-8") if file else ""
