"""Message templates: texts that an organization keeps by name for a channel, to begin messages
with. A message takes over what a template says, and is not changed by it afterwards."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import OrgId, TemplateId
from turnout.core.messaging.lengths import MESSAGE_LENGTH, SUBJECT_LENGTH
from turnout.core.messaging.model import Channel, Purpose
from turnout.core.messaging.sql import sql
from turnout.core.text import fold, is_line, is_storable
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

NOUN = "template"
LONGEST_NAME = 100
# Mail programs cut off what is longer, and a menu reads all templates.
LONGEST_MAIL = 100_000
MOST = 500
WRITTEN = (Channel.EMAIL, Channel.SMS, Channel.MMS, Channel.TTS)
"""The channels whose messages have a text."""
WITH_SUBJECT = (Channel.EMAIL, Channel.MMS)


class NewTemplate(NamedTuple):
    """What a template is called and says; all texts may have merge fields. `html` is for mail
    alone, `subject` for mail and MMS."""

    name: str
    channel: Channel
    purpose: Purpose
    subject: str = ""
    text: str = ""
    html: str = ""


class MessageTemplate(NamedTuple):
    """A template that is kept. `updated_at` in epoch ms."""

    id: TemplateId
    name: str
    channel: Channel
    purpose: Purpose
    subject: str
    text: str
    html: str
    updated_at: int

    @property
    def said(self) -> NewTemplate:
        """What it is called and says."""
        return NewTemplate(*self[1:7])


def list_templates(tx: Tx, org_id: OrgId, channel: Channel | None = None) -> list[MessageTemplate]:
    """The organization's templates by name, of one channel or (None) of all."""
    return sql.list_templates(tx, org_id=org_id, channel=channel.value if channel else "")


def get_template(tx: Tx, org_id: OrgId, template_id: TemplateId) -> MessageTemplate:
    """The template of that number. Raises Missing."""
    found = sql.find_template(tx, org_id=org_id, id=template_id)
    if found is None:
        raise Missing("template.missing", template_id=template_id)
    return found


def create_template(tx: Tx, org_id: OrgId, new: NewTemplate, *, actor: str) -> TemplateId:
    """Keep a template; its number. Raises Invalid for a channel without texts, a name or text that
    is missing or too long, or one that the channel has not; Conflict for a name that another of the
    channel has in any case, and for the 501st."""
    new = _check(new)
    if sql.count_templates(tx, org_id=org_id) >= MOST:
        raise Conflict("template.many", limit=MOST)
    template_id = TemplateId(tx.next_id("programme"))
    if not sql.add_template(
        tx, org_id=org_id, id=template_id, name_key=fold(new.name), now=tx.now, **new._asdict()
    ):
        raise Conflict("template.same_name", name=new.name)
    record(tx, org_id, actor, "created", NOUN, template_id, name=new.name)
    return template_id


def change_template(
    tx: Tx, org_id: OrgId, template_id: TemplateId, new: NewTemplate, *, actor: str
) -> MessageTemplate:
    """Change a template, not its channel; messages that took it over stay. Idempotent. Raises
    Missing, Invalid and Conflict as `create_template` does."""
    known = get_template(tx, org_id, template_id)
    new = _check(new._replace(channel=known.channel))
    twin = sql.find_template_named(
        tx, org_id=org_id, channel=known.channel.value, name_key=fold(new.name)
    )
    if twin not in (None, template_id):
        raise Conflict("template.same_name", name=new.name)
    values = {name: value for name, value in new._asdict().items() if name != "channel"}
    sql.set_template(
        tx, org_id=org_id, id=template_id, name_key=fold(new.name), now=tx.now, **values
    )
    record(tx, org_id, actor, "changed", NOUN, template_id, name=new.name)
    return get_template(tx, org_id, template_id)


def copy_template(
    tx: Tx, org_id: OrgId, template_id: TemplateId, name: str, *, actor: str
) -> TemplateId:
    """Keep the same texts under another name; the copy's number. Raises as `create_template`,
    Missing."""
    known = get_template(tx, org_id, template_id)
    return create_template(tx, org_id, known.said._replace(name=name), actor=actor)


def delete_template(tx: Tx, org_id: OrgId, template_id: TemplateId, *, actor: str) -> None:
    """Delete a template; messages that took it over stay. Raises Missing."""
    known = get_template(tx, org_id, template_id)
    sql.delete_template(tx, org_id=org_id, id=template_id)
    record(tx, org_id, actor, "deleted", NOUN, template_id, name=known.name)


def check_template_name(name: str) -> str:
    """A name as it is kept. Raises Invalid."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not is_line(name) or not is_storable(name):
        raise Invalid("template.name", limit=LONGEST_NAME)
    return name


def _check(new: NewTemplate) -> NewTemplate:
    if new.channel not in WRITTEN:
        raise Invalid("template.channel", channel=new.channel.value)
    if new.html and new.channel is not Channel.EMAIL:
        raise Invalid("template.html")
    if new.subject and new.channel not in WITH_SUBJECT:
        raise Invalid("template.subject")
    if not new.text.strip() and not new.html.strip():
        raise Invalid("template.empty")
    is_mail = new.channel is Channel.EMAIL
    limits = {
        "subject": SUBJECT_LENGTH,
        "text": LONGEST_MAIL if is_mail else MESSAGE_LENGTH,
        "html": LONGEST_MAIL,
    }
    for part, limit in limits.items():
        if len(getattr(new, part)) > limit or not is_storable(getattr(new, part)):
            raise Invalid("template.long", field=part, limit=limit)
    return new._replace(name=check_template_name(new.name))
